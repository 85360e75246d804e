use cenote_crypto::secret::SecretString;
use cenote_model::ErrorCode;
use cenote_model::types::{CreateUserPoolClientRequest, CreateUserPoolClientResponse};
use cenote_store::{Change, ClientId, CommitError, Conflict};

use crate::clients::members::Members;
use crate::clients::{Client, checks, describe, new_id, secrets};
use crate::context::Context;
use crate::error::Error;
use crate::pools::Pool;

/// Clients of a pool.
const MAX_CLIENTS: u32 = 1000;
/// Two random ids are the same once in a lifetime.
const ATTEMPTS: u32 = 3;

/// CreateUserPoolClient.
///
/// # Errors
/// As the model declares them.
pub async fn create_user_pool_client(
    context: &Context,
    mut request: CreateUserPoolClientRequest,
) -> Result<CreateUserPoolClientResponse, Error> {
    let mut chosen = None;
    if let Some((id, name)) = new_id::custom_id(&context.settings, &request.client_name) {
        request.client_name = name;
        chosen = Some(ClientId::new(id));
    }
    create_with_id(context, request, chosen).await
}

/// CreateUserPoolClient, for a caller who may choose the client's id.
///
/// # Errors
/// As the model declares them; `InvalidParameterException` for an id that is none or is taken.
pub async fn create_with_id(
    context: &Context,
    mut request: CreateUserPoolClientRequest,
    chosen: Option<ClientId>,
) -> Result<CreateUserPoolClientResponse, Error> {
    let pool = Pool::read(context, &request.user_pool_id).await?;
    let secret = secret(context, &mut request)?;
    if let Some(id) = chosen.as_ref().filter(|id| !is_client_id(id.as_str())) {
        return Err(Error::invalid_parameter(format!(
            "{id} is no client id: only letters, digits, _ and + are allowed, at most 128."
        )));
    }
    let configuration = Members::from(request).into_configuration();
    checks::configuration(&configuration, secret.is_some(), &pool, "creating")?;
    if context.store.list_clients(pool.id(), None, MAX_CLIENTS).await?.len() >= MAX_CLIENTS as usize {
        return Err(Error::new(
            ErrorCode::LimitExceededException,
            format!("The user pool has reached its limit of {MAX_CLIENTS} app clients."),
        ));
    }
    let value = serde_json::to_value(&configuration).map_err(Error::internal)?;
    for attempt in 1.. {
        let id = chosen.clone().unwrap_or_else(|| ClientId::new(new_id::client_id(context.random.as_ref())));
        let secret =
            secret.as_ref().map(|secret| secrets::seal(context, pool.id(), id.as_str(), &[], secret));
        let record = cenote_store::Client {
            id,
            pool_id: pool.id().clone(),
            version: 1,
            created_ms: context.now_ms,
            modified_ms: context.now_ms,
            configuration: value.clone(),
            sso_session_minutes: None,
            secrets: secret.into_iter().collect(),
        };
        match context.commit(vec![Change::InsertClient(record.clone())]).await {
            Ok(()) => {
                let client = Client::from_record(record, &context.keyring)?;
                return Ok(CreateUserPoolClientResponse {
                    user_pool_client: Some(describe::describe(&client)),
                });
            }
            Err(CommitError::Conflict(Conflict::AlreadyExists)) => match &chosen {
                Some(id) => {
                    return Err(Error::invalid_parameter(format!(
                        "An app client with the id {id} already exists."
                    )));
                }
                None if attempt < ATTEMPTS => {}
                None => break,
            },
            // The pool went meanwhile.
            Err(CommitError::Conflict(_)) => return Err(Error::user_pool_missing(pool.id().as_str())),
            Err(CommitError::Store(cause)) => return Err(Error::internal(cause)),
        }
    }
    Err(Error::internal("no free client id was found"))
}

/// The client's secret: the caller's own, a new one, or none.
fn secret(
    context: &Context,
    request: &mut CreateUserPoolClientRequest,
) -> Result<Option<SecretString>, Error> {
    let generate = request.generate_secret == Some(true);
    match request.client_secret.take().map(SecretString::new) {
        Some(_) if generate => {
            Err(Error::invalid_parameter("ClientSecret cannot be specified when GenerateSecret is true."))
        }
        None if generate => Ok(Some(new_id::client_secret(context.random.as_ref()))),
        given => Ok(given),
    }
}

fn is_client_id(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && text.chars().all(|it| it.is_ascii_alphanumeric() || it == '_' || it == '+')
}
