//! Signing in and what tokens are worth, through the public operations.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod access_tokens;
mod admin;
mod after_sign_up;
mod challenge;
mod choice;
mod client_flows;
mod client_tokens;
mod configuration_changes;
mod custom;
mod derived_tokens;
mod devices;
mod flows;
mod key_rotation;
mod lockout;
mod made_again;
mod observed;
mod one_time_codes;
mod refresh;
mod remembered_tokens;
mod revocation;
mod rotation;
mod srp;
mod token_claims;
mod token_functions;
mod triggers;
mod user_sessions;
mod world;
