//! The server from outside: exact bytes, limits, signatures, start and stop.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod backup;
mod binary;
mod body;
mod confirm_user;
mod cors;
mod drain;
mod encryption;
mod guessing;
mod limits;
mod own_paths;
mod rates;
mod refusals;
mod seed;
#[cfg(target_os = "linux")]
mod siege;
mod signatures;
mod stolen;
mod support;
mod wire;
