//! What threat protection is told of a request. The engine that weighs it comes later; until then nothing is a risk.

use std::net::IpAddr;

use cenote_crypto::context_data::ContextData;
use cenote_model::types::{ContextDataType, UserContextDataType};

use crate::clients::Client;
use crate::context::Context;
use crate::error::Error;
use crate::pools::Pool;

/// What a request says of the device and the address that it comes from.
#[derive(Clone, Copy, Debug)]
pub enum Origin<'a> {
    /// A client says it of itself.
    Client(Option<&'a UserContextDataType>),
    /// A back end, which signs its requests, says it of its user.
    BackEnd(Option<&'a ContextDataType>),
}

impl<'a> From<Option<&'a UserContextDataType>> for Origin<'a> {
    fn from(data: Option<&'a UserContextDataType>) -> Self {
        Self::Client(data)
    }
}

impl<'a> From<Option<&'a ContextDataType>> for Origin<'a> {
    fn from(data: Option<&'a ContextDataType>) -> Self {
        Self::BackEnd(data)
    }
}

/// What was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    SignUp,
    SignIn,
    ForgotPassword,
    ConfirmForgotPassword,
    ResendCode,
    ConfirmSignUp,
}

/// One request, as far as a risk can be read from it.
pub struct Observation<'a> {
    pub event: Event,
    pub pool: &'a Pool,
    pub client: &'a Client,
    /// As typed.
    pub username: &'a str,
    /// The address that counts: see [`trusted_address`].
    pub source_ip: IpAddr,
    pub user_agent: Option<&'a str>,
    /// What the client library says of its device, if it could be read.
    pub device: Option<&'a ContextData>,
    /// Whether its signature, its time, its user and its pool fit. A public key signs it: never proof of innocence.
    pub device_trusted: bool,
    pub now_ms: i64,
}

impl std::fmt::Debug for Observation<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Observation").field("event", &self.event).finish_non_exhaustive()
    }
}

/// What the engine says.
#[must_use]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verdict {
    /// Threat protection has no opinion; the strict limits hold.
    #[default]
    Allow,
    /// Seen and known to be harmless: limits may be as wide as they go.
    NoRisk,
    /// Refuse.
    Block,
}

impl Verdict {
    /// Refuses a request that must not go on.
    ///
    /// # Errors
    /// `NotAuthorizedException`.
    pub fn refuse(self) -> Result<(), Error> {
        if self == Self::Block {
            return Err(Error::not_authorized("Unable to process the request due to security reasons."));
        }
        Ok(())
    }
}

/// An attempt limit: four times as wide for a context that is known to be harmless.
#[must_use]
pub fn widen(limit: u32, verdict: Verdict) -> u32 {
    if verdict == Verdict::NoRisk { limit.saturating_mul(4) } else { limit }
}

/// Weighs observations.
pub trait ThreatEngine: Send + Sync + 'static {
    /// Says what to do. Called once per request, before anything is sent or changed.
    fn assess(&self, observation: &Observation<'_>) -> Verdict;
}

/// The engine of a server that has none.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoThreatEngine;

impl ThreatEngine for NoThreatEngine {
    fn assess(&self, _: &Observation<'_>) -> Verdict {
        Verdict::Allow
    }
}

/// Assesses a request. Context that can't be read lowers what is known; it never fails the request.
pub fn assess<'a>(
    context: &Context,
    event: Event,
    pool: &Pool,
    client: &Client,
    username: &str,
    origin: impl Into<Origin<'a>>,
) -> Verdict {
    let origin = origin.into();
    let encoded = match origin {
        Origin::Client(data) => data.and_then(|data| data.encoded_data.as_deref()),
        Origin::BackEnd(data) => data.and_then(|data| data.encoded_data.as_deref()),
    };
    let device = encoded.and_then(|encoded| ContextData::decode(encoded, client.record.id.as_str()).ok());
    let device_trusted = device
        .as_ref()
        .is_some_and(|device| device.trust(context.now_ms, &[username], pool.record.id.as_str()));
    context.threat.assess(&Observation {
        event,
        pool,
        client,
        username,
        source_ip: trusted_address(context, client, origin),
        user_agent: context.caller.user_agent.as_deref(),
        device: device.as_ref(),
        device_trusted,
        now_ms: context.now_ms,
    })
}

/// The address in the request counts if a back end says it, or a client that keeps a secret and is allowed to pass on what it knows
/// of its users; else the connection's does.
fn trusted_address(context: &Context, client: &Client, origin: Origin<'_>) -> IpAddr {
    let said = match origin {
        Origin::Client(data) => {
            data.filter(|_| client.propagates_user_context()).and_then(|data| data.ip_address.as_deref())
        }
        Origin::BackEnd(data) => data.map(|data| data.ip_address.as_str()),
    };
    said.and_then(|text| text.trim().parse().ok()).unwrap_or(context.caller.source_ip)
}
