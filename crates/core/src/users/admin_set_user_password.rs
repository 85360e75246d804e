use cenote_model::types::{AdminSetUserPasswordRequest, AdminSetUserPasswordResponse};
use cenote_store::{CodePurpose, UserStatus};

use crate::context::Context;
use crate::error::Error;
use crate::users::password::{self, Kind};
use crate::users::password_policy::{self, Wording};
use crate::users::resolve::get_user;
use crate::users::update::update_user;

/// AdminSetUserPassword: a password for good, which confirms the user, or a temporary one, which it must change. No message,
/// no trigger; tokens live on.
///
/// # Errors
/// `UserNotFoundException`, `InvalidPasswordException`, `PasswordHistoryPolicyViolationException`.
pub async fn admin_set_user_password(
    context: &Context,
    request: AdminSetUserPasswordRequest,
) -> Result<AdminSetUserPasswordResponse, Error> {
    let pool = context.get_pool(&request.user_pool_id).await?;
    let user = get_user(context, &pool, &request.username).await?;
    password_policy::check(&pool.password_policy(), &request.password, Wording::Change)?;
    if password::was_used(context, &pool, &user, &request.password).await? {
        return Err(Error::password_history());
    }
    let (kind, status) = if request.permanent.unwrap_or_default() {
        (Kind::Permanent, UserStatus::Confirmed)
    } else {
        (Kind::Temporary, UserStatus::ForceChangePassword)
    };
    let new =
        password::create(context, &pool, &user.username, user.sub.as_str(), &request.password, kind).await?;
    update_user(context, user, |user| {
        password::set(&pool, user, new.clone());
        user.status = status;
        user.codes.remove(&CodePurpose::SignUp);
        user.modified_ms = context.now_ms;
        Ok(((), Vec::new()))
    })
    .await?;
    Ok(AdminSetUserPasswordResponse {})
}
