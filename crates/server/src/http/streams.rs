//! What the requests of one connection may hold at once. Over HTTP/1 there is one at a time, and the connection's place
//! stands for its memory. Over HTTP/2 they are many: what they hold beyond that is counted in the room of all bodies.

use std::sync::Arc;

use http::Request;
use hyper::body::{Body as _, Incoming};
use tokio::sync::Semaphore;

use super::budget::{BodyBudget, SMALL};
use super::places::Place;
use super::routes::Running;
use crate::config::ServerSection;
use crate::site::Site;

/// Requests at once on a connection, those whose client has turned away from them included.
pub(super) const STREAMS: u32 = 32;

/// What HTTP/2 says a header takes beside its text.
const HEADER: usize = 32;

/// How much of memory a head takes: its buffers and tables grow by doubling.
const GROWTH: usize = 2;

/// Shared by the requests of a connection.
#[derive(Debug)]
pub(super) struct Streams {
    place: Arc<Place>,
    turns: Arc<Semaphore>,
    /// As much as the largest head with a body that is not counted otherwise.
    own: BodyBudget,
}

impl Streams {
    pub(super) fn new(server: &ServerSection, place: Arc<Place>) -> Self {
        let head = usize::try_from(server.max_header_bytes).unwrap_or(usize::MAX);
        let turns = Arc::new(Semaphore::new(usize::try_from(STREAMS).unwrap_or(1)));
        let own = BodyBudget::new(head.saturating_mul(GROWTH).saturating_add(SMALL));
        Self { place, turns, own }
    }

    /// What a request holds until it is done; none if it is one too many. Nobody waits for a turn: the head, and what the
    /// client goes on sending, would wait as well.
    pub(super) fn admit(
        &self,
        site: &Site,
        request: &Request<Incoming>,
        multiplexed: bool,
    ) -> Option<Running> {
        let turn = Arc::clone(&self.turns).try_acquire_owned().ok()?;
        let room = if multiplexed {
            let size = size(request);
            Some(self.own.take(size).or_else(|| site.bodies.take(size))?)
        } else {
            None
        };
        Some(Running { _place: Arc::clone(&self.place), _turn: turn, _room: room })
    }
}

/// What a request may hold that nobody else counts: its head, and a small body.
fn size(request: &Request<Incoming>) -> usize {
    let uri = request.uri();
    let line = [
        request.method().as_str(),
        uri.authority().map_or("", |authority| authority.as_str()),
        uri.path(),
        uri.query().unwrap_or_default(),
    ];
    let headers = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + HEADER);
    let body = request.body().size_hint().upper().and_then(|most| usize::try_from(most).ok());
    let head = line.iter().map(|part| part.len()).sum::<usize>() + headers.sum::<usize>();
    head * GROWTH + body.unwrap_or(SMALL).min(SMALL)
}
