use cenote_model::ErrorCode;
use cenote_model::types::{CodeDeliveryDetailsType, ExplicitAuthFlowsType, SignUpRequest, SignUpResponse};
use cenote_store::{ChangeSet, CodePurpose, User, UserStatus};
use cenote_triggers::pre_sign_up::{PreSignUpRequest, PreSignUpResponse, PreSignUpSource};

use crate::analytics;
use crate::clients::Client;
use crate::context::Context;
use crate::error::Error;
use crate::messages::{self, MessagePurpose, Recipient};
use crate::pools::Pool;
use crate::sign_in::after_sign_up;
use crate::threat::{self, Event};
use crate::trigger;
use crate::users::attributes::{self, Stage};
use crate::users::contact::Contact;
use crate::users::new_user::{self, Aliases};
use crate::users::password::{self, Kind};
use crate::users::password_policy::{self, Wording};
use crate::users::{codes, confirmation, names};

const EXISTS: &str = "User already exists";
const NO_PASSWORD: &str =
    "1 validation error detected: Value at 'password' failed to satisfy constraint: Member must not be null";
const BLANK_PASSWORD: &str = "2 validation errors detected: Value at 'password' failed to satisfy constraint: Member must have length greater than or equal to 6; Value at 'password' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[\\S]+.*[\\S]+$";

/// SignUp: a new user, who confirms with the code that is sent, unless the pool's PreSignUp function vouches for it.
///
/// User, names, code and message are one change set. A message that can't be made fails the call, but not the user: as at
/// AWS it exists, and ResendConfirmationCode helps it on.
///
/// # Errors
/// In this order: secret hash, self-service, threat protection, user name, password, attributes, taken names, triggers.
pub async fn sign_up(context: &Context, request: SignUpRequest) -> Result<SignUpResponse, Error> {
    let (client, pool) = context.get_client_and_pool(&request.client_id).await?;
    client.verify_secret_hash(&[&request.username], request.secret_hash.as_deref())?;
    check_self_service(&pool)?;
    let user_context = request.user_context_data.as_ref();
    threat::assess(context, Event::SignUp, &pool, &client, &request.username, user_context).refuse()?;
    let mut user = check(context, &client, &pool, &request)?;
    new_user::check_free(context, &pool, &user, Aliases::Respect, EXISTS).await?;
    let verdict = pre_sign_up(context, &client, &pool, &user, &request).await?;
    let aliases = apply(&pool, &mut user, verdict)?;
    if let Some(password) = given_password(&request) {
        let (name, sub) = (user.username.as_str(), user.sub.as_str());
        user.password = Some(password::create(context, &pool, name, sub, password, Kind::Permanent).await?);
    }

    let mut message = ChangeSet::new();
    let sent = send_code(context, &client, &pool, &mut user, &request, &mut message).await;
    new_user::insert(context, &pool, &user, aliases, EXISTS, message).await?;
    analytics::record(
        context,
        "SignUp",
        &client,
        request.analytics_metadata.as_ref(),
        Some(user.sub.as_str()),
    );
    let code_delivery_details = sent?;
    let user_confirmed = user.status == UserStatus::Confirmed;
    if user_confirmed {
        let metadata = request.client_metadata.as_ref();
        confirmation::announce(context, &pool, &user, Some(client.id()), metadata).await?;
    }
    Ok(SignUpResponse {
        code_delivery_details,
        session: after_sign_up::sign_up_session(context, &client, &pool, &user)?,
        user_confirmed,
        user_sub: user.sub.as_str().to_owned(),
    })
}

fn check_self_service(pool: &Pool) -> Result<(), Error> {
    let config = pool.configuration.user_pool.admin_create_user_config.as_ref();
    if config.and_then(|config| config.allow_admin_create_user_only).unwrap_or_default() {
        return Err(Error::not_authorized("SignUp is not permitted for this user pool"));
    }
    Ok(())
}

/// Blank is as good as absent.
fn given_password(request: &SignUpRequest) -> Option<&str> {
    request.password.as_deref().filter(|password| !password.is_empty())
}

