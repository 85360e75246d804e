//! One-time codes of a sign-in, as first and as second factors: made, sent, remembered in the session of their challenge as a
//! keyed hash, compared. They live as long as that session.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cenote_crypto::code::ConfirmationCodeHash;
use cenote_crypto::random::digits;
use cenote_model::types::CodeDeliveryDetailsType;
use cenote_store::{Change, ChangeSet, User};
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::error::Error;
use crate::messages::{self, Draft, MessagePurpose, Recipient};
use crate::sign_in::parameters::Parameters;
use crate::sign_in::step::SignIn;
use crate::users::attempts::{self, Attempt};
use crate::users::codes;
use crate::users::contact::Contact;
use crate::users::subject::Subject;
use crate::users::update::update_user;

/// What whoever sent a wrong one is told.
pub const MISMATCH: &str = "Invalid code or auth state for the user.";

/// What a code is used as. One of a kind never serves as the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeUse {
    FirstFactor,
    SecondFactor,
}

impl CodeUse {
    fn digits(self, contact: Contact) -> usize {
        match (self, contact) {
            (Self::SecondFactor, Contact::PhoneNumber) => 6,
            (Self::FirstFactor | Self::SecondFactor, _) => 8,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::FirstFactor => "first_factor",
            Self::SecondFactor => "second_factor",
        }
    }
}

/// A code that was sent, as its session remembers it.
#[derive(Clone, Serialize, Deserialize)]
pub struct SentCode {
    /// In unpadded base64url.
    hash: String,
    /// Where it went; [`codes::NOBODY`] for a code that is right for nobody.
    attribute: String,
}

impl std::fmt::Debug for SentCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SentCode(***)")
    }
}

/// Whoever is to be sent a code, which may be counted already.
#[derive(Debug)]
pub struct Addressee {
    pub subject: Subject,
    used_as: CodeUse,
    is_counted: bool,
}

impl Addressee {
    /// Whoever may be sent one more. Where a function writes the text it is counted now: the function must not run more often than
    /// codes are sent, however many ask at once.
    ///
    /// # Errors
    /// `TooManyRequestsException`.
    pub async fn of(sign_in: SignIn<'_>, subject: Subject, used_as: CodeUse) -> Result<Self, Error> {
        count(sign_in, &mut subject.user.clone(), used_as)?;
        if sign_in.pool.lambda().custom_message.is_none() {
            return Ok(Self { subject, used_as, is_counted: false });
        }
        let counted = update_user(sign_in.context, subject.clone(), |user| {
            Ok((count(sign_in, user, used_as)?, ChangeSet::new()))
        });
        let ((), user) = counted.await?;
        Ok(Self { subject: subject.with(user), used_as, is_counted: true })
    }

    /// Sends a code. Its message, its count and `further` are one change set.
    ///
    /// # Errors
    /// `TooManyRequestsException` when the user had too many codes; `NotAuthorizedException` when `further` uses up a session
    /// for the second time.
    pub async fn send(
        self,
        sign_in: SignIn<'_>,
        message: Change,
        mut further: ChangeSet,
    ) -> Result<(), Error> {
        further.push(message);
        update_user(sign_in.context, self.subject, |user| {
            if !self.is_counted {
                count(sign_in, user, self.used_as)?;
            }
            Ok(((), further.clone()))
        })
        .await?;
        Ok(())
    }
}

/// The message to the user's contact, without its code. To be made before anything else is written: it may run a function.
///
/// # Errors
/// `InvalidParameterException` when it can't be sent there: sign-in declares no other; those of the trigger.
pub async fn draft(sign_in: SignIn<'_>, user: &User, contact: Contact) -> Result<Draft, Error> {
    let destination = contact.of(user).unwrap_or_default();
    let to = recipient(sign_in, user, contact, destination);
    messages::prepare(sign_in.context, MessagePurpose::Authentication, to).await.map_err(declared)
}

/// A message of the same work that goes to nobody.
///
/// # Errors
/// `InvalidParameterException` when the server can't send to such contacts at all.
pub fn draft_decoy(
    sign_in: SignIn<'_>,
    user: &User,
    contact: Contact,
    address: &str,
) -> Result<Draft, Error> {
    let to = recipient(sign_in, user, contact, address);
    messages::prepare_decoy(sign_in.context, MessagePurpose::Authentication, to).map_err(declared)
}

