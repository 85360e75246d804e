//! VerifyAuthChallengeResponse: says whether the answer to a custom challenge is right.

use serde::{Deserialize, Serialize};

use crate::event::{StringMap, TriggerRequest, redacted_debug};
use crate::trigger::Trigger;

/// The request of a VerifyAuthChallengeResponse event.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifyAuthChallengeResponseRequest {
    /// Attributes of the user; empty for an unknown one.
    pub user_attributes: StringMap,
    /// What CreateAuthChallenge kept for this function.
    pub private_challenge_parameters: StringMap,
    /// As the client sent it.
    pub challenge_answer: String,
    /// ClientMetadata of RespondToAuthChallenge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_metadata: Option<StringMap>,
    /// Whether the user is unknown; `None` (left out) unless the client hides that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_not_found: Option<bool>,
}

redacted_debug!(VerifyAuthChallengeResponseRequest {});

/// The response of a VerifyAuthChallengeResponse event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VerifyAuthChallengeResponseResponse {
    /// Whether the answer is right; absent is false.
    pub answer_correct: Option<bool>,
}

impl TriggerRequest for VerifyAuthChallengeResponseRequest {
    const TRIGGER: Trigger = Trigger::VerifyAuthChallengeResponse;
    const NEEDS_WHOLE_EVENT: bool = true;
    type Response = VerifyAuthChallengeResponseResponse;

    fn source(&self) -> &'static str {
        "VerifyAuthChallengeResponse_Authentication"
    }
}
