//! PostAuthentication: runs after the last challenge, before tokens are issued; its failure withholds them.

use serde::{Deserialize, Serialize};

use crate::event::{StringMap, TriggerRequest, redacted_debug};
use crate::trigger::Trigger;

/// The request of a PostAuthentication event.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PostAuthenticationRequest {
    /// Attributes of the user.
    pub user_attributes: StringMap,
    /// Device tracking is on and the device is new.
    pub new_device_used: bool,
    /// ClientMetadata of RespondToAuthChallenge; that of InitiateAuth does not come here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_metadata: Option<StringMap>,
}

redacted_debug!(PostAuthenticationRequest { new_device_used });

/// The response of a PostAuthentication event: nothing is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostAuthenticationResponse {}

impl TriggerRequest for PostAuthenticationRequest {
    const TRIGGER: Trigger = Trigger::PostAuthentication;
    type Response = PostAuthenticationResponse;

    fn source(&self) -> &'static str {
        "PostAuthentication_Authentication"
    }
}