fn recipient<'a>(
    sign_in: SignIn<'a>,
    user: &'a User,
    contact: Contact,
    destination: &'a str,
) -> Recipient<'a> {
    let SignIn { pool, client, .. } = sign_in;
    let client_metadata = sign_in.answer_metadata();
    Recipient { pool, user, contact, destination, client_id: Some(client.id()), client_metadata }
}

fn declared(error: Error) -> Error {
    if error.code == cenote_model::ErrorCode::CodeDeliveryFailureException {
        return Error::invalid_parameter(error.message.unwrap_or_default());
    }
    error
}

/// Counts a code that is sent. Anybody may ask for those of a first factor: they don't take from those of the second.
fn count(sign_in: SignIn<'_>, user: &mut User, used_as: CodeUse) -> Result<(), Error> {
    let context = sign_in.context;
    let limits = &context.settings.limits;
    let (attempt, limit) = match used_as {
        CodeUse::FirstFactor => (Attempt::SignInCode, limits.sign_in_codes_per_hour),
        CodeUse::SecondFactor => (Attempt::MfaCode, limits.mfa_codes_per_hour),
    };
    // A sign-in declares no LimitExceededException.
    attempts::count(&mut user.attempts, attempt, limit, context.now_ms)
        .map_err(|_| Error::too_many_requests())
}

impl SentCode {
    /// A new code: what the session remembers of it, and its message, for the change set of the step. `contact` is none for a
    /// code that is right for nobody.
    #[must_use]
    pub fn create(
        sign_in: SignIn<'_>,
        user: &User,
        used_as: CodeUse,
        (medium, contact): (Contact, Option<Contact>),
        draft: &Draft,
    ) -> (Self, Change) {
        let SignIn { context, client, .. } = sign_in;
        let fixed = context.settings.fixed_code.clone();
        let code = fixed.unwrap_or_else(|| digits(context.random.as_ref(), used_as.digits(medium)));
        let attribute = contact.map_or(codes::NOBODY, Contact::attribute);
        let (pool_id, sub) = (user.pool_id.as_str(), user.sub.as_str());
        let binding = binding(user, used_as, attribute);
        let hash = ConfirmationCodeHash::create(&context.keyring, pool_id, sub, &binding, &code);
        let expires_ms = context.now_ms + client.session_minutes() * 60_000;
        let message = draft.message(context, Some(&code), expires_ms);
        (Self { hash: URL_SAFE_NO_PAD.encode(hash.to_bytes()), attribute: attribute.to_owned() }, message)
    }

    /// Where it was sent; none for a code that is right for nobody.
    #[must_use]
    pub fn contact(&self) -> Option<Contact> {
        Contact::from_attribute(&self.attribute)
    }

    /// Whether this is the code, and the contact that got it still the user's. Takes as long for a code that is right for
    /// nobody.
    #[must_use]
    pub fn is_right(&self, context: &Context, user: &User, used_as: CodeUse, code: &str) -> bool {
        let bytes = URL_SAFE_NO_PAD.decode(&self.hash).ok().and_then(|bytes| bytes.try_into().ok());
        let equal = ConfirmationCodeHash::from_bytes(bytes.unwrap_or_default()).verify(
            &context.keyring,
            user.pool_id.as_str(),
            user.sub.as_str(),
            &binding(user, used_as, &self.attribute),
            code,
        );
        equal & self.contact().is_some()
    }
}

/// What a code is good for: this factor, as long as the contact that got it is the user's.
fn binding(user: &User, used_as: CodeUse, attribute: &str) -> String {
    let value = Contact::from_attribute(attribute).and_then(|contact| contact.of(user)).unwrap_or_default();
    format!("{}:{attribute}:{value}", used_as.as_str())
}

/// The code that came by mail, by the name that the developer guide gives it, or by the model's.
///
/// # Errors
/// `InvalidParameterException` when there is neither.
pub fn mailed(parameters: Parameters<'_>) -> Result<&str, Error> {
    parameters.get("EMAIL_OTP_CODE").or_else(|missing| parameters.get("EMAIL_MFA_CODE").map_err(|_| missing))
}

/// Where a code went, as its challenge says it.
#[must_use]
pub fn delivery_parameters(details: &CodeDeliveryDetailsType) -> [(&'static str, String); 2] {
    let medium = details.delivery_medium.as_ref().map(ToString::to_string).unwrap_or_default();
    [
        ("CODE_DELIVERY_DELIVERY_MEDIUM", medium),
        ("CODE_DELIVERY_DESTINATION", details.destination.clone().unwrap_or_default()),
    ]
}
