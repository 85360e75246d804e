//! What `cenote dev` shows of its messages: a page, and JSON for test suites.
//!
//! | path | function |
//! | --- | --- |
//! | `GET /_cenote/inbox` | [`inbox_page`] |
//! | `GET /_cenote/inbox.json` | [`inbox_json`] with [`InboxQuery::parse`] of the query string |
//! | `DELETE /_cenote/inbox.json` | [`empty_inbox`] |
//!
//! Everything in a message was written by whoever signs up, so the page only ever sets it as text, or as a mail within a
//! frame that may run nothing.

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cenote_store::{Change, CommitError, InboxFilter, InboxMessage, MessageId, PoolId, Store, StoreError};
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use crate::transport::percent_decode;

/// As many messages are shown at once; `after` pages towards newer ones.
const NEWEST: u32 = 1_000;

static PAGE: &str = include_str!("inbox.html");

/// Nothing is loaded from elsewhere, and no script runs but the page's own. Mails may style themselves and show embedded
/// pictures; they inherit the rest.
static CONTENT_SECURITY_POLICY: LazyLock<String> = LazyLock::new(|| {
    let script = between(PAGE, "<script>", "</script>").unwrap_or_default();
    let hash = STANDARD.encode(digest(&SHA256, script.as_bytes()));
    format!(
        "default-src 'none'; script-src 'sha256-{hash}'; style-src 'unsafe-inline'; img-src data:; \
         connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
});

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, behind) = text.split_once(start)?;
    behind.split_once(end).map(|(inner, _)| inner)
}

/// The page, and the value of the `content-security-policy` header it must be sent with. Serve it as
/// `text/html; charset=utf-8`, with `referrer-policy: no-referrer` and `cache-control: no-store`.
#[must_use]
pub fn inbox_page() -> (&'static str, &'static str) {
    (PAGE, &CONTENT_SECURITY_POLICY)
}

/// Which messages are wanted. Members that are none match everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InboxQuery {
    /// The whole destination.
    pub to: Option<String>,
    /// A user pool id.
    pub pool: Option<String>,
    /// The stored name of a user.
    pub user: Option<String>,
    /// A message id: only messages that came after it.
    pub after: Option<String>,
}

impl InboxQuery {
    /// Reads the query string of a request. Unknown members are ignored. A plus sign means itself and not a space, so
    /// that `?to=+15555550100` works as it is typed; no destination and no name contains a space.
    #[must_use]
    pub fn parse(query: Option<&str>) -> Self {
        let mut parsed = Self::default();
        for pair in query.unwrap_or_default().split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let member = match name {
                "to" => &mut parsed.to,
                "pool" => &mut parsed.pool,
                "user" => &mut parsed.user,
                "after" => &mut parsed.after,
                _ => continue,
            };
            *member = percent_decode(value).filter(|value| !value.is_empty());
        }
        parsed
    }
}

#[derive(Serialize)]
struct Document<'a> {
    messages: Vec<Entry<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    id: &'a str,
    /// RFC 3339 in UTC with milliseconds.
    time: String,
    pool_id: &'a str,
    username: &'a str,
    channel: cenote_store::Channel,
    to: &'a str,
    subject: Option<&'a str>,
    body: &'a str,
    code: Option<&'a str>,
    purpose: &'a str,
}

impl<'a> From<&'a InboxMessage> for Entry<'a> {
    fn from(message: &'a InboxMessage) -> Self {
        Self {
            id: message.id.as_str(),
            time: rfc3339(message.time_ms),
            pool_id: message.pool_id.as_str(),
            username: &message.username,
            channel: message.channel,
            to: &message.to,
            subject: message.subject.as_deref(),
            body: &message.body,
            code: message.code.as_deref(),
            purpose: &message.purpose,
        }
    }
}

/// `{"messages":[…]}` with the newest 1000 that match, newest first. Serve it as `application/json`, with
/// `cache-control: no-store`, and without any `access-control-allow-origin`: pages of other origins must not read codes.
///
/// # Errors
/// When the store cannot be read.
pub async fn inbox_json(store: &Store, query: &InboxQuery) -> Result<String, StoreError> {
    let filter = InboxFilter {
        to: query.to.clone(),
        pool: query.pool.clone().map(PoolId::new),
        user: query.user.clone(),
        after: query.after.clone().map(MessageId::new),
    };
    let messages = store.list_inbox(&filter, NEWEST).await?;
    let document = Document { messages: messages.iter().map(Entry::from).collect() };
    // Texts always serialise.
    Ok(serde_json::to_string(&document).unwrap_or_default())
}

/// Deletes every message in the inbox.
///
/// # Errors
/// When the store cannot be written.
pub async fn empty_inbox(store: &Store) -> Result<(), CommitError> {
    store.commit(vec![Change::ClearInbox]).await
}

/// `2026-11-23T18:00:00.123Z`; the epoch for times no calendar holds.
fn rfc3339(time_ms: i64) -> String {
    const FORMAT: &[BorrowedFormatItem<'_>] =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(time_ms) * 1_000_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
        .format(FORMAT)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rfc3339_with_milliseconds() {
        assert_eq!(rfc3339(1_795_000_000_007), "2026-11-18T11:06:40.007Z");
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(i64::MAX), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn queries_are_decoded() {
        let query =
            InboxQuery::parse(Some("to=rosa%40example.org&pool=us-east-1_A&user=&after=1-a&other=%ff"));
        assert_eq!(query.to.as_deref(), Some("rosa@example.org"));
        assert_eq!(query.pool.as_deref(), Some("us-east-1_A"));
        assert_eq!(query.user, None);
        assert_eq!(query.after.as_deref(), Some("1-a"));
        let typed = InboxQuery::parse(Some("to=+15555550100"));
        assert_eq!(typed.to.as_deref(), Some("+15555550100"));
        assert_eq!(InboxQuery::parse(Some("to=%2B1")).to.as_deref(), Some("+1"));
        assert_eq!(InboxQuery::parse(None), InboxQuery::default());
    }

    #[test]
    fn the_page_needs_nothing_from_elsewhere() {
        let (page, policy) = inbox_page();
        for outside in
            ["http://", "https://", "src=", "@import", "url(", "innerHTML", "insertAdjacent", "eval("]
        {
            assert!(!page.contains(outside), "{outside}");
        }
        assert_eq!(page.matches("<script>").count(), 1);
        assert!(!page.contains(" onclick") && !page.contains(" onload"));
        assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"));
        assert!(between(page, "<script>", "</script>").is_some_and(|script| script.contains("textContent")));
    }
}
