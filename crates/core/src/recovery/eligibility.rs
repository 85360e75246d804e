//! Which users can have a reset code.

use cenote_store::{User, UserStatus};

use crate::error::Error;
use crate::pools::Pool;
use crate::recovery::delivery_choice::{Choice, choose};
use crate::users::contact::Contact;

/// Why a user can't have one, in the order of the checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    Disabled,
    /// The status allows no reset.
    Status,
    /// There is no verified contact that may get the code.
    NoContact,
}

impl Refusal {
    /// What a client is told that may know which users exist.
    #[must_use]
    pub fn into_error(self) -> Error {
        match self {
            Self::Disabled => Error::user_disabled(),
            Self::Status => Error::reset_not_possible(),
            Self::NoContact => Error::no_recovery_contact(),
        }
    }
}

/// Where the user's reset code goes.
///
/// # Errors
/// The first reason why it goes nowhere.
pub fn check(pool: &Pool, user: &User) -> Result<Choice, Refusal> {
    if !user.enabled {
        return Err(Refusal::Disabled);
    }
    if !status_allows(user) {
        return Err(Refusal::Status);
    }
    choose(pool, user).ok_or(Refusal::NoContact)
}

/// Whether a user in this status may get and redeem a reset code. Unconfirmed ones may if an administrator vouched for a
/// contact of theirs; without one the reason told is the contact.
#[must_use]
pub fn status_allows(user: &User) -> bool {
    match user.status {
        UserStatus::Confirmed | UserStatus::ResetRequired | UserStatus::Unconfirmed => true,
        UserStatus::ForceChangePassword | UserStatus::ExternalProvider => false,
    }
}

/// Whether any contact of the user is verified.
#[must_use]
pub fn has_verified_contact(user: &User) -> bool {
    Contact::ALL.iter().any(|contact| contact.verified_of(user).is_some())
}
