//! Second factors: who is asked for which, how each is set up and shown, and that nobody gets in without.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod chain;
mod codes;
mod decisions;
mod device;
mod levels;
mod lockout;
mod master_keys;
mod new_contact;
mod randomness;
mod sequences;
mod set_up;
mod settings;
mod software_token;
mod step_up;
mod ways_in;
mod world;
