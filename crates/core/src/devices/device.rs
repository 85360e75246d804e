//! Devices: their keys, how they are found, shown, changed and forgotten.

use cenote_crypto::random::uuid;
use cenote_model::ErrorCode;
use cenote_model::types::{
    AttributeType, DeviceConfigurationType, DeviceRememberedStatusType, DeviceType, Timestamp,
};
use cenote_store::{Change, CommitError, Conflict, Device, Revocation, User};

use crate::context::Context;
use crate::error::Error;
use crate::page::{self, Position};
use crate::pools::Pool;
use crate::tokens::validity::LONGEST_TOKEN_MS;
use crate::users::subject::keyed_hash;

/// How often a change is tried again while others change the same device.
const ATTEMPTS: usize = 8;
/// How long a forgotten key is remembered as such: longer than any access token that names it.
const FORGOTTEN_MS: i64 = LONGEST_TOKEN_MS + 3_600_000;
/// The longest key that the model takes.
const MAX_KEY_LENGTH: usize = 55;

/// The pool's configuration of devices; `None` where it keeps none.
#[must_use]
pub fn tracking(pool: &Pool) -> Option<&DeviceConfigurationType> {
    pool.configuration.user_pool.device_configuration.as_ref()
}

/// A key for a device that nobody knows yet.
#[must_use]
pub fn new_key(context: &Context, pool: &Pool) -> String {
    format!("{}_{}", pool.id().region(), uuid(context.random.as_ref()))
}

/// The group key that goes with a device's key. It follows from the pool's secret, so that it need not be kept.
#[must_use]
pub fn group_key(pool: &Pool, key: &str) -> String {
    const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let hash = keyed_hash(pool, "device group", key);
    let letter = |byte: &u8| {
        ALPHABET.get(usize::from(*byte) % ALPHABET.len()).map_or('a', |letter| char::from(*letter))
    };
    std::iter::once('-').chain(hash.iter().take(8).map(letter)).collect()
}

