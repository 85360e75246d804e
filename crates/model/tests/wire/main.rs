//! What goes over the wire: the texts of violations, the shape of JSON in both directions, and what `Debug` hides.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod decoding;
mod encoding;
mod messages;
mod operations;
mod redaction;
mod round_trip;
mod sample;
