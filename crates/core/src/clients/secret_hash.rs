use cenote_crypto::{constant_time_eq, secret_hash};

use crate::clients::Client;
use crate::error::Error;

impl Client {
    /// Checks the secret hash of a request against every secret of the client. `names` are the texts it may cover; the
    /// first is the user name exactly as sent.
    ///
    /// # Errors
    /// `NotAuthorizedException` when it is missing or wrong, `InvalidParameterException` when the client has no secret.
    pub fn verify_secret_hash(&self, names: &[&str], hash: Option<&str>) -> Result<(), Error> {
        self.check_secret_hash_presence(hash)?;
        let Some(hash) = hash else { return Ok(()) };
        let mut valid = false;
        for name in names {
            valid |= secret_hash::verify(hash, name, self.id(), self.secrets.iter());
        }
        if valid { Ok(()) } else { Err(Error::secret_hash_wrong(self.id())) }
    }

    /// Whether this is one of the client's secrets.
    pub fn has_secret(&self, given: &str) -> bool {
        let given = given.as_bytes();
        self.secrets
            .iter()
            .fold(false, |found, secret| found | constant_time_eq(secret.expose().as_bytes(), given))
    }

    /// Checks that there is a secret hash if, and only if, the client has a secret.
    ///
    /// # Errors
    /// As [`Self::verify_secret_hash`].
    pub fn check_secret_hash_presence(&self, hash: Option<&str>) -> Result<(), Error> {
        match (self.secrets.is_empty(), hash) {
            (true, None) | (false, Some(_)) => Ok(()),
            (true, Some(_)) => Err(Error::secret_hash_unexpected(self.id())),
            (false, None) => Err(Error::secret_hash_missing(self.id())),
        }
    }
}
