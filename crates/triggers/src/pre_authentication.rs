//! PreAuthentication: runs before the password is checked and can refuse the sign-in.

use serde::{Deserialize, Serialize};

use crate::event::{StringMap, TriggerRequest, redacted_debug};
use crate::trigger::Trigger;

/// The request of a PreAuthentication event.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PreAuthenticationRequest {
    /// Attributes of the user; empty for an unknown one.
    pub user_attributes: StringMap,
    /// ClientMetadata of InitiateAuth: this trigger gets it under the name of validation data.
    pub validation_data: Option<StringMap>,
    /// Whether the user is unknown; `None` (left out) unless the client hides that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_not_found: Option<bool>,
}

redacted_debug!(PreAuthenticationRequest {});

/// The response of a PreAuthentication event: nothing is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreAuthenticationResponse {}

impl TriggerRequest for PreAuthenticationRequest {
    const TRIGGER: Trigger = Trigger::PreAuthentication;
    type Response = PreAuthenticationResponse;

    fn source(&self) -> &'static str {
        "PreAuthentication_Authentication"
    }
}
