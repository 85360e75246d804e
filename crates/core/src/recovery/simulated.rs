//! The answer for a user that does not exist, to a client that must not learn it. The same name gets the same answer, on
//! every instance and after every restart and change of master keys: the pool's own secret stands behind it.

use cenote_model::types::{CodeDeliveryDetailsType, VerifiedAttributeType};

use crate::pools::Pool;
use crate::recovery::delivery_choice::mechanisms;
use crate::users::attributes::{is_email, is_phone_number};
use crate::users::contact::Contact;
use crate::users::subject::keyed_hash;

/// Invented delivery details. A name that is an address is answered with its own mask, as a user who signs in with that
/// address would be; anything else would give away that there is none.
#[must_use]
pub fn delivery_details(pool: &Pool, username: &str) -> CodeDeliveryDetailsType {
    details(pool, username, contact(pool, username))
}

/// Invented delivery details of a message to this contact.
#[must_use]
pub fn details(pool: &Pool, username: &str, contact: Contact) -> CodeDeliveryDetailsType {
    let own = match contact {
        Contact::Email => is_email(username),
        Contact::PhoneNumber => is_phone_number(username),
    };
    if own {
        return contact.delivery_details(&pool.fold(username));
    }
    let noise = keyed_hash(pool, "destination", username);
    let letter = |byte: u8| char::from(b'a' + byte % 26);
    let destination = match contact {
        Contact::Email => format!("{}***@{}***", letter(noise[0]), letter(noise[1])),
        Contact::PhoneNumber => {
            let digits: String = noise.iter().take(4).map(|byte| char::from(b'0' + byte % 10)).collect();
            format!("+*******{digits}")
        }
    };
    CodeDeliveryDetailsType {
        destination: Some(destination),
        delivery_medium: Some(contact.medium()),
        attribute_name: Some(contact.attribute().to_owned()),
    }
}

/// Whether this name, which no user has, is one of those that are answered with the error of a user without a contact: one
/// in four.
#[must_use]
pub fn pretends_no_contact(pool: &Pool, username: &str) -> bool {
    keyed_hash(pool, "no contact", username)[0] < 64
}

/// The contact that the invented code goes to: by the form of the name, then the only one that the pool verifies, then its
/// first recovery mechanism.
#[must_use]
pub fn contact(pool: &Pool, username: &str) -> Contact {
    if is_email(username) {
        return Contact::Email;
    }
    if is_phone_number(username) {
        return Contact::PhoneNumber;
    }
    match (
        pool.auto_verifies(VerifiedAttributeType::Email),
        pool.auto_verifies(VerifiedAttributeType::PhoneNumber),
    ) {
        (true, false) => Contact::Email,
        (false, true) => Contact::PhoneNumber,
        _ => mechanisms(pool).and_then(|list| list.first().copied()).unwrap_or(Contact::PhoneNumber),
    }
}

/// Where a message to nobody would go; it goes nowhere.
#[must_use]
pub fn address(contact: Contact) -> &'static str {
    match contact {
        Contact::Email => "nobody@example.invalid",
        Contact::PhoneNumber => "+12025550100",
    }
}
