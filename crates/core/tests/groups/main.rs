//! Groups through the operation table: exact answers, members, pages, limits, and what tokens say of them.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

mod groups;
mod lists;
mod members;
mod tokens;
mod world;
