use std::time::Duration;

use http::header::{CONTENT_LENGTH, EXPECT};
use http::request::Parts;
use http_body_util::BodyExt as _;
use hyper::body::{Bytes, Incoming};
use tokio::time::timeout;

/// Why there is no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyError {
    TooLarge,
    TooSlow,
    /// The client went away, or broke the protocol.
    Broken,
}

/// How much of a body that is too large is read all the same: a client that is still sending does not look at the answer.
const DISCARDED_BYTES: usize = 16 * 1024 * 1024;

/// Reads a body of at most `limit` bytes within `duration`.
pub(super) async fn read(
    head: &Parts,
    body: Incoming,
    limit: usize,
    duration: Duration,
) -> Result<Bytes, BodyError> {
    let declared =
        head.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let too_large = declared.is_some_and(|length| length > limit as u64);
    // Such a client waits for leave to send, and does not get it.
    if too_large && head.headers.contains_key(EXPECT) {
        return Err(BodyError::TooLarge);
    }
    timeout(duration, collect(body, limit)).await.unwrap_or(Err(BodyError::TooSlow))
}

async fn collect(mut body: Incoming, limit: usize) -> Result<Bytes, BodyError> {
    let mut collected: Vec<u8> = Vec::new();
    let mut first: Option<Bytes> = None;
    let mut total = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| BodyError::Broken)?.into_data() else { continue };
        total += data.len();
        if total > limit {
            collected = Vec::new();
            first = None;
            if total > DISCARDED_BYTES {
                break;
            }
        } else if total == data.len() {
            // Nearly every body is one piece, and need not be copied.
            first = Some(data);
        } else {
            if let Some(first) = first.take() {
                collected.extend_from_slice(&first);
            }
            collected.extend_from_slice(&data);
        }
    }
    if total > limit {
        return Err(BodyError::TooLarge);
    }
    Ok(first.unwrap_or_else(|| Bytes::from(collected)))
}
