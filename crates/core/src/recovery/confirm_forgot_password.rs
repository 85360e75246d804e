use cenote_model::types::{ConfirmForgotPasswordRequest, ConfirmForgotPasswordResponse};
use cenote_store::{ChangeSet, CodePurpose, Lockout, User, UserStatus};
use cenote_triggers::post_confirmation::{PostConfirmationRequest, PostConfirmationSource};

use crate::analytics;
use crate::clients::Client;
use crate::context::Context;
use crate::error::Error;
use crate::pools::Pool;
use crate::recovery::eligibility::{has_verified_contact, status_allows};
use crate::threat::{self, Event, Verdict};
use crate::trigger;
use crate::users::attempts::{self, Attempt};
use crate::users::password_policy::{self, Wording};
use crate::users::resolve::Names;
use crate::users::subject::{self, Subject};
use crate::users::update::{self, Decision};
use crate::users::{codes, password};

/// ConfirmForgotPassword: sets a new password for whoever has the code. It revokes no token and signs nobody in.
///
/// Wrong and missing codes count; a code survives a password that the policy or the history refuses.
///
/// # Errors
/// In the order of the checks. To a client that hides its users the policy is checked before the user is looked for, since
/// its failure would otherwise tell that there is one.
pub async fn confirm_forgot_password(
    context: &Context,
    request: ConfirmForgotPasswordRequest,
) -> Result<ConfirmForgotPasswordResponse, Error> {
    let (client, pool) = context.get_client_and_pool(&request.client_id).await?;
    client.verify_secret_hash(&[&request.username], request.secret_hash.as_deref())?;
    let user_context = request.user_context_data.as_ref();
    let verdict = threat::assess(
        context,
        Event::ConfirmForgotPassword,
        &pool,
        &client,
        &request.username,
        user_context,
    );
    if client.hides_users() {
        password_policy::check(&pool.password_policy(), &request.password, Wording::Change)?;
    }
    let redemption = Redemption { context, client: &client, pool: &pool, request: &request, verdict };
    let subject = subject::find(context, &pool, &client, &request.username, Names::WithSub).await?;
    let sub = subject.exists().then(|| subject.user.sub.as_str().to_owned());
    let outcome = redemption.redeem(subject).await;
    let metadata = request.analytics_metadata.as_ref();
    analytics::record(context, "ConfirmForgotPassword", &client, metadata, sub.as_deref());
    let user = outcome?;
    if let Some(function) = pool.lambda().post_confirmation {
        let event = PostConfirmationRequest {
            source: PostConfirmationSource::ConfirmForgotPassword,
            user_attributes: trigger::user_attributes(&user),
            client_metadata: request.client_metadata.clone(),
        };
        let caller = trigger::caller(context, &pool, &user.username, Some(client.id()));
        context.invoker.invoke(&function, &caller, &event).await?;
    }
    Ok(ConfirmForgotPasswordResponse {})
}

struct Redemption<'a> {
    context: &'a Context,
    client: &'a Client,
    pool: &'a Pool,
    request: &'a ConfirmForgotPasswordRequest,
    verdict: Verdict,
}

impl Redemption<'_> {
    fn limit(&self) -> u32 {
        threat::widen(self.context.settings.limits.recovery_attempts_per_hour, self.verdict)
    }

    /// Checks the code and sets the password; the user as it is afterwards. No code is right for a name that nobody has.
    async fn redeem(&self, subject: Subject) -> Result<User, Error> {
        let exists = subject.exists();
        let decided = update::decide(self.context, subject, |mut after| {
            Box::pin(async move {
                self.check_limit(&after)?;
                self.check_state(&after, exists)?;
                let answer = self.check_code(&after, exists);
                if answer.is_ok() {
                    self.check_redeemable(&after).await?;
                    self.set_password(&mut after).await?;
                } else {
                    self.count(&mut after)?;
                }
                Ok(Decision { answer, after, further: ChangeSet::new() })
            })
        });
        match decided.await? {
            Some((answer, user)) => answer.map(|()| user),
            // The user went meanwhile.
            None if self.client.hides_users() => Err(Error::code_expired()),
            None => Err(Error::combination_missing()),
        }
    }

    fn check_limit(&self, user: &User) -> Result<(), Error> {
        attempts::check(&user.attempts, Attempt::RecoveryRedemption, self.limit(), self.context.now_ms)
    }

    fn count(&self, user: &mut User) -> Result<(), Error> {
        attempts::count(&mut user.attempts, Attempt::RecoveryRedemption, self.limit(), self.context.now_ms)
    }

    /// What a client that may know its users is told before the code is looked at.
    fn check_state(&self, user: &User, exists: bool) -> Result<(), Error> {
        if self.client.hides_users() || !exists {
            return Ok(());
        }
        if !user.enabled {
            return Err(Error::user_disabled());
        }
        if !status_allows(user) {
            return Err(Error::reset_not_possible());
        }
        if user.status == UserStatus::Unconfirmed && !has_verified_contact(user) {
            return Err(Error::user_not_confirmed());
        }
        password_policy::check(&self.pool.password_policy(), &self.request.password, Wording::Change)
    }

    fn check_code(&self, user: &User, exists: bool) -> Result<(), Error> {
        if !exists && !self.client.hides_users() {
            return Err(Error::combination_missing());
        }
        let verified = codes::verify(self.context, user, CodePurpose::Reset, &self.request.confirmation_code);
        match verified {
            // Only a client that hides its users gets here; the right code of a disabled user is no code.
            Ok(_) if !exists || !user.enabled => Err(Error::code_mismatch()),
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// What only the owner of the code may learn.
    async fn check_redeemable(&self, user: &User) -> Result<(), Error> {
        if !status_allows(user) {
            return Err(Error::reset_not_possible());
        }
        if password::was_used(self.context, self.pool, user, &self.request.password).await? {
            return Err(Error::password_history());
        }
        self.verdict.refuse()
    }

    async fn set_password(&self, user: &mut User) -> Result<(), Error> {
        let (username, sub) = (user.username.clone(), user.sub.as_str().to_owned());
        let new = password::create(
            self.context,
            self.pool,
            &username,
            &sub,
            &self.request.password,
            password::Kind::Permanent,
        )
        .await?;
        password::set(self.pool, user, new);
        user.status = UserStatus::Confirmed;
        attempts::clear(&mut user.attempts, Attempt::RecoveryRedemption);
        // Whoever locked the user out by guessing did not know the code.
        user.lockout = Lockout::default();
        user.modified_ms = self.context.now_ms;
        Ok(())
    }
}
