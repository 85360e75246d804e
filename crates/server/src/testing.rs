//! For fuzz targets: decoders of outside bytes that nobody else needs from outside.

use std::net::IpAddr;

use cenote_core::{Context, Error};
use http::Response;
use http::header::{HeaderMap, HeaderValue};
use http_body_util::BodyExt as _;

use crate::config::Network;
use crate::confirm_user::{Link, confirm, shown};
use crate::http::client_address;

pub use crate::access::{Decision, Policy};

/// The client's address, from the peer's and the lines of `X-Forwarded-For`. Those that no header can hold are left out.
#[must_use]
pub fn forwarded_address(peer: IpAddr, lines: &[&[u8]], trusted: &[Network]) -> IpAddr {
    let mut headers = HeaderMap::new();
    for value in lines.iter().filter_map(|line| HeaderValue::from_bytes(line).ok()) {
        headers.append("x-forwarded-for", value);
    }
    client_address(peer, &headers, trusted)
}

/// The page after a link of `/confirmUser` with this query.
///
/// # Errors
/// When what went wrong is the server's own.
pub async fn follow_link(context: &Context, query: &str) -> Result<Response<String>, Error> {
    let outcome = confirm(context, Link::parse(Some(query))).await;
    if let Err(error) = &outcome
        && error.cause.is_some()
    {
        return outcome.map(|_| Response::default());
    }
    let (head, body) = shown(outcome).into_parts();
    let Ok(body) = body.collect().await;
    Ok(Response::from_parts(head, String::from_utf8_lossy(&body.to_bytes()).into_owned()))
}
