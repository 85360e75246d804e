//! What an operation answers when it does not do what was asked: one type, and every text that Cognito uses in one place.
//!
//! The model says which codes an operation may answer with; `operations` checks it. The cause is for the log, never for the
//! caller.

use cenote_model::ErrorCode;
use cenote_store::{CommitError, Conflict, StoreError};
use cenote_triggers::TriggerError;

/// An error as the caller sees it, with its cause for the log.
#[derive(Debug)]
pub struct Error {
    pub code: ErrorCode,
    pub message: Option<String>,
    pub cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code.as_str())
    }
}

impl std::error::Error for Error {}

impl From<StoreError> for Error {
    fn from(cause: StoreError) -> Self {
        Self::internal(cause)
    }
}

impl From<CommitError> for Error {
    /// For commits without a precondition that somebody else could break, or after the last retry.
    fn from(cause: CommitError) -> Self {
        match cause {
            CommitError::Conflict(Conflict::SessionUsed) => Self::session_used(),
            CommitError::Conflict(_) => Self::too_many_requests(),
            CommitError::Store(cause) => Self::internal(cause),
        }
    }
}

impl From<TriggerError> for Error {
    fn from(error: TriggerError) -> Self {
        match error {
            TriggerError::UserLambdaValidation(text) => {
                Self::new(ErrorCode::UserLambdaValidationException, text)
            }
            TriggerError::UnexpectedLambda(text) => Self::new(ErrorCode::UnexpectedLambdaException, text),
            TriggerError::InvalidLambdaResponse(text) => {
                Self::new(ErrorCode::InvalidLambdaResponseException, text)
            }
        }
    }
}

impl Error {
    /// Any code with any text.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: Some(message.into()), cause: None }
    }

    /// Our own fault.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            code: ErrorCode::InternalErrorException,
            message: Some(
                "Something went wrong on the server. The request id identifies it in the server's log."
                    .into(),
            ),
            cause: Some(cause.into()),
        }
    }

    /// `InvalidParameterException`.
    pub fn invalid_parameter(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidParameterException, message)
    }

    /// `NotAuthorizedException`.
    pub fn not_authorized(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::NotAuthorizedException, message)
    }

    /// `ResourceNotFoundException` for a pool.
    #[must_use]
    pub fn user_pool_missing(id: &str) -> Self {
        Self::new(ErrorCode::ResourceNotFoundException, format!("User pool {id} does not exist."))
    }

    /// `ResourceNotFoundException` for an app client.
    #[must_use]
    pub fn client_missing(id: &str) -> Self {
        Self::new(ErrorCode::ResourceNotFoundException, format!("User pool client {id} does not exist."))
    }

    /// `UserNotFoundException` of sign-in and administration.
    #[must_use]
    pub fn user_missing() -> Self {
        Self::new(ErrorCode::UserNotFoundException, "User does not exist.")
    }

    /// `UserNotFoundException` of the public operations that send or take codes.
    #[must_use]
    pub fn combination_missing() -> Self {
        Self::new(ErrorCode::UserNotFoundException, "Username/client id combination not found.")
    }

    /// Wrong password, and whatever must look like it.
    #[must_use]
    pub fn incorrect_credentials() -> Self {
        Self::not_authorized("Incorrect username or password.")
    }

    /// Too many wrong passwords.
    #[must_use]
    pub fn password_attempts_exceeded() -> Self {
        Self::not_authorized("Password attempts exceeded")
    }

    /// The user is disabled.
    #[must_use]
    pub fn user_disabled() -> Self {
        Self::not_authorized("User is disabled.")
    }

    /// The user has not confirmed its account.
    #[must_use]
    pub fn user_not_confirmed() -> Self {
        Self::new(ErrorCode::UserNotConfirmedException, "User is not confirmed.")
    }

    /// An administrator or an import wants a new password first.
    #[must_use]
    pub fn password_reset_required() -> Self {
        Self::new(ErrorCode::PasswordResetRequiredException, "Password reset required for the user")
    }

    /// The user's status allows no reset.
    #[must_use]
    pub fn reset_not_possible() -> Self {
        Self::not_authorized("User password cannot be reset in the current state.")
    }

    /// There is no verified contact that may get a reset code.
    #[must_use]
    pub fn no_recovery_contact() -> Self {
        Self::invalid_parameter(
            "Cannot reset password for the user as there is no registered/verified email or phone_number",
        )
    }

    /// A wrong code.
    #[must_use]
    pub fn code_mismatch() -> Self {
        Self::new(ErrorCode::CodeMismatchException, "Invalid verification code provided, please try again.")
    }

    /// No live code.
    #[must_use]
    pub fn code_expired() -> Self {
        Self::new(ErrorCode::ExpiredCodeException, "Invalid code provided, please request a code again.")
    }

    /// Too many attempts in the hour.
    #[must_use]
    pub fn attempt_limit_exceeded() -> Self {
        Self::new(ErrorCode::LimitExceededException, "Attempt limit exceeded, please try after some time.")
    }

    /// A challenge's session did its work before.
    #[must_use]
    pub fn session_used() -> Self {
        Self::not_authorized("Invalid session for the user, session can only be used once.")
    }

    /// Too many requests at once.
    #[must_use]
    pub fn too_many_requests() -> Self {
        Self::new(ErrorCode::TooManyRequestsException, "Rate exceeded")
    }

    /// Somebody else has the contact as an alias.
    #[must_use]
    pub fn alias_exists(attribute: &str) -> Self {
        Self::new(
            ErrorCode::AliasExistsException,
            format!("An account with the given {attribute} already exists."),
        )
    }

    /// `InvalidPasswordException` with the complete text.
    pub fn invalid_password(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidPasswordException, message)
    }

    /// The password was used before.
    #[must_use]
    pub fn password_history() -> Self {
        Self::new(ErrorCode::PasswordHistoryPolicyViolationException, "Password has previously been used.")
    }

    /// The client needs a secret hash.
    #[must_use]
    pub fn secret_hash_missing(client_id: &str) -> Self {
        Self::not_authorized(format!(
            "Client {client_id} is configured with secret but SECRET_HASH was not received"
        ))
    }

    /// The secret hash is not right.
    #[must_use]
    pub fn secret_hash_wrong(client_id: &str) -> Self {
        Self::not_authorized(format!("Unable to verify secret hash for client {client_id}"))
    }

    /// The client has no secret.
    #[must_use]
    pub fn secret_hash_unexpected(client_id: &str) -> Self {
        Self::invalid_parameter(format!(
            "App client {client_id} is not configured for secret but secret hash was received"
        ))
    }

    /// A message could not be handed over for delivery.
    pub fn code_delivery_failure(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::CodeDeliveryFailureException, message)
    }

    /// The operation exists, but not here yet.
    #[must_use]
    pub fn not_built(operation: &str) -> Self {
        Self::new(
            ErrorCode::UnsupportedOperationException,
            format!(
                "{operation} is not built yet in this version of Cenote. docs/compatibility.md lists what is."
            ),
        )
    }
}
