//! CustomMessage: replaces the texts of one message. The function never sees the code, only its placeholder.

use serde::{Deserialize, Serialize, Serializer};

use crate::event::{StringMap, TriggerRequest, redacted_debug};
use crate::trigger::Trigger;

/// Stands for the code, or the temporary password of an invitation.
pub const CODE_PARAMETER: &str = "{####}";

/// Stands for the confirmation link; the text between the marks is the link's.
pub const LINK_PARAMETER: &str = "{##Click Here##}";

/// Stands for the username.
pub const USERNAME_PARAMETER: &str = "{username}";

/// What the message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CustomMessageSource {
    /// SignUp.
    SignUp,
    /// AdminCreateUser: the invitation.
    AdminCreateUser,
    /// ResendConfirmationCode.
    ResendCode,
    /// ForgotPassword and AdminResetUserPassword.
    ForgotPassword,
    /// UpdateUserAttributes and AdminUpdateUserAttributes.
    UpdateUserAttribute,
    /// GetUserAttributeVerificationCode.
    VerifyUserAttribute,
    /// A sign-in or MFA code.
    Authentication,
}

/// The request of a CustomMessage event.
#[derive(Clone, PartialEq, Eq)]
pub struct CustomMessageRequest {
    /// What the message is for.
    pub source: CustomMessageSource,
    /// Attributes of the user.
    pub user_attributes: StringMap,
    /// ClientMetadata of the call.
    pub client_metadata: Option<StringMap>,
}

redacted_debug!(CustomMessageRequest { source });

/// The response of a CustomMessage event; each absent text falls back to the pool's template.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CustomMessageResponse {
    /// Text of the SMS.
    pub sms_message: Option<String>,
    /// Body of the e-mail, HTML.
    pub email_message: Option<String>,
    /// Subject of the e-mail.
    pub email_subject: Option<String>,
}

redacted_debug!(CustomMessageResponse {});

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    user_attributes: &'a StringMap,
    code_parameter: &'static str,
    link_parameter: &'static str,
    username_parameter: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_metadata: Option<&'a StringMap>,
}

impl Serialize for CustomMessageRequest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let has_username = self.source == CustomMessageSource::AdminCreateUser;
        Document {
            user_attributes: &self.user_attributes,
            code_parameter: CODE_PARAMETER,
            link_parameter: LINK_PARAMETER,
            username_parameter: has_username.then_some(USERNAME_PARAMETER),
            client_metadata: self.client_metadata.as_ref(),
        }
        .serialize(serializer)
    }
}

impl TriggerRequest for CustomMessageRequest {
    const TRIGGER: Trigger = Trigger::CustomMessage;
    type Response = CustomMessageResponse;

    fn source(&self) -> &'static str {
        match self.source {
            CustomMessageSource::SignUp => "CustomMessage_SignUp",
            CustomMessageSource::AdminCreateUser => "CustomMessage_AdminCreateUser",
            CustomMessageSource::ResendCode => "CustomMessage_ResendCode",
            CustomMessageSource::ForgotPassword => "CustomMessage_ForgotPassword",
            CustomMessageSource::UpdateUserAttribute => "CustomMessage_UpdateUserAttribute",
            CustomMessageSource::VerifyUserAttribute => "CustomMessage_VerifyUserAttribute",
            CustomMessageSource::Authentication => "CustomMessage_Authentication",
        }
    }
}
