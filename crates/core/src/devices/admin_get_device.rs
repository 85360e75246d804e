use cenote_model::types::{AdminGetDeviceRequest, AdminGetDeviceResponse};

use crate::context::Context;
use crate::devices::device;
use crate::error::Error;
use crate::users::resolve::{Names, find_user};

/// AdminGetDevice: a device of a user, remembered or not.
///
/// # Errors
/// `ResourceNotFoundException`, also for a user that does not exist: the operation knows no other word for it.
pub async fn admin_get_device(
    context: &Context,
    request: AdminGetDeviceRequest,
) -> Result<AdminGetDeviceResponse, Error> {
    let pool = context.get_pool(&request.user_pool_id).await?;
    let user =
        find_user(context, &pool, &request.username, Names::WithSub).await?.ok_or_else(device::missing)?;
    let found = device::get(context, &user, &request.device_key).await?;
    Ok(AdminGetDeviceResponse { device: device::describe(context, &user, &found) })
}
