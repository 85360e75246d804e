use cenote_model::types::{UpdateGroupRequest, UpdateGroupResponse};
use cenote_store::{Change, CommitError};

use crate::context::Context;
use crate::error::Error;
use crate::groups::{ATTEMPTS, group};

/// UpdateGroup: what is left out stays as it is.
///
/// # Errors
/// `ResourceNotFoundException`; `TooManyRequestsException` when others are always faster.
pub async fn update_group(
    context: &Context,
    request: UpdateGroupRequest,
) -> Result<UpdateGroupResponse, Error> {
    let pool = context.get_pool(&request.user_pool_id).await?;
    for _ in 0..ATTEMPTS {
        let mut group = group::get(context, &pool, &request.group_name).await?;
        group.modified_ms = context.now_ms;
        group.description = request.description.clone().or(group.description);
        group.role_arn = request.role_arn.clone().or(group.role_arn);
        group.precedence = request.precedence.or(group.precedence);
        match context.commit(vec![Change::UpdateGroup(group.clone())]).await {
            Ok(()) => return Ok(UpdateGroupResponse { group: Some(group::describe(&group)) }),
            Err(CommitError::Conflict(_)) => {}
            Err(other) => return Err(other.into()),
        }
    }
    Err(Error::too_many_requests())
}
