use cenote_model::types::{ChangePasswordRequest, ChangePasswordResponse};
use cenote_store::UserStatus;

use crate::context::Context;
use crate::error::Error;
use crate::pools::Pool;
use crate::tokens::access_token::authenticate;
use crate::users::attempts::{self, Attempt};
use crate::users::password::{self, Kind};
use crate::users::password_policy::{self, Wording};
use crate::users::update::update_user;

/// ChangePassword: by whoever has an access token and knows the password. It revokes no token.
///
/// Every try counts, whatever comes of it.
///
/// # Errors
/// In this order: access token, status, attempts, old password, policy, history.
pub async fn change_password(
    context: &Context,
    request: ChangePasswordRequest,
) -> Result<ChangePasswordResponse, Error> {
    let holder = authenticate(context, &request.access_token).await?;
    let (pool, user) = (holder.pool, holder.user);
    if user.status == UserStatus::ResetRequired {
        return Err(Error::password_reset_required());
    }
    if user.password.is_some() && request.previous_password.is_none() {
        return Err(Error::invalid_parameter(
            "1 validation error detected: Value at 'previousPassword' failed to satisfy constraint: Member must not be null",
        ));
    }
    let limit = context.settings.limits.change_password_per_hour;
    attempts::check(&user.attempts, Attempt::ChangePassword, limit, context.now_ms)?;
    let judged = user.password.clone();
    let checked = check(context, &pool, &user, &request).await;
    let new = match checked {
        Ok(()) => {
            let (name, sub) = (user.username.as_str(), user.sub.as_str());
            let proposed = &request.proposed_password;
            Ok(password::create(context, &pool, name, sub, proposed, Kind::Permanent).await?)
        }
        Err(error) => Err(error),
    };
    let (fresh, _) = update_user(context, user, |user| {
        attempts::count(&mut user.attempts, Attempt::ChangePassword, limit, context.now_ms)?;
        let fresh = user.password == judged;
        if let Ok(new) = &new
            && fresh
        {
            password::set(&pool, user, new.clone());
            user.modified_ms = context.now_ms;
        }
        Ok((fresh, Vec::new()))
    })
    .await?;
    new?;
    // The password that was compared is not the user's any more.
    if fresh { Ok(ChangePasswordResponse {}) } else { Err(Error::incorrect_credentials()) }
}

async fn check(
    context: &Context,
    pool: &Pool,
    user: &cenote_store::User,
    request: &ChangePasswordRequest,
) -> Result<(), Error> {
    if user.password.is_some() {
        let previous = request.previous_password.as_deref().unwrap_or_default();
        if !password::matches(context, pool, user, previous).await? {
            return Err(Error::incorrect_credentials());
        }
    }
    password_policy::check(&pool.password_policy(), &request.proposed_password, Wording::Change)?;
    if password::was_used(context, pool, user, &request.proposed_password).await? {
        return Err(Error::password_history());
    }
    Ok(())
}
