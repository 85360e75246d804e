//! The end of a sign-in, when nothing more is asked: the triggers and the tokens.

use cenote_store::User;
use cenote_triggers::post_authentication::PostAuthenticationRequest;
use cenote_triggers::pre_token_generation::TokenGenerationSource;

use crate::error::Error;
use crate::sign_in::device::finish::of_tokens;
use crate::sign_in::progress::Progress;
use crate::sign_in::step::{Outcome, SignIn};
use crate::tokens::grant::Grant;
use crate::tokens::issue::{self, Issue, Refresh};
use crate::trigger;
use crate::user_sessions::record;

/// Completes a sign-in. What the last step had to write, such as its used session, is written.
///
/// # Errors
/// Those of the triggers.
pub async fn complete(sign_in: SignIn<'_>, user: &User, progress: &Progress) -> Result<Outcome, Error> {
    let SignIn { context, pool, client, .. } = sign_in;
    let client_metadata = sign_in.answer_metadata();
    let device = of_tokens(sign_in, user, progress).await?;
    if let Some(function) = pool.lambda().post_authentication {
        let request = PostAuthenticationRequest {
            user_attributes: trigger::user_attributes(pool, user),
            new_device_used: device.new.is_some(),
            client_metadata: client_metadata.cloned(),
        };
        let caller = trigger::caller(context, pool, &user.username, Some(client.id()));
        context.invoker.invoke(&function, &caller, &request).await?;
    }
    let grant = Grant { device_key: device.key, ..Grant::new(context) };
    let source = if progress.device_proved {
        TokenGenerationSource::AuthenticateDevice
    } else if progress.new_password {
        TokenGenerationSource::NewPasswordChallenge
    } else {
        TokenGenerationSource::Authentication
    };
    let mut tokens = issue::issue(
        context,
        Issue { pool, client, user, grant: &grant, refresh: Refresh::New, source, client_metadata },
    )
    .await?;
    record::sign_in(context, pool, client, user, &grant).await?;
    tokens.new_device_metadata = device.new;
    Ok(Outcome::tokens(tokens))
}
