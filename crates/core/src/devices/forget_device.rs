use cenote_model::types::ForgetDeviceRequest;

use crate::context::Context;
use crate::devices::device;
use crate::error::Error;
use crate::tokens::access_token::authenticate;

/// ForgetDevice: a user forgets a device of its own.
///
/// # Errors
/// Those of the access token; `ResourceNotFoundException`.
pub async fn forget_device(context: &Context, request: ForgetDeviceRequest) -> Result<(), Error> {
    let holder = authenticate(context, &request.access_token.unwrap_or_default()).await?;
    device::forget(context, &holder.user, &request.device_key).await
}
