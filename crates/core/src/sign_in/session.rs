//! The state of a sign-in between two requests: sealed, bound to pool and client, good for one successful step.

use cenote_crypto::random::uuid;
use cenote_crypto::sealed::Purpose;
use cenote_store::{Change, UsedSession, User};
use serde::{Deserialize, Serialize};

use crate::clients::Client;
use crate::context::Context;
use crate::error::Error;

/// What a session holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Drawn at random, and what is stored of a session that was used. No keyed hash of it: instances whose master keys are
    /// being changed must agree on it. It opens nothing.
    id: String,
    pub sub: String,
    /// The challenge it was made for.
    pub challenge: String,
    /// The user's generation of tokens: a sign-out ends half-done sign-ins too.
    generation: u64,
    /// When the user's password was set: a new one ends sign-ins by the old one.
    password_set_ms: i64,
    pub expires_ms: i64,
}

impl Session {
    /// A session that asks the user for this challenge.
    #[must_use]
    pub fn new(context: &Context, client: &Client, user: &User, challenge: &str) -> Self {
        Self {
            id: uuid(context.random.as_ref()),
            sub: user.sub.as_str().to_owned(),
            challenge: challenge.to_owned(),
            generation: user.token_generation,
            password_set_ms: password_set_ms(user),
            expires_ms: context.now_ms + client.session_minutes() * 60_000,
        }
    }

    /// The text that goes over the wire.
    ///
    /// # Errors
    /// Never in practice.
    pub fn seal(&self, context: &Context, client: &Client) -> Result<String, Error> {
        let plain = serde_json::to_vec(self).map_err(Error::internal)?;
        Ok(context.keyring.seal_text(Purpose::Session, &scope(client), &plain, context.random.as_ref()))
    }

    /// Opens a session of this client for this challenge.
    ///
    /// # Errors
    /// `InvalidParameterException` when it is missing; `NotAuthorizedException` for one that is forged, of another client or
    /// challenge, or too old.
    pub fn unseal(
        context: &Context,
        client: &Client,
        text: Option<&str>,
        challenge: &str,
    ) -> Result<Self, Error> {
        let text = text.ok_or_else(|| Error::invalid_parameter("Missing required parameter Session"))?;
        let plain =
            context.keyring.unseal_text(Purpose::Session, &scope(client), text).map_err(|_| invalid())?;
        let session: Self = serde_json::from_slice(plain.expose()).map_err(|_| invalid())?;
        if session.challenge != challenge {
            return Err(invalid());
        }
        if session.expires_ms <= context.now_ms {
            return Err(Error::not_authorized("Invalid session for the user, session is expired."));
        }
        Ok(session)
    }

    /// Whether the session still fits the user it was made for.
    ///
    /// # Errors
    /// `NotAuthorizedException` when the user signed out or has another password meanwhile.
    pub fn check_user(&self, user: &User) -> Result<(), Error> {
        let same = self.generation == user.token_generation && self.password_set_ms == password_set_ms(user);
        if same { Ok(()) } else { Err(invalid()) }
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

fn scope(client: &Client) -> [&str; 2] {
    [client.record.pool_id.as_str(), client.id()]
}

fn password_set_ms(user: &User) -> i64 {
    user.password.as_ref().map_or(0, |password| password.set_ms)
}

/// The session is not one.
#[must_use]
pub fn invalid() -> Error {
    Error::not_authorized("Invalid session for the user.")
}
