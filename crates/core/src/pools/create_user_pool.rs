use cenote_crypto::jwt::SigningKey;
use cenote_crypto::random;
use cenote_crypto::sealed::Purpose;
use cenote_model::ErrorCode;
use cenote_model::types::{CreateUserPoolRequest, CreateUserPoolResponse};
use cenote_store::{Change, CommitError, Conflict, KeyUse, PoolId, Sealed};

use crate::context::Context;
use crate::error::Error;
use crate::pools::members::Members;
use crate::pools::pool::{Pool, PoolConfiguration};
use crate::pools::{checks, configure, defaults, describe, schema, tier};
use crate::tokens::keys;

/// Pools of an account.
const MAX_POOLS: u32 = 1000;
/// The tag that names the id in `dev`.
const CUSTOM_ID_TAG: &str = "_custom_id_";
/// Two random ids are the same once in a lifetime.
const ATTEMPTS: u32 = 3;

/// CreateUserPool: a pool with its two signing keys and its secret, in one change.
///
/// # Errors
/// As the model declares them.
pub async fn create_user_pool(
    context: &Context,
    request: CreateUserPoolRequest,
) -> Result<CreateUserPoolResponse, Error> {
    let id = custom_id(context, &request);
    create_with_id(context, request, id).await
}

/// CreateUserPool, for a caller who may choose the pool's id.
///
/// # Errors
/// As the model declares them; `InvalidParameterException` for an id that is none or is taken.
pub async fn create_with_id(
    context: &Context,
    request: CreateUserPoolRequest,
    chosen: Option<PoolId>,
) -> Result<CreateUserPoolResponse, Error> {
    if let Some(id) = chosen.as_ref().filter(|id| !is_pool_id(id)) {
        return Err(Error::invalid_parameter(format!(
            "{id} is no user pool id. It should look like us-east-1_Example01."
        )));
    }
    let configuration = configuration(request)?;
    if context.store.list_pools(None, MAX_POOLS).await?.len() >= MAX_POOLS as usize {
        return Err(Error::new(
            ErrorCode::LimitExceededException,
            format!("The account has reached its limit of {MAX_POOLS} user pools."),
        ));
    }
    let value = configuration.to_value()?;
    for attempt in 1.. {
        let id = chosen.clone().unwrap_or_else(|| random_id(context));
        let record = cenote_store::Pool {
            id: id.clone(),
            version: 1,
            created_ms: context.now_ms,
            modified_ms: context.now_ms,
            configuration: value.clone(),
            secret: new_secret(context, &id),
        };
        let [access, identity] = context.spare_keys.take_pair(&context.compute).await?;
        let changes = vec![
            Change::InsertPool(record.clone()),
            Change::InsertSigningKey(seal_key(context, &access, KeyUse::Access, &id)?),
            Change::InsertSigningKey(seal_key(context, &identity, KeyUse::Id, &id)?),
        ];
        match context.commit(changes).await {
            Ok(()) => {
                let pool = Pool::from_record(record, &context.keyring)?;
                return Ok(CreateUserPoolResponse {
                    user_pool: Some(describe::describe(context, &pool).await?),
                });
            }
            Err(CommitError::Conflict(Conflict::AlreadyExists)) if chosen.is_some() => {
                return Err(Error::invalid_parameter(format!(
                    "A user pool with the id {id} already exists."
                )));
            }
            Err(CommitError::Conflict(Conflict::AlreadyExists)) if attempt < ATTEMPTS => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::internal("no free pool id was found"))
}

/// The configuration that the request asks for, checked.
fn configuration(request: CreateUserPoolRequest) -> Result<PoolConfiguration, Error> {
    let mut user_pool = defaults::user_pool();
    user_pool.schema_attributes = Some(schema::merge(request.schema.as_deref().unwrap_or_default())?);
    user_pool.alias_attributes =
        request.alias_attributes.clone().map(configure::distinct).filter(|list| !list.is_empty());
    user_pool.username_attributes =
        request.username_attributes.clone().map(configure::distinct).filter(|list| !list.is_empty());
    user_pool.username_configuration = request.username_configuration.clone();
    let members = Members::from(request);
    checks::request(&members)?;
    let configuration =
        configure::apply(members, PoolConfiguration { user_pool, ..PoolConfiguration::default() });
    checks::configuration(&configuration)?;
    tier::check(&configuration, None)?;
    Ok(configuration)
}

/// The id in the tag, in `dev` only. The tag stays, so that tools which compare tags see no difference.
fn custom_id(context: &Context, request: &CreateUserPoolRequest) -> Option<PoolId> {
    let tag = request.user_pool_tags.as_ref()?.get(CUSTOM_ID_TAG)?;
    context.settings.custom_ids.then(|| PoolId::new(tag))
}

/// Narrower than the model's pattern: clients take what is between the first underscore and the second for the pool's
/// name when they sign in.
fn is_pool_id(id: &PoolId) -> bool {
    let name = id.name_part();
    id.as_str().len() <= 55
        && is_region(id.region())
        && !name.is_empty()
        && name.chars().all(|it| it.is_ascii_alphanumeric())
}

fn is_region(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.chars().all(|it| it.is_ascii_alphanumeric() || it == '-')
}

/// In the caller's region; in the server's own when what the caller calls its region is none.
fn random_id(context: &Context) -> PoolId {
    let caller = context.caller.region.as_str();
    let region = if is_region(caller) { caller } else { context.settings.region.as_str() };
    PoolId::new(format!("{region}_{}", random::alphanumeric(context.random.as_ref(), 9)))
}

fn new_secret(context: &Context, id: &PoolId) -> Sealed {
    let secret: [u8; 32] = random::token_bytes(context.random.as_ref());
    Sealed(context.keyring.seal_text(Purpose::PoolSecret, &[id.as_str()], &secret, context.random.as_ref()))
}

fn seal_key(
    context: &Context,
    key: &SigningKey,
    key_use: KeyUse,
    id: &PoolId,
) -> Result<cenote_store::SigningKey, Error> {
    keys::seal(key, key_use, id, context.now_ms, &context.keyring, context.random.as_ref())
}
