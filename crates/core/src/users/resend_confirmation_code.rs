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
use crate::users::attempts::Attempt;
use crate::users::code_request::{CodeRequest, Target};
use crate::users::confirmation;
use crate::users::contact::Contact;
use crate::users::resolve::Names;
use crate::users::subject::{self, Subject};

const NO_CODES: &str = "Cannot resend codes. Auto verification not turned on.";

/// ResendConfirmationCode: another code for an unconfirmed user. Only the newest one works.
///
/// # Errors
/// In this order: secret hash, threat protection, pool without codes, unknown user, disabled user, status, attempts, message.
/// A client that hides its users gets invented details for whoever can't have a code.
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
    let subject = subject::find(context, &pool, &client, &request.username, Names::WithSub).await?;
    if !subject.exists() && !client.hides_users() {
        return Err(Error::combination_missing());
    }
    let sub = subject.exists().then(|| subject.user.sub.as_str().to_owned());
    let details = resend(context, &client, &pool, subject, &request).await?;
    let metadata = request.analytics_metadata.as_ref();
    analytics::record(context, "ResendConfirmationCode", &client, metadata, sub.as_deref());
    Ok(ResendConfirmationCodeResponse { code_delivery_details: Some(details) })
}

/// Where users are hidden, whoever can't have a code, or does not exist, gets one that is right for nobody and goes nowhere.
async fn resend(
    context: &Context,
    client: &Client,
    pool: &Pool,
    subject: Subject,
    request: &ResendConfirmationCodeRequest,
) -> Result<CodeDeliveryDetailsType, Error> {
    let hides = client.hides_users();
    let code_request = CodeRequest {
        pool,
        client_id: client.id(),
        client_metadata: request.client_metadata.as_ref(),
        message: MessagePurpose::ResendCode,
        attempt: Attempt::ResendCode,
        limit: context.settings.limits.resend_codes_per_hour,
    };
    let invented = invented_contact(pool, &request.username);
    let decoy = || Target {
        contact: invented,
        destination: simulated::address(invented).to_owned(),
        purpose: CodePurpose::SignUp,
        decoy: true,
    };
    let target = |user: &User| match (target(pool, user), hides) {
        (Ok(target), true) if !can_deliver(context, pool, &target) => Ok(decoy()),
        (Err(_), true) => Ok(decoy()),
        (target, _) => target,
    };
    let details = |target: &Target| {
        // Invented even where it is not needed: that takes its time.
        let invented = hides.then(|| simulated::details(pool, &request.username, invented));
        match invented {
            Some(invented) if target.decoy => invented,
            // What is invented can't know the letter case that a user was created with.
            Some(_) => target.contact.delivery_details(&pool.fold(&target.destination)),
            None => target.contact.delivery_details(&target.destination),
        }
    };
    code_request.send(context, subject, target, details).await
}

/// Where the user's code goes.
fn target(pool: &Pool, user: &User) -> Result<Target, Error> {
    if !user.enabled {
        return Err(Error::user_disabled());
    }
    if user.status != UserStatus::Unconfirmed {
        return Err(Error::invalid_parameter("User is already confirmed."));
    }
    let contact = confirmation::code_contact(pool, user);
    let contact = contact.and_then(|contact| Some((contact, contact.of(user)?.to_owned())));
    let (contact, destination) = contact.ok_or_else(|| Error::invalid_parameter(NO_CODES))?;
    Ok(Target { contact, destination, purpose: CodePurpose::SignUp, decoy: false })
}

fn can_deliver(context: &Context, pool: &Pool, target: &Target) -> bool {
    messages::check_deliverable(context, pool, target.contact, &target.destination).is_ok()
}

/// The code of a sign-up goes only where the pool verifies contacts.
fn invented_contact(pool: &Pool, username: &str) -> Contact {
    let likely = simulated::contact(pool, username);
    [likely, Contact::PhoneNumber, Contact::Email]
        .into_iter()
        .find(|contact| pool.auto_verifies(contact.verified_attribute()))
        .unwrap_or(likely)
}
