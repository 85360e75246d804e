//! What a sign-in has shown so far. It travels in the sealed session from one challenge to the next.

use serde::{Deserialize, Serialize};

/// How the user showed first who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FirstFactor {
    /// None yet: USER_AUTH is asking for one. No sign-in ends with it.
    Missing,
    /// Typed in, or proved by SRP.
    Password,
    /// A code that was sent to the user. No second factor follows it in the same sign-in.
    OneTimeCode,
    /// A passkey, whose authenticator may have verified its user.
    WebAuthn { user_verified: bool },
}

/// The steps that lie behind a sign-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    pub first: FirstFactor,
    /// Whether the user chose a new password on the way.
    #[serde(default, skip_serializing_if = "is_false")]
    pub new_password: bool,
}

impl Progress {
    /// A sign-in whose first factor was shown.
    #[must_use]
    pub fn after(first: FirstFactor) -> Self {
        Self { first, new_password: false }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn is_false(value: &bool) -> bool {
    !*value
}
