use cenote_model::types::{ListTagsForResourceRequest, ListTagsForResourceResponse};

use crate::context::Context;
use crate::error::Error;
use crate::pools::tags;

/// ListTagsForResource.
///
/// # Errors
/// As the model declares them.
pub async fn list_tags_for_resource(
    context: &Context,
    request: ListTagsForResourceRequest,
) -> Result<ListTagsForResourceResponse, Error> {
    let pool = tags::read(context, &request.resource_arn).await?;
    Ok(ListTagsForResourceResponse {
        tags: Some(pool.configuration.user_pool.user_pool_tags.unwrap_or_default()),
    })
}
