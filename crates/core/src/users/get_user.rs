use cenote_model::types::{GetUserRequest, GetUserResponse};

use crate::context::Context;
use crate::encoded::Encoded;
use crate::error::Error;
use crate::tokens::access_token::BelievedToken;
use crate::users::attributes::is_readable;
use crate::users::describe;

/// GetUser: what the client of the access token may read of its user.
///
/// # Errors
/// Those of the access token.
pub async fn get_user(context: &Context, request: GetUserRequest) -> Result<Encoded<GetUserResponse>, Error> {
    let token = BelievedToken::read(context, &request.access_token).await?;
    if let Some(answer) = token.last_answer(context).await? {
        return Ok(answer);
    }
    let holder = token.holder(context).await?;
    let user = &holder.user;
    let answer = Encoded::new(&GetUserResponse {
        mfa_options: describe::mfa_options(user),
        preferred_mfa_setting: user.mfa.preferred.clone(),
        user_attributes: describe::attributes(user, |name| {
            name == "sub" || is_readable(&holder.client, name)
        }),
        user_mfa_setting_list: describe::mfa_settings(user),
        username: user.username.clone(),
    })?;
    token.keep_answer(context, &holder, answer.clone());
    Ok(answer)
}
