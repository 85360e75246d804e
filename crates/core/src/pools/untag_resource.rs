use cenote_model::types::{UntagResourceRequest, UntagResourceResponse};

use crate::context::Context;
use crate::error::Error;
use crate::pools::tags;

/// UntagResource. A key without a tag is no error.
///
/// # Errors
/// As the model declares them.
pub async fn untag_resource(
    context: &Context,
    request: UntagResourceRequest,
) -> Result<UntagResourceResponse, Error> {
    tags::change(context, &request.resource_arn, |tags| {
        tags.retain(|key, _| !request.tag_keys.contains(key));
        Ok(())
    })
    .await?;
    Ok(UntagResourceResponse {})
}
