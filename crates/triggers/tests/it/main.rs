//! Tests of the crate from outside.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;
mod documents;
mod invocation;
mod responses;
mod signature;
