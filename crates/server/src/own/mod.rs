//! Our own paths, under `/_cenote/`: for operators, orchestrators and test suites. No web page of another origin can read
//! or change anything here.

mod clock;
mod inbox;
mod ready;

use std::net::IpAddr;

use http::header::{CACHE_CONTROL, HOST, HeaderValue, ORIGIN};
use http::request::Parts;
use http::{Method, StatusCode};
use hyper::body::Bytes;
use serde_json::json;

use crate::answer::{self, Answer};
use crate::http::BodyError;
use crate::metrics;
use crate::site::Site;

/// Answers a request. `path` is what follows `/_cenote/`.
pub(crate) async fn answer(
    site: &Site,
    head: &Parts,
    path: &str,
    body: Result<Bytes, BodyError>,
    source_ip: IpAddr,
) -> Answer {
    let operator =
        site.dev || site.config.server.operator_networks.iter().any(|network| network.contains(source_ip));
    let mut answer = route(site, head, path, body, operator).await;
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

async fn route(
    site: &Site,
    head: &Parts,
    path: &str,
    body: Result<Bytes, BodyError>,
    operator: bool,
) -> Answer {
    let reads = matches!(head.method, Method::GET | Method::HEAD);
    if !reads && is_foreign(head) {
        return problem(StatusCode::FORBIDDEN, "a web page of another origin can't do this");
    }
    match (path, &site.time_travel) {
        ("health", _) if reads => answer::json(StatusCode::OK, &json!({ "status": "ok" })),
        ("ready", _) if reads && operator => ready::answer(site).await,
        ("metrics", _) if reads && operator => answer::plain(
            StatusCode::OK,
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
            metrics::text(site).await,
        ),
        ("inbox", _) if site.dev && reads => inbox::page(),
        ("inbox.json", _) if site.dev && reads => inbox::list(site, head.uri.query()).await,
        ("inbox.json", _) if site.dev && head.method == Method::DELETE => inbox::empty(site).await,
        ("clock", Some(time_travel)) if reads => clock::now(time_travel),
        ("clock", Some(time_travel)) if head.method == Method::POST => clock::advance(time_travel, body),
        ("reset", Some(time_travel)) if head.method == Method::POST => clock::reset(site, time_travel).await,
        _ => problem(StatusCode::NOT_FOUND, "there is nothing here"),
    }
}

/// Whether a web page that this server did not serve asks.
fn is_foreign(head: &Parts) -> bool {
    let Some(origin) = head.headers.get(ORIGIN) else { return false };
    let authority =
        origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, authority)| authority);
    let host = head.headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| head.uri.authority().map(http::uri::Authority::as_str));
    authority.is_none() || authority != host
}

fn problem(status: StatusCode, text: &str) -> Answer {
    answer::json(status, &json!({ "message": text }))
}
