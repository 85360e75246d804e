use cenote_model::types::{GetUserAuthFactorsRequest, GetUserAuthFactorsResponse};

use crate::context::Context;
use crate::error::Error;
use crate::tokens::access_token::authenticate;
use crate::users::describe;

/// GetUserAuthFactors: what the user of the access token can show to sign in.
///
/// # Errors
/// Those of the access token.
pub async fn get_user_auth_factors(
    context: &Context,
    request: GetUserAuthFactorsRequest,
) -> Result<GetUserAuthFactorsResponse, Error> {
    let user = authenticate(context, &request.access_token).await?.user;
    Ok(GetUserAuthFactorsResponse {
        configured_user_auth_factors: Some(describe::auth_factors(&user)),
        preferred_mfa_setting: user.mfa.preferred.clone(),
        user_mfa_setting_list: describe::mfa_settings(&user),
        username: user.username,
    })
}
