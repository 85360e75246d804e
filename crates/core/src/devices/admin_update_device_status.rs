use cenote_model::types::{AdminUpdateDeviceStatusRequest, AdminUpdateDeviceStatusResponse};

use crate::context::Context;
use crate::devices::device;
use crate::error::Error;
use crate::users::resolve::get_user;

/// AdminUpdateDeviceStatus: an administrator says whether a device of a user is to be remembered.
///
/// # Errors
/// `ResourceNotFoundException`, `UserNotFoundException`.
pub async fn admin_update_device_status(
    context: &Context,
    request: AdminUpdateDeviceStatusRequest,
) -> Result<AdminUpdateDeviceStatusResponse, Error> {
    let pool = context.get_pool(&request.user_pool_id).await?;
    let user = get_user(context, &pool, &request.username).await?;
    device::set_status(context, &user, &request.device_key, request.device_remembered_status).await?;
    Ok(AdminUpdateDeviceStatusResponse {})
}
