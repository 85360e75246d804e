//! What can be written, and why it may be refused.

use crate::aggregates::{
    AccessKey, Client, Device, Group, InboxMessage, Membership, NameKind, OutboxMessage, Pool, RefreshFamily,
    Revocation, SessionActivity, SigningKey, UnknownName, UsedSession, User, UserSession,
};
use crate::ids::{ClientId, MessageId, PoolId, Sub};
use crate::sql::UserUpdate;

/// One typed change with its precondition.
///
/// `Insert…` requires that the key is free, `Update…` and `Delete…` that the stored version is the one in the value;
/// an update stores `version + 1`.
#[derive(Clone, Debug)]
pub enum Change {
    InsertPool(Pool),
    UpdatePool(Pool),
    /// Takes everything in the pool with it. Beyond a few hundred users the rest goes in the sweeps that follow; until then
    /// the pool's id stays taken.
    DeletePool {
        id: PoolId,
        version: i64,
    },
    InsertClient(Client),
    UpdateClient(Client),
    DeleteClient {
        id: ClientId,
        version: i64,
    },
    InsertSigningKey(SigningKey),
    /// Needs the key to be there.
    DeleteSigningKey {
        pool_id: PoolId,
        kid: String,
    },
    /// Claims every name in `names`, and needs the pool to exist.
    InsertUser(Box<User>),
    /// See [`Change::update_user`].
    UpdateUser(UserUpdate),
    /// Takes its memberships, devices, sessions and refresh families with it.
    DeleteUser(Box<User>),
    /// Needs the pool to exist.
    InsertGroup(Group),
    UpdateGroup(Group),
    /// Takes the memberships with it, all at once.
    DeleteGroup {
        pool_id: PoolId,
        name: String,
        version: i64,
    },
    /// Needs the user and the group to exist. Adding twice is no conflict.
    AddMember(Membership),
    /// Removing who is no member is no conflict.
    RemoveMember {
        pool_id: PoolId,
        group_name: String,
        sub: Sub,
    },
    /// Inserts when its version is 0, else updates, and moves it to the period of `now_ms`.
    PutUnknownName {
        name: Box<UnknownName>,
        now_ms: i64,
    },
    AppendMessage(OutboxMessage),
    UpdateMessage(OutboxMessage),
    DeleteMessage {
        id: MessageId,
        version: i64,
    },
    InsertInboxMessage(InboxMessage),
    ClearInbox,
    /// Refused when the session was used before.
    MarkSessionUsed(UsedSession),
    /// Revoking twice is no conflict.
    Revoke(Revocation),
    /// Inserts when its version is 0, which needs the user to exist; else updates.
    PutRefreshFamily(RefreshFamily),
    /// Needs the user to exist.
    InsertUserSession(UserSession),
    /// A session that is gone stays gone, and is no conflict.
    TouchUserSession {
        pool_id: PoolId,
        sub: Sub,
        id: String,
        activity: SessionActivity,
    },
    /// Removing what is gone is no conflict.
    DeleteUserSession {
        pool_id: PoolId,
        sub: Sub,
        id: String,
    },
    /// Needs the user to exist.
    InsertDevice(Device),
    UpdateDevice(Device),
    /// Needs the device to be there, in whatever state.
    DeleteDevice {
        pool_id: PoolId,
        sub: Sub,
        key: String,
    },
    InsertAccessKey(AccessKey),
    DeleteAccessKey {
        id: String,
        version: i64,
    },
}

impl Change {
    /// From what was read to another state: claims the names that are new in `after`, releases those that are gone.
    #[must_use]
    pub fn update_user(before: &User, after: &User) -> Self {
        Self::UpdateUser(UserUpdate::new(before, after))
    }
}

/// Changes that commit together or not at all.
pub type ChangeSet = Vec<Change>;

/// The first precondition that did not hold. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    #[error("somebody else changed or deleted it meanwhile")]
    VersionChanged,
    #[error("the key exists already")]
    AlreadyExists,
    #[error("the name is taken")]
    NameTaken(NameKind),
    #[error("the session was used before")]
    SessionUsed,
}

/// Why a change set was not acknowledged.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CommitError {
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// The store could not do it, or could not tell whether it did.
    #[error(transparent)]
    Store(#[from] crate::StoreError),
}