/// Checks that a key that came in a map has the form of one.
///
/// # Errors
/// `InvalidParameterException`.
pub fn check_form(key: &str) -> Result<(), Error> {
    let good = key.len() <= MAX_KEY_LENGTH
        && key.rsplit_once('_').is_some_and(|(region, id)| {
            let word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
            !region.is_empty()
                && !id.is_empty()
                && region.bytes().all(word)
                && id.bytes().all(|byte| byte == b'-' || matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        });
    if good { Ok(()) } else { Err(invalid_key()) }
}

/// A key that is none, or not this token's.
#[must_use]
pub fn invalid_key() -> Error {
    Error::invalid_parameter("Invalid device key given.")
}

/// The user has no such device. Clients forget their key on this text.
#[must_use]
pub fn missing() -> Error {
    Error::new(ErrorCode::ResourceNotFoundException, "Device does not exist.")
}

/// A device of a user.
///
/// # Errors
/// `ResourceNotFoundException` when the user has none of this key.
pub async fn get(context: &Context, user: &User, key: &str) -> Result<Device, Error> {
    context.store.find_device(&user.pool_id, &user.sub, key).await?.ok_or_else(missing)
}

/// Changes a device, and writes `further` with it: again when others were faster.
///
/// # Errors
/// Those of `change`; `ResourceNotFoundException` when it is gone; `TooManyRequestsException` when others are always faster.
pub async fn update(
    context: &Context,
    user: &User,
    key: &str,
    further: &[Change],
    mut change: impl FnMut(&mut Device) -> Result<(), Error>,
) -> Result<(), Error> {
    for _ in 0..ATTEMPTS {
        let mut device = get(context, user, key).await?;
        change(&mut device)?;
        let mut changes = further.to_vec();
        changes.push(Change::UpdateDevice(device));
        match context.commit(changes).await {
            Err(CommitError::Conflict(Conflict::VersionChanged)) => {}
            outcome => return Ok(outcome?),
        }
    }
    Err(Error::too_many_requests())
}

/// Sets whether a device is remembered.
///
/// # Errors
/// Those of [`update`].
pub async fn set_status(
    context: &Context,
    user: &User,
    key: &str,
    status: Option<DeviceRememberedStatusType>,
) -> Result<(), Error> {
    let Some(status) = status else { return get(context, user, key).await.map(drop) };
    update(context, user, key, &[], |device| {
        device.remembered = status == DeviceRememberedStatusType::Remembered;
        // Whoever has come as far as its proof starts over.
        device.waiting = None;
        device.modified_ms = context.now_ms;
        Ok(())
    })
    .await
}

/// Forgets a device: its refresh tokens end, and its key is not confirmed again.
///
/// # Errors
/// `ResourceNotFoundException` when it is gone.
pub async fn forget(context: &Context, user: &User, key: &str) -> Result<(), Error> {
    let changes = vec![
        Change::DeleteDevice { pool_id: user.pool_id.clone(), sub: user.sub.clone(), key: key.to_owned() },
        Change::Revoke(Revocation {
            pool_id: user.pool_id.clone(),
            family: forgotten(key),
            expires_ms: context.now_ms + FORGOTTEN_MS,
        }),
    ];
    match context.commit(changes).await {
        Err(CommitError::Conflict(Conflict::VersionChanged)) => Err(missing()),
        outcome => Ok(outcome?),
    }
}

/// Whether the key was forgotten, as far as a token can still name it.
///
/// # Errors
/// When the store can't be read.
pub async fn is_forgotten(context: &Context, user: &User, key: &str) -> Result<bool, Error> {
    Ok(context.store.is_revoked(&user.pool_id, &forgotten(key)).await?)
}

/// What is revoked of a forgotten device; no family of tokens has such a name.
fn forgotten(key: &str) -> String {
    format!("device {key}")
}

/// A page of a user's devices by key, and the token of the next. Users see those that are remembered, as at Cognito.
///
/// # Errors
/// `InvalidParameterException` for a token of another list.
pub async fn list(
    context: &Context,
    user: &User,
    operation: &str,
    only_remembered: bool,
    limit: Option<i32>,
    token: Option<&str>,
) -> Result<(Vec<DeviceType>, Option<String>), Error> {
    let list = [operation, user.pool_id.as_str(), user.sub.as_str()];
    let after = page::unseal(context, &list, token)?.map(|position| position.id);
    let limit = page::size(limit);
    let mut devices = context
        .store
        .list_devices(&user.pool_id, &user.sub, only_remembered, after.as_deref(), limit + 1)
        .await?;
    let position = |device: &Device| Position { created_ms: device.created_ms, id: device.key.clone() };
    let next = page::cut(&mut devices, limit as usize, position);
    let shown = devices.iter().map(|device| describe(context, user, device)).collect();
    Ok((shown, next.map(|position| page::seal(context, &list, position)).transpose()?))
}

/// A device as the wire shows it.
#[must_use]
pub fn describe(context: &Context, user: &User, device: &Device) -> DeviceType {
    let (pool_id, key) = (&user.pool_id, &device.key);
    let owner = format!("{}.{}", user.username, pool_id.as_str());
    let arn = format!(
        "arn:aws:cognito-idp:{}:{}:owner/{owner}/device/{key}",
        pool_id.region(),
        context.settings.account_id
    );
    let remembered = if device.remembered { "remembered" } else { "not_remembered" };
    let attributes = [
        ("device_status", Some("valid")),
        ("device_name", device.name.as_deref()),
        ("dev:device_arn", Some(arn.as_str())),
        ("dev:device_owner", Some(owner.as_str())),
        ("last_ip_used", Some(device.address.as_str())),
        ("dev:device_remembered_status", Some(remembered)),
        ("dev:device_sdk", Some(device.sdk.as_str())),
    ];
    let attributes = attributes.into_iter().filter_map(|(name, value)| {
        Some(AttributeType { name: name.to_owned(), value: Some(value?.to_owned()) })
    });
    DeviceType {
        device_attributes: Some(attributes.collect()),
        device_create_date: Some(Timestamp(device.created_ms)),
        device_key: Some(device.key.clone()),
        // As at Cognito.
        device_last_authenticated_date: Some(Timestamp(device.authenticated_ms).whole_seconds()),
        device_last_modified_date: Some(Timestamp(device.modified_ms)),
    }
}
