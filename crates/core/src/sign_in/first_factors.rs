//! Which first factors USER_AUTH offers: those that the pool allows and the user has.

use cenote_model::types::{AuthFactorType, ChallengeNameType, UserPoolMfaType};
use cenote_store::{User, UserStatus};

use crate::pools::Pool;
use crate::recovery::simulated;
use crate::sign_in::level::{Level, Method};
use crate::sign_in::progress::Progress;
use crate::sign_in::step::SignIn;
use crate::sign_in::{second_factor, web_authn};
use crate::users::attributes::{is_email, is_phone_number};
use crate::users::contact::Contact;
use crate::users::subject::{Subject, keyed_hash};

/// The first factor that sends its codes to a contact.
#[must_use]
pub fn of_contact(contact: Contact) -> (AuthFactorType, ChallengeNameType) {
    let challenge = match contact {
        Contact::Email => ChallengeNameType::EmailOtp,
        Contact::PhoneNumber => ChallengeNameType::SmsOtp,
    };
    (contact.first_factor(), challenge)
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

/// Those of some challenges that lead from what was shown to a level that was asked for, to the first that any leads to. All,
/// where none was. Where users are hidden every password may lead to every level: whether it does is said to who has it. So that
/// nobody is left with one that leads nowhere, all are offered there that lead to any.
#[must_use]
pub fn toward(
    sign_in: SignIn<'_>,
    user: &User,
    progress: &Progress,
    challenges: &[ChallengeNameType],
) -> Vec<ChallengeNameType> {
    let Progress { shown, targets, .. } = progress;
    if targets.is_empty() {
        return challenges.to_vec();
    }
    let with_password = [shown.as_slice(), &[Method::Password]].concat();
    let leads = |challenge: ChallengeNameType, level: Level| {
        let method = Method::of_challenge(challenge);
        let reaches = || {
            sign_in.client.hides_users()
                || !second_factor::toward(sign_in.pool, user, &with_password, level).is_empty()
        };
        !shown.contains(&method)
            && (level.is_met_with(shown, method) || (method == Method::Password && reaches()))
    };
    if sign_in.client.hides_users() {
        let leads_on = |challenge: &ChallengeNameType| targets.iter().any(|level| leads(*challenge, *level));
        return challenges.iter().copied().filter(leads_on).collect();
    }
    let of_level = |level: &Level| -> Vec<ChallengeNameType> {
        challenges.iter().copied().filter(|challenge| leads(*challenge, *level)).collect()
    };
    targets.iter().map(of_level).find(|leading| !leading.is_empty()).unwrap_or_default()
}

const PASSWORDS: [ChallengeNameType; 2] = [ChallengeNameType::PasswordSrp, ChallengeNameType::Password];

fn allows(pool: &Pool, factor: AuthFactorType) -> bool {
    pool.configuration.first_factors().contains(&factor)
}

/// What a user has. An invited one has to choose a password, and who signs in with a second factor begins with the first that
/// goes with one.
#[must_use]
pub fn of_user(pool: &Pool, user: &User) -> Vec<ChallengeNameType> {
    if user.status == UserStatus::ExternalProvider {
        return Vec::new();
    }
    let invited = user.status == UserStatus::ForceChangePassword;
    let needs_second = second_factor::is_required(pool, user);
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
/// password; every second one seems to have a passkey, and some nothing else: no choice of a real user stands out by being one that only real users
/// have.
fn invented(pool: &Pool, typed: &str) -> Vec<ChallengeNameType> {
    let [kind, which, ..] = keyed_hash(pool, "first factors", typed);
    let passkey = web_authn::invented(pool, typed);
    if passkey.is_some_and(|passkey| passkey.is_alone) {
        return vec![ChallengeNameType::WebAuthn];
    }
    // Whose passkey is two factors needs two.
    let needs_second = match pool.mfa() {
        UserPoolMfaType::Off => false,
        UserPoolMfaType::Optional => passkey.is_some_and(|passkey| passkey.is_two_factors),
        UserPoolMfaType::On => true,
    };
    let codes = if needs_second { Vec::new() } else { invented_codes(pool, typed, which) };
    let mut invented = match kind % 4 {
        1 if !codes.is_empty() => Vec::new(),
        _ => PASSWORDS.to_vec(),
    };
    if kind % 4 != 0 {
        invented.extend(codes);
    }
    if passkey.is_some() {
        invented.push(ChallengeNameType::WebAuthn);
    }
    invented
}

/// The codes among them: of three names one seems to have both contacts. A name that is a contact has that one.
fn invented_codes(pool: &Pool, typed: &str, drawn: u8) -> Vec<ChallengeNameType> {
    let only = match (drawn % 3, is_email(typed) || is_phone_number(typed)) {
        (0, _) => None,
        (_, true) => Some(simulated::contact(pool, typed)),
        (1, false) => Some(Contact::Email),
        (_, false) => Some(Contact::PhoneNumber),
    };
    let allowed = Contact::ALL.into_iter().filter(|contact| allows(pool, of_contact(*contact).0));
    let chosen = allowed.clone().filter(|contact| only.is_none_or(|only| only == *contact));
    // Where only the other one is allowed it is that.
    let chosen: Vec<Contact> =
        if chosen.clone().next().is_some() { chosen.collect() } else { allowed.collect() };
    chosen.into_iter().map(|contact| of_contact(contact).1).collect()
}
