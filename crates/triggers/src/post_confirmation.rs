//! PostConfirmation: runs after a user is confirmed or a password is reset; its failure undoes nothing.

use serde::{Deserialize, Serialize};

use crate::event::{StringMap, TriggerRequest, redacted_debug};
use crate::trigger::Trigger;

/// What was confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostConfirmationSource {
    /// The user: by code, link, administrator or PreSignUp.
    ConfirmSignUp,
    /// A new password, by ConfirmForgotPassword.
    ConfirmForgotPassword,
}

/// The request of a PostConfirmation event.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PostConfirmationRequest {
    /// What was confirmed.
    #[serde(skip)]
    pub source: PostConfirmationSource,
    /// After the confirmation: `cognito:user_status` is CONFIRMED.
    pub user_attributes: StringMap,
    /// ClientMetadata of the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_metadata: Option<StringMap>,
}

redacted_debug!(PostConfirmationRequest { source });

/// The response of a PostConfirmation event: nothing is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostConfirmationResponse {}

impl TriggerRequest for PostConfirmationRequest {
    const TRIGGER: Trigger = Trigger::PostConfirmation;
    type Response = PostConfirmationResponse;

    fn source(&self) -> &'static str {
        match self.source {
            PostConfirmationSource::ConfirmSignUp => "PostConfirmation_ConfirmSignUp",
            PostConfirmationSource::ConfirmForgotPassword => "PostConfirmation_ConfirmForgotPassword",
        }
    }
}
