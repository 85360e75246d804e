//! The device that a request names by DEVICE_KEY.

use cenote_store::{Device, User};

use crate::context::Context;
use crate::devices::device;
use crate::error::Error;
use crate::pools::Pool;
use crate::sign_in::progress::Progress;
use crate::sign_in::step::SignIn;

/// The key of the device that this request names, or else the one before it did. A pool that keeps no devices does not look.
/// To be asked before what was proved is used up: clients whose device was forgotten drop its key and answer once more, so
/// an earlier key that leads nowhere is dropped, too.
///
/// # Errors
/// `InvalidParameterException` for what is no key; `ResourceNotFoundException` for a device that the user does not have.
pub async fn find(sign_in: SignIn<'_>, user: &User, earlier: Option<&str>) -> Result<Option<String>, Error> {
    let SignIn { context, pool, parameters, .. } = sign_in;
    if device::tracking(pool).is_none() {
        return Ok(None);
    }
    if let Some(key) = parameters.find("DEVICE_KEY").filter(|key| !key.is_empty()) {
        device::check_form(key)?;
        return Ok(Some(device::get(context, user, key).await?.key));
    }
    find_own(sign_in, user, earlier).await
}

/// The same after something that is used up already: a key that leads nowhere is dropped, this request's too.
///
/// # Errors
/// When the store can't be read.
pub async fn find_own(
    sign_in: SignIn<'_>,
    user: &User,
    earlier: Option<&str>,
) -> Result<Option<String>, Error> {
    let SignIn { context, pool, .. } = sign_in;
    let key = named(sign_in).or(earlier).filter(|_| device::tracking(pool).is_some());
    let Some(key) = key else { return Ok(None) };
    Ok(context.store.find_device(&user.pool_id, &user.sub, key).await?.map(|device| device.key))
}

/// The key in this request, if it has the form of one. Whether it is the user's is not known yet.
#[must_use]
pub fn named(sign_in: SignIn<'_>) -> Option<&str> {
    sign_in.parameters.find("DEVICE_KEY").filter(|key| device::check_form(key).is_ok())
}

/// The sign-in's device, if it is remembered.
///
/// # Errors
/// When the store can't be read.
pub async fn remembered(
    sign_in: SignIn<'_>,
    user: &User,
    progress: &Progress,
) -> Result<Option<Device>, Error> {
    let SignIn { context, pool, .. } = sign_in;
    match &progress.device {
        Some(key) if device::tracking(pool).is_some() => {
            let found = context.store.find_device(&user.pool_id, &user.sub, key).await?;
            Ok(found.filter(|device| device.remembered))
        }
        _ => Ok(None),
    }
}

/// Whether a remembered device takes the place of a second factor in this pool.
#[must_use]
pub fn replaces_second_factor(pool: &Pool) -> bool {
    device::tracking(pool).is_some_and(|it| it.challenge_required_on_new_device == Some(true))
}

/// Whether a refresh comes from the device that its tokens were issued for, and the user still has it.
///
/// # Errors
/// `NotAuthorizedException`, with a full stop that the text for other bad tokens lacks.
pub async fn check_refresh(
    context: &Context,
    pool: &Pool,
    user: &User,
    issued_for: Option<&str>,
    given: Option<&str>,
) -> Result<(), Error> {
    // Tokens of a time when the pool kept no devices have none.
    let Some(key) = issued_for.filter(|_| device::tracking(pool).is_some()) else { return Ok(()) };
    let refused = || Error::not_authorized("Invalid Refresh Token.");
    if given != Some(key) {
        return Err(refused());
    }
    context.store.find_device(&user.pool_id, &user.sub, key).await?.map(drop).ok_or_else(refused)
}
