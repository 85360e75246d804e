use cenote_model::types::{
    CodeDeliveryDetailsType, ResendConfirmationCodeRequest, ResendConfirmationCodeResponse,
};
use cenote_store::{CodePurpose, User, UserStatus};

use crate::analytics;
use crate::clients::Client;
use crate::context::Context;
use crate::error::Error;
use crate::messages::{self, MessagePurpose};
use crate::pools::Pool;
use crate::recovery::simulated;
use crate::threat::{self, Event};
use crate::users::attempts::{self, Attempt};
use crate::users::code_request::{CodeRequest, Target};
use crate::users::contact::Contact;
use crate::users::resolve::{Names, find_user};
use crate::users::update::update_user;
use crate::users::{confirmation, unknown};

const NO_CODES: &str = "Cannot resend codes. Auto verification not turned on.";

/// ResendConfirmationCode: another code for an unconfirmed user. Only the newest one works.
///
/// # Errors
/// In this order: secret hash, threat protection, pool without codes, unknown user, disabled user, status, attempts, message.
/// A client that hides its users gets invented details for unknown and disabled ones, and for those without a contact.
pub async fn resend_confirmation_code(
    context: &Context,
    request: ResendConfirmationCodeRequest,
) -> Result<ResendConfirmationCodeResponse, Error> {
    let (client, pool) = context.get_client_and_pool(&request.client_id).await?;
    client.verify_secret_hash(&[&request.username], request.secret_hash.as_deref())?;
    let user_context = request.user_context_data.as_ref();
    threat::assess(context, Event::ResendCode, &pool, &client, &request.username, user_context).refuse()?;
    if !confirmation::sends_codes(&pool) {
        return Err(Error::invalid_parameter(NO_CODES));
    }
    let user = find_user(context, &pool, &request.username, Names::WithSub).await?;
    let sub = user.as_ref().map(|user| user.sub.as_str().to_owned());
    let details = match user {
        Some(user) if client.hides_users() && must_look_unknown(&pool, &user) => {
            count(context, user).await?;
            simulate(context, &pool, &request.username)?
        }
        Some(user) => resend(context, &client, &pool, user, &request).await?,
        None => answer_nobody(context, &client, &pool, &request.username).await?,
    };
    let metadata = request.analytics_metadata.as_ref();
    analytics::record(context, "ResendConfirmationCode", &client, metadata, sub.as_deref());
    Ok(ResendConfirmationCodeResponse { code_delivery_details: Some(details) })
}

async fn resend(
    context: &Context,
    client: &Client,
    pool: &Pool,
    user: User,
    request: &ResendConfirmationCodeRequest,
) -> Result<CodeDeliveryDetailsType, Error> {
    let code_request = CodeRequest {
        pool,
        client_id: client.id(),
        hides_users: client.hides_users(),
        client_metadata: request.client_metadata.as_ref(),
        message: MessagePurpose::ResendCode,
        attempt: Attempt::ResendCode,
        limit: context.settings.limits.resend_codes_per_hour,
    };
    let details = code_request
        .send(context, user, |user| {
            if !user.enabled {
                return Err(Error::user_disabled());
            }
            if user.status != UserStatus::Unconfirmed {
                return Err(Error::invalid_parameter("User is already confirmed."));
            }
            let contact = confirmation::code_contact(pool, user);
            let contact = contact.and_then(|contact| Some((contact, contact.of(user)?.to_owned())));
            let (contact, destination) = contact.ok_or_else(|| Error::invalid_parameter(NO_CODES))?;
            Ok(Target { contact, destination, purpose: CodePurpose::SignUp })
        })
        .await?;
    Ok(details)
}

/// Whether there is nothing to send to a user whom the client must not know of.
fn must_look_unknown(pool: &Pool, user: &User) -> bool {
    !user.enabled
        || user.status == UserStatus::Unconfirmed && confirmation::code_contact(pool, user).is_none()
}

async fn count(context: &Context, user: User) -> Result<(), Error> {
    let limit = context.settings.limits.resend_codes_per_hour;
    update_user(context, user, |user| {
        attempts::count(&mut user.attempts, Attempt::ResendCode, limit, context.now_ms)?;
        Ok(((), Vec::new()))
    })
    .await?;
    Ok(())
}

async fn answer_nobody(
    context: &Context,
    client: &Client,
    pool: &Pool,
    username: &str,
) -> Result<CodeDeliveryDetailsType, Error> {
    if !client.hides_users() {
        return Err(Error::combination_missing());
    }
    let limit = context.settings.limits.resend_codes_per_hour;
    unknown::update(context, pool, username, |known| {
        attempts::count(&mut known.attempts, Attempt::ResendCode, limit, context.now_ms)
    })
    .await?;
    simulate(context, pool, username)
}

/// The invented answer, and the errors that a real one would meet whoever it is for.
fn simulate(context: &Context, pool: &Pool, username: &str) -> Result<CodeDeliveryDetailsType, Error> {
    // The code of a sign-up goes only where the pool verifies contacts.
    let likely = simulated::contact(pool, username);
    let contact = [likely, Contact::PhoneNumber, Contact::Email]
        .into_iter()
        .find(|contact| pool.auto_verifies(contact.verified_attribute()))
        .unwrap_or(likely);
    messages::check_sender(context, pool, contact)?;
    Ok(simulated::details(pool, username, contact))
}
