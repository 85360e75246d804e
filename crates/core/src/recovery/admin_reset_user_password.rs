use cenote_model::ErrorCode;
use cenote_model::types::{AdminResetUserPasswordRequest, AdminResetUserPasswordResponse};
use cenote_store::{CodePurpose, User, UserStatus};

use crate::context::Context;
use crate::error::Error;
use crate::messages::{self, MessagePurpose, Recipient};
use crate::pools::Pool;
use crate::recovery::delivery_choice::{Choice, choose, is_admin_only};
use crate::users::codes;
use crate::users::resolve::get_user;
use crate::users::update::update_user;

/// AdminResetUserPassword: the old password stops working, and a reset code goes to the user.
///
/// # Errors
/// `NotAuthorizedException` for a user that is disabled or neither confirmed nor waiting for a reset already,
/// `InvalidParameterException` for one without a verified contact.
pub async fn admin_reset_user_password(
    context: &Context,
    request: AdminResetUserPasswordRequest,
) -> Result<AdminResetUserPasswordResponse, Error> {
    let pool = context.get_pool(&request.user_pool_id).await?;
    if is_admin_only(&pool) {
        return Err(Error::invalid_parameter(
            "Cannot reset password for the user as self-service account recovery is not configured for the user pool",
        ));
    }
    let user = get_user(context, &pool, &request.username).await?;
    let choice = check(&pool, &user)?;
    let recipient = Recipient {
        pool: &pool,
        user: &user,
        contact: choice.contact,
        destination: &choice.value,
        client_id: None,
        client_metadata: request.client_metadata.as_ref(),
    };
    let draft =
        messages::prepare(context, MessagePurpose::ForgotPassword, recipient).await.map_err(undeliverable)?;
    let code = codes::generate(context);
    let expires_ms = context.now_ms + codes::RESET_SECONDS * 1000;
    update_user(context, user, |user| {
        if check(&pool, user)? != choice {
            // The contact changed under our hands; the administrator asks again.
            return Err(Error::too_many_requests());
        }
        user.status = UserStatus::ResetRequired;
        user.modified_ms = context.now_ms;
        codes::set(context, user, CodePurpose::Reset, &code, choice.contact.attribute());
        Ok(((), vec![draft.message(context, Some(&code), expires_ms)]))
    })
    .await?;
    Ok(AdminResetUserPasswordResponse {})
}

/// The operation knows no `CodeDeliveryFailureException`.
fn undeliverable(error: Error) -> Error {
    match error.message {
        Some(message) if error.code == ErrorCode::CodeDeliveryFailureException => {
            Error::invalid_parameter(message)
        }
        _ => error,
    }
}

fn check(pool: &Pool, user: &User) -> Result<Choice, Error> {
    if !user.enabled {
        return Err(Error::not_authorized("User is disabled"));
    }
    if !matches!(user.status, UserStatus::Confirmed | UserStatus::ResetRequired) {
        return Err(Error::reset_not_possible());
    }
    choose(pool, user).ok_or_else(Error::no_recovery_contact)
}
