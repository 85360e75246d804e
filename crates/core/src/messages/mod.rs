//! The messages that operations promise: which text, to which contact, and into the outbox.
//!
//! A message is made in two steps. [`prepare`] chooses the texts and runs the CustomMessage trigger, which may take seconds
//! and may fail; nothing is written meanwhile. [`Draft::message`] then puts the code in, and belongs to the change set that
//! stores the code's hash.

mod draft;
mod purpose;
mod texts;

pub use draft::{
    Draft, Recipient, check_deliverable, check_sender, prepare, prepare_decoy, prepare_invitation,
};
pub use purpose::MessagePurpose;
