//! DefineAuthChallenge: says what a custom sign-in asks next, or that it is over.

use serde::{Deserialize, Serialize};

use crate::challenge_result::ChallengeResult;
use crate::event::{StringMap, TriggerRequest, redacted_debug};
use crate::trigger::Trigger;

/// The request of a DefineAuthChallenge event.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DefineAuthChallengeRequest {
    /// Attributes of the user; empty for an unknown one.
    pub user_attributes: StringMap,
    /// The answers so far, oldest first.
    pub session: Vec<ChallengeResult>,
    /// ClientMetadata of RespondToAuthChallenge; that of InitiateAuth does not come here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_metadata: Option<StringMap>,
    /// Whether the user is unknown; `None` (left out) unless the client hides that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_not_found: Option<bool>,
}

redacted_debug!(DefineAuthChallengeRequest { session });

/// The response of a DefineAuthChallenge event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DefineAuthChallengeResponse {
    /// What is asked next.
    pub challenge_name: Option<String>,
    /// The user has shown enough.
    pub issue_tokens: Option<bool>,
    /// The user is refused.
    pub fail_authentication: Option<bool>,
}

impl TriggerRequest for DefineAuthChallengeRequest {
    const TRIGGER: Trigger = Trigger::DefineAuthChallenge;
    const NEEDS_WHOLE_EVENT: bool = true;
    type Response = DefineAuthChallengeResponse;

    fn source(&self) -> &'static str {
        "DefineAuthChallenge_Authentication"
    }
}
