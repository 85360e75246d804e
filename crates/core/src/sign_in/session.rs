//! The state of a sign-in between two requests: sealed, bound to pool and client, good for one successful step.

use std::sync::Arc;

use cenote_crypto::random::uuid;
use cenote_crypto::sealed::Purpose;
use cenote_model::types::ChallengeNameType;
use cenote_store::{Change, Sub, UsedSession, User};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clients::Client;
use crate::context::Context;
use crate::error::Error;
use crate::pools::Pool;
use crate::sign_in::flow;
use crate::sign_in::progress::Progress;
use crate::sign_in::srp;
use crate::sign_in::step::SignIn;
use crate::users::resolve::Names;
use crate::users::subject::{self, Subject};

/// What a session holds is filled up to the first of these lengths that is enough, which for nearly all is the first. Text of the
/// second has no more than the 2,048 characters of the API's older models, of the third no more than the 4,096 of the newer.
const PADDED_BYTES: [usize; 3] = [1024, 1472, 2992];

/// What a session holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// Drawn at random, and what is stored of a session that was used. No keyed hash of it: instances whose master keys are
    /// being changed must agree on it. It opens nothing.
    id: String,
    pool_id: String,
    client_id: String,
    pub sub: String,
    /// The user as it was typed first, where the session may be about a name that nobody has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    typed: Option<String>,
    /// The challenge it was made for.
    challenge: String,
    pub progress: Progress,
    /// What the challenge has to remember, in a form of its own.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    state: Value,
    /// The user's generation of tokens: a sign-out ends half-done sign-ins too.
    generation: u64,
    /// When the user's password was set: a new one ends sign-ins by the old one.
    password_set_ms: i64,
    pub expires_ms: i64,
}

impl Session {
    /// A session that asks the user for this challenge.
    #[must_use]
    pub fn new(sign_in: SignIn<'_>, user: &User, challenge: ChallengeNameType, progress: &Progress) -> Self {
        Self::named(sign_in, user, challenge.as_str(), progress)
    }

    /// A session that no challenge goes with: what it is good for has a name of its own.
    #[must_use]
    pub fn named(sign_in: SignIn<'_>, user: &User, challenge: &str, progress: &Progress) -> Self {
        let SignIn { context, pool, client, .. } = sign_in;
        Self {
            id: uuid(context.random.as_ref()),
            pool_id: pool.id().as_str().to_owned(),
            client_id: client.id().to_owned(),
            sub: user.sub.as_str().to_owned(),
            typed: None,
            challenge: challenge.to_owned(),
            progress: progress.clone(),
            state: Value::Null,
            generation: user.token_generation,
            password_set_ms: password_set_ms(user),
            expires_ms: context.now_ms + client.session_minutes() * 60_000,
        }
    }

    /// A session that asks whomever a public caller named for this challenge.
    #[must_use]
    pub fn of_subject(
        sign_in: SignIn<'_>,
        subject: &Subject,
        typed: &str,
        challenge: ChallengeNameType,
        progress: &Progress,
    ) -> Self {
        Self { typed: Some(typed.to_owned()), ..Self::new(sign_in, &subject.user, challenge, progress) }
    }

    /// What tells it from all others. It opens nothing.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The same sign-in at another challenge, without what the first had to remember.
    #[must_use]
    pub fn for_challenge(&self, challenge: ChallengeNameType) -> Self {
        Self { challenge: challenge.as_str().to_owned(), state: Value::Null, ..self.clone() }
    }

    /// The same with something to remember.
    ///
    /// # Errors
    /// Never in practice.
    pub fn with_state(self, state: &impl Serialize) -> Result<Self, Error> {
        Ok(Self { state: serde_json::to_value(state).map_err(Error::internal)?, ..self })
    }

