//! CreateAuthChallenge: makes the question of a custom challenge.

use serde::{Deserialize, Serialize};

use crate::challenge_result::ChallengeResult;
use crate::event::{StringMap, TriggerRequest, optional_map_without_nulls, redacted_debug};
use crate::trigger::Trigger;

/// The request of a CreateAuthChallenge event.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateAuthChallengeRequest {
    /// Attributes of the user; empty for an unknown one.
    pub user_attributes: StringMap,
    /// What DefineAuthChallenge asked for.
    pub challenge_name: String,
    /// The answers so far, oldest first.
    pub session: Vec<ChallengeResult>,
    /// ClientMetadata of RespondToAuthChallenge; that of InitiateAuth does not come here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_metadata: Option<StringMap>,
    /// Whether the user is unknown; `None` (left out) unless the client hides that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_not_found: Option<bool>,
}

redacted_debug!(CreateAuthChallengeRequest { challenge_name, session });

/// The response of a CreateAuthChallenge event.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CreateAuthChallengeResponse {
    /// For the client.
    #[serde(deserialize_with = "optional_map_without_nulls")]
    pub public_challenge_parameters: Option<StringMap>,
    /// For VerifyAuthChallengeResponse alone.
    #[serde(deserialize_with = "optional_map_without_nulls")]
    pub private_challenge_parameters: Option<StringMap>,
    /// The challenge's name in the session.
    pub challenge_metadata: Option<String>,
}

redacted_debug!(CreateAuthChallengeResponse {});

impl TriggerRequest for CreateAuthChallengeRequest {
    const TRIGGER: Trigger = Trigger::CreateAuthChallenge;
    const NEEDS_WHOLE_EVENT: bool = true;
    type Response = CreateAuthChallengeResponse;

    fn source(&self) -> &'static str {
        "CreateAuthChallenge_Authentication"
    }
}
