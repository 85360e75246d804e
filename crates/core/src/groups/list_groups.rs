use cenote_model::types::{ListGroupsRequest, ListGroupsResponse};

use crate::context::Context;
use crate::error::Error;
use crate::groups::group;
use crate::page;

/// ListGroups: by name.
///
/// # Errors
/// `ResourceNotFoundException`, `InvalidParameterException` for a token of another list.
pub async fn list_groups(context: &Context, request: ListGroupsRequest) -> Result<ListGroupsResponse, Error> {
    let pool = context.get_pool(&request.user_pool_id).await?;
    let list = ["ListGroups", pool.id().as_str()];
    let after = page::unseal(context, &list, request.next_token.as_deref())?.map(|position| position.id);
    let limit = page::size(request.limit);
    let mut groups = context.store.list_groups(pool.id(), after.as_deref(), limit + 1).await?;
    let next = page::cut(&mut groups, limit as usize, group::position);
    Ok(ListGroupsResponse {
        groups: Some(groups.iter().map(group::describe).collect()),
        next_token: next.map(|position| page::seal(context, &list, position)).transpose()?,
    })
}
