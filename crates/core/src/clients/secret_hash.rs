use cenote_crypto::secret_hash;

use crate::clients::Client;
use crate::error::Error;

impl Client {
    /// Checks the secret hash of a request against every secret of the client. `names` are the texts it may cover; the
    /// first is the user name exactly as sent.
    ///
    /// # Errors
    /// `NotAuthorizedException` when it is missing or wrong, `InvalidParameterException` when the client has no secret.
    pub fn verify_secret_hash(&self, names: &[&str], hash: Option<&str>) -> Result<(), Error> {
        let id = self.id();
        match (self.secrets.is_empty(), hash) {
            (true, None) => Ok(()),
            (true, Some(_)) => Err(Error::secret_hash_unexpected(id)),
            (false, None) => Err(Error::secret_hash_missing(id)),
            (false, Some(hash)) => {
                let mut valid = false;
                for name in names {
                    valid |= secret_hash::verify(hash, name, id, self.secrets.iter());
                }
                if valid { Ok(()) } else { Err(Error::secret_hash_wrong(id)) }
            }
        }
    }
}
