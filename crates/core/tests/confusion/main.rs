//! Everything that opens something, presented everywhere: tokens, sessions, codes, page tokens, secrets and hashes, of every
//! pool, client, user, purpose and generation of keys. Only the rightful one is taken, every other is refused in Cognito's
//! words, and is as good as before where it belongs.
//!
//! [`artefacts`] lists what there is, [`places`] where something can be presented; [`pairs`] presents everything everywhere.
//! [`coverage`] fails when the model has a place that the list lacks.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod artefacts;
mod choice;
mod coverage;
mod devices;
mod pairs;
mod places;
mod second_factors;
mod set_up;
mod srp;
mod world;
