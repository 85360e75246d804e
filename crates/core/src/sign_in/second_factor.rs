//! Second factors.

use cenote_model::types::UserPoolMfaType;
use cenote_store::User;

use crate::error::Error;
use crate::sign_in::step::SignIn;

/// Second factors are not built yet. Where one is asked for there is no sign-in: letting a user in without it would be a
/// hole.
///
/// # Errors
/// `UnsupportedOperationException`.
pub fn refuse(sign_in: SignIn<'_>, user: &User) -> Result<(), Error> {
    let asked = match sign_in.pool.mfa() {
        UserPoolMfaType::Off => false,
        UserPoolMfaType::Optional => !user.mfa.enabled.is_empty(),
        UserPoolMfaType::On => true,
    };
    if asked { Err(Error::not_built("Sign-in with a second factor")) } else { Ok(()) }
}