    /// What the challenge had to remember.
    ///
    /// # Errors
    /// `NotAuthorizedException` when it is of another form, as an older release may have made it.
    pub fn state<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_value(self.state.clone()).map_err(|_| invalid())
    }

    /// The text that goes over the wire.
    ///
    /// # Errors
    /// Never in practice.
    pub fn seal(&self, sign_in: SignIn<'_>) -> Result<String, Error> {
        self.seal_for(sign_in.context, &[])
    }

    /// The text that waits in the row of a device. It opens there only.
    ///
    /// # Errors
    /// Never in practice.
    pub fn seal_for(&self, context: &Context, place: &[&str]) -> Result<String, Error> {
        let mut plain = serde_json::to_vec(self).map_err(Error::internal)?;
        // Blanks after the value: the length must not tell who the user is, nor whether there is one.
        let length = PADDED_BYTES.into_iter().find(|length| plain.len() <= *length);
        plain.resize(length.unwrap_or(plain.len()), b' ');
        Ok(context.keyring.seal_text(Purpose::Session, place, &plain, context.random.as_ref()))
    }

    /// Opens a session of this client for this challenge.
    ///
    /// # Errors
    /// `InvalidParameterException` when it is missing; `NotAuthorizedException` for one that is forged, of another client or
    /// challenge, or too old.
    pub fn unseal(
        sign_in: SignIn<'_>,
        text: Option<&str>,
        challenge: ChallengeNameType,
    ) -> Result<Self, Error> {
        Self::unseal_named(sign_in, text, challenge.as_str())
    }

    /// The same for one of [`Self::named`].
    ///
    /// # Errors
    /// As [`Self::unseal`].
    pub fn unseal_named(sign_in: SignIn<'_>, text: Option<&str>, challenge: &str) -> Result<Self, Error> {
        let SignIn { context, pool, client, .. } = sign_in;
        let text = text.ok_or_else(|| Error::invalid_parameter("Missing required parameter Session"))?;
        let session = Self::open(context, text)?;
        let here = session.pool_id == pool.id().as_str() && session.client_id == client.id();
        if !here || session.challenge != challenge {
            return Err(invalid());
        }
        check_time(context, session.expires_ms)?;
        flow::check_custom_only(client, session.progress.custom.is_some())?;
        Ok(session)
    }

    /// What most answers begin with: the user as the answer names it, and the session, which no answer has used up.
    ///
    /// # Errors
    /// Those of [`SignIn::username`], [`Self::unseal`] and [`Self::check_unused`], in this order.
    pub async fn of_answer<'a>(
        sign_in: SignIn<'a>,
        text: Option<&str>,
        challenge: ChallengeNameType,
    ) -> Result<(&'a str, Self), Error> {
        let username = sign_in.username()?;
        let session = Self::unseal(sign_in, text, challenge)?;
        session.check_unused(sign_in.context).await?;
        Ok((username, session))
    }

    /// The client that a session belongs to, with its pool, for operations that name none. Nothing else of it is checked.
    ///
    /// # Errors
    /// `NotAuthorizedException` for one that is forged, or whose client is gone.
    pub async fn find_home(context: &Context, text: &str) -> Result<(Arc<Client>, Arc<Pool>), Error> {
        let client_id = Self::open(context, text)?.client_id;
        context.find_client(&client_id).await?.ok_or_else(invalid)?;
        context.get_client_and_pool(&client_id).await
    }

    /// What is in a session, of whatever client and challenge.
    ///
    /// # Errors
    /// `NotAuthorizedException` for one that is forged.
    pub(super) fn open(context: &Context, text: &str) -> Result<Self, Error> {
        Self::open_from(context, &[], text)
    }

    /// What is in one of [`Self::seal_for`].
    ///
    /// # Errors
    /// `NotAuthorizedException` for what was not sealed for this place.
    pub(super) fn open_from(context: &Context, place: &[&str], text: &str) -> Result<Self, Error> {
        let plain = context.keyring.unseal_text(Purpose::Session, place, text).map_err(|_| invalid())?;
        serde_json::from_slice(plain.expose()).map_err(|_| invalid())
    }

    /// Whether the user neither signed out nor got another password since the session was made.
    ///
    /// # Errors
    /// `NotAuthorizedException`.
    pub fn check_unchanged(&self, user: &User) -> Result<(), Error> {
        let same = self.generation == user.token_generation && self.password_set_ms == password_set_ms(user);
        if same { Ok(()) } else { Err(invalid()) }
    }

    /// The user it was made for, as it is now.
    ///
    /// # Errors
    /// `NotAuthorizedException` when it is gone.
    pub async fn get_user(&self, sign_in: SignIn<'_>) -> Result<User, Error> {
        let SignIn { context, pool, .. } = sign_in;
        context.store.find_user(pool.id(), &Sub::new(self.sub.clone())).await?.ok_or_else(invalid)
    }

    /// Whether the answer names the user, by whatever name it has, and the user is still as it was when the session was
    /// made. To be asked again of every newer state of the user.
    ///
    /// # Errors
    /// `NotAuthorizedException` when it names another, or when the user signed out, was disabled or has another password
    /// meanwhile.
    pub fn check(&self, sign_in: SignIn<'_>, user: &User, typed: &str) -> Result<(), Error> {
        if !is_named(sign_in, user, typed) {
            return Err(invalid());
        }
        self.check_state(user)
    }

    /// The second half of [`Self::check`]: whether the user is still as it was.
    ///
    /// # Errors
    /// `NotAuthorizedException`.
    pub fn check_state(&self, user: &User) -> Result<(), Error> {
        self.check_unchanged(user)?;
        if user.enabled { Ok(()) } else { Err(Error::user_disabled()) }
    }

    /// Whom it was made for by [`Self::of_subject`], as it is now, by the name that was typed first. `typed` is how the answer
    /// names it.
    ///
    /// # Errors
    /// `NotAuthorizedException` when it is somebody else now, or the answer names another.
    pub async fn get_subject(&self, sign_in: SignIn<'_>, typed: &str) -> Result<(Subject, &str), Error> {
        let SignIn { context, pool, client, .. } = sign_in;
        let first = self.typed.as_deref().ok_or_else(invalid)?;
        let subject = subject::find(context, pool, client, first, Names::SignIn).await?;
        let is_same = subject.user.sub.as_str() == self.sub;
        let named = pool.fold(typed) == pool.fold(first)
            || typed == srp::user_id(sign_in, &subject, first)
            || (subject.exists() && is_named(sign_in, &subject.user, typed));
        if is_same && named { Ok((subject, first)) } else { Err(invalid()) }
    }

    /// Whether the session was used before. Committing [`Self::consume`] decides; this only saves work.
    ///
    /// # Errors
    /// `NotAuthorizedException` when it was.
    pub async fn check_unused(&self, context: &Context) -> Result<(), Error> {
        let used = context.store.is_session_used(&self.id).await?;
        if used { Err(Error::session_used()) } else { Ok(()) }
    }

    /// The change that uses the session up, for the change set of the step that succeeded.
    #[must_use]
    pub fn consume(&self) -> Change {
        Change::MarkSessionUsed(UsedSession { id: self.id.clone(), expires_ms: self.expires_ms })
    }
}

/// Whether an answer names the user, by whatever name it has.
#[must_use]
pub fn is_named(sign_in: SignIn<'_>, user: &User, typed: &str) -> bool {
    let folded = sign_in.pool.fold(typed);
    typed == user.sub.as_str() || user.names.iter().any(|name| name.key == folded)
}

fn password_set_ms(user: &User) -> i64 {
    user.password.as_ref().map_or(0, |password| password.set_ms)
}

/// Whether what expires at this time, a session or a secret block, still counts.
///
/// # Errors
/// `NotAuthorizedException`.
pub fn check_time(context: &Context, expires_ms: i64) -> Result<(), Error> {
    if expires_ms <= context.now_ms {
        return Err(Error::not_authorized("Invalid session for the user, session is expired."));
    }
    Ok(())
}

/// The session is not one.
#[must_use]
pub fn invalid() -> Error {
    Error::not_authorized("Invalid session for the user.")
}
