//! What a custom sign-in has been through: the `session` that its functions get.

use serde::{Deserialize, Serialize};

use crate::event::redacted_debug;

/// A challenge that was answered.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChallengeResult {
    /// `CUSTOM_CHALLENGE`, `SRP_A`, `PASSWORD_VERIFIER` and what else may be asked within.
    pub challenge_name: String,
    /// Whether the answer was right.
    pub challenge_result: bool,
    /// What CreateAuthChallenge called the challenge; null for those that are not its own.
    pub challenge_metadata: Option<String>,
}

redacted_debug!(ChallengeResult { challenge_name, challenge_result });
