//! UserMigration: asked for a user the pool does not know, when a password is at hand or forgotten.

use serde::{Deserialize, Serialize, Serializer};
use zeroize::Zeroizing;

use crate::event::{StringMap, TriggerRequest, optional_map_without_nulls, redacted_debug};
use crate::trigger::Trigger;

/// Which call met the unknown user.
#[derive(Clone, PartialEq, Eq)]
pub enum UserMigrationSource {
    /// A sign-in with a plain password.
    Authentication {
        /// As typed.
        password: Zeroizing<String>,
    },
    /// ForgotPassword.
    ForgotPassword,
}

/// The request of a UserMigration event.
#[derive(Clone, PartialEq, Eq)]
pub struct UserMigrationRequest {
    /// Which call met the unknown user.
    pub source: UserMigrationSource,
    /// ClientMetadata of InitiateAuth.
    pub validation_data: Option<StringMap>,
    /// ClientMetadata of RespondToAuthChallenge or ForgotPassword.
    pub client_metadata: Option<StringMap>,
}

redacted_debug!(UserMigrationSource {});
redacted_debug!(UserMigrationRequest {});

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<&'a str>,
    validation_data: Option<&'a StringMap>,
    /// Recorded events have this member, always null.
    user_attributes: (),
    #[serde(skip_serializing_if = "Option::is_none")]
    client_metadata: Option<&'a StringMap>,
}

impl Serialize for UserMigrationRequest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Document {
            password: match &self.source {
                UserMigrationSource::Authentication { password } => Some(password),
                UserMigrationSource::ForgotPassword => None,
            },
            validation_data: self.validation_data.as_ref(),
            user_attributes: (),
            client_metadata: self.client_metadata.as_ref(),
        }
        .serialize(serializer)
    }
}

/// The response of a UserMigration event.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UserMigrationResponse {
    /// Attributes of the user to create; `None` if the function does not know the user.
    #[serde(deserialize_with = "optional_map_without_nulls")]
    pub user_attributes: Option<StringMap>,
    /// Take an alias over from another user; absent is false.
    pub force_alias_creation: Option<bool>,
    /// Turn SMS MFA on; absent is false.
    #[serde(rename = "enableSMSMFA")]
    pub enable_sms_mfa: Option<bool>,
    /// `CONFIRMED` keeps the typed password; anything else or absent is RESET_REQUIRED.
    pub final_user_status: Option<String>,
    /// `SUPPRESS` sends no welcome message.
    pub message_action: Option<String>,
    /// Media of the welcome message, `EMAIL` and `SMS`; absent is SMS.
    pub desired_delivery_mediums: Option<Vec<String>>,
}

redacted_debug!(UserMigrationResponse { final_user_status, message_action, desired_delivery_mediums });

impl TriggerRequest for UserMigrationRequest {
    const TRIGGER: Trigger = Trigger::UserMigration;
    type Response = UserMigrationResponse;

    fn source(&self) -> &'static str {
        match self.source {
            UserMigrationSource::Authentication { .. } => "UserMigration_Authentication",
            UserMigrationSource::ForgotPassword => "UserMigration_ForgotPassword",
        }
    }
}
