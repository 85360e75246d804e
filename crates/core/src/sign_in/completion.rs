//! The end of a sign-in: second factors if they are asked for, then the triggers and the tokens.

use cenote_model::types::UserPoolMfaType;
use cenote_store::User;
use cenote_triggers::post_authentication::PostAuthenticationRequest;
use cenote_triggers::pre_token_generation::TokenGenerationSource;

use crate::error::Error;
use crate::sign_in::step::{Outcome, SignIn};
use crate::tokens::grant::Grant;
use crate::tokens::issue::{self, Issue, Refresh};
use crate::trigger;

/// Which step came last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The flow itself.
    Authentication,
    NewPassword,
}

/// Completes a sign-in. What the last step had to write, such as its used session, is written.
///
/// # Errors
/// Those of the triggers; `UnsupportedOperationException` when a second factor is asked for, since none is built.
pub async fn complete(sign_in: SignIn<'_>, user: User, origin: Origin) -> Result<Outcome, Error> {
    let SignIn { context, pool, client, .. } = sign_in;
    refuse_second_factor(sign_in, &user)?;
    // Metadata of a challenge's answer reaches the triggers below, that of a flow only those before the password.
    let client_metadata = match origin {
        Origin::Authentication => None,
        Origin::NewPassword => sign_in.client_metadata,
    };
    if let Some(function) = pool.lambda().post_authentication {
        let request = PostAuthenticationRequest {
            user_attributes: trigger::user_attributes(pool, &user),
            new_device_used: false,
            client_metadata: client_metadata.cloned(),
        };
        let caller = trigger::caller(context, pool, &user.username, Some(client.id()));
        context.invoker.invoke(&function, &caller, &request).await?;
    }
    let grant = Grant::new(context);
    let source = match origin {
        Origin::Authentication => TokenGenerationSource::Authentication,
        Origin::NewPassword => TokenGenerationSource::NewPasswordChallenge,
    };
    let tokens = issue::issue(
        context,
        Issue { pool, client, user: &user, grant: &grant, refresh: Refresh::New, source, client_metadata },
    )
    .await?;
    Ok(Outcome::tokens(tokens))
}

/// Second factors are not built yet. Where one is asked for there is no sign-in: letting a user in without it would be a
/// hole.
///
/// # Errors
/// `UnsupportedOperationException`.
pub fn refuse_second_factor(sign_in: SignIn<'_>, user: &User) -> Result<(), Error> {
    let asked = match sign_in.pool.mfa() {
        UserPoolMfaType::Off => false,
        UserPoolMfaType::Optional => !user.mfa.enabled.is_empty(),
        UserPoolMfaType::On => true,
    };
    if asked { Err(Error::not_built("Sign-in with a second factor")) } else { Ok(()) }
}
