//! Signing in and what tokens are worth, through the public operations.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod access_tokens;
mod admin;
mod challenge;
mod client_tokens;
mod derived_tokens;
mod flows;
mod key_rotation;
mod lockout;
mod refresh;
mod remembered_tokens;
mod revocation;
mod rotation;
mod srp;
mod token_claims;
mod triggers;
mod user_sessions;
mod world;
