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
use crate::record::{Record, Subject};
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
pub(crate) async fn answer(site: &Site, path: &str, source_ip: IpAddr, started: Instant) -> Answer {
    let Some((pool_id, document)) = parse(path) else { return Answer::default() };
    let id = site.request_ids.next();
    let mut record = Record { subject: Subject::IssuerDocument, ..Record::default() };
    let outcome = read(site, pool_id, document, source_ip, &mut record).await;
    let code = record.outcome(&id, &outcome);
    let answer = match outcome {
        Ok(body) => found(site, body),
        Err(error) => failure(&error),
    };
    record.report(site, &id, &answer, code, started.elapsed());
    answer
}

async fn read(
    site: &Site,
    pool_id: &str,
    document: Document,
    source_ip: IpAddr,
    record: &mut Record,
) -> Result<String, Error> {
    site.rates.admit_document(source_ip, Instant::now())?;
    let pool = site.service.context(Caller::default()).get_pool(pool_id).await?;
    record.pool_id = Some(pool_id.to_owned());
    Ok(match document {
        Document::Keys => keys::jwks_json(pool.keys(&site.service).await?.as_ref()),
        Document::Configuration => keys::openid_configuration(&pool, &site.service.settings).to_string(),
    })
}

fn found(site: &Site, body: String) -> Answer {
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

fn failure(error: &Error) -> Answer {
    let (status, code, message) = match error.code {
        ErrorCode::ResourceNotFoundException => (StatusCode::NOT_FOUND, error.code, error.message.as_deref()),
        ErrorCode::TooManyRequestsException => {
            (StatusCode::TOO_MANY_REQUESTS, error.code, error.message.as_deref())
        }
        _ => (
            StatusCode::INTERNAL_SERVER_ERROR,
            ErrorCode::InternalErrorException,
            Some("Something went wrong on the server."),
        ),
    };
    answer::json(status, &json!({ "code": code.as_str(), "message": message }))
}
