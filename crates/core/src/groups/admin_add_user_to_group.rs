use cenote_model::types::AdminAddUserToGroupRequest;
use cenote_store::{Change, CommitError, Membership};

use crate::context::Context;
use crate::error::Error;
use crate::groups::of_user::GROUPS_PER_USER;
use crate::groups::{ATTEMPTS, group};
use crate::users::resolve::get_user;

/// AdminAddUserToGroup: adding a member again changes nothing.
///
/// # Errors
/// `ResourceNotFoundException`, `UserNotFoundException`; `InvalidParameterException` for more than 100 groups, since the model
/// declares no better one; `TooManyRequestsException` when others are always faster.
pub async fn admin_add_user_to_group(
    context: &Context,
    request: AdminAddUserToGroupRequest,
) -> Result<(), Error> {
    let pool = context.get_pool(&request.user_pool_id).await?;
    for _ in 0..ATTEMPTS {
        let group = group::get(context, &pool, &request.group_name).await?;
        let user = get_user(context, &pool, &request.username).await?;
        let groups = context.store.list_groups_of_user(pool.id(), &user.sub, None, GROUPS_PER_USER).await?;
        if groups.iter().any(|other| other.name == group.name) {
            return Ok(());
        }
        if groups.len() >= GROUPS_PER_USER as usize {
            return Err(Error::invalid_parameter(format!(
                "The user has reached the limit of {GROUPS_PER_USER} groups."
            )));
        }
        let membership = Membership {
            pool_id: user.pool_id.clone(),
            group_name: group.name,
            sub: user.sub.clone(),
            created_ms: context.now_ms,
        };
        // The user's version moves, so that two additions at once can't both be the last one allowed.
        let changes = vec![Change::update_user(&user, &user), Change::AddMember(membership)];
        match context.commit(changes).await {
            Ok(()) => return Ok(()),
            Err(CommitError::Conflict(_)) => {}
            Err(other) => return Err(other.into()),
        }
    }
    Err(Error::too_many_requests())
}
