//! Our own paths, under `/_cenote/`: for operators, orchestrators and test suites. No web page of another origin can read
//! or change anything here.

mod clock;
mod host;
mod inbox;
mod patience;
mod ready;

pub(crate) use patience::within_patience;

use http::header::{CACHE_CONTROL, HeaderValue, ORIGIN};
use http::request::Parts;
use http::{Method, StatusCode};
use serde_json::json;

use crate::answer::{self, Answer};
use crate::http::{Body, BodyError};
use crate::metrics;
use crate::site::Site;

/// Answers a request. `path` is what follows `/_cenote/`; an `operator` may see how the server is.
pub(crate) async fn answer(
    site: &Site,
    head: &Parts,
    path: &str,
    body: Result<Body, BodyError>,
    operator: bool,
) -> Answer {
    let mut answer = route(site, head, path, body, operator).await;
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

async fn route(
    site: &Site,
    head: &Parts,
    path: &str,
    body: Result<Body, BodyError>,
    operator: bool,
) -> Answer {
    let reads = matches!(head.method, Method::GET | Method::HEAD);
    if !reads && is_foreign(head) {
        return problem(StatusCode::FORBIDDEN, "a web page of another origin can't do this");
    }
    if path != "health" && site.guards_host && !host::is_ours(head, &site.config.server.public_url) {
        return problem(
            StatusCode::FORBIDDEN,
            "this server is asked under a name that is not its own, perhaps by a web page that turned its name to this \
             machine: use localhost or the address, or start with --expose",
        );
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
    authority.is_none() || authority != host::asked(head)
}

fn problem(status: StatusCode, text: &str) -> Answer {
    answer::json(status, &json!({ "message": text }))
}
