use cenote_model::types::DeleteGroupRequest;
use cenote_store::{Change, CommitError};

use crate::context::Context;
use crate::error::Error;
use crate::groups::{ATTEMPTS, group};

/// How many members leave in one transaction.
const PORTION: u32 = 500;

/// DeleteGroup: the group and its memberships, not the users. A large group loses most of its members first, in portions; when
/// that is cut short, the group is still there with the rest of them.
///
/// # Errors
/// `ResourceNotFoundException`; `TooManyRequestsException` when others are always faster.
pub async fn delete_group(context: &Context, request: DeleteGroupRequest) -> Result<(), Error> {
    let pool = context.get_pool(&request.user_pool_id).await?;
    for _ in 0..ATTEMPTS {
        let group = group::get(context, &pool, &request.group_name).await?;
        while context.store.shrink_group(pool.id(), &group.name, PORTION).await? >= u64::from(PORTION) {}
        let change = Change::DeleteGroup { pool_id: group.pool_id, name: group.name, version: group.version };
        match context.commit(vec![change]).await {
            Ok(()) => return Ok(()),
            Err(CommitError::Conflict(_)) => {}
            Err(other) => return Err(other.into()),
        }
    }
    Err(Error::too_many_requests())
}
