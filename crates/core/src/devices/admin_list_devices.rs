use cenote_model::types::{AdminListDevicesRequest, AdminListDevicesResponse};

use crate::context::Context;
use crate::devices::device;
use crate::error::Error;
use crate::users::resolve::{Names, find_user};

/// AdminListDevices: the devices of a user by key, remembered or not.
///
/// # Errors
/// `ResourceNotFoundException`, also for a user that does not exist: the operation knows no other word for it;
/// `InvalidParameterException` for a token of another list.
pub async fn admin_list_devices(
    context: &Context,
    request: AdminListDevicesRequest,
) -> Result<AdminListDevicesResponse, Error> {
    let pool = context.get_pool(&request.user_pool_id).await?;
    let missing = || Error::new(cenote_model::ErrorCode::ResourceNotFoundException, "User does not exist.");
    let user = find_user(context, &pool, &request.username, Names::WithSub).await?.ok_or_else(missing)?;
    let token = request.pagination_token.as_deref();
    let (devices, next) =
        device::list(context, &user, "AdminListDevices", false, request.limit, token).await?;
    Ok(AdminListDevicesResponse { devices: Some(devices), pagination_token: next })
}
