use cenote_model::ErrorCode;
use cenote_model::types::{CreateGroupRequest, CreateGroupResponse};
use cenote_store::{Change, CommitError, Conflict, Group};

use crate::context::Context;
use crate::error::Error;
use crate::groups::group;

const GROUPS_PER_POOL: i64 = 10_000;

/// CreateGroup: names are unique in their pool.
///
/// # Errors
/// `GroupExistsException`, `LimitExceededException` beyond 10,000 groups, `ResourceNotFoundException`.
pub async fn create_group(
    context: &Context,
    request: CreateGroupRequest,
) -> Result<CreateGroupResponse, Error> {
    let pool = context.get_pool(&request.user_pool_id).await?;
    if context.store.count_groups(pool.id()).await? >= GROUPS_PER_POOL {
        return Err(Error::new(
            ErrorCode::LimitExceededException,
            format!("The user pool has reached its limit of {GROUPS_PER_POOL} groups."),
        ));
    }
    let group = Group {
        pool_id: pool.id().clone(),
        name: request.group_name,
        version: 1,
        created_ms: context.now_ms,
        modified_ms: context.now_ms,
        description: request.description,
        role_arn: request.role_arn,
        precedence: request.precedence,
    };
    match context.commit(vec![Change::InsertGroup(group.clone())]).await {
        Ok(()) => Ok(CreateGroupResponse { group: Some(group::describe(&group)) }),
        Err(CommitError::Conflict(Conflict::AlreadyExists)) => {
            Err(Error::new(ErrorCode::GroupExistsException, "A group with the name already exists"))
        }
        // The pool went meanwhile.
        Err(CommitError::Conflict(_)) => Err(Error::user_pool_missing(pool.id().as_str())),
        Err(CommitError::Store(cause)) => Err(Error::internal(cause)),
    }
}
