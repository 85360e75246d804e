//! One sign-in: what all its tokens share, across every refresh.

use cenote_crypto::keyring::MacPurpose;
use cenote_crypto::random::uuid;
use cenote_store::User;
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::pools::Pool;

/// A sign-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The family: what RevokeToken revokes.
    pub origin_jti: String,
    pub event_id: String,
    /// Seconds.
    pub auth_time: i64,
    /// The device it comes from, where the pool keeps devices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_key: Option<String>,
    /// How strong it was, if its tokens say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authentication: Option<Authentication>,
}

/// How strong a sign-in was, in the words of its time: they stay as they are, whatever the pool calls its levels later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authentication {
    /// The pool's name of the highest level that was reached.
    pub acr: String,
    /// The methods.
    pub amr: Vec<String>,
}

impl Grant {
    /// A sign-in that happens now.
    #[must_use]
    pub fn new(context: &Context) -> Self {
        Self {
            origin_jti: uuid(context.random.as_ref()),
            event_id: uuid(context.random.as_ref()),
            auth_time: context.now_ms.div_euclid(1000),
            device_key: None,
            authentication: None,
        }
    }
}

/// A token id that knows the generation of its user without saying it: its first eight digits are a keyed hash of user and
/// generation, the rest is random. Access tokens have no other place for it, and their `iat` in whole seconds could not tell
/// a token issued just before a global sign-out from one issued just after.
#[must_use]
pub fn token_id(context: &Context, pool: &Pool, user: &User) -> String {
    let id = uuid(context.random.as_ref());
    let rest = id.get(8..).unwrap_or_default();
    format!("{}{rest}", generation_mark(context, pool, user))
}

/// Whether a token id belongs to the user's present generation.
#[must_use]
pub fn is_current(context: &Context, pool: &Pool, user: &User, token_id: &str) -> bool {
    let data = generation_data(user);
    context
        .keyring
        .mac_candidates(MacPurpose::TokenGeneration, &[pool.id().as_str(), user.sub.as_str()], &data)
        .into_iter()
        .any(|mac| token_id.get(..8) == Some(hex8(&mac).as_str()))
}

fn generation_mark(context: &Context, pool: &Pool, user: &User) -> String {
    let mac = context.keyring.mac(
        MacPurpose::TokenGeneration,
        &[pool.id().as_str(), user.sub.as_str()],
        &generation_data(user),
    );
    hex8(&mac)
}

fn generation_data(user: &User) -> [u8; 8] {
    user.token_generation.to_be_bytes()
}

fn hex8(mac: &[u8; 32]) -> String {
    let [a, b, c, d, ..] = *mac;
    format!("{:08x}", u32::from_be_bytes([a, b, c, d]))
}
