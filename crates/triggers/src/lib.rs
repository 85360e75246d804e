//! Lambda triggers: the event documents, their invocation and the errors a caller of the API sees.
//!
//! The crate knows neither the store nor the HTTP server. Who decides that a trigger runs fills in a request and calls
//! [`Invoker::invoke`]; it gets the typed response, or the [`TriggerError`] with its complete text.
//!
//! - one module per trigger ([`pre_sign_up`], [`custom_message`], …): sources, request and response
//! - [`event`]: the envelope around them, [`caller`]: who caused the event
//! - [`settings`]: endpoints, credentials and limits
//! - [`invoker`]: the call itself, with its attempts; `signing` and `outbound` below it
//! - [`answer`]: what the function's answer means
//!
//! A new trigger is a new module with a request type that implements [`TriggerRequest`]; nothing else changes.

pub mod answer;
pub mod caller;
pub mod challenge_result;
pub mod create_auth_challenge;
pub mod custom_message;
pub mod define_auth_challenge;
mod endpoint;
pub mod error;
pub mod event;
pub mod invoker;
mod outbound;
pub mod post_authentication;
pub mod post_confirmation;
pub mod pre_authentication;
pub mod pre_sign_up;
pub mod pre_token_generation;
pub mod settings;
mod signing;
#[cfg(feature = "testing")]
pub mod testing;
pub mod trigger;
pub mod user_migration;
pub mod verify_auth_challenge_response;

pub use caller::{Caller, aws_sdk_version};
pub use error::TriggerError;
pub use event::{StringMap, TriggerRequest};
pub use invoker::{Clock, Invoker};
pub use settings::{Credentials, TriggerSettings};
pub use trigger::Trigger;
