//! The documents of an issuer: `/{poolId}/.well-known/jwks.json` and `/{poolId}/.well-known/openid-configuration`.

use cenote_core::Caller;
use cenote_core::tokens::keys;
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

/// The document, or 404 for a pool that does not exist.
pub(crate) async fn answer(site: &Site, path: &str) -> Answer {
    let Some((pool_id, document)) = parse(path) else { return Answer::default() };
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
            let age = if site.dev { "no-cache" } else { "public, max-age=3600" };
            answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(age));
            answer
        }
        Err(cenote_core::Error { code: ErrorCode::ResourceNotFoundException, message, .. }) => answer::json(
            StatusCode::NOT_FOUND,
            &json!({ "code": "ResourceNotFoundException", "message": message }),
        ),
        Err(error) => {
            let cause = error.cause.map(|cause| cause.to_string()).unwrap_or_default();
            tracing::error!(pool_id, cause, "issuer.failed");
            answer::json(
                StatusCode::INTERNAL_SERVER_ERROR,
                &json!({ "code": "InternalErrorException", "message": "Something went wrong on the server." }),
            )
        }
    }
}
