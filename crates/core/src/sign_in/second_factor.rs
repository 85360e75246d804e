//! Whether a second factor is asked for, and which: the one place that decides it.

use cenote_model::types::UserPoolMfaType;
use cenote_store::{ChangeSet, User};

use crate::error::Error;
use crate::pools::Pool;
use crate::recovery::delivery_choice::mechanisms;
use crate::sign_in::level::{Level, Method};
use crate::sign_in::progress::Progress;
use crate::sign_in::step::{Outcome, SignIn};
use crate::sign_in::{code_mfa, mfa_setup, select_mfa_type, software_token_mfa, target};
use crate::users::factor::Factor;

/// What is to be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing, or nothing more.
    Nothing,
    Ask(Factor),
    /// The user chooses one of these.
    Choose(Vec<Factor>),
    /// The user has none, and may set up one of these.
    SetUp(Vec<Factor>),
}

impl Decision {
    /// Whether a factor that the user has is to be shown.
    #[must_use]
    pub fn is_for_a_code(&self) -> bool {
        matches!(self, Self::Ask(_) | Self::Choose(_))
    }

    /// Whether a factor is among what is to be asked.
    #[must_use]
    pub fn takes(&self, factor: Factor) -> bool {
        match self {
            Self::Nothing | Self::SetUp(_) => false,
            Self::Ask(one) => *one == factor,
            Self::Choose(several) => several.contains(&factor),
        }
    }
}

/// Decides by the level that was asked for, by the pool, by what the user has switched on, and by what was shown already.
///
/// # Errors
/// `InvalidParameterException` when one must be asked for and there is none that could be.
pub fn decide(pool: &Pool, user: &User, progress: &Progress) -> Result<Decision, Error> {
    if let Some(level) = missing_level(pool, user, progress)? {
        return choose(user, toward(pool, user, &progress.shown, level));
    }
    if !is_required(pool, user) || progress.second.is_some() {
        return Ok(Decision::Nothing);
    }
    let usable = usable(pool, user);
    if usable.is_empty() && user.mfa.enabled.is_empty() {
        return decide_set_up(pool, user);
    }
    choose(user, usable)
}

fn choose(user: &User, factors: Vec<Factor>) -> Result<Decision, Error> {
    let preferred = factors.iter().find(|factor| user.mfa.preferred.as_deref() == Some(factor.name()));
    match (preferred, factors.as_slice()) {
        (Some(factor), _) | (None, [factor]) => Ok(Decision::Ask(*factor)),
        (None, []) => Err(impossible()),
        (None, _) => Ok(Decision::Choose(factors)),
    }
}

/// Whether the user signs in with a second factor, whatever level is asked for.
#[must_use]
pub fn is_required(pool: &Pool, user: &User) -> bool {
    match pool.mfa() {
        UserPoolMfaType::Off => false,
        UserPoolMfaType::Optional => !user.mfa.enabled.is_empty(),
        UserPoolMfaType::On => true,
    }
}

/// The level that a second factor is still to lead to: of those that were asked for the first that can be reached, if it is not.
///
/// # Errors
/// `InvalidParameterException` when none can be.
pub fn missing_level(pool: &Pool, user: &User, progress: &Progress) -> Result<Option<Level>, Error> {
    let shown = &progress.shown;
    for level in &progress.targets {
        if level.is_met_by(shown) {
            return Ok(None);
        }
        if !toward(pool, user, shown, *level).is_empty() {
            return Ok(Some(*level));
        }
    }
    if progress.targets.is_empty() { Ok(None) } else { Err(target::level_unreachable()) }
}

/// The second factors that lead from what was shown to a level. Where one is asked of the user anyway, it is one of these or
/// none: no level is a way around what the user has switched on.
#[must_use]
pub fn toward(pool: &Pool, user: &User, shown: &[Method], level: Level) -> Vec<Factor> {
    if pool.mfa() == UserPoolMfaType::Off || !shown.contains(&Method::Password) {
        return Vec::new();
    }
    let leads = |factor: &Factor| {
        let method = Method::of_factor(*factor);
        !shown.contains(&method) && level.is_met_with(shown, method)
    };
    usable(pool, user).into_iter().filter(leads).collect()
}

/// The factors that the user can show: those it switched on, whatever the pool offers by now; where it switched on none, a token
/// it verified and the contacts that count without being switched on, as far as the pool offers them.
#[must_use]
pub fn usable(pool: &Pool, user: &User) -> Vec<Factor> {
    let by_choice = !user.mfa.enabled.is_empty();
    Factor::ALL
        .into_iter()
        .filter(|factor| factor.is_ready_for(user))
        .filter(|factor| {
            if by_choice {
                factor.is_enabled_of(user)
            } else {
                factor.is_on_in(pool) && !recovers(pool, *factor)
            }
        })
        .collect()
}

/// Whether the factor's contact is the first by which a forgotten password is reset: it must not be enough for both.
fn recovers(pool: &Pool, factor: Factor) -> bool {
    let first = mechanisms(pool).and_then(|list| list.first().copied());
    first.is_some() && first == factor.contact()
}

/// A phone number can't be set up on the way, so it alone is nothing to offer; an address only by who has none. Who has an app
/// sets up no other factor by the password alone, even where the pool offers apps no more.
fn decide_set_up(pool: &Pool, user: &User) -> Result<Decision, Error> {
    let offered: Vec<Factor> =
        Factor::ALL.into_iter().filter(|factor| factor.is_on_in(pool) && !recovers(pool, *factor)).collect();
    let possible = offered.iter().any(|factor| match factor {
        Factor::Sms => false,
        Factor::SoftwareToken => true,
        Factor::Email => !factor.is_ready_for(user),
    });
    if possible && user.software_token.is_none() { Ok(Decision::SetUp(offered)) } else { Err(impossible()) }
}

fn impossible() -> Error {
    Error::invalid_parameter(
        "The user pool requires MFA, and the user has no factor that can be asked for or set up.",
    )
}

/// The challenge that is to be answered next, if there is one.
///
/// # Errors
/// Those of [`decide`] and of the message that brings a code.
pub async fn challenge(
    sign_in: SignIn<'_>,
    user: &User,
    progress: &Progress,
) -> Result<Option<Outcome>, Error> {
    let outcome = match decide(sign_in.pool, user, progress)? {
        Decision::Nothing => return Ok(None),
        Decision::Ask(factor) => ask(sign_in, user, progress, factor, ChangeSet::new()).await?,
        Decision::Choose(factors) => select_mfa_type::challenge(sign_in, user, progress, &factors)?,
        Decision::SetUp(factors) => mfa_setup::challenge(sign_in, user, progress, &factors)?,
    };
    Ok(Some(outcome))
}

/// Asks for one factor. What the step before has to write is written together with the message that brings the code.
///
/// # Errors
/// Those of the message; `NotAuthorizedException` when what is to be written uses up a session for the second time.
pub async fn ask(
    sign_in: SignIn<'_>,
    user: &User,
    progress: &Progress,
    factor: Factor,
    further: ChangeSet,
) -> Result<Outcome, Error> {
    match factor.contact() {
        Some(contact) => {
            // It is seldom asked, and large.
            Box::pin(code_mfa::challenge(sign_in, user, progress, contact, further)).await
        }
        None => software_token_mfa::challenge(sign_in, user, progress, further).await,
    }
}
