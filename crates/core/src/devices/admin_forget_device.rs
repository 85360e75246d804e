use cenote_model::types::AdminForgetDeviceRequest;

use crate::context::Context;
use crate::devices::device;
use crate::error::Error;
use crate::users::resolve::get_user;

/// AdminForgetDevice: an administrator forgets a device of a user.
///
/// # Errors
/// `ResourceNotFoundException`, `UserNotFoundException`.
pub async fn admin_forget_device(context: &Context, request: AdminForgetDeviceRequest) -> Result<(), Error> {
    let pool = context.get_pool(&request.user_pool_id).await?;
    let user = get_user(context, &pool, &request.username).await?;
    device::forget(context, &user, &request.device_key).await
}
