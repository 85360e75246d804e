//! How a trigger fails, with the texts a caller of the API sees.

use crate::trigger::Trigger;

/// A failed invocation: the exception, and its complete message.
///
/// The message may quote what the function reported, so it belongs in the answer to the caller, never in a log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TriggerError {
    /// `UserLambdaValidationException`: the function threw, crashed or ran into its own time limit.
    #[error("{0}")]
    UserLambdaValidation(String),
    /// `UnexpectedLambdaException`: Lambda could not be reached, did not answer in time or refused.
    #[error("{0}")]
    UnexpectedLambda(String),
    /// `InvalidLambdaResponseException`: the function's answer is unusable.
    #[error("{0}")]
    InvalidLambdaResponse(String),
}

impl TriggerError {
    /// The function failed with `message`. A full stop is appended even to a message that has one, as Cognito does.
    pub(crate) fn function_failed(trigger: Trigger, message: &str) -> Self {
        Self::UserLambdaValidation(format!("{trigger} failed with error {message}."))
    }

    /// The invocation failed for `reason`: an error type of Lambda, or a sentence without its full stop.
    pub(crate) fn invocation_failed(trigger: Trigger, reason: &str) -> Self {
        Self::UnexpectedLambda(format!("{trigger} invocation failed due to error {reason}."))
    }

    /// No attempt was answered in time.
    pub(crate) fn timed_out(trigger: Trigger) -> Self {
        Self::invocation_failed(trigger, "Socket timeout while invoking Lambda function")
    }

    /// The answer is not JSON, not an object, or has the wrong type in a place that is read.
    pub(crate) fn invalid_json() -> Self {
        Self::InvalidLambdaResponse("Invalid lambda function output : Invalid JSON".to_owned())
    }

    /// The answer is an object without a `response` object, or, where the whole event must come back, anything else.
    pub(crate) fn unrecognizable() -> Self {
        Self::InvalidLambdaResponse("Unrecognizable lambda output".to_owned())
    }
}
