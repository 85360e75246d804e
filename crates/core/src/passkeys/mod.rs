//! Passkeys: making them, listing them, deleting them. Signing in by them is in `sign_in/web_authn.rs`.
//!
//! | file | holds |
//! | --- | --- |
//! | [`relying_party`] | for which domain a pool's passkeys are, and what it asks of them |
//! | `authenticators` | what an authenticator is called |
//! | `holder` | whose access token it is |

pub mod relying_party;

mod authenticators;
mod complete_web_authn_registration;
mod delete_web_authn_credential;
mod holder;
mod list_web_authn_credentials;
mod start_web_authn_registration;

pub use complete_web_authn_registration::complete_web_authn_registration;
pub use delete_web_authn_credential::delete_web_authn_credential;
pub use list_web_authn_credentials::list_web_authn_credentials;
pub use start_web_authn_registration::start_web_authn_registration;

use cenote_model::ErrorCode;
use cenote_store::User;

use crate::error::Error;

/// Passkeys of a user.
const MOST: usize = 20;

/// Whether the user may have another passkey.
///
/// # Errors
/// `LimitExceededException`.
fn check_room(user: &User) -> Result<(), Error> {
    if user.passkeys.len() < MOST {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::LimitExceededException,
        format!("The user has {MOST} passkeys, which is as many as there may be."),
    ))
}
