//! One line in the log and one count in the metrics for each request.

use std::time::Duration;

use cenote_core::Error;
use cenote_model::Operation;

use crate::answer::Answer;
use crate::metrics::SUCCESS;
use crate::site::Site;

/// What a request is about.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Subject {
    #[default]
    Unknown,
    Operation(Operation),
    /// Under `/{poolId}/.well-known/`.
    IssuerDocument,
}

impl Subject {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Operation(operation) => operation.as_str(),
            Self::IssuerDocument => "IssuerDocument",
        }
    }
}

/// What the log and the metrics say of a request. Nothing that a caller may want to keep to itself.
#[derive(Debug, Default)]
pub(crate) struct Record {
    pub subject: Subject,
    pub pool_id: Option<String>,
    pub body_bytes: usize,
}

impl Record {
    /// `ok` or the code of the error. The cause of an error of ours goes to the log.
    pub(crate) fn outcome<T>(&self, id: &str, outcome: &Result<T, Error>) -> &'static str {
        let Err(error) = outcome else { return SUCCESS };
        if let Some(cause) = &error.cause {
            let cause = chain(cause.as_ref());
            tracing::error!(request_id = id, operation = self.subject.name(), cause, "request.failed");
        }
        error.code.as_str()
    }

    /// The request is answered.
    pub(crate) fn report(
        &self,
        site: &Site,
        id: &str,
        answer: &Answer,
        outcome: &'static str,
        duration: Duration,
    ) {
        site.metrics.request_finished(self.subject, outcome, duration);
        tracing::info!(
            request_id = id,
            operation = self.subject.name(),
            pool_id = self.pool_id.as_deref().unwrap_or_default(),
            outcome,
            status = answer.status().as_u16(),
            // Whole microseconds: the digits after them would say nothing, and take the longest to write.
            duration_ms = duration.as_micros() as f64 / 1000.0,
            body_bytes = self.body_bytes,
            "request"
        );
    }
}

/// An error and everything behind it.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
