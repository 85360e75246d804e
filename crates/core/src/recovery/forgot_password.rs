use cenote_crypto::random::alphanumeric;
use cenote_model::types::{CodeDeliveryDetailsType, ForgotPasswordRequest, ForgotPasswordResponse};
use cenote_store::{ChangeSet, CodePurpose, CommitError, Conflict, User};

use crate::analytics;
use crate::clients::Client;
use crate::context::Context;
use crate::error::Error;
use crate::messages::{self, Draft, MessagePurpose, Recipient};
use crate::pools::Pool;
use crate::recovery::delivery_choice::{Choice, is_admin_only};
use crate::recovery::eligibility::{self, Refusal};
use crate::recovery::simulated;
use crate::settings::Ineligible;
use crate::threat::{self, Event, Verdict};
use crate::users::attempts::{self, Attempt};
use crate::users::migration::{self, Migration};
use crate::users::resolve::{Names, find_user};
use crate::users::{codes, unknown, update};

/// How often the decision is taken anew when others change the user meanwhile.
const ATTEMPTS: usize = 32;

/// ForgotPassword: sends a reset code to a verified contact of the user.
///
/// Every request that passes the limit writes once, whoever it is for: real users their count, their code's hash and their
/// message in one change set, names without a user their count alone.
///
/// # Errors
/// In the order of the checks; see `docs/compatibility.md` for what a client that hides its users is told instead.
pub async fn forgot_password(
    context: &Context,
    request: ForgotPasswordRequest,
) -> Result<ForgotPasswordResponse, Error> {
    let (client, pool) = context.get_client_and_pool(&request.client_id).await?;
    client.verify_secret_hash(&[&request.username], request.secret_hash.as_deref())?;
    if is_admin_only(&pool) {
        return Err(Error::not_authorized("Contact administrator to reset password."));
    }
    let user_context = request.user_context_data.as_ref();
    let verdict =
        threat::assess(context, Event::ForgotPassword, &pool, &client, &request.username, user_context);
    let asked = Asked { context, client: &client, pool: &pool, request: &request, verdict };
    let user = match find_user(context, &pool, &request.username, Names::WithSub).await? {
        Some(user) => Some(user),
        None => asked.migrate().await?,
    };
    let sub = user.as_ref().map(|user| user.sub.as_str().to_owned());
    let outcome = match user {
        Some(user) => asked.answer_user(user).await,
        None => asked.answer_nobody().await,
    };
    analytics::record(
        context,
        "ForgotPassword",
        &client,
        request.analytics_metadata.as_ref(),
        sub.as_deref(),
    );
    outcome.map(|details| ForgotPasswordResponse { code_delivery_details: Some(details) })
}

struct Asked<'a> {
    context: &'a Context,
    client: &'a Client,
    pool: &'a Pool,
    request: &'a ForgotPasswordRequest,
    verdict: Verdict,
}

