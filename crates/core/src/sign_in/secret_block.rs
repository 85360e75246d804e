//! SECRET_BLOCK, which carries everything between the two requests of SRP, whatever is in it: sealed for a pool, a client and a
//! challenge, so that none serves as another.

use cenote_crypto::sealed::Purpose;
use cenote_store::{Change, UsedSession};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::sign_in::session;
use crate::sign_in::step::SignIn;

/// What is in a secret block. It is good for one proof.
pub trait SecretBlock: Serialize + DeserializeOwned {
    /// What tells those of one challenge from those of another.
    const SCOPE: &'static [&'static str];

    /// Drawn at random, and what is stored of a block that was used.
    fn id(&self) -> &str;

    /// How long it is good.
    fn expires_ms(&self) -> i64;

    /// The bytes that go over the wire.
    ///
    /// # Errors
    /// Never in practice.
    fn seal(&self, sign_in: SignIn<'_>) -> Result<Vec<u8>, Error> {
        let context = sign_in.context;
        let plain = serde_json::to_vec(self).map_err(Error::internal)?;
        let scope = scope(sign_in, Self::SCOPE);
        Ok(context.keyring.seal(Purpose::SecretBlock, &scope, &plain, context.random.as_ref()))
    }

    /// Opens a block of this client.
    ///
    /// # Errors
    /// `NotAuthorizedException` for what is none, or is too old.
    fn unseal(sign_in: SignIn<'_>, block: &[u8]) -> Result<Self, Error> {
        let context = sign_in.context;
        let plain = context.keyring.unseal(Purpose::SecretBlock, &scope(sign_in, Self::SCOPE), block);
        let plain = plain.map_err(|_| Error::incorrect_credentials())?;
        let block: Self =
            serde_json::from_slice(plain.expose()).map_err(|_| Error::incorrect_credentials())?;
        session::check_time(context, block.expires_ms())?;
        Ok(block)
    }

    /// The change that uses the block up, for the change set of the proof that succeeded.
    #[must_use]
    fn consume(&self) -> Change {
        Change::MarkSessionUsed(UsedSession { id: self.id().to_owned(), expires_ms: self.expires_ms() })
    }
}

fn scope<'a>(sign_in: SignIn<'a>, challenge: &[&'a str]) -> Vec<&'a str> {
    [&[sign_in.pool.id().as_str(), sign_in.client.id()][..], challenge].concat()
}
