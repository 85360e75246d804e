//! HTTP: sockets, connections, bodies, CORS and which path leads where. What an API request does is in [`crate::request`].

mod activity;
mod body;
mod budget;
mod client_address;
mod connection;
mod cors;
mod listener;
mod places;
mod routes;
mod source;
mod streams;
mod tls;

pub(crate) use body::{Body, BodyError};
pub(crate) use budget::BodyBudget;
#[cfg(feature = "testing")]
pub(crate) use client_address::client_address;
pub(crate) use cors::Cors;
pub(crate) use listener::{Listener, Stop};
pub(crate) use routes::Running;
pub(crate) use source::Source;
pub(crate) use tls::{TlsError, acceptor};
