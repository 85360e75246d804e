//! The end of a sign-in, when nothing more is asked: the triggers and the tokens.

use cenote_store::User;
use cenote_triggers::post_authentication::PostAuthenticationRequest;
use cenote_triggers::pre_token_generation::TokenGenerationSource;

use crate::error::Error;
use crate::pools::acr;
use crate::sign_in::device::finish::of_tokens;
use crate::sign_in::level::{self, Level};
use crate::sign_in::progress::Progress;
use crate::sign_in::step::{Outcome, SignIn};
use crate::sign_in::step_up;
use crate::tokens::grant::{Authentication, Grant};
use crate::tokens::issue::{self, Issue, Refresh};
use crate::trigger;
use crate::user_sessions::record;

/// Completes a sign-in. What the last step had to write, such as its used session, is written.
///
/// # Errors
/// `NotAuthorizedException` for a step-up whose token was revoked; those of the triggers.
pub async fn complete(sign_in: SignIn<'_>, user: &User, progress: &Progress) -> Result<Outcome, Error> {
    let SignIn { context, pool, client, .. } = sign_in;
    step_up::check_credited(sign_in, user, progress).await?;
    let client_metadata = sign_in.answer_metadata();
    let device = of_tokens(sign_in, user, progress).await?;
    if let Some(function) = pool.lambda().post_authentication {
        let request = PostAuthenticationRequest {
            user_attributes: trigger::user_attributes(user),
            new_device_used: device.new.is_some(),
            client_metadata: client_metadata.cloned(),
        };
        let caller = trigger::caller(context, pool, &user.username, Some(client.id()));
        context.invoker.invoke(&function, &caller, &request).await?;
    }
    let authentication = authentication(sign_in, progress);
    let grant = Grant { device_key: device.key, authentication, ..Grant::new(context) };
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

/// What the tokens say of how strong the sign-in was: of one that asked for a level, or of every one where the operator wants
/// it. Nothing where no level describes what was shown.
fn authentication(sign_in: SignIn<'_>, progress: &Progress) -> Option<Authentication> {
    let SignIn { context, pool, .. } = sign_in;
    if progress.targets.is_empty() && !context.settings.acr_in_every_token {
        return None;
    }
    let level = Level::of(&progress.shown)?;
    let acr = acr::name(&pool.configuration.user_pool, level).to_owned();
    Some(Authentication { acr, amr: level::amr(&progress.shown) })
}
