//! PreSignUp: runs immediately before a user is created and can refuse, confirm or verify.

use serde::{Deserialize, Serialize};

use crate::event::{StringMap, TriggerRequest, null_as_default, redacted_debug};
use crate::trigger::Trigger;

/// What creates the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PreSignUpSource {
    /// SignUp.
    SignUp,
    /// AdminCreateUser, and migration by ForgotPassword.
    AdminCreateUser,
    /// The first sign-in through an identity provider.
    ExternalProvider,
}

/// The request of a PreSignUp event.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PreSignUpRequest {
    /// What creates the user.
    #[serde(skip)]
    pub source: PreSignUpSource,
    /// Only what the call carried.
    pub user_attributes: StringMap,
    /// ValidationData of the call.
    pub validation_data: Option<StringMap>,
    /// ClientMetadata of the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_metadata: Option<StringMap>,
}

redacted_debug!(PreSignUpRequest { source });

/// The response of a PreSignUp event; AdminCreateUser ignores all of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PreSignUpResponse {
    /// Create the user as CONFIRMED, without a code.
    #[serde(deserialize_with = "null_as_default")]
    pub auto_confirm_user: bool,
    /// Set `email_verified`.
    #[serde(deserialize_with = "null_as_default")]
    pub auto_verify_email: bool,
    /// Set `phone_number_verified`.
    #[serde(deserialize_with = "null_as_default")]
    pub auto_verify_phone: bool,
}

impl TriggerRequest for PreSignUpRequest {
    const TRIGGER: Trigger = Trigger::PreSignUp;
    type Response = PreSignUpResponse;

    fn source(&self) -> &'static str {
        match self.source {
            PreSignUpSource::SignUp => "PreSignUp_SignUp",
            PreSignUpSource::AdminCreateUser => "PreSignUp_AdminCreateUser",
            PreSignUpSource::ExternalProvider => "PreSignUp_ExternalProvider",
        }
    }
}
