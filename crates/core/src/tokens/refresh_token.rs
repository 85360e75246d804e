//! Refresh tokens: sealed, so that nothing of them is stored. What is stored is their end.

use cenote_crypto::sealed::Purpose;
use cenote_store::{Change, Revocation, User};
use serde::{Deserialize, Serialize};

use crate::clients::Client;
use crate::context::Context;
use crate::error::Error;
use crate::tokens::grant::Grant;
use crate::tokens::validity::LONGEST_TOKEN_MS;

/// What is in a refresh token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshToken {
    pub sub: String,
    pub grant: Grant,
    /// The user's generation when the token was made.
    pub generation: u64,
    pub expires_ms: i64,
    /// Which of the sign-in's tokens it is, where they rotate. Empty for the first.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub member: String,
}

impl RefreshToken {
    /// The token of a sign-in.
    #[must_use]
    pub fn new(context: &Context, client: &Client, user: &User, grant: &Grant) -> Self {
        Self {
            sub: user.sub.as_str().to_owned(),
            grant: grant.clone(),
            generation: user.token_generation,
            expires_ms: context.now_ms + client.refresh_token_seconds() * 1000,
            member: String::new(),
        }
    }

    /// The text that goes over the wire, for this client only.
    ///
    /// # Errors
    /// Never in practice.
    pub fn seal(&self, context: &Context, client: &Client) -> Result<String, Error> {
        let plain = serde_json::to_vec(self).map_err(Error::internal)?;
        Ok(context.keyring.seal_text(
            Purpose::RefreshToken,
            &[client.record.pool_id.as_str(), client.id()],
            &plain,
            context.random.as_ref(),
        ))
    }

    /// Opens a token of this client, expired or not. `None` for anything else.
    #[must_use]
    pub fn unseal(context: &Context, client: &Client, token: &str) -> Option<Self> {
        let scope = [client.record.pool_id.as_str(), client.id()];
        let plain = context.keyring.unseal_text(Purpose::RefreshToken, &scope, token).ok()?;
        serde_json::from_slice(plain.expose()).ok()
    }

    /// The change that revokes the token, with every other one of its sign-in.
    #[must_use]
    pub fn revoke(&self, context: &Context, client: &Client) -> Change {
        Change::Revoke(Revocation {
            pool_id: client.record.pool_id.clone(),
            family: self.grant.origin_jti.clone(),
            // Access tokens may outlive the refresh token, and were issued while the client had whatever validity.
            expires_ms: self.expires_ms.max(context.now_ms) + LONGEST_TOKEN_MS,
        })
    }

    /// The user of a token does not exist any more.
    #[must_use]
    pub fn user_gone() -> Error {
        Error::not_authorized("The user has been deleted for the associated refresh token")
    }
}
