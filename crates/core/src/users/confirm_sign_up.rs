use cenote_model::types::{ConfirmSignUpRequest, ConfirmSignUpResponse};
use cenote_store::User;

use crate::analytics;
use crate::clients::Client;
use crate::context::Context;
use crate::error::Error;
use crate::pools::Pool;
use crate::sign_in::after_sign_up;
use crate::threat::{self, Event};
use crate::users::confirmation;
use crate::users::contact::Contact;
use crate::users::new_user::Aliases;
use crate::users::resolve::Names;
use crate::users::subject;

/// ConfirmSignUp: redeems the code of a sign-up. The contact it was sent to is verified from then on, and where its codes are
/// a first factor the answer has a session that signs in once. The session of SignUp proves nothing more than the code and is
/// not looked at.
///
/// # Errors
/// In this order: secret hash, threat protection, unknown user, attempts, disabled user, status, code, alias of another user,
/// PostConfirmation. A client that hides its users gets `CodeMismatchException` for whoever has not the right code.
pub async fn confirm_sign_up(
    context: &Context,
    request: ConfirmSignUpRequest,
) -> Result<ConfirmSignUpResponse, Error> {
    let (client, pool) = context.get_client_and_pool(&request.client_id).await?;
    client.verify_secret_hash(&[&request.username], request.secret_hash.as_deref())?;
    let user_context = request.user_context_data.as_ref();
    threat::assess(context, Event::ConfirmSignUp, &pool, &client, &request.username, user_context)
        .refuse()?;
    let aliases =
        if request.force_alias_creation.unwrap_or_default() { Aliases::TakeOver } else { Aliases::Respect };
    let (user, contact) =
        confirm(context, &client, &pool, &request.username, &request.confirmation_code, aliases).await?;
    analytics::record(
        context,
        "ConfirmSignUp",
        &client,
        request.analytics_metadata.as_ref(),
        Some(user.sub.as_str()),
    );
    let metadata = request.client_metadata.as_ref();
    confirmation::announce(context, &pool, &user, Some(client.id()), metadata).await?;
    let session = after_sign_up::session(context, &client, &pool, &user, contact)?;
    Ok(ConfirmSignUpResponse { session })
}

/// What the link in a mail does: ConfirmSignUp without secret hash, alias transfer and metadata.
///
/// # Errors
/// As [`confirm_sign_up`].
pub async fn confirm_by_link(
    context: &Context,
    client_id: &str,
    user_name: &str,
    code: &str,
) -> Result<(), Error> {
    let (client, pool) = context.get_client_and_pool(client_id).await?;
    let (user, _) = confirm(context, &client, &pool, user_name, code, Aliases::Respect).await?;
    confirmation::announce(context, &pool, &user, Some(client.id()), None).await
}

async fn confirm(
    context: &Context,
    client: &Client,
    pool: &Pool,
    username: &str,
    code: &str,
    aliases: Aliases,
) -> Result<(User, Option<Contact>), Error> {
    let subject = subject::find(context, pool, client, username, Names::WithSub).await?;
    let hides = client.hides_users();
    if !subject.exists() && !hides {
        return Err(Error::combination_missing());
    }
    confirmation::redeem(context, pool, subject, code, aliases, hides).await
}
