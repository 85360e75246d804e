use cenote_model::types::{
    GetUserAttributeVerificationCodeRequest, GetUserAttributeVerificationCodeResponse,
};

use crate::context::Context;
use crate::error::Error;
use crate::messages::MessagePurpose;
use crate::tokens::access_token::authenticate;
use crate::users::attempts::Attempt;
use crate::users::code_request::{CodeRequest, Target};
use crate::users::contact::Contact;

/// GetUserAttributeVerificationCode: a code to the new value that waits, else to the present one, verified or not.
///
/// # Errors
/// In this order: access token, attribute, missing contact, attempts, message.
pub async fn get_user_attribute_verification_code(
    context: &Context,
    request: GetUserAttributeVerificationCodeRequest,
) -> Result<GetUserAttributeVerificationCodeResponse, Error> {
    let holder = authenticate(context, &request.access_token).await?;
    let contact = Contact::parse_verifiable(&request.attribute_name)?;
    let code_request = CodeRequest {
        pool: &holder.pool,
        client_id: holder.client.id(),
        client_metadata: request.client_metadata.as_ref(),
        message: MessagePurpose::VerifyUserAttribute,
        attempt: Attempt::RequestAttributeCode,
        limit: context.settings.limits.attribute_codes_per_hour,
    };
    let details = code_request
        .send(
            context,
            holder.user,
            |user| {
                let waiting = user.pending.get(contact.attribute()).map(String::as_str);
                let destination = waiting.or_else(|| contact.of(user)).ok_or_else(|| {
                    Error::invalid_parameter(match contact {
                        Contact::Email => "User does not have a valid registered email address",
                        Contact::PhoneNumber => "User does not have a valid registered phone number",
                    })
                })?;
                Ok(Target {
                    contact,
                    destination: destination.to_owned(),
                    purpose: contact.code_purpose(),
                    decoy: false,
                })
            },
            |target| target.contact.delivery_details(&target.destination),
        )
        .await?;
    Ok(GetUserAttributeVerificationCodeResponse { code_delivery_details: Some(details) })
}
