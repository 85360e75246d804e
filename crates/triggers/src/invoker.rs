//! The invocation: attempts, time limits and the order of calls.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Request, header};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Bytes;
use tokio::time::{Instant, sleep, timeout};
use zeroize::Zeroizing;

use crate::answer::Answer;
use crate::caller::Caller;
use crate::endpoint::{Endpoints, Target};
use crate::error::TriggerError;
use crate::event::{TriggerRequest, event_document};
use crate::outbound::Outbound;
use crate::settings::{Credentials, TriggerSettings};
use crate::signing::sign_request;
use crate::trigger::Trigger;

/// Lambda's limit of a synchronous answer, in bytes.
const MAX_ANSWER_LENGTH: usize = 6_291_556;

/// The present in milliseconds since the Unix epoch; dates signatures.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// A configured endpoint that is no URL a function can be called at.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the trigger endpoint `{url}` is not an http or https URL without user, query and fragment")]
pub struct InvalidEndpoint {
    /// As configured.
    pub url: String,
}

/// Calls functions. One value serves all pools and keeps the connections.
pub struct Invoker {
    endpoints: Endpoints,
    credentials: Option<Credentials>,
    timeout: Duration,
    attempts: u32,
    throttle_pause: Duration,
    clock: Clock,
    to_aws: Outbound,
    to_configured: Outbound,
}

impl fmt::Debug for Invoker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Invoker").field("endpoints", &self.endpoints).finish_non_exhaustive()
    }
}

/// Why an attempt, or the whole invocation, came to no answer.
enum Failure {
    TimedOut,
    TooLarge,
    /// Known without asking Lambda, by the type of its error.
    Refused(&'static str),
    Unreachable(Box<dyn Error + Send + Sync>),
}

impl Invoker {
    /// # Errors
    /// [`InvalidEndpoint`] for the first endpoint of the settings that cannot be called.
    pub fn new(settings: TriggerSettings, clock: Clock) -> Result<Self, InvalidEndpoint> {
        Ok(Self {
            endpoints: Endpoints::new(&settings)?,
            credentials: settings.credentials,
            timeout: settings.timeout,
            attempts: settings.attempts.max(1),
            throttle_pause: settings.throttle_pause,
            clock,
            to_aws: Outbound::new(!settings.allow_private_networks),
            to_configured: Outbound::new(false),
        })
    }

    /// Runs the function with the event of `request` and returns its response.
    ///
    /// # Errors
    /// [`TriggerError`], whose text is the one to show. The function may have run all the same, even several times: an
    /// attempt that is not answered in time is repeated with the same event.
    pub async fn invoke<R: TriggerRequest>(
        &self,
        function_arn: &str,
        caller: &Caller,
        request: &R,
    ) -> Result<R::Response, TriggerError> {
        let trigger = R::TRIGGER;
        let start = Instant::now();
        let called = match event_document(caller, request) {
            Ok(document) => self.call(function_arn, Bytes::from_owner(Zeroizing::new(document))).await,
            Err(error) => Err(Failure::Unreachable(error.into())),
        };
        let result = match called {
            Ok(answer) => answer.read::<R>(),
            Err(failure) => Err(failure.into_error(trigger)),
        };
        let duration_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::debug!(%trigger, duration_ms, outcome = outcome_name(&result), "trigger invoked");
        result
    }

    /// One invocation with all its attempts.
    async fn call(&self, function_arn: &str, event: Bytes) -> Result<Answer, Failure> {
        let target =
            self.endpoints.target(function_arn).ok_or(Failure::Refused("ResourceNotFoundException"))?;
        if target.configured.is_none() && self.credentials.is_none() {
            tracing::warn!("a trigger cannot call AWS Lambda: no credentials are configured");
            return Err(Failure::Refused("AccessDeniedException"));
        }
        let _turn = match target.configured.as_ref().and_then(|endpoint| endpoint.turn()) {
            Some(turn) => Some(turn.lock().await),
            None => None,
        };
        let mut pause = self.throttle_pause;
        for _ in 1..self.attempts {
            match self.attempt(&target, &event).await {
                Err(Failure::TimedOut) => {}
                Ok(answer) if answer.is_throttled() => {
                    sleep(pause).await;
                    pause *= 2;
                }
                outcome => return outcome,
            }
        }
        self.attempt(&target, &event).await
    }

    async fn attempt(&self, target: &Target, event: &Bytes) -> Result<Answer, Failure> {
        timeout(self.timeout, self.exchange(target, event)).await.map_err(|_| Failure::TimedOut)?
    }

    async fn exchange(&self, target: &Target, event: &Bytes) -> Result<Answer, Failure> {
        let from_configured_endpoint = target.configured.is_some();
        let client = if from_configured_endpoint { &self.to_configured } else { &self.to_aws };
        let request = self.request(target, event).map_err(Failure::Unreachable)?;
        let (head, body) = client.send(request).await.map_err(Failure::Unreachable)?.into_parts();
        let body = Limited::new(body, MAX_ANSWER_LENGTH).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() { Failure::TooLarge } else { Failure::Unreachable(error) }
        })?;
        Ok(Answer {
            status: head.status.as_u16(),
            function_error: text(&head.headers, "x-amz-function-error"),
            error_type: text(&head.headers, "x-amzn-errortype"),
            body: body.to_bytes(),
            from_configured_endpoint,
        })
    }

    fn request(
        &self,
        target: &Target,
        event: &Bytes,
    ) -> Result<Request<Full<Bytes>>, Box<dyn Error + Send + Sync>> {
        let host = target.uri.authority().map_or("", |authority| authority.as_str());
        let mut request = Request::post(target.uri.clone())
            .header(header::HOST, host)
            .header(header::CONTENT_TYPE, "application/json")
            .header("x-amz-invocation-type", "RequestResponse")
            .header("x-amz-log-type", "None")
            .body(Full::new(event.clone()))?;
        if let Some(credentials) = &self.credentials {
            sign_request(&mut request, event, &target.region, credentials, (self.clock)())?;
        }
        Ok(request)
    }
}

impl Failure {
    fn into_error(self, trigger: Trigger) -> TriggerError {
        match self {
            Self::TimedOut => TriggerError::timed_out(trigger),
            // What Lambda itself reports when a function returns more.
            Self::TooLarge => TriggerError::function_failed(
                trigger,
                &format!(
                    "Response payload size exceeded maximum allowed payload size ({MAX_ANSWER_LENGTH} bytes)."
                ),
            ),
            Self::Refused(error_type) => TriggerError::invocation_failed(trigger, error_type),
            Self::Unreachable(error) => {
                tracing::warn!(%trigger, error = &*error as &dyn Error, "a trigger's endpoint cannot be reached");
                TriggerError::invocation_failed(trigger, "Unable to reach the Lambda endpoint")
            }
        }
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

fn outcome_name<T>(result: &Result<T, TriggerError>) -> &'static str {
    match result {
        Ok(_) => "answered",
        Err(TriggerError::UserLambdaValidation(_)) => "function_failed",
        Err(TriggerError::UnexpectedLambda(_)) => "invocation_failed",
        Err(TriggerError::InvalidLambdaResponse(_)) => "invalid_response",
    }
}