impl Asked<'_> {
    fn limit(&self) -> u32 {
        limit(self.context.settings.limits.recovery_requests_per_hour, self.verdict)
    }

    /// Asks the pool's old directory for the user. The limit comes first: the function may cost its owner money.
    async fn migrate(&self) -> Result<Option<User>, Error> {
        if self.pool.lambda().user_migration.is_none() {
            return Ok(None);
        }
        let known = unknown::find(self.context, self.pool, &self.request.username).await?;
        attempts::check(&known.attempts, Attempt::RecoveryRequest, self.limit(), self.context.now_ms)?;
        migration::migrate(
            self.context,
            Migration {
                pool: self.pool,
                client: self.client,
                username: &self.request.username,
                password: None,
                validation_data: None,
                client_metadata: self.request.client_metadata.as_ref(),
            },
        )
        .await
    }

    /// Counts the request, and answers as the client wants unknown users answered.
    async fn answer_nobody(&self) -> Result<CodeDeliveryDetailsType, Error> {
        let (context, username) = (self.context, self.request.username.as_str());
        unknown::update(context, self.pool, username, |known| {
            attempts::count(&mut known.attempts, Attempt::RecoveryRequest, self.limit(), context.now_ms)?;
            known.reset_until_ms = context.now_ms + codes::RESET_SECONDS * 1000;
            Ok(())
        })
        .await?;
        if !self.client.hides_users() {
            return Err(Error::combination_missing());
        }
        if context.settings.ineligible == Ineligible::Error
            && simulated::pretends_no_contact(self.pool, username)
        {
            return Err(Error::no_recovery_contact());
        }
        self.refuse_risk()?;
        Ok(simulated::delivery_details(self.pool, username))
    }

    /// Counts the request, makes the code and appends its message, in one change set.
    async fn answer_user(&self, user: User) -> Result<CodeDeliveryDetailsType, Error> {
        let context = self.context;
        let mut before = user;
        let mut drafted: Option<(Choice, Draft)> = None;
        for _ in 0..ATTEMPTS {
            attempts::check(&before.attempts, Attempt::RecoveryRequest, self.limit(), context.now_ms)?;
            let mut after = before.clone();
            attempts::count(&mut after.attempts, Attempt::RecoveryRequest, self.limit(), context.now_ms)?;
            let mut further = ChangeSet::new();
            let outcome = match eligibility::check(self.pool, &before) {
                Err(refusal) => self.refuse(refusal, &mut after),
                Ok(choice) => match self.refuse_risk() {
                    Err(error) => Err(error),
                    Ok(()) => match self.draft(&before, &choice, drafted.take()).await {
                        Err(error) => {
                            // The message failed: no code is valid now, and the attempt counts.
                            after.codes.remove(&CodePurpose::Reset);
                            Err(error)
                        }
                        Ok(draft) => {
                            let code = codes::generate(context);
                            let attribute = choice.contact.attribute();
                            codes::set(context, &mut after, CodePurpose::Reset, &code, attribute);
                            let expires_ms = context.now_ms + codes::RESET_SECONDS * 1000;
                            further.push(draft.message(context, &code, expires_ms));
                            let details = choice.contact.delivery_details(&choice.value);
                            drafted = Some((choice, draft));
                            Ok(details)
                        }
                    },
                },
            };
            match update::commit_user(context, &before, &after, further).await {
                Ok(()) => return outcome,
                Err(CommitError::Conflict(Conflict::VersionChanged)) => {
                    match context.store.find_user(&before.pool_id, &before.sub).await? {
                        Some(user) => before = user,
                        None => return self.answer_nobody().await,
                    }
                }
                Err(other) => return Err(other.into()),
            }
        }
        Err(Error::too_many_requests())
    }

    /// The message without its code. A draft for the same contact is good for a second try: the trigger that wrote it need
    /// not run again.
    async fn draft(
        &self,
        user: &User,
        choice: &Choice,
        drafted: Option<(Choice, Draft)>,
    ) -> Result<Draft, Error> {
        if let Some((_, draft)) = drafted.filter(|(drafted, _)| drafted == choice) {
            return Ok(draft);
        }
        let recipient = Recipient {
            pool: self.pool,
            user,
            contact: choice.contact,
            destination: &choice.value,
            client_id: Some(self.client.id()),
            client_metadata: self.request.client_metadata.as_ref(),
        };
        messages::prepare(self.context, MessagePurpose::ForgotPassword, recipient).await
    }

    /// What a user is told that can't have a code. Where users are hidden it gets one that nobody knows, so that redeeming
    /// goes on looking alike too.
    fn refuse(&self, refusal: Refusal, after: &mut User) -> Result<CodeDeliveryDetailsType, Error> {
        let context = self.context;
        if !self.client.hides_users()
            || refusal == Refusal::NoContact && context.settings.ineligible == Ineligible::Error
        {
            return Err(refusal.into_error());
        }
        self.refuse_risk()?;
        let unguessable = alphanumeric(context.random.as_ref(), 32);
        codes::set(context, after, CodePurpose::Reset, &unguessable, "");
        Ok(simulated::delivery_details(self.pool, &self.request.username))
    }

    fn refuse_risk(&self) -> Result<(), Error> {
        refuse_risk(self.verdict)
    }
}

/// An attempt limit, four times as wide for a context that is known to be harmless.
pub(super) fn limit(limit: u32, verdict: Verdict) -> u32 {
    if verdict == Verdict::NoRisk { limit.saturating_mul(4) } else { limit }
}

/// # Errors
/// `NotAuthorizedException` when threat protection blocks the request.
pub(super) fn refuse_risk(verdict: Verdict) -> Result<(), Error> {
    if verdict == Verdict::Block {
        return Err(Error::not_authorized("Unable to process the request due to security reasons."));
    }
    Ok(())
}
