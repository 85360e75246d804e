//! Answers of the API: status, headers and body as Cognito sends them.

use cenote_core::Error;
use cenote_model::ErrorCode;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::Full;
use hyper::body::Bytes;
use serde::Serialize;
use serde_json::Value;

/// Every body is complete before it is sent.
pub(crate) type Answer = Response<Full<Bytes>>;

const AMZ_JSON: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.1");
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
const ERROR_MESSAGE: HeaderName = HeaderName::from_static("x-amzn-errormessage");

#[derive(Serialize)]
struct ErrorBody<'a> {
    #[serde(rename = "__type")]
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    #[serde(rename = "Message", skip_serializing_if = "Option::is_none")]
    capital_message: Option<&'a str>,
}

/// 200 with what the operation said. An operation without output says nothing.
pub(crate) fn success(request_id: &str, body: Bytes) -> Answer {
    base(StatusCode::OK, request_id, body)
}

/// The error of a request, in the body and in the headers.
pub(crate) fn failure(request_id: &str, error: &Error) -> Answer {
    let code = error.code.as_str();
    let mut body = ErrorBody { code, message: None, capital_message: None };
    match error.code {
        // Cognito's deserializer writes its messages with a capital.
        ErrorCode::SerializationException => body.capital_message = error.message.as_deref(),
        _ => body.message = error.message.as_deref(),
    }
    // Texts always serialize.
    let body = serde_json::to_vec(&body).unwrap_or_default().into();
    let status = StatusCode::from_u16(error.code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = base(status, request_id, body);
    if let Ok(value) = HeaderValue::try_from(format!("{code}:")) {
        answer.headers_mut().insert(ERROR_TYPE, value);
    }
    if let Some(value) = error.message.as_deref().and_then(printable) {
        answer.headers_mut().insert(ERROR_MESSAGE, value);
    }
    answer
}

/// 404 for whatever is not here, in the form of the API.
pub(crate) fn not_found(request_id: &str) -> Answer {
    let error = Error { code: ErrorCode::UnknownOperationException, message: None, cause: None };
    let mut answer = failure(request_id, &error);
    *answer.status_mut() = StatusCode::NOT_FOUND;
    answer
}

/// An answer of a path of our own.
pub(crate) fn plain(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}

/// JSON of a path of our own.
pub(crate) fn json(status: StatusCode, body: &Value) -> Answer {
    plain(status, "application/json", body.to_string())
}

fn base(status: StatusCode, request_id: &str, body: Bytes) -> Answer {
    let mut answer = Response::new(Full::new(body));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, AMZ_JSON);
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, value);
    }
    answer
}

/// The message as a header can carry it: printable ASCII, and not without bounds.
fn printable(message: &str) -> Option<HeaderValue> {
    let text: String = message.chars().filter(|one| matches!(one, ' '..='~')).take(2048).collect();
    HeaderValue::try_from(text.trim()).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_carry_printable_ascii_only() {
        let header = |text: &str| printable(text).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(header("two\r\nX-Evil: lines"), Some("twoX-Evil: lines".into()));
        assert_eq!(header("naïve \u{1F600} text\u{7f}"), Some("nave  text".into()));
        assert_eq!(header("日本"), None);
        assert_eq!(header(&"x".repeat(10_000)).map(|text| text.len()), Some(2048));
    }
}
