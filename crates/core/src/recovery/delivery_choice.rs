//! Which of a user's contacts gets the reset code.

use cenote_model::types::RecoveryOptionNameType;
use cenote_store::User;

use crate::pools::Pool;
use crate::sign_in::second_factor;
use crate::users::contact::Contact;
use crate::users::factor::Factor;

/// The contact and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub contact: Contact,
    pub value: String,
}

/// The first of the pool's recovery mechanisms, by priority, whose contact is verified and no second factor of the user: a
/// stolen phone must not be enough for both. Pools from before 2020 have no mechanisms: phone first, second factor or not.
#[must_use]
pub fn choose(pool: &Pool, user: &User) -> Option<Choice> {
    let usable =
        |contact: Contact| contact.verified_of(user).map(|value| Choice { contact, value: value.to_owned() });
    let Some(mechanisms) = mechanisms(pool) else {
        return usable(Contact::PhoneNumber).or_else(|| usable(Contact::Email));
    };
    mechanisms.into_iter().filter(|contact| !is_second_factor(pool, user, *contact)).find_map(usable)
}

/// Whether only an administrator resets passwords in this pool.
#[must_use]
pub fn is_admin_only(pool: &Pool) -> bool {
    pool.configuration
        .user_pool
        .account_recovery_setting
        .as_ref()
        .and_then(|setting| setting.recovery_mechanisms.as_ref())
        .is_some_and(|list| list.iter().any(|option| option.name == RecoveryOptionNameType::AdminOnly))
}

/// The pool's contacts for recovery, most wanted first; `None` for a pool without the setting.
#[must_use]
pub fn mechanisms(pool: &Pool) -> Option<Vec<Contact>> {
    let mut list =
        pool.configuration.user_pool.account_recovery_setting.as_ref()?.recovery_mechanisms.clone()?;
    // Stable: equal priorities keep their order.
    list.sort_by_key(|option| option.priority);
    Some(
        list.iter()
            .filter_map(|option| match option.name {
                RecoveryOptionNameType::VerifiedEmail => Some(Contact::Email),
                RecoveryOptionNameType::VerifiedPhoneNumber => Some(Contact::PhoneNumber),
                RecoveryOptionNameType::AdminOnly => None,
            })
            .collect(),
    )
}

/// Switched on, or one that the pool asks for all the same.
fn is_second_factor(pool: &Pool, user: &User, contact: Contact) -> bool {
    let factor = Factor::of_contact(contact);
    factor.is_enabled_of(user)
        || (second_factor::is_required(pool, user) && second_factor::usable(pool, user).contains(&factor))
}
