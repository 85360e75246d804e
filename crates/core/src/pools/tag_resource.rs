use cenote_model::types::{TagResourceRequest, TagResourceResponse};

use crate::context::Context;
use crate::error::Error;
use crate::pools::checks::MAX_TAGS;
use crate::pools::tags;

/// TagResource: adds tags, and replaces those of the same key.
///
/// # Errors
/// As the model declares them.
pub async fn tag_resource(
    context: &Context,
    request: TagResourceRequest,
) -> Result<TagResourceResponse, Error> {
    tags::change(context, &request.resource_arn, |tags| {
        tags.extend(request.tags.clone());
        if tags.len() > MAX_TAGS {
            return Err(Error::invalid_parameter(format!(
                "A user pool can have no more than {MAX_TAGS} tags."
            )));
        }
        Ok(())
    })
    .await?;
    Ok(TagResourceResponse {})
}