/// Everything that can be checked without looking at other users.
fn check(context: &Context, client: &Client, pool: &Pool, request: &SignUpRequest) -> Result<User, Error> {
    let name = names::parse_new(pool, &request.username)?;
    let password = given_password(request);
    if let Some(password) = password {
        password_policy::check(&pool.password_policy(), password, Wording::SignUp)?;
    }
    let given = request.user_attributes.as_deref().unwrap_or_default();
    attributes::check_writable(pool, client, given.iter().map(|item| item.name.as_str()))?;
    let writes = attributes::check_schema(pool, given, Stage::Create)?;
    let user = new_user::build(context, pool, name, writes.set)?;
    attributes::check_required(pool, &user.attributes)?;
    if password.is_none() && !can_do_without_password(client, pool, &user) {
        return Err(Error::invalid_parameter(match request.password {
            None => NO_PASSWORD,
            Some(_) => BLANK_PASSWORD,
        }));
    }
    if names::claims_preferred_username(pool, &user) {
        return Err(Error::invalid_parameter(
            "Preferred username cannot be provided for unconfirmed account, since user pool is configured for preferred username alias.",
        ));
    }
    Ok(user)
}

async fn pre_sign_up(
    context: &Context,
    client: &Client,
    pool: &Pool,
    user: &User,
    request: &SignUpRequest,
) -> Result<PreSignUpResponse, Error> {
    let Some(function) = pool.lambda().pre_sign_up else { return Ok(PreSignUpResponse::default()) };
    let event = PreSignUpRequest {
        source: PreSignUpSource::SignUp,
        user_attributes: user.attributes.clone(),
        validation_data: trigger::validation_data(request.validation_data.as_deref()),
        client_metadata: request.client_metadata.clone(),
    };
    let caller = trigger::caller(context, pool, &user.username, Some(client.id()));
    Ok(context.invoker.invoke(&function, &caller, &event).await?)
}

/// Whether a user can confirm and sign in by the codes of a contact: the client lets it, the pool verifies the contact.
fn can_do_without_password(client: &Client, pool: &Pool, user: &User) -> bool {
    client.allows_flow(&[ExplicitAuthFlowsType::AllowUserAuth])
        && new_user::code_contacts(pool, user).any(|contact| pool.auto_verifies(contact.verified_attribute()))
}

/// Does what PreSignUp decided. A contact that it vouches for is taken from whoever has it as an alias.
fn apply(pool: &Pool, user: &mut User, verdict: PreSignUpResponse) -> Result<Aliases, Error> {
    let mut aliases = Aliases::Respect;
    for contact in Contact::ALL {
        // Those who sign themselves up have flags from the start.
        if contact.of(user).is_some() {
            user.attributes.insert(contact.flag().into(), "false".into());
        }
    }
    for (contact, vouched) in
        [(Contact::Email, verdict.auto_verify_email), (Contact::PhoneNumber, verdict.auto_verify_phone)]
    {
        if !vouched {
            continue;
        }
        if contact.of(user).is_none() {
            return Err(Error::new(
                ErrorCode::InvalidLambdaResponseException,
                format!(
                    "PreSignUp verified the attribute {}, which the user does not have.",
                    contact.attribute()
                ),
            ));
        }
        user.attributes.insert(contact.flag().into(), "true".into());
        aliases = Aliases::TakeOver;
    }
    if verdict.auto_confirm_user {
        user.status = UserStatus::Confirmed;
    }
    user.names = names::claims(pool, user);
    Ok(aliases)
}

/// Gives an unconfirmed user its code, and appends the message with it to `changes`.
async fn send_code(
    context: &Context,
    client: &Client,
    pool: &Pool,
    user: &mut User,
    request: &SignUpRequest,
    changes: &mut ChangeSet,
) -> Result<Option<CodeDeliveryDetailsType>, Error> {
    let contact = confirmation::code_contact(pool, user).filter(|_| user.status == UserStatus::Unconfirmed);
    let Some((contact, destination)) =
        contact.and_then(|contact| Some((contact, contact.of(user)?.to_owned())))
    else {
        return Ok(None);
    };
    let recipient = Recipient {
        pool,
        user,
        contact,
        destination: &destination,
        client_id: Some(client.id()),
        client_metadata: request.client_metadata.as_ref(),
    };
    let draft = messages::prepare(context, MessagePurpose::SignUp, recipient).await?;
    let code = codes::generate(context);
    codes::set(context, user, CodePurpose::SignUp, &code, contact.attribute());
    changes.push(draft.message(context, Some(&code), context.now_ms + codes::VERIFICATION_SECONDS * 1000));
    Ok(Some(contact.delivery_details(&destination)))
}
