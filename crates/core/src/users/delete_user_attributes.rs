use cenote_model::types::{DeleteUserAttributesRequest, DeleteUserAttributesResponse};

use crate::context::Context;
use crate::error::Error;
use crate::tokens::access_token::authenticate;
use crate::users::attribute_deletion::delete_attributes;
use crate::users::attributes;

/// DeleteUserAttributes: the user of the access token removes what its client may write.
///
/// # Errors
/// In this order: access token, permission, schema.
pub async fn delete_user_attributes(
    context: &Context,
    request: DeleteUserAttributesRequest,
) -> Result<DeleteUserAttributesResponse, Error> {
    let holder = authenticate(context, &request.access_token).await?;
    attributes::check_writable(
        &holder.pool,
        &holder.client,
        request.user_attribute_names.iter().map(String::as_str),
    )?;
    delete_attributes(context, &holder.pool, holder.user, &request.user_attribute_names).await?;
    Ok(DeleteUserAttributesResponse {})
}
