use cenote_model::types::{ListDevicesRequest, ListDevicesResponse};

use crate::context::Context;
use crate::devices::device;
use crate::error::Error;
use crate::tokens::access_token::authenticate;

/// ListDevices: the remembered devices of the token's user, by key.
///
/// # Errors
/// Those of the access token; `InvalidParameterException` for a token of another list.
pub async fn list_devices(
    context: &Context,
    request: ListDevicesRequest,
) -> Result<ListDevicesResponse, Error> {
    let holder = authenticate(context, &request.access_token).await?;
    let token = request.pagination_token.as_deref();
    let (devices, next) =
        device::list(context, &holder.user, "ListDevices", true, request.limit, token).await?;
    Ok(ListDevicesResponse { devices: Some(devices), pagination_token: next })
}
