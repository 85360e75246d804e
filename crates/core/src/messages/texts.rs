//! Which template a message is made from: the trigger's, the pool's own, ours.

use cenote_delivery::defaults;
use cenote_model::types::DefaultEmailOptionType;
use cenote_store::User;

use crate::messages::MessagePurpose;
use crate::pools::Pool;
use crate::users::contact::Contact;

/// Templates of one message. SMS have no subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Texts {
    pub subject: Option<String>,
    pub body: String,
    /// Whether the body confirms by a link instead of a code.
    pub link: bool,
}

/// The pool's templates for a message, ours where it has none.
pub(super) fn of_pool(pool: &Pool, purpose: MessagePurpose, contact: Contact, user: &User) -> Texts {
    match (purpose, contact) {
        (MessagePurpose::AdminCreateUser, _) => invitation(pool, contact, user.password.is_some()),
        (MessagePurpose::Authentication, _) => authentication(pool, contact),
        (_, Contact::PhoneNumber) => sms(pool, purpose),
        (_, Contact::Email) => email(pool, purpose),
    }
}

fn invitation(pool: &Pool, contact: Contact, has_password: bool) -> Texts {
    let (default, default_sms) = if has_password {
        (defaults::INVITATION_EMAIL, defaults::INVITATION_SMS)
    } else {
        (defaults::WELCOME_EMAIL, defaults::WELCOME_SMS)
    };
    let template = pool
        .configuration
        .user_pool
        .admin_create_user_config
        .as_ref()
        .and_then(|config| config.invite_message_template.clone())
        .unwrap_or_default();
    match contact {
        Contact::Email => Texts {
            subject: Some(template.email_subject.unwrap_or_else(|| default.subject.into())),
            body: template.email_message.unwrap_or_else(|| default.body.into()),
            link: false,
        },
        Contact::PhoneNumber => Texts {
            subject: None,
            body: template.sms_message.unwrap_or_else(|| default_sms.into()),
            link: false,
        },
    }
}

/// Codes to sign in with have templates of their own.
fn authentication(pool: &Pool, contact: Contact) -> Texts {
    match contact {
        Contact::Email => {
            let template = pool.configuration.email_mfa.clone().unwrap_or_default();
            let default = defaults::AUTHENTICATION_EMAIL;
            Texts {
                subject: Some(template.subject.unwrap_or_else(|| default.subject.into())),
                body: template.message.unwrap_or_else(|| default.body.into()),
                link: false,
            }
        }
        Contact::PhoneNumber => {
            let template = pool.configuration.user_pool.sms_authentication_message.clone();
            let body = template.unwrap_or_else(|| defaults::AUTHENTICATION_SMS.into());
            Texts { subject: None, body, link: false }
        }
    }
}

fn sms(pool: &Pool, purpose: MessagePurpose) -> Texts {
    let default = if purpose == MessagePurpose::ForgotPassword {
        defaults::PASSWORD_RESET_SMS
    } else {
        defaults::VERIFICATION_SMS
    };
    let template = pool.configuration.user_pool.verification_message_template.as_ref();
    let body = template.and_then(|template| template.sms_message.clone()).unwrap_or_else(|| default.into());
    Texts { subject: None, body, link: false }
}

fn email(pool: &Pool, purpose: MessagePurpose) -> Texts {
    let template = pool.configuration.user_pool.verification_message_template.clone().unwrap_or_default();
    let by_link = template.default_email_option == Some(DefaultEmailOptionType::ConfirmWithLink);
    if by_link && purpose.may_be_link() {
        return Texts {
            subject: Some(
                template.email_subject_by_link.unwrap_or_else(|| defaults::LINK_EMAIL.subject.into()),
            ),
            body: template.email_message_by_link.unwrap_or_else(|| defaults::LINK_EMAIL.body.into()),
            link: true,
        };
    }
    let default = if purpose == MessagePurpose::ForgotPassword {
        defaults::PASSWORD_RESET_EMAIL
    } else {
        defaults::VERIFICATION_EMAIL
    };
    Texts {
        subject: Some(template.email_subject.unwrap_or_else(|| default.subject.into())),
        body: template.email_message.unwrap_or_else(|| default.body.into()),
        link: false,
    }
}
