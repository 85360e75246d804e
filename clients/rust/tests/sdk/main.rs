//! The AWS SDK for Rust, unmodified, against a server in this process.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod recovery;
mod sign_in;
mod srp;
mod world;
