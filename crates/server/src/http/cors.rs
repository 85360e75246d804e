use http::HeaderMap;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, HeaderValue, ORIGIN, VARY,
};

use crate::config::CorsSection;

const EXPOSED: HeaderValue =
    HeaderValue::from_static("x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date");
const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, OPTIONS");
const HEADERS: HeaderValue = HeaderValue::from_static(
    "authorization, cache-control, content-type, x-amz-date, x-amz-security-token, x-amz-target, x-amz-user-agent, \
     amz-sdk-invocation-id, amz-sdk-request",
);
const ANY: HeaderValue = HeaderValue::from_static("*");
const MAX_AGE: HeaderValue = HeaderValue::from_static("172800");

/// Which web pages may call: any, or those of a list.
#[derive(Clone, Debug)]
pub(crate) enum Cors {
    Any,
    Listed(Vec<String>),
}

impl Cors {
    pub(crate) fn new(section: &CorsSection) -> Self {
        if section.any() { Self::Any } else { Self::Listed(section.allowed_origins.clone()) }
    }

    /// What the answer to this request will carry, whatever it is.
    pub(super) fn decide(&self, request: &HeaderMap) -> Decision {
        match self {
            Self::Any => Decision::Anybody,
            Self::Listed(origins) => {
                let listed =
                    |origin: &&HeaderValue| origins.iter().any(|one| one.as_bytes() == origin.as_bytes());
                Decision::Listed(request.get(ORIGIN).filter(listed).cloned())
            }
        }
    }

    /// What the answer to a preflight carries beside that.
    pub(super) fn apply_preflight(request: &HeaderMap, answer: &mut HeaderMap) {
        answer.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        let requested = request.get(ACCESS_CONTROL_REQUEST_HEADERS).filter(|value| !value.is_empty());
        answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, requested.cloned().unwrap_or(HEADERS));
        answer.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    }
}

/// Whether the page that asks may read the answer.
#[derive(Debug)]
pub(super) enum Decision {
    Anybody,
    /// The page's origin, if it is one of the list.
    Listed(Option<HeaderValue>),
}

impl Decision {
    pub(super) fn apply(self, answer: &mut HeaderMap) {
        match self {
            Self::Anybody => {
                answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, ANY);
            }
            Self::Listed(origin) => {
                answer.append(VARY, HeaderValue::from_static("Origin"));
                let Some(origin) = origin else { return };
                answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
                answer.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
            }
        }
        answer.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
}
