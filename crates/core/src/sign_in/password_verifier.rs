//! PASSWORD_VERIFIER: the proof of a password by SRP.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cenote_model::types::ChallengeNameType;
use cenote_store::{ChangeSet, UserStatus};

use crate::error::Error;
use crate::sign_in::advance::advance;
use crate::sign_in::custom::history::Custom;
use crate::sign_in::device::presented;
use crate::sign_in::guess::Guess;
use crate::sign_in::progress::Progress;
use crate::sign_in::secret_block::SecretBlock;
use crate::sign_in::session::{self, Session};
use crate::sign_in::srp::{Flow, PasswordBlock, Proof};
use crate::sign_in::step::{Outcome, SignIn};
use crate::sign_in::{credentials, flow};
use crate::users::resolve::Names;
use crate::users::subject;

/// Takes the proof. A session that comes with that of USER_SRP_AUTH is not looked at: the secret block says everything. In
/// USER_AUTH both go together, and a wrong proof ends them.
///
/// # Errors
/// `NotAuthorizedException` for everything that is wrong with it; those of the user's state; `ResourceNotFoundException` for a
/// device that the user does not have, and the proof can be sent again without it.
pub async fn respond(sign_in: SignIn<'_>, session: Option<&str>) -> Result<Outcome, Error> {
    let SignIn { context, pool, client, parameters, .. } = sign_in;
    let typed = sign_in.username()?;
    let signature = parameters.get("PASSWORD_CLAIM_SIGNATURE")?;
    let encoded = parameters.get("PASSWORD_CLAIM_SECRET_BLOCK")?;
    let timestamp = parameters.get("TIMESTAMP")?;
    let bytes = STANDARD.decode(encoded).map_err(|_| Error::incorrect_credentials())?;
    let block = PasswordBlock::unseal(sign_in, &bytes)?;
    flow::check_custom_only(client, block.flow == Flow::Custom)?;
    let session = match block.flow {
        Flow::Srp | Flow::Custom => None,
        Flow::Choice => Some(Session::unseal(sign_in, session, ChallengeNameType::PasswordVerifier)?),
    };
    if session.as_ref().map(Session::id) != block.session.as_deref() {
        return Err(session::invalid());
    }
    block.check_unused(sign_in).await?;
    let consumed: ChangeSet =
        std::iter::once(block.consume()).chain(session.as_ref().map(Session::consume)).collect();
    let subject = subject::find(context, pool, client, &block.typed, Names::SignIn).await?;
    credentials::check_existence(sign_in, &subject)?;
    credentials::check_unlocked(context, &subject.user)?;
    let folded = pool.fold(typed);
    let is_named = folded == pool.fold(&block.typed)
        || folded == pool.fold(&block.user_id)
        || session::is_named(sign_in, &subject.user, typed);
    if !is_named {
        return Err(Error::incorrect_credentials());
    }
    let guess = Guess::begin(sign_in, subject, false).await?;
    let user = &guess.subject.user;
    let proved = block.verify(sign_in, user, Proof { block: &bytes, signature, timestamp }).await?;
    if !proved || user.status == UserStatus::ExternalProvider {
        return Err(guess.wrong(if session.is_some() { consumed } else { ChangeSet::new() }).await);
    }
    let before = session.map(|session| session.progress).unwrap_or_default();
    let device = block.device.as_deref().or(before.device.as_deref());
    let device = presented::find(sign_in, user, device).await;
    let user = guess.right(if device.is_ok() { consumed } else { ChangeSet::new() }).await?;
    let mut progress = Progress { device: device?, ..before.with_password() };
    if block.flow == Flow::Custom {
        progress.custom = Some(Custom::with_srp(&block.typed));
    }
    advance(sign_in, user, progress.passed(ChallengeNameType::PasswordVerifier)).await
}
