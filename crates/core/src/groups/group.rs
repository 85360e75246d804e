//! A group: how it is found and shown.

use cenote_model::ErrorCode;
use cenote_model::types::{GroupType, Timestamp};
use cenote_store::Group;

use crate::context::Context;
use crate::error::Error;
use crate::page::Position;
use crate::pools::Pool;

/// The group an administrator named. Case counts, whatever the pool says of user names.
///
/// # Errors
/// `ResourceNotFoundException` when there is none.
pub async fn get(context: &Context, pool: &Pool, name: &str) -> Result<Group, Error> {
    let found = context.store.find_group(pool.id(), name).await?;
    found.ok_or_else(|| Error::new(ErrorCode::ResourceNotFoundException, "Group not found."))
}

/// A group on the wire; what was never set is left out.
#[must_use]
pub fn describe(group: &Group) -> GroupType {
    GroupType {
        creation_date: Some(Timestamp(group.created_ms)),
        description: group.description.clone(),
        group_name: Some(group.name.clone()),
        last_modified_date: Some(Timestamp(group.modified_ms)),
        precedence: group.precedence,
        role_arn: group.role_arn.clone(),
        user_pool_id: Some(group.pool_id.as_str().to_owned()),
    }
}

/// A group's place in lists, which are by name.
pub(super) fn position(group: &Group) -> Position {
    Position { created_ms: group.created_ms, id: group.name.clone() }
}
