use cenote_triggers::custom_message::CustomMessageSource;

/// Why a message is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessagePurpose {
    SignUp,
    ResendCode,
    ForgotPassword,
    AdminCreateUser,
    UpdateUserAttribute,
    VerifyUserAttribute,
    /// A one-time code to sign in with.
    Authentication,
}

impl MessagePurpose {
    /// The suffix of the trigger's source.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignUp => "SignUp",
            Self::ResendCode => "ResendCode",
            Self::ForgotPassword => "ForgotPassword",
            Self::AdminCreateUser => "AdminCreateUser",
            Self::UpdateUserAttribute => "UpdateUserAttribute",
            Self::VerifyUserAttribute => "VerifyUserAttribute",
            Self::Authentication => "Authentication",
        }
    }

    pub(super) fn source(self) -> CustomMessageSource {
        match self {
            Self::SignUp => CustomMessageSource::SignUp,
            Self::ResendCode => CustomMessageSource::ResendCode,
            Self::ForgotPassword => CustomMessageSource::ForgotPassword,
            Self::AdminCreateUser => CustomMessageSource::AdminCreateUser,
            Self::UpdateUserAttribute => CustomMessageSource::UpdateUserAttribute,
            Self::VerifyUserAttribute => CustomMessageSource::VerifyUserAttribute,
            Self::Authentication => CustomMessageSource::Authentication,
        }
    }

    /// Only a new account can be confirmed by a link.
    pub(super) fn may_be_link(self) -> bool {
        matches!(self, Self::SignUp | Self::ResendCode)
    }
}
