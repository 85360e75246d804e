//! Which path leads where.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::request::Parts;
use http::{Method, Request, StatusCode};
use hyper::body::Incoming;
use tokio::sync::OwnedSemaphorePermit;

use super::body;
use super::budget::Room;
use super::client_address::{Origin, client_address};
use super::cors::Cors;
use super::places::Place;
use crate::answer::{self, Answer};
use crate::record::Record;
use crate::request::{self, ApiRequest};
use crate::site::Site;
use crate::{confirm_user, issuer, own};

/// What a request holds until all that it asked for is done, whether or not its client waits for that.
#[derive(Debug)]
pub(crate) struct Running {
    pub(super) _place: Arc<Place>,
    pub(super) _turn: OwnedSemaphorePermit,
    pub(super) _room: Option<Room>,
}

/// Answers a request, whatever it is. What is rare is boxed: hyper copies this future about for every request, so it must not
/// have the size of its largest branch.
pub(super) async fn answer(
    site: Arc<Site>,
    peer: IpAddr,
    running: Running,
    request: Request<Incoming>,
) -> Answer {
    let started = Instant::now();
    let (head, body) = request.into_parts();
    // Boxed, since it goes through many hands, and would be copied at each.
    let head = Box::new(head);
    let trusted = &site.config.server.trusted_proxies;
    // Our own paths are for operators and test suites, not for web pages.
    if let Some(path) = head.uri.path().strip_prefix("/_cenote/") {
        let operator = site.dev
            || Origin::of(peer, &head.headers, trusted).is_surely_in(&site.config.server.operator_networks);
        let limit = Duration::from_millis(site.config.server.body_timeout_ms);
        let body = body::read(&head, body, 64 * 1024, limit, &site.bodies).await;
        return Box::pin(own::answer(&site, &head, path, body, operator)).await;
    }
    let source_ip = client_address(peer, &head.headers, trusted);
    let cors = site.cors.decide(&head.headers);
    let mut answer = api(site, source_ip, started, running, head, body).await;
    cors.apply(answer.headers_mut());
    answer
}

/// The answer to a request for which there is no room beside the others of its connection.
pub(super) fn one_too_many(site: &Site) -> Answer {
    let (id, error) = (site.request_ids.next(), request::no_room());
    let answer = answer::failure(&id, &error);
    Record::default().report(site, &id, &answer, error.code.as_str(), Duration::ZERO);
    answer
}

async fn api(
    site: Arc<Site>,
    source_ip: IpAddr,
    started: Instant,
    running: Running,
    head: Box<Parts>,
    body: Incoming,
) -> Answer {
    let path = head.uri.path();
    match head.method {
        Method::OPTIONS => {
            let mut answer = Answer::default();
            *answer.status_mut() = StatusCode::OK;
            Cors::apply_preflight(&head.headers, answer.headers_mut());
            answer
        }
        Method::POST if path == "/" => {
            let server = &site.config.server;
            let limit = Duration::from_millis(server.body_timeout_ms);
            let body = body::read(&head, body, server.max_body_bytes, limit, &site.bodies).await;
            let id = site.request_ids.next();
            let request = ApiRequest { id, head, body, source_ip, started, _running: running };
            request::answer(site, Box::new(request)).await
        }
        Method::GET | Method::HEAD if issuer::is_document(path) => {
            Box::pin(issuer::answer(&site, path, source_ip, started)).await
        }
        Method::GET | Method::HEAD if confirm_user::is_link(path) => {
            Box::pin(confirm_user::answer(site, head, source_ip, started, running)).await
        }
        _ => answer::not_found(&site.request_ids.next()),
    }
}
