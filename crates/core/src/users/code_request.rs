//! A code that somebody asks for: counted, made, and sent, in one change set.

use std::collections::BTreeMap;

use cenote_model::types::CodeDeliveryDetailsType;
use cenote_store::{ChangeSet, CodePurpose, CommitError, Conflict, User};

use crate::context::Context;
use crate::error::Error;
use crate::messages::{self, Draft, MessagePurpose, Recipient};
use crate::pools::Pool;
use crate::users::attempts::{self, Attempt};
use crate::users::codes;
use crate::users::contact::Contact;
use crate::users::subject::Subject;
use crate::users::update::{commit_subject, update_user};

/// How often the decision is taken anew when others change the user meanwhile.
const ATTEMPTS: usize = 32;

/// Who asks for what.
pub(super) struct CodeRequest<'a> {
    pub pool: &'a Pool,
    pub client_id: &'a str,
    pub client_metadata: Option<&'a BTreeMap<String, String>>,
    pub message: MessagePurpose,
    pub attempt: Attempt,
    /// Per hour.
    pub limit: u32,
}

/// Where the code goes, and what it is good for.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub contact: Contact,
    pub destination: String,
    pub purpose: CodePurpose,
    /// Whether the caller must not learn that nobody gets it.
    pub decoy: bool,
}

impl Target {
    /// What the code is bound to.
    fn attribute(&self) -> &'static str {
        if self.decoy { codes::NOBODY } else { self.contact.attribute() }
    }
}

impl CodeRequest<'_> {
    /// Sends a code to where `target` says that this user's goes, and answers what `details` says of it. It voids the one
    /// before. A message that can't be made counts as well, and voids it too.
    ///
    /// # Errors
    /// Those of `target`, uncounted; `LimitExceededException`; those of the message.
    pub(super) async fn send(
        &self,
        context: &Context,
        subject: impl Into<Subject>,
        target: impl Fn(&User) -> Result<Target, Error>,
        details: impl Fn(&Target) -> CodeDeliveryDetailsType,
    ) -> Result<CodeDeliveryDetailsType, Error> {
        let counts_first = self.pool.lambda().custom_message.is_some();
        let subject = subject.into();
        let mut before =
            if counts_first { self.count_first(context, subject, &target).await? } else { subject };
        let mut drafted: Option<(Target, Draft)> = None;
        for _ in 0..ATTEMPTS {
            let target = target(&before.user)?;
            let mut after = before.user.clone();
            if !counts_first {
                self.count(context, &mut after)?;
            }
            let mut further = ChangeSet::new();
            let outcome = match self.draft(context, &before.user, &target, drafted.take()).await {
                Ok(draft) => {
                    let code = codes::generate(context);
                    codes::set(context, &mut after, target.purpose, &code, target.attribute());
                    let expires_ms = context.now_ms + codes::VERIFICATION_SECONDS * 1000;
                    further.push(draft.message(context, Some(&code), expires_ms));
                    let details = details(&target);
                    drafted = Some((target, draft));
                    Ok(details)
                }
                Err(error) => {
                    after.codes.remove(&target.purpose);
                    Err(error)
                }
            };
            match commit_subject(context, &before, &after, further).await {
                Ok(()) => return outcome,
                Err(CommitError::Conflict(Conflict::VersionChanged)) => {
                    before = before.reread(context).await?.ok_or_else(Error::user_missing)?;
                }
                Err(other) => return Err(other.into()),
            }
        }
        Err(Error::too_many_requests())
    }

    /// Where a function writes the text, the count and the end of the earlier code come first: the function may take its
    /// time, or fail, and must not run more often than the limit allows.
    async fn count_first(
        &self,
        context: &Context,
        subject: Subject,
        target: impl Fn(&User) -> Result<Target, Error>,
    ) -> Result<Subject, Error> {
        let ((), user) = update_user(context, subject.clone(), |user| {
            let target = target(user)?;
            self.count(context, user)?;
            user.codes.remove(&target.purpose);
            Ok(((), ChangeSet::new()))
        })
        .await?;
        Ok(subject.with(user))
    }

    fn count(&self, context: &Context, user: &mut User) -> Result<(), Error> {
        attempts::count(&mut user.attempts, self.attempt, self.limit, context.now_ms)
    }

    /// The message without its code; an earlier draft to the same place is good again.
    async fn draft(
        &self,
        context: &Context,
        user: &User,
        target: &Target,
        drafted: Option<(Target, Draft)>,
    ) -> Result<Draft, Error> {
        if let Some((_, draft)) = drafted.filter(|(drafted, _)| drafted == target) {
            return Ok(draft);
        }
        let recipient = Recipient {
            pool: self.pool,
            user,
            contact: target.contact,
            destination: &target.destination,
            client_id: Some(self.client_id),
            client_metadata: self.client_metadata,
        };
        if target.decoy {
            messages::prepare_decoy(context, self.message, recipient)
        } else {
            messages::prepare(context, self.message, recipient).await
        }
    }
}
