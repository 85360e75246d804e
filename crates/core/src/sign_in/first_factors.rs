//! Which first factors USER_AUTH offers: those that the pool allows and the user has.

use cenote_model::types::{AuthFactorType, ChallengeNameType, UserPoolMfaType};
use cenote_store::{User, UserStatus};

use crate::pools::Pool;
use crate::recovery::simulated;
use crate::sign_in::step::SignIn;
use crate::sign_in::web_authn;
use crate::users::contact::Contact;
use crate::users::subject::{Subject, keyed_hash};

/// The first factor that sends its codes to a contact.
#[must_use]
pub fn of_contact(contact: Contact) -> (AuthFactorType, ChallengeNameType) {
    match contact {
        Contact::Email => (AuthFactorType::EmailOtp, ChallengeNameType::EmailOtp),
        Contact::PhoneNumber => (AuthFactorType::SmsOtp, ChallengeNameType::SmsOtp),
    }
}

/// The contact that gets the codes of a first factor.
#[must_use]
pub fn contact_of(challenge: ChallengeNameType) -> Option<Contact> {
    Contact::ALL.into_iter().find(|contact| of_contact(*contact).1 == challenge)
}

/// The challenges that the user may choose from. Where users are hidden a name that nobody has gets some that are always the
/// same, and so does whoever has none; where they are not, that one is left with a password that it does not have.
#[must_use]
pub fn offered(sign_in: SignIn<'_>, subject: &Subject, typed: &str) -> Vec<ChallengeNameType> {
    let SignIn { pool, client, .. } = sign_in;
    let of_user = if subject.exists() { of_user(pool, &subject.user) } else { Vec::new() };
    // Invented for users too: it takes its time.
    let invented = if client.hides_users() { invented(pool, typed) } else { PASSWORDS.to_vec() };
    if of_user.is_empty() { invented } else { of_user }
}

const PASSWORDS: [ChallengeNameType; 2] = [ChallengeNameType::PasswordSrp, ChallengeNameType::Password];

fn allows(pool: &Pool, factor: AuthFactorType) -> bool {
    pool.configuration
        .user_pool
        .policies
        .as_ref()
        .and_then(|policies| policies.sign_in_policy.as_ref())
        .and_then(|policy| policy.allowed_first_auth_factors.as_ref())
        .map_or(factor == AuthFactorType::Password, |factors| factors.contains(&factor))
}

/// What a user has. An invited one has to choose a password, and who signs in with a second factor begins with the first that
/// goes with one.
#[must_use]
pub fn of_user(pool: &Pool, user: &User) -> Vec<ChallengeNameType> {
    if user.status == UserStatus::ExternalProvider {
        return Vec::new();
    }
    let invited = user.status == UserStatus::ForceChangePassword;
    let needs_second = match pool.mfa() {
        UserPoolMfaType::Off => false,
        UserPoolMfaType::Optional => !user.mfa.enabled.is_empty(),
        UserPoolMfaType::On => true,
    };
    let mut offered = Vec::new();
    if allows(pool, AuthFactorType::Password) && user.password.is_some() {
        offered.extend(PASSWORDS);
    }
    if !invited && !needs_second {
        for contact in Contact::ALL {
            let (factor, challenge) = of_contact(contact);
            if allows(pool, factor) && contact.of(user).is_some() {
                offered.push(challenge);
            }
        }
    }
    if !invited && web_authn::is_available(pool, user, needs_second) {
        offered.push(ChallengeNameType::WebAuthn);
    }
    offered
}

/// What a name that nobody has seems to have. Of four names one seems to belong to somebody invited, one to somebody without a
/// password; every second one seems to have a passkey: no choice of a real user stands out by being one that only real users
/// have.
fn invented(pool: &Pool, typed: &str) -> Vec<ChallengeNameType> {
    let kind = keyed_hash(pool, "first factors", typed)[0] % 4;
    let likely = simulated::contact(pool, typed);
    let code = std::iter::once(likely)
        .chain(Contact::ALL)
        .filter(|_| pool.mfa() != UserPoolMfaType::On)
        .map(of_contact)
        .find(|(factor, _)| allows(pool, *factor))
        .map(|(_, challenge)| challenge);
    let mut invented = match (kind, code) {
        (0, _) | (_, None) => PASSWORDS.to_vec(),
        (1, Some(code)) => vec![code],
        (_, Some(code)) => PASSWORDS.into_iter().chain([code]).collect(),
    };
    if web_authn::is_invented(pool, typed) {
        invented.push(ChallengeNameType::WebAuthn);
    }
    invented
}
