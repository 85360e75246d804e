//! What the answer to an invocation means.

use hyper::body::Bytes;
use serde::Deserialize;
use serde_json::Value;

use crate::error::TriggerError;
use crate::event::{ENVELOPE, TriggerRequest};

/// What came back, as far as it matters.
#[derive(Clone, Default)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// `X-Amz-Function-Error`: Lambda says that the function failed.
    pub function_error: Option<String>,
    /// `x-amzn-ErrorType`: Lambda says that the invocation failed.
    pub error_type: Option<String>,
    /// The event as the function returned it, or an error object.
    pub body: Bytes,
    /// Whether a configured endpoint answered, which may be a runtime interface emulator and send no headers.
    pub from_configured_endpoint: bool,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Answer").field("status", &self.status).finish_non_exhaustive()
    }
}

impl Answer {
    /// Whether the endpoint is busy and another attempt makes sense. An emulator that still runs another call answers 400
    /// without a body.
    pub fn is_throttled(&self) -> bool {
        self.status == 429 || (self.from_configured_endpoint && self.status == 400 && self.body.is_empty())
    }

    /// The typed response of the function, or why there is none.
    ///
    /// # Errors
    /// Each kind of [`TriggerError`], as the answer has it.
    pub fn read<R: TriggerRequest>(&self) -> Result<R::Response, TriggerError> {
        let body = serde_json::from_slice::<Value>(&self.body).ok();
        if let Some(message) = self.function_failure(body.as_ref()) {
            return Err(TriggerError::function_failed(R::TRIGGER, &message));
        }
        if !(200..300).contains(&self.status) {
            return Err(TriggerError::invocation_failed(R::TRIGGER, self.service_error()));
        }
        let unusable =
            if R::NEEDS_WHOLE_EVENT { TriggerError::unrecognizable } else { TriggerError::invalid_json };
        let Some(Value::Object(mut event)) = body else {
            return Err(unusable());
        };
        if R::NEEDS_WHOLE_EVENT && !ENVELOPE.iter().all(|member| event.contains_key(*member)) {
            return Err(TriggerError::unrecognizable());
        }
        match event.remove("response") {
            Some(response @ Value::Object(_)) => R::Response::deserialize(response).map_err(|_| unusable()),
            _ => Err(TriggerError::unrecognizable()),
        }
    }

    /// The message of the function's failure, if it failed.
    fn function_failure(&self, body: Option<&Value>) -> Option<String> {
        let member = |name| body.and_then(|body| body.get(name)).and_then(Value::as_str).map(str::to_owned);
        if let Some(kind) = &self.function_error {
            return Some(
                member("errorMessage").or_else(|| member("errorType")).unwrap_or_else(|| kind.clone()),
            );
        }
        // An emulator reports failures without the header: 200 if the function threw, 502 if its runtime exited.
        if !self.from_configured_endpoint || !matches!(self.status, 200 | 502) {
            return None;
        }
        match body {
            Some(Value::Object(event)) => {
                let is_event = event.contains_key("triggerSource") || event.contains_key("response");
                (!is_event).then(|| member("errorMessage").or_else(|| member("errorType"))).flatten()
            }
            // It reports its own time limit as text.
            Some(_) => None,
            None => std::str::from_utf8(&self.body)
                .ok()
                .filter(|text| text.starts_with("Task timed out after ") && text.ends_with(" seconds"))
                .map(str::to_owned),
        }
    }

    /// The type of Lambda's error; by status if it does not say.
    fn service_error(&self) -> &str {
        // A type may be followed by a colon and a URL.
        let stated = self.error_type.as_deref().and_then(|error_type| error_type.split(':').next());
        stated.filter(|error_type| !error_type.is_empty()).unwrap_or(match self.status {
            403 => "AccessDeniedException",
            404 => "ResourceNotFoundException",
            _ if self.is_throttled() => "TooManyRequestsException",
            _ => "ServiceException",
        })
    }
}
