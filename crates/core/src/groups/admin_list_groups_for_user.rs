use cenote_model::types::{AdminListGroupsForUserRequest, AdminListGroupsForUserResponse};

use crate::context::Context;
use crate::error::Error;
use crate::groups::group;
use crate::page;
use crate::users::resolve::get_user;

/// AdminListGroupsForUser: by name.
///
/// # Errors
/// `ResourceNotFoundException`, `UserNotFoundException`, `InvalidParameterException` for a token of another list.
pub async fn admin_list_groups_for_user(
    context: &Context,
    request: AdminListGroupsForUserRequest,
) -> Result<AdminListGroupsForUserResponse, Error> {
    let pool = context.get_pool(&request.user_pool_id).await?;
    let user = get_user(context, &pool, &request.username).await?;
    let list = ["AdminListGroupsForUser", pool.id().as_str(), user.sub.as_str()];
    let after = page::unseal(context, &list, request.next_token.as_deref())?.map(|position| position.id);
    let limit = page::size(request.limit);
    let mut groups =
        context.store.list_groups_of_user(pool.id(), &user.sub, after.as_deref(), limit + 1).await?;
    let next = page::cut(&mut groups, limit as usize, group::position);
    Ok(AdminListGroupsForUserResponse {
        groups: Some(groups.iter().map(group::describe).collect()),
        next_token: next.map(|position| page::seal(context, &list, position)).transpose()?,
    })
}
