//! The documents of an issuer: `/{poolId}/.well-known/jwks.json` and `/{poolId}/.well-known/openid-configuration`.

use std::net::IpAddr;
use std::time::Instant;

use cenote_core::tokens::keys;
use cenote_core::{Caller, Error};
use cenote_model::ErrorCode;
use http::StatusCode;
use http::header::{CACHE_CONTROL, HeaderValue};
use serde_json::json;

use crate::answer::{self, Answer};
use crate::site::Site;

#[derive(Clone, Copy)]
enum Document {
    Keys,
    Configuration,
}

/// Whether the path has the form of such a document.
pub(crate) fn is_document(path: &str) -> bool {
    parse(path).is_some()
}

fn parse(path: &str) -> Option<(&str, Document)> {
    let (pool, document) = path.strip_prefix('/')?.split_once("/.well-known/")?;
    let document = match document {
        "jwks.json" => Document::Keys,
        "openid-configuration" => Document::Configuration,
        _ => return None,
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (!pool.is_empty() && pool.len() <= 55 && pool.bytes().all(plain)).then_some((pool, document))
}

/// The document, 404 for a pool that does not exist, or 429 for an address that asks too often.
pub(crate) async fn answer(site: &Site, path: &str, source_ip: IpAddr) -> Answer {
    let Some((pool_id, document)) = parse(path) else { return Answer::default() };
    if let Err(error) = site.rates.admit_document(source_ip, Instant::now()) {
        return problem(StatusCode::TOO_MANY_REQUESTS, error.code, error.message.as_deref());
    }
    let context = site.service.context(Caller::default());
    let body = async {
        let pool = context.get_pool(pool_id).await?;
        match document {
            Document::Keys => Ok(keys::jwks_json(pool.keys(&site.service).await?.as_ref())),
            Document::Configuration => {
                Ok(keys::openid_configuration(&pool, &site.service.settings).to_string())
            }
        }
    };
    match body.await {
        Ok(body) => {
            let mut answer = answer::plain(StatusCode::OK, "application/json", body);
            // Test suites throw pools away and make them again with other keys.
            let age = if site.dev {
                "no-cache".to_owned()
            } else {
                format!("public, max-age={}", keys::JWKS_CACHED_MS / 1000)
            };
            if let Ok(age) = HeaderValue::from_str(&age) {
                answer.headers_mut().insert(CACHE_CONTROL, age);
            }
            answer
        }
        Err(Error { code: code @ ErrorCode::ResourceNotFoundException, message, .. }) => {
            problem(StatusCode::NOT_FOUND, code, message.as_deref())
        }
        Err(error) => {
            let cause = error.cause.map(|cause| cause.to_string()).unwrap_or_default();
            tracing::error!(pool_id, cause, "issuer.failed");
            let message = Some("Something went wrong on the server.");
            problem(StatusCode::INTERNAL_SERVER_ERROR, ErrorCode::InternalErrorException, message)
        }
    }
}

fn problem(status: StatusCode, code: ErrorCode, message: Option<&str>) -> Answer {
    answer::json(status, &json!({ "code": code.as_str(), "message": message }))
}
