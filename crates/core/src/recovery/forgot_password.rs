use std::sync::{Mutex, MutexGuard, PoisonError};

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
use crate::users::codes;
use crate::users::migration::{self, Migration};
use crate::users::resolve::Names;
use crate::users::subject::{self, Subject};
use crate::users::update::{self, Decision};

/// ForgotPassword: sends a reset code to a verified contact of the user.
///
/// Count, code and message are one change set. Where users are hidden it is the same for names that nobody has and for users
/// who can't have a code: their code is right for nobody, and their message goes nowhere.
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
    let subject = subject::find(context, &pool, &client, &request.username, Names::WithSub).await?;
    let (subject, counted) = asked.run_functions_first(subject).await?;
    let sub = subject.exists().then(|| subject.user.sub.as_str().to_owned());
    let outcome = asked.answer(subject, counted).await;
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
    fn count(&self, user: &mut User) -> Result<(), Error> {
        let limit = threat::widen(self.context.settings.limits.recovery_requests_per_hour, self.verdict);
        attempts::count(&mut user.attempts, Attempt::RecoveryRequest, limit, self.context.now_ms)
    }

    /// Where a function will run, the count and the end of the earlier code come first: the function may take its time, fail,
    /// or cost its owner money, and must not run more often than the limit allows. For a name that nobody has it is the one
    /// that asks the pool's old directory, which runs here. Says whether the request is counted.
    async fn run_functions_first(&self, subject: Subject) -> Result<(Subject, bool), Error> {
        let lambda = self.pool.lambda();
        let migrates = !subject.exists() && lambda.user_migration.is_some();
        let customizes = lambda.custom_message.is_some()
            && (self.client.hides_users() || eligibility::check(self.pool, &subject.user).is_ok());
        if !migrates && !customizes {
            return Ok((subject, false));
        }
        let exists = subject.exists();
        let ((), user) = update::update_user(self.context, subject.clone(), |user| {
            user.codes.remove(&CodePurpose::Reset);
            self.count(user).map(|()| ((), ChangeSet::new()))
        })
        .await?;
        let subject = subject.with(user);
        if exists || !migrates {
            return Ok((subject, true));
        }
        let migration = Migration {
            pool: self.pool,
            client: self.client,
            username: &self.request.username,
            password: None,
            validation_data: None,
            client_metadata: self.request.client_metadata.as_ref(),
        };
        match migration::migrate(self.context, migration).await? {
            Some(user) => Ok((user.into(), false)),
            None => Ok((subject, true)),
        }
    }

    /// Counts the request, makes the code and appends its message, in one change set.
    async fn answer(&self, subject: Subject, counted: bool) -> Result<CodeDeliveryDetailsType, Error> {
        let context = self.context;
        let exists = subject.exists();
        // A decision that is taken again uses the draft of the one before.
        let drafted: Mutex<Option<(Option<Choice>, Draft)>> = Mutex::new(None);
        let decided = update::decide(context, subject, |mut after| {
            let drafted = &drafted;
            Box::pin(async move {
                if !counted {
                    self.count(&mut after)?;
                }
                let mut further = ChangeSet::new();
                let earlier = lock(drafted).take();
                let answer = match self.recipient(&after, exists) {
                    Err(error) => Err(error),
                    Ok(choice) => match self.draft(&after, choice.as_ref(), earlier).await {
                        // No code is valid now, and the attempt counts.
                        Err(error) => {
                            after.codes.remove(&CodePurpose::Reset);
                            Err(error)
                        }
                        Ok(draft) => {
                            let code = codes::generate(context);
                            let attribute =
                                choice.as_ref().map_or(codes::NOBODY, |choice| choice.contact.attribute());
                            codes::set(context, &mut after, CodePurpose::Reset, &code, attribute);
                            let expires_ms = context.now_ms + codes::RESET_SECONDS * 1000;
                            further.push(draft.message(context, Some(&code), expires_ms));
                            let details = self.details(choice.as_ref());
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
            // The user went meanwhile.
            None if self.client.hides_users() => Ok(self.details(None)),
            None => Err(Error::combination_missing()),
        }
    }

    /// Whose contact gets the code; `None` where the caller must not learn that nobody's does.
    fn recipient(&self, user: &User, exists: bool) -> Result<Option<Choice>, Error> {
        let hides = self.client.hides_users();
        if !exists && !hides {
            return Err(Error::combination_missing());
        }
        let tells = self.context.settings.ineligible == Ineligible::Error
            && (exists || simulated::pretends_no_contact(self.pool, &self.request.username));
        match eligibility::check(self.pool, user) {
            // A contact that can't get messages; the others' answer says whether any can.
            Ok(choice)
                if hides
                    && messages::check_deliverable(
                        self.context,
                        self.pool,
                        choice.contact,
                        &choice.value,
                    )
                    .is_err() =>
            {
                Ok(None)
            }
            Ok(choice) => Ok(Some(choice)),
            Err(Refusal::NoContact) if tells => Err(Error::no_recovery_contact()),
            Err(_) if hides => Ok(None),
            Err(refusal) => Err(refusal.into_error()),
        }
    }

    /// The message without its code. A draft for the same contact is good for a second try: the function that wrote it need
    /// not run again.
    async fn draft(
        &self,
        user: &User,
        choice: Option<&Choice>,
        earlier: Option<(Option<Choice>, Draft)>,
    ) -> Result<Draft, Error> {
        self.verdict.refuse()?;
        if let Some((_, draft)) = earlier.filter(|(drafted, _)| drafted.as_ref() == choice) {
            return Ok(draft);
        }
        let simulated = simulated::contact(self.pool, &self.request.username);
        let recipient = Recipient {
            pool: self.pool,
            user,
            contact: choice.map_or(simulated, |choice| choice.contact),
            destination: choice.map_or(simulated::address(simulated), |choice| &choice.value),
            client_id: Some(self.client.id()),
            client_metadata: self.request.client_metadata.as_ref(),
        };
        match choice {
            Some(_) => messages::prepare(self.context, MessagePurpose::ForgotPassword, recipient).await,
            None => messages::prepare_decoy(self.context, MessagePurpose::ForgotPassword, recipient),
        }
    }

    /// Where the code went. An invented answer can't know the letter case that a user was created with.
    fn details(&self, choice: Option<&Choice>) -> CodeDeliveryDetailsType {
        let folded = |choice: &Choice| choice.contact.delivery_details(&self.pool.fold(&choice.value));
        match choice {
            Some(choice) if !self.client.hides_users() => choice.contact.delivery_details(&choice.value),
            choice => {
                // Invented even where it is not needed: that takes its time.
                let invented = simulated::delivery_details(self.pool, &self.request.username);
                choice.map_or(invented, folded)
            }
        }
    }
}
