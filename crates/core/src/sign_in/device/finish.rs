//! The end of a sign-in as far as devices go: a remembered one that has not proved itself is asked to; tokens name their
//! device, and one that nobody knows gets a key.

use cenote_model::ErrorCode;
use cenote_model::types::NewDeviceMetadataType;
use cenote_store::User;

use crate::context::Context;
use crate::devices::device;
use crate::error::Error;
use crate::sign_in::completion;
use crate::sign_in::device::{presented, srp_auth};
use crate::sign_in::progress::Progress;
use crate::sign_in::step::{Outcome, SignIn};

/// Asks a remembered device for its proof, or completes the sign-in.
///
/// # Errors
/// Those of the challenge, or of the tokens.
pub async fn finish(sign_in: SignIn<'_>, user: &User, mut progress: Progress) -> Result<Outcome, Error> {
    if !progress.device_proved
        && let Some(device) = presented::remembered(sign_in, user, &progress).await?
    {
        if let Some(custom) = &mut progress.custom {
            custom.finish();
        }
        return srp_auth::challenge(sign_in, user, &device.key, &progress).await;
    }
    completion::complete(sign_in, user, &progress).await
}

/// What tokens say of their device.
#[derive(Clone, Debug, Default)]
pub struct TokenDevice {
    pub key: Option<String>,
    /// For the client, when the device is new.
    pub new: Option<NewDeviceMetadataType>,
}

/// The device of a sign-in that is complete.
///
/// # Errors
/// When the store can't be read or written.
pub async fn of_tokens(sign_in: SignIn<'_>, user: &User, progress: &Progress) -> Result<TokenDevice, Error> {
    let SignIn { context, pool, .. } = sign_in;
    if device::tracking(pool).is_none() {
        return Ok(TokenDevice::default());
    }
    if let Some(key) = &progress.device
        && (progress.device_proved || see(context, user, key).await?)
    {
        return Ok(TokenDevice { key: Some(key.clone()), new: None });
    }
    let key = device::new_key(context, pool);
    let new = NewDeviceMetadataType {
        device_group_key: Some(device::group_key(pool, &key)),
        device_key: Some(key.clone()),
    };
    Ok(TokenDevice { key: Some(key), new: Some(new) })
}

/// Notes that the device was there, though it proved nothing. False for one that was forgotten meanwhile: what the user has shown
/// is used up by now, and good for tokens all the same.
async fn see(context: &Context, user: &User, key: &str) -> Result<bool, Error> {
    let seen = device::update(context, user, key, &[], |device| {
        device.authenticated_ms = context.now_ms;
        device.address = context.caller.source_ip.to_string();
        Ok(())
    });
    match seen.await {
        Err(error) if error.code == ErrorCode::ResourceNotFoundException => Ok(false),
        seen => seen.map(|()| true),
    }
}
