use cenote_model::types::{GetGroupRequest, GetGroupResponse};

use crate::context::Context;
use crate::error::Error;
use crate::groups::group;

/// GetGroup.
///
/// # Errors
/// `ResourceNotFoundException`.
pub async fn get_group(context: &Context, request: GetGroupRequest) -> Result<GetGroupResponse, Error> {
    let pool = context.get_pool(&request.user_pool_id).await?;
    let group = group::get(context, &pool, &request.group_name).await?;
    Ok(GetGroupResponse { group: Some(group::describe(&group)) })
}
