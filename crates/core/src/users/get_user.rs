use cenote_model::types::{GetUserRequest, GetUserResponse};

use crate::context::Context;
use crate::error::Error;
use crate::tokens::access_token::authenticate;
use crate::users::attributes::is_readable;
use crate::users::describe;

/// GetUser: what the client of the access token may read of its user.
///
/// # Errors
/// Those of the access token.
pub async fn get_user(context: &Context, request: GetUserRequest) -> Result<GetUserResponse, Error> {
    let holder = authenticate(context, &request.access_token).await?;
    let user = holder.user;
    Ok(GetUserResponse {
        mfa_options: None,
        preferred_mfa_setting: user.mfa.preferred.clone(),
        user_attributes: describe::attributes(&user, |name| {
            name == "sub" || is_readable(&holder.client, name)
        }),
        user_mfa_setting_list: describe::mfa_settings(&user),
        username: user.username,
    })
}
