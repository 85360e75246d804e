use cenote_model::types::{AdminDeleteUserAttributesRequest, AdminDeleteUserAttributesResponse};

use crate::context::Context;
use crate::error::Error;
use crate::users::attribute_deletion::delete_attributes;
use crate::users::resolve::get_user;

/// AdminDeleteUserAttributes: removes attributes, verified flags too.
///
/// # Errors
/// `UserNotFoundException`, `InvalidParameterException`.
pub async fn admin_delete_user_attributes(
    context: &Context,
    request: AdminDeleteUserAttributesRequest,
) -> Result<AdminDeleteUserAttributesResponse, Error> {
    let pool = context.get_pool(&request.user_pool_id).await?;
    let user = get_user(context, &pool, &request.username).await?;
    delete_attributes(context, &pool, user, &request.user_attribute_names).await?;
    Ok(AdminDeleteUserAttributesResponse {})
}
