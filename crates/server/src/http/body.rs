use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use http::header::{CONTENT_LENGTH, EXPECT};
use http::request::Parts;
use http_body_util::BodyExt as _;
use hyper::body::{Bytes, Incoming};
use tokio::time::timeout;

use super::budget::{BodyBudget, Room};

/// A whole body. Keep it until the request is answered: as long it counts for the budget.
#[derive(Debug, Default)]
pub(crate) struct Body {
    pub bytes: Bytes,
    _room: Room,
}

/// Why there is no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyError {
    TooLarge,
    TooSlow,
    /// There is no room for it beside the bodies of other requests.
    NoRoom,
    /// The client went away, or broke the protocol.
    Broken,
}

/// How much of a body that is refused is read all the same: a client that is still sending does not look at the answer.
const DISCARDED_BYTES: usize = 16 * 1024 * 1024;

/// Reads a body of at most `limit` bytes within `duration`.
pub(super) async fn read(
    head: &Parts,
    body: Incoming,
    limit: usize,
    duration: Duration,
    budget: &BodyBudget,
) -> Result<Body, BodyError> {
    let declared =
        head.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let too_large = declared.is_some_and(|length| length > limit as u64);
    // Such a client waits for leave to send, and does not get it.
    if too_large && head.headers.contains_key(EXPECT) {
        return Err(BodyError::TooLarge);
    }
    let mut collected = pin!(collect(body, limit, budget));
    // Nearly every body came with its head, and needs no clock.
    match poll_fn(|context| Poll::Ready(collected.as_mut().poll(context))).await {
        Poll::Ready(body) => body,
        Poll::Pending => timeout(duration, collected).await.unwrap_or(Err(BodyError::TooSlow)),
    }
}

async fn collect(mut body: Incoming, limit: usize, budget: &BodyBudget) -> Result<Body, BodyError> {
    let mut collected: Vec<u8> = Vec::new();
    let mut first: Option<Bytes> = None;
    let mut total = 0;
    let mut room = Room::default();
    let mut refused = None;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| BodyError::Broken)?.into_data() else { continue };
        total += data.len();
        if total > limit {
            refused = Some(BodyError::TooLarge);
        } else if refused.is_none() && !budget.extend(&mut room, total) {
            refused = Some(BodyError::NoRoom);
        }
        if refused.is_some() {
            (collected, first, room) = (Vec::new(), None, Room::default());
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
    match refused {
        Some(error) => Err(error),
        None => Ok(Body { bytes: first.unwrap_or_else(|| Bytes::from(collected)), _room: room }),
    }
}
