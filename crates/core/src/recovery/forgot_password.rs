use std::sync::{Mutex, MutexGuard, PoisonError};

use cenote_crypto::random::alphanumeric;
use cenote_model::types::{CodeDeliveryDetailsType, ForgotPasswordRequest, ForgotPasswordResponse};
use cenote_store::{ChangeSet, CodePurpose, User};

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
use crate::users::update::{self, Decision};
use crate::users::{codes, unknown};

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
    let mut user = find_user(context, &pool, &request.username, Names::WithSub).await?;
    if user.is_none() {
        asked.count_unknown().await?;
        user = asked.migrate().await?;
    }
    let sub = user.as_ref().map(|user| user.sub.as_str().to_owned());
    let outcome = match user {
        Some(user) => asked.answer_user(user).await,
        None => asked.answer_nobody(),
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
        threat::widen(self.context.settings.limits.recovery_requests_per_hour, self.verdict)
    }

    /// Counts a request for a name that no user has. The count comes before the pool's function is asked, which may cost its
    /// owner money.
    async fn count_unknown(&self) -> Result<(), Error> {
        let (context, username) = (self.context, self.request.username.as_str());
        let marks = !self.pretends_no_contact();
        unknown::update(context, self.pool, username, |known| {
            attempts::count(&mut known.attempts, Attempt::RecoveryRequest, self.limit(), context.now_ms)?;
            if marks {
                known.reset_until_ms = context.now_ms + codes::RESET_SECONDS * 1000;
            }
            Ok(())
        })
        .await
    }

    /// Asks the pool's old directory for the user.
    async fn migrate(&self) -> Result<Option<User>, Error> {
        let migration = Migration {
            pool: self.pool,
            client: self.client,
            username: &self.request.username,
            password: None,
            validation_data: None,
            client_metadata: self.request.client_metadata.as_ref(),
        };
        migration::migrate(self.context, migration).await
    }

    fn pretends_no_contact(&self) -> bool {
        self.client.hides_users()
            && self.context.settings.ineligible == Ineligible::Error
            && simulated::pretends_no_contact(self.pool, &self.request.username)
    }

    /// Answers as the client wants unknown users answered.
    fn answer_nobody(&self) -> Result<CodeDeliveryDetailsType, Error> {
        if !self.client.hides_users() {
            return Err(Error::combination_missing());
        }
        if self.pretends_no_contact() {
            return Err(Error::no_recovery_contact());
        }
        self.simulate()
    }

    /// The invented answer, and the errors that a real one would meet whoever it is for.
    fn simulate(&self) -> Result<CodeDeliveryDetailsType, Error> {
        self.verdict.refuse()?;
        let contact = simulated::contact(self.pool, &self.request.username);
        messages::check_sender(self.context, self.pool, contact)?;
        Ok(simulated::delivery_details(self.pool, &self.request.username))
    }

    /// Counts the request, makes the code and appends its message, in one change set. Where a function writes the text, the
    /// count and the end of the earlier code come first: the function may take its time, or fail, and must not run more
    /// often than the limit allows.
    async fn answer_user(&self, user: User) -> Result<CodeDeliveryDetailsType, Error> {
        let context = self.context;
        let counts_first =
            self.pool.lambda().custom_message.is_some() && eligibility::check(self.pool, &user).is_ok();
        let user = if counts_first {
            let ((), user) = update::update_user(context, user, |user| {
                user.codes.remove(&CodePurpose::Reset);
                self.count(user).map(|()| ((), ChangeSet::new()))
            })
            .await?;
            user
        } else {
            user
        };
        let drafted: Mutex<Option<(Choice, Draft)>> = Mutex::new(None);
        let decided = update::decide(context, user, |mut after| {
            let drafted = &drafted;
            Box::pin(async move {
                if !counts_first {
                    self.count(&mut after)?;
                }
                let mut further = ChangeSet::new();
                let earlier = lock(drafted).take();
                let answer = match eligibility::check(self.pool, &after) {
                    Err(refusal) => self.refuse(refusal, &mut after),
                    Ok(choice) => match self.draft(&after, &choice, earlier).await {
                        // No code is valid now, and the attempt counts.
                        Err(error) => {
                            after.codes.remove(&CodePurpose::Reset);
                            Err(error)
                        }
                        Ok(draft) => {
                            let code = codes::generate(context);
                            codes::set(
                                context,
                                &mut after,
                                CodePurpose::Reset,
                                &code,
                                choice.contact.attribute(),
                            );
                            let expires_ms = context.now_ms + codes::RESET_SECONDS * 1000;
                            further.push(draft.message(context, &code, expires_ms));
                            let details = self.details(&choice);
                            *lock(drafted) = Some((choice, draft));
                            Ok(details)
                        }
                    },
                };
                Ok(Decision { answer, after, further })
            })
        });
        match decided.await? {
            Some((answer, _)) => answer,
            None => self.answer_nobody(),
        }
    }

    fn count(&self, user: &mut User) -> Result<(), Error> {
        attempts::count(&mut user.attempts, Attempt::RecoveryRequest, self.limit(), self.context.now_ms)
    }

    /// The message without its code. A draft for the same contact is good for a second try: the function that wrote it need
    /// not run again.
    async fn draft(
        &self,
        user: &User,
        choice: &Choice,
        drafted: Option<(Choice, Draft)>,
    ) -> Result<Draft, Error> {
        self.verdict.refuse()?;
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

    /// Where the code went. An invented answer can't know the letter case that a user was created with.
    fn details(&self, choice: &Choice) -> CodeDeliveryDetailsType {
        if self.client.hides_users() {
            choice.contact.delivery_details(&self.pool.fold(&choice.value))
        } else {
            choice.contact.delivery_details(&choice.value)
        }
    }

    /// What a user is told that can't have a code. Where users are hidden it gets one that nobody knows, so that redeeming
    /// goes on looking alike too.
    fn refuse(&self, refusal: Refusal, after: &mut User) -> Result<CodeDeliveryDetailsType, Error> {
        let context = self.context;
        let told = refusal == Refusal::NoContact && context.settings.ineligible == Ineligible::Error;
        if told || !self.client.hides_users() {
            return Err(refusal.into_error());
        }
        let unguessable = alphanumeric(context.random.as_ref(), 32);
        codes::set(context, after, CodePurpose::Reset, &unguessable, "");
        self.simulate()
    }
}
