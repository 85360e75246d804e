//! Step-up: a sign-in that begins with what an earlier one has shown, as its access token says.
//!
//! The token never pays for a sign-in alone: tokens come only after a factor that was shown now.

use cenote_model::types::ChallengeNameType;
use cenote_store::{User, UserStatus};

use crate::error::Error;
use crate::pools::acr;
use crate::sign_in::first_factors;
use crate::sign_in::level::{Level, Method, read_amr};
use crate::sign_in::progress::{FirstFactor, Progress};
use crate::sign_in::second_factor::{self, Decision};
use crate::sign_in::session;
use crate::sign_in::step::SignIn;
use crate::sign_in::target::{Target, level_unreachable};
use crate::tokens::access_token::{self, PastSignIn};
use crate::users::subject::Subject;

/// What the sign-in of a token is good for.
#[derive(Debug)]
pub struct Credit {
    user: User,
    /// Nothing where it counts for nothing any more.
    shown: Vec<Method>,
    /// Whether its `acr` is still the pool's name for that.
    is_named: bool,
    family: Option<String>,
}

/// Reads the token of a request that has one. It must be one of the same client.
///
/// A sign-in that is too old earns no credit, nor one whose user has another password since.
///
/// # Errors
/// Those of an operation by access token.
pub async fn read(sign_in: SignIn<'_>, target: &Target<'_>) -> Result<Option<Credit>, Error> {
    let SignIn { context, pool, client, .. } = sign_in;
    let Some(text) = target.access_token else { return Ok(None) };
    let PastSignIn { holder, auth_time, authentication, is_delegated } =
        access_token::authenticate_sign_in(context, text).await?;
    if holder.client.id() != client.id() || is_delegated {
        return Err(access_token::invalid());
    }
    let (user, family) = (holder.user, holder.family);
    let age = context.now_ms.div_euclid(1000).saturating_sub(auth_time);
    let is_too_old = target.max_age.is_some_and(|max| u64::try_from(age).is_ok_and(|age| age > max));
    let shown = match &authentication {
        Some(authentication) if !is_too_old && !has_changed(&user, auth_time) => {
            read_amr(&authentication.amr)
        }
        _ => Vec::new(),
    };
    let named = authentication.and_then(|it| acr::find(&pool.configuration.user_pool, &it.acr));
    Ok(Some(Credit { user, is_named: named.is_some() && named == Level::of(&shown), shown, family }))
}

/// Whether the user has another password since that second, or has to choose one.
fn has_changed(user: &User, auth_time: i64) -> bool {
    let newer = user.password.as_ref().is_some_and(|it| it.set_ms.div_euclid(1000) > auth_time);
    newer || user.status != UserStatus::Confirmed
}

impl Credit {
    /// Whether the request names the token's user.
    ///
    /// # Errors
    /// `NotAuthorizedException`, whoever else it names.
    pub fn check(&self, subject: &Subject) -> Result<(), Error> {
        let same = subject.exists() && subject.user.sub == self.user.sub;
        if same { Ok(()) } else { Err(access_token::invalid()) }
    }
}

/// Where a sign-in begins.
#[derive(Debug)]
pub enum Start {
    /// With a first factor.
    First(Progress),
    /// With a second factor, beside a password that an earlier sign-in has shown.
    Second(Progress),
}

/// Where a sign-in begins that asks for a level, or for none. `offered` is what the user could begin with.
///
/// # Errors
/// `InvalidParameterException` when what the token's sign-in has shown leads to no level that was asked for, or is one already.
pub fn start(
    sign_in: SignIn<'_>,
    user: &User,
    target: &Target<'_>,
    credit: Option<Credit>,
    offered: &[ChallengeNameType],
    preferred: Option<ChallengeNameType>,
) -> Result<Start, Error> {
    let from_scratch = Start::First(Progress { targets: target.levels.clone(), ..Progress::default() });
    let Some(credit) = credit.filter(|credit| !credit.shown.is_empty()) else { return Ok(from_scratch) };
    let Credit { shown, is_named, family, .. } = credit;
    for level in &target.levels {
        let progress = Progress {
            shown: shown.clone(),
            targets: vec![*level],
            credited: family.clone(),
            ..Progress::default()
        };
        let second = with_second(sign_in, user, &progress);
        if level.is_met_by(&shown) {
            return match second {
                Some(required) => Ok(required),
                None if is_named => Err(met()),
                // A name that the pool dropped is no level: the user shows everything again.
                None => Ok(from_scratch),
            };
        }
        let first = first_factors::toward(sign_in, user, &progress, offered);
        if preferred.is_some_and(|preferred| first.contains(&preferred)) {
            return Ok(Start::First(progress));
        }
        if let Some(start) = second {
            return Ok(start);
        }
        if !first.is_empty() {
            return Ok(Start::First(progress));
        }
    }
    Err(level_unreachable())
}

/// The same with a second factor, where the password was shown and one leads to the level or is asked of the user anyway. Nobody
/// sets one up on the way.
fn with_second(sign_in: SignIn<'_>, user: &User, progress: &Progress) -> Option<Start> {
    if !progress.shown.contains(&Method::Password) {
        return None;
    }
    // A second factor that was shown then, and is enough, is not asked for again.
    let is_enough =
        progress.shown.len() > 1 && progress.targets.iter().all(|it| it.is_met_by(&progress.shown));
    let progress = Progress { first: FirstFactor::Password, ..progress.clone() };
    match second_factor::decide(sign_in.pool, user, &progress) {
        Ok(Decision::Ask(_) | Decision::Choose(_)) if !is_enough => Some(Start::Second(progress)),
        _ => None,
    }
}

fn met() -> Error {
    Error::invalid_parameter("The ACCESS_TOKEN already reaches the TARGET_ACR_VALUES.")
}

/// Whether the sign-in that credit was taken from was not revoked meanwhile.
///
/// # Errors
/// `NotAuthorizedException`.
pub async fn check_credited(sign_in: SignIn<'_>, user: &User, progress: &Progress) -> Result<(), Error> {
    let SignIn { context, pool, .. } = sign_in;
    let Some(family) = &progress.credited else { return Ok(()) };
    let found = context.store.find_token_holder(pool.id(), &user.sub, Some(family)).await?;
    if found.is_some_and(|(_, revoked)| !revoked) { Ok(()) } else { Err(session::invalid()) }
}
