use cenote_model::types::{UpdateDeviceStatusRequest, UpdateDeviceStatusResponse};

use crate::context::Context;
use crate::devices::device;
use crate::error::Error;
use crate::tokens::access_token::authenticate;

/// UpdateDeviceStatus: a user says whether a device of its own is to be remembered.
///
/// # Errors
/// Those of the access token; `ResourceNotFoundException`.
pub async fn update_device_status(
    context: &Context,
    request: UpdateDeviceStatusRequest,
) -> Result<UpdateDeviceStatusResponse, Error> {
    let holder = authenticate(context, &request.access_token).await?;
    device::set_status(context, &holder.user, &request.device_key, request.device_remembered_status).await?;
    Ok(UpdateDeviceStatusResponse {})
}
