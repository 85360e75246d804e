//! Signing in and what tokens are worth, through the public operations.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod access_tokens;
mod admin;
mod challenge;
mod flows;
mod lockout;
mod refresh;
mod remembered_tokens;
mod revocation;
mod srp;
mod token_claims;
mod triggers;
mod world;
