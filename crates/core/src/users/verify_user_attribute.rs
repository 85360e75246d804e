use cenote_model::types::{VerifyUserAttributeRequest, VerifyUserAttributeResponse};
use cenote_store::User;

use crate::context::Context;
use crate::error::Error;
use crate::pools::Pool;
use crate::tokens::access_token::authenticate;
use crate::users::attempts::{self, Attempt};
use crate::users::contact::Contact;
use crate::users::update::update_user;
use crate::users::{codes, names};

/// VerifyUserAttribute: redeems the code of a contact. A new value that waited takes effect. Every try counts, also after
/// one that succeeded: the code of one contact must not pay for guesses at the other's.
///
/// # Errors
/// In this order: access token, attribute, attempts, code, alias of another user. The code survives the last.
pub async fn verify_user_attribute(
    context: &Context,
    request: VerifyUserAttributeRequest,
) -> Result<VerifyUserAttributeResponse, Error> {
    let holder = authenticate(context, &request.access_token).await?;
    let contact = Contact::parse_verifiable(&request.attribute_name)?;
    let limit = context.settings.limits.attribute_attempts_per_hour;
    let (outcome, _) = update_user(context, holder.user, |user| {
        attempts::count(&mut user.attempts, Attempt::VerifyAttribute, limit, context.now_ms)?;
        Ok((redeem(context, &holder.pool, user, contact, &request.code), Vec::new()))
    })
    .await?;
    outcome?;
    Ok(VerifyUserAttributeResponse {})
}

fn redeem(
    context: &Context,
    pool: &Pool,
    user: &mut User,
    contact: Contact,
    code: &str,
) -> Result<(), Error> {
    codes::verify(context, user, contact.code_purpose(), code)?;
    user.codes.remove(&contact.code_purpose());
    if let Some(value) = user.pending.remove(contact.attribute()) {
        user.attributes.insert(contact.attribute().to_owned(), value);
    }
    user.attributes.insert(contact.flag().to_owned(), "true".to_owned());
    user.names = names::claims(pool, user);
    user.modified_ms = context.now_ms;
    Ok(())
}
