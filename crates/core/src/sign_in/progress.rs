//! What a sign-in has shown so far. It travels in the sealed session from one challenge to the next.

use cenote_model::types::ChallengeNameType;
use serde::{Deserialize, Serialize};

use crate::sign_in::custom::history::Custom;
use crate::users::factor::Factor;

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
    /// What the pool's functions asked for, and no password.
    Custom,
}

/// The steps that lie behind a sign-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    pub first: FirstFactor,
    /// Whether the user chose a new password on the way.
    #[serde(default, skip_serializing_if = "is_false")]
    pub new_password: bool,
    /// What the user showed beside the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second: Option<Factor>,
    /// The key of the device that it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Whether the device has proved its own password.
    #[serde(default, skip_serializing_if = "is_false")]
    pub device_proved: bool,
    /// Of a sign-in that the pool's functions decide about: they come last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom: Option<Custom>,
}

impl Progress {
    /// A sign-in whose first factor was shown.
    #[must_use]
    pub fn after(first: FirstFactor) -> Self {
        Self { first, new_password: false, second: None, device: None, device_proved: false, custom: None }
    }

    /// The same after a challenge was passed, which the functions of a custom sign-in get to know.
    #[must_use]
    pub fn passed(mut self, challenge: ChallengeNameType) -> Self {
        if let Some(custom) = &mut self.custom {
            custom.passed(challenge);
        }
        self
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn is_false(value: &bool) -> bool {
    !*value
}
