//! The rules of Cenote: what Cognito's operations do, without HTTP and without SQL.
//!
//! A [`Service`] is the process: store, keys, clock, triggers, settings. A [`Context`] is one request: who calls, when, and
//! the service. Every operation is one file with one async function `(&Context, XRequest) -> Result<XResponse, Error>`;
//! [`operations`] is the table of all 141.
//!
//! | module | holds |
//! | --- | --- |
//! | [`pools`], [`clients`] | configuration objects |
//! | [`users`] | sign-up, attributes, names, passwords, codes, administration |
//! | [`groups`] | groups and their members |
//! | [`passkeys`] | their registration |
//! | [`recovery`] | the forgotten password |
//! | [`sign_in`], [`tokens`] | flows, challenges, sessions; JWTs, refresh, revocation |
//! | [`messages`] | which text goes where, and the triggers that may change it |
//! | [`encoded`] | answers as bytes |
//! | [`resealing`] | what an older master key sealed |
//! | [`threat`], [`analytics`] | what the engines of these names are told |

pub mod analytics;
pub mod cache;
pub mod clients;
pub mod clock;
pub mod compute;
pub mod context;
pub mod devices;
pub mod encoded;
pub mod error;
pub mod groups;
pub mod messages;
pub mod operations;
pub mod page;
pub mod passkeys;
pub mod pools;
pub mod recovery;
pub mod resealing;
pub mod settings;
pub mod sign_in;
#[cfg(feature = "testing")]
#[expect(
    clippy::panic,
    clippy::indexing_slicing,
    reason = "for tests only, where a panic is how a check fails"
)]
pub mod testing;
pub mod threat;
pub mod tokens;
pub mod trigger;
pub mod user_sessions;
pub mod users;

pub use context::{Caller, Context, Service, ServiceParts};
pub use error::Error;
pub use settings::Settings;
