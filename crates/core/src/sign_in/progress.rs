//! What a sign-in has shown so far. It travels in the sealed session from one challenge to the next.

use cenote_model::types::ChallengeNameType;
use serde::{Deserialize, Serialize};

use crate::sign_in::custom::history::Custom;
use crate::sign_in::level::{Level, Method};
use crate::users::factor::Factor;

/// How the user showed first who it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FirstFactor {
    /// None yet: USER_AUTH is asking for one. No sign-in ends with it.
    #[default]
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    pub first: FirstFactor,
    /// Whether the user chose a new password on the way.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub new_password: bool,
    /// What the user showed beside the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second: Option<Factor>,
    /// All that the user showed, in that order, and before it what an earlier sign-in is credited with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shown: Vec<Method>,
    /// The levels that were asked for: the first that can be reached is to be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<Level>,
    /// The sign-in that credit was taken from, if it can be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credited: Option<String>,
    /// The key of the device that it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Whether the device has proved its own password.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub device_proved: bool,
    /// Of a sign-in that the pool's functions decide about: they come last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom: Option<Custom>,
}

impl Progress {
    /// The same after a first factor was shown, by this method.
    #[must_use]
    pub fn with_first(mut self, first: FirstFactor, method: Method) -> Self {
        self.first = first;
        self.add(method);
        self
    }

    /// The same after the password was shown.
    #[must_use]
    pub fn with_password(self) -> Self {
        self.with_first(FirstFactor::Password, Method::Password)
    }

    /// The same after a second factor was shown.
    #[must_use]
    pub fn with_second(mut self, factor: Factor) -> Self {
        self.second = Some(factor);
        self.add(Method::of_factor(factor));
        self
    }

    fn add(&mut self, method: Method) {
        if !self.shown.contains(&method) {
            self.shown.push(method);
        }
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
