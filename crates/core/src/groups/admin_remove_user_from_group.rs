use cenote_model::types::AdminRemoveUserFromGroupRequest;
use cenote_store::Change;

use crate::context::Context;
use crate::error::Error;
use crate::groups::group;
use crate::users::resolve::get_user;

/// AdminRemoveUserFromGroup: removing who is no member changes nothing.
///
/// # Errors
/// `ResourceNotFoundException`, `UserNotFoundException`.
pub async fn admin_remove_user_from_group(
    context: &Context,
    request: AdminRemoveUserFromGroupRequest,
) -> Result<(), Error> {
    let pool = context.get_pool(&request.user_pool_id).await?;
    let group = group::get(context, &pool, &request.group_name).await?;
    let user = get_user(context, &pool, &request.username).await?;
    let change = Change::RemoveMember { pool_id: group.pool_id, group_name: group.name, sub: user.sub };
    Ok(context.commit(vec![change]).await?)
}
