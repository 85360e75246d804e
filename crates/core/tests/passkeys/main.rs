//! Passkeys, by an authenticator in software.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod lists;
mod preference;
mod refusals;
mod registration;
mod sign_in;
mod world;
