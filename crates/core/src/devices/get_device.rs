use cenote_model::types::{GetDeviceRequest, GetDeviceResponse};

use crate::context::Context;
use crate::devices::device;
use crate::error::Error;
use crate::tokens::access_token::authenticate;

/// GetDevice: a remembered device of the token's user.
///
/// # Errors
/// Those of the access token; `ResourceNotFoundException`, also for one that is not remembered.
pub async fn get_device(context: &Context, request: GetDeviceRequest) -> Result<GetDeviceResponse, Error> {
    let holder = authenticate(context, &request.access_token.unwrap_or_default()).await?;
    let found = device::get(context, &holder.user, &request.device_key).await?;
    if !found.remembered {
        return Err(device::missing());
    }
    Ok(GetDeviceResponse { device: device::describe(context, &holder.user, &found) })
}
