use std::collections::BTreeMap;

use cenote_delivery::address::{is_deliverable_email, is_deliverable_phone};
use cenote_delivery::template::{self, Placeholders};
use cenote_delivery::{Message, seal, seal_decoy};
use cenote_model::types::EmailSendingAccountType;
use cenote_store::{Change, Channel, User};
use cenote_triggers::custom_message::CustomMessageRequest;

use crate::context::Context;
use crate::error::Error;
use crate::messages::MessagePurpose;
use crate::messages::texts::{self, Texts};
use crate::pools::Pool;
use crate::trigger;
use crate::users::contact::Contact;
use crate::users::names::{Role, contact_role};

/// Whom a message goes to, and on whose behalf.
#[derive(Clone, Copy, Debug)]
pub struct Recipient<'a> {
    pub pool: &'a Pool,
    /// As it is, or is about to be, in the store.
    pub user: &'a User,
    pub contact: Contact,
    /// The address or number, in the clear.
    pub destination: &'a str,
    /// The app client that asked; administrators have none.
    pub client_id: Option<&'a str>,
    pub client_metadata: Option<&'a BTreeMap<String, String>>,
}

/// A message that lacks nothing but its code.
pub struct Draft {
    message: Message,
    /// The name the user signs in with: where users have none of their own, the contact that stands in for it.
    shown_name: String,
    texts: Texts,
    client_id: Option<String>,
    /// Whether it goes to nobody.
    decoy: bool,
}

impl std::fmt::Debug for Draft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Draft(***)")
    }
}

/// Chooses the texts of a message, by the CustomMessage trigger if the pool has one, and checks what can be checked before
/// anything is written.
///
/// # Errors
/// Those of the trigger; `InvalidParameterException` for texts without a place for the code;
/// `CodeDeliveryFailureException` when the server has no sender for the medium or the destination can't be one.
pub async fn prepare(context: &Context, purpose: MessagePurpose, to: Recipient<'_>) -> Result<Draft, Error> {
    check_deliverable(context, to.pool, to.contact, to.destination)?;
    let mut texts = texts::of_pool(to.pool, purpose, to.contact, to.user);
    if let Some(function) = &to.pool.lambda().custom_message {
        customize(context, function, purpose, to, &mut texts).await?;
    }
    complete(purpose, to, texts, false)
}

/// An invitation. The pool's own text without the password helps nobody, and is not sent: as at AWS nobody is told. A user
/// without a password needs none in it.
///
/// # Errors
/// As [`prepare`].
pub async fn prepare_invitation(context: &Context, to: Recipient<'_>) -> Result<Option<Draft>, Error> {
    let draft = prepare(context, MessagePurpose::AdminCreateUser, to).await?;
    let tells_password = template::has_code(&draft.texts.body);
    Ok(Some(draft).filter(|_| tells_password || to.user.password.is_none()))
}

/// A message to nobody: the work of one to this contact, and a row that is dropped instead of sent. There is no CustomMessage
/// trigger for it: as at AWS that one runs for users only.
///
/// # Errors
/// As [`prepare`], whoever it is for.
pub fn prepare_decoy(context: &Context, purpose: MessagePurpose, to: Recipient<'_>) -> Result<Draft, Error> {
    check_deliverable(context, to.pool, to.contact, to.destination)?;
    complete(purpose, to, texts::of_pool(to.pool, purpose, to.contact, to.user), true)
}

fn complete(purpose: MessagePurpose, to: Recipient<'_>, texts: Texts, decoy: bool) -> Result<Draft, Error> {
    let channel = to.contact.channel();
    check_placeholders(&texts, purpose, channel)?;
    let (from, reply_to) = sender(to.pool);
    let message = Message {
        pool_id: to.pool.id().as_str().to_owned(),
        username: to.user.username.clone(),
        channel,
        to: to.destination.to_owned(),
        from,
        reply_to,
        subject: None,
        body: String::new(),
        code: None,
        purpose: purpose.as_str().to_owned(),
    };
    let shown_name = Contact::ALL
        .into_iter()
        .filter(|contact| contact_role(to.pool, *contact) == Role::Username)
        .find_map(|contact| contact.of(to.user))
        .unwrap_or(&to.user.username)
        .to_owned();
    Ok(Draft { message, shown_name, texts, client_id: to.client_id.map(str::to_owned), decoy })
}

/// Whether a message can be sent there, as far as can be known before it is tried.
///
/// # Errors
/// Those of [`check_sender`]; `CodeDeliveryFailureException` for a destination that can't be one.
pub fn check_deliverable(
    context: &Context,
    pool: &Pool,
    contact: Contact,
    destination: &str,
) -> Result<(), Error> {
    check_sender(context, pool, contact)?;
    check_destination(contact.channel(), destination)
}

