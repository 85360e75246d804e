use cenote_delivery::inbox::{self, InboxQuery};
use http::StatusCode;
use http::header::{CONTENT_SECURITY_POLICY, HeaderValue, REFERRER_POLICY};
use serde_json::json;

use super::problem;
use crate::answer::{self, Answer};
use crate::site::Site;

/// The page.
pub(super) fn page() -> Answer {
    let (page, policy) = inbox::inbox_page();
    let mut answer = answer::plain(StatusCode::OK, "text/html; charset=utf-8", page);
    let headers = answer.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    answer
}

/// The messages.
pub(super) async fn list(site: &Site, query: Option<&str>) -> Answer {
    match inbox::inbox_json(&site.service.store, &InboxQuery::parse(query)).await {
        Ok(body) => answer::plain(StatusCode::OK, "application/json", body),
        Err(error) => failed(&error),
    }
}

/// Throws all messages away.
pub(super) async fn empty(site: &Site) -> Answer {
    match inbox::empty_inbox(&site.service.store).await {
        Ok(()) => answer::json(StatusCode::OK, &json!({ "messages": [] })),
        Err(error) => failed(&error),
    }
}

fn failed(error: &dyn std::fmt::Display) -> Answer {
    tracing::error!(cause = %error, "inbox.failed");
    problem(StatusCode::INTERNAL_SERVER_ERROR, "the store failed: see the log")
}
