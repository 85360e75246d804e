use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::aggregates::{Passkey, PendingPasskey};
use crate::ids::{PoolId, Sealed, Sub};

/// A user's state in its life cycle, by Cognito's names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UserStatus {
    #[default]
    Unconfirmed,
    Confirmed,
    ResetRequired,
    ForceChangePassword,
    ExternalProvider,
}

impl UserStatus {
    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unconfirmed => "UNCONFIRMED",
            Self::Confirmed => "CONFIRMED",
            Self::ResetRequired => "RESET_REQUIRED",
            Self::ForceChangePassword => "FORCE_CHANGE_PASSWORD",
            Self::ExternalProvider => "EXTERNAL_PROVIDER",
        }
    }
}

/// What kind of name a user can be found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NameKind {
    Username,
    Email,
    PhoneNumber,
    PreferredUsername,
}

impl NameKind {
    /// The name in the store and, but for `username`, of the attribute.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Username => "username",
            Self::Email => "email",
            Self::PhoneNumber => "phone_number",
            Self::PreferredUsername => "preferred_username",
        }
    }

    /// The inverse of [`Self::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Username, Self::Email, Self::PhoneNumber, Self::PreferredUsername]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

/// A name that this user owns alone in its pool. `key` is folded where the pool ignores case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct UserName {
    pub kind: NameKind,
    pub key: String,
}

/// What a code is good for. A code of one purpose never serves another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodePurpose {
    SignUp,
    Reset,
    VerifyEmail,
    VerifyPhoneNumber,
}

impl CodePurpose {
    /// The name that goes into the code's hash.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignUp => "sign_up",
            Self::Reset => "reset",
            Self::VerifyEmail => "verify_email",
            Self::VerifyPhoneNumber => "verify_phone_number",
        }
    }
}

/// A live code: only a keyed hash of it, never the code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// The keyed hash, as unpadded base64url.
    pub hash: String,
    pub created_ms: i64,
    pub expires_ms: i64,
    /// The attribute it was sent to: `email` or `phone_number`.
    pub attribute: String,
}

/// Times of what was tried, per kind of attempt: sliding windows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Attempts(pub BTreeMap<String, Vec<i64>>);

/// Wrong passwords in a row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Lockout {
    pub failures: u32,
    pub last_attempt_ms: i64,
    pub locked_until_ms: i64,
}

/// What checks a password: the sealed SRP verifier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Password {
    /// Salt and verifier, sealed under the user's sub.
    pub verifier: Sealed,
    pub set_ms: i64,
    /// For a temporary password: when it stops working.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_ms: Option<i64>,
}

/// Second factors that are in use, by their names in `UserMFASettingList`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MfaPreference {
    pub enabled: BTreeSet<String>,
    pub preferred: Option<String>,
    /// Whether a passkey that verifies its user takes the place of a second factor.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub passkey: bool,
    /// Whether SMS was switched on by the older operations, whose `MFAOptions` show it.
    #[serde(skip_serializing_if = "is_default")]
    pub sms_option: bool,
}

/// An authenticator app whose codes the user has shown to have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoftwareToken {
    /// Sealed under the user's sub.
    pub seed: Sealed,
    /// The latest time step of which a code was used. None of it, or of an earlier one, is good again.
    pub last_step: u64,
    /// As the user calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Tries at the one-time codes of sign-ins.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CodeTries {
    /// By the ids of the sessions that asked for the codes.
    pub sessions: BTreeMap<String, SessionTries>,
    /// The lock after wrong codes of second factors.
    pub lockout: Lockout,
}

/// Tries at the code of one session, right or wrong; as many as there can be once one was right.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionTries {
    pub count: u32,
    /// When the session expires.
    pub expires_ms: i64,
}

/// A user of a pool: one row, so that codes, counters and status change together or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct User {
    pub pool_id: PoolId,
    pub sub: Sub,
    #[serde(skip)]
    pub version: i64,
    /// As it was given; equal to `sub` in pools whose users sign in by e-mail address or phone number.
    pub username: String,
    pub created_ms: i64,
    /// What the wire calls `UserLastModifiedDate`; counters and codes do not move it.
    pub modified_ms: i64,
    pub enabled: bool,
    pub status: UserStatus,
    /// All names this user owns alone, its username among them.
    pub names: BTreeSet<UserName>,
    /// Attributes by their wire names, without `sub`. Flags are `"true"` or `"false"`.
    pub attributes: BTreeMap<String, String>,
    /// New contact values that wait for their verification.
    pub pending: BTreeMap<String, String>,
    pub password: Option<Password>,
    /// Earlier verifiers, newest first.
    pub password_history: Vec<Sealed>,
    pub codes: BTreeMap<CodePurpose, Code>,
    pub attempts: Attempts,
    pub lockout: Lockout,
    /// Grows when all tokens of the user are revoked; each token knows the generation it was issued in.
    pub token_generation: u64,
    pub mfa: MfaPreference,
    /// In the order of their making.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub passkeys: Vec<Passkey>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending_passkey: Option<PendingPasskey>,
    #[serde(skip_serializing_if = "is_default")]
    pub code_tries: CodeTries,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software_token: Option<SoftwareToken>,
    /// The seed of another one that waits for its first code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unverified_seed: Option<Sealed>,
}

pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
