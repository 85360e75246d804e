//! Clients that show their secret itself, instead of a hash that it makes.

use crate::clients::Client;
use crate::error::Error;

/// Checks the secret of a client that has one. A public client's is ignored.
///
/// # Errors
/// `NotAuthorizedException` when it is missing or wrong.
pub fn check(client: &Client, secret: Option<&str>) -> Result<(), Error> {
    if client.secrets.is_empty() {
        return Ok(());
    }
    let id = client.id();
    let given = secret.ok_or_else(|| {
        Error::not_authorized(format!("Client {id} is configured for secret but secret was not received"))
    })?;
    if client.has_secret(given) { Ok(()) } else { Err(Error::secret_hash_wrong(id)) }
}
