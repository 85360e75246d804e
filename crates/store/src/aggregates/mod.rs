//! What is kept, one aggregate a file. All times are milliseconds since the epoch (`_ms`).
//!
//! `version` starts at 1 when an aggregate is inserted and grows by one with every update. The value in memory is the
//! version that was read; an update is refused when the stored one differs. It is a column of its own in the store and
//! therefore left out of the serialized form.

mod access_key;
mod client;
mod device;
mod group;
mod message;
mod passkey;
mod pool;
mod refresh_family;
mod revocation;
mod signing_key;
mod unknown_name;
mod user;
mod user_session;

pub use access_key::AccessKey;
pub use client::{Client, ClientSecret};
pub use device::{Device, WaitingSignIn};
pub use group::{Group, Membership};
pub use message::{Channel, InboxMessage, MessageState, OutboxMessage, Queue};
pub use passkey::{Passkey, PendingPasskey};
pub use pool::Pool;
pub use refresh_family::RefreshFamily;
pub use revocation::{Revocation, UsedSession};
pub use signing_key::{KeyUse, SigningKey};
pub use unknown_name::UnknownName;
pub use user::{
    Attempts, Code, CodePurpose, CodeTries, Lockout, MfaPreference, NameKind, Password, SessionTries,
    SoftwareToken, User, UserName, UserStatus,
};
pub use user_session::{SessionActivity, UserSession};
