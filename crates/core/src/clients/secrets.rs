//! The secrets of a client: one, or two while they rotate.

use cenote_crypto::sealed::Purpose;
use cenote_crypto::secret::SecretString;
use cenote_model::ErrorCode;
use cenote_model::types::{ClientSecretDescriptorType, Timestamp};
use cenote_store::{Change, ClientSecret, CommitError, PoolId, Sealed};

use crate::clients::Client;
use crate::context::Context;
use crate::error::Error;
use crate::pools::Pool;

/// Secrets of one client.
pub const MAX_SECRETS: usize = 2;

/// A secret as it is stored. Ids count in seconds; of two in one second the later one gets the next.
#[must_use]
pub fn seal(
    context: &Context,
    pool_id: &PoolId,
    client_id: &str,
    present: &[ClientSecret],
    secret: &SecretString,
) -> ClientSecret {
    let mut id_ms = context.now_ms;
    let id = loop {
        let id = first_id(client_id, id_ms);
        if present.iter().all(|it| it.id != id) {
            break id;
        }
        id_ms += 1000;
    };
    let place = [pool_id.as_str(), client_id, id.as_str()];
    let sealed = context.keyring.seal_text(
        Purpose::ClientSecret,
        &place,
        secret.expose().as_bytes(),
        context.random.as_ref(),
    );
    ClientSecret { id, created_ms: context.now_ms, value: Sealed(sealed) }
}

/// The id of a secret that is the first of its second.
#[must_use]
pub fn first_id(client_id: &str, now_ms: i64) -> String {
    format!("{client_id}--{}", now_ms / 1000)
}

/// A secret as it is listed: without its value.
#[must_use]
pub fn describe(secret: &ClientSecret) -> ClientSecretDescriptorType {
    ClientSecretDescriptorType {
        client_secret_id: Some(secret.id.clone()),
        client_secret_create_date: Some(Timestamp(secret.created_ms)),
        client_secret_value: None,
    }
}

/// The client as the store has it now, if it has a secret: the operations on secrets do not give one to a client that was
/// made without.
///
/// # Errors
/// `ResourceNotFoundException`, `InvalidParameterException`.
pub async fn read(context: &Context, pool_id: &str, client_id: &str) -> Result<Client, Error> {
    let pool = Pool::read(context, pool_id).await?;
    let client = Client::read(context, pool.id(), client_id).await?;
    if client.secrets.is_empty() {
        return Err(Error::invalid_parameter(format!("Client {client_id} does not have a client secret.")));
    }
    Ok(client)
}

/// Stores other secrets; `false` when somebody else has changed the client since it was read.
///
/// # Errors
/// When the store can't.
pub async fn replace(context: &Context, client: &Client, secrets: Vec<ClientSecret>) -> Result<bool, Error> {
    let record = cenote_store::Client { secrets, modified_ms: context.now_ms, ..client.record.clone() };
    match context.commit(vec![Change::UpdateClient(record)]).await {
        Ok(()) => Ok(true),
        Err(CommitError::Conflict(_)) => Ok(false),
        Err(CommitError::Store(cause)) => Err(Error::internal(cause)),
    }
}

/// The operations on secrets declare another name for our own faults than all the others.
#[must_use]
pub fn rename_internal(mut error: Error) -> Error {
    if error.code == ErrorCode::InternalErrorException {
        error.code = ErrorCode::InternalServerException;
    }
    error
}