/// Whether messages to this kind of contact can be sent at all, whoever they are for.
///
/// # Errors
/// `UnexpectedLambdaException` for a pool that relies on a sender of its own; `CodeDeliveryFailureException` when the server
/// has no sender for the medium.
pub fn check_sender(context: &Context, pool: &Pool, contact: Contact) -> Result<(), Error> {
    let lambda = pool.lambda();
    let channel = contact.channel();
    match channel {
        Channel::Email => trigger::refuse_missing(lambda.custom_email_sender.is_some(), "CustomEmailSender")?,
        Channel::Sms => trigger::refuse_missing(lambda.custom_sms_sender.is_some(), "CustomSMSSender")?,
    }
    if context.transports.can_send(channel) {
        return Ok(());
    }
    Err(Error::code_delivery_failure(match channel {
        Channel::Email => "The server has no e-mail sender configured (email.smtp_url).",
        Channel::Sms => {
            "Invalid phone number provided/Unable to send the message. User pool does not have SMS configuration to send messages."
        }
    }))
}

impl Draft {
    /// Puts the code in, if there is one. The change belongs to the change set that stores it.
    #[must_use]
    pub fn message(&self, context: &Context, code: Option<&str>, expires_ms: i64) -> Change {
        let username = self.shown_name.as_str();
        let link = code.filter(|_| self.texts.link).map(|code| self.confirmation_link(context, code));
        let placeholders = Placeholders { code, username: Some(username), link: link.as_deref() };
        let mut message = self.message.clone();
        message.subject =
            self.texts.subject.as_ref().map(|subject| template::render_text(subject, &placeholders));
        message.body = match message.channel {
            Channel::Email => template::render_html(&self.texts.body, &placeholders),
            Channel::Sms => template::render_text(&self.texts.body, &placeholders),
        };
        message.code = code.map(str::to_owned);
        let seal = if self.decoy { seal_decoy } else { seal };
        Change::AppendMessage(seal(
            &message,
            context.now_ms,
            expires_ms,
            &context.keyring,
            context.random.as_ref(),
        ))
    }

    fn confirmation_link(&self, context: &Context, code: &str) -> String {
        format!(
            "{}/confirmUser/?client_id={}&user_name={}&confirmation_code={code}",
            context.settings.public_url,
            encode(self.client_id.as_deref().unwrap_or_default()),
            encode(&self.message.username),
        )
    }
}

/// Percent-encodes all but the unreserved characters of RFC 3986.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

fn check_destination(channel: Channel, destination: &str) -> Result<(), Error> {
    let deliverable = match channel {
        Channel::Email => is_deliverable_email(destination),
        Channel::Sms => is_deliverable_phone(destination),
    };
    if deliverable {
        return Ok(());
    }
    Err(Error::code_delivery_failure(match channel {
        Channel::Email => "Invalid email address format.",
        Channel::Sms => "Invalid phone number format.",
    }))
}

/// Lets the pool's function replace texts; what it leaves null stays. So does an invitation where its own lacks the name or
/// the password.
async fn customize(
    context: &Context,
    function: &str,
    purpose: MessagePurpose,
    to: Recipient<'_>,
    texts: &mut Texts,
) -> Result<(), Error> {
    let request = CustomMessageRequest {
        source: purpose.source(),
        user_attributes: trigger::user_attributes(to.user),
        client_metadata: to.client_metadata.cloned(),
    };
    let caller = trigger::caller(context, to.pool, &to.user.username, to.client_id);
    let answer = context.invoker.invoke(function, &caller, &request).await?;
    let is_taken = |body: &String| {
        purpose != MessagePurpose::AdminCreateUser
            || template::has_username(body) && (template::has_code(body) || to.user.password.is_none())
    };
    match to.contact {
        Contact::PhoneNumber => {
            if let Some(body) = answer.sms_message.filter(is_taken) {
                texts.body = body;
            }
        }
        Contact::Email => {
            if let Some(body) = answer.email_message.filter(is_taken) {
                texts.body = body;
                // The function may confirm by either, where links apply.
                texts.link = purpose.may_be_link() && template::has_link(&texts.body);
            }
            if answer.email_subject.is_some() {
                texts.subject = answer.email_subject;
            }
        }
    }
    Ok(())
}

/// A message without its code helps nobody, and would be sent all the same.
fn check_placeholders(texts: &Texts, purpose: MessagePurpose, channel: Channel) -> Result<(), Error> {
    let body = &texts.body;
    let complete = match purpose {
        // See `prepare_invitation`.
        MessagePurpose::AdminCreateUser => true,
        _ if texts.link => template::has_link(body) || template::has_code(body),
        _ => template::has_code(body),
    };
    let (member, pattern) = match channel {
        Channel::Email => ("emailBody", template::EMAIL_PATTERN),
        Channel::Sms => ("smsMessage", template::SMS_PATTERN),
    };
    if !complete {
        return Err(Error::invalid_parameter(format!(
            "1 validation error detected: Value at '{member}' failed to satisfy constraint: Member must satisfy regular expression pattern: {pattern}"
        )));
    }
    template::check_lengths(channel, texts.subject.as_deref(), body)
        .map_err(|too_long| Error::invalid_parameter(format!("The message can't be sent: {too_long}.")))
}

/// From and Reply-To of the pool, where it has a sender of its own.
fn sender(pool: &Pool) -> (Option<String>, Option<String>) {
    let Some(email) = &pool.configuration.user_pool.email_configuration else { return (None, None) };
    let from = email
        .from
        .clone()
        .filter(|_| email.email_sending_account == Some(EmailSendingAccountType::Developer));
    (from, email.reply_to_email_address.clone())
}
