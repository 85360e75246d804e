//! What a sign-in by USER_AUTH asks for beside a user: the level that it is to reach, and an earlier sign-in to begin with.

use crate::error::Error;
use crate::pools::acr;
use crate::sign_in::level::Level;
use crate::sign_in::step::SignIn;

/// TARGET_ACR_VALUES, and what goes with it.
#[derive(Clone, Default)]
pub struct Target<'a> {
    /// The first that can be reached is to be. None where no level was asked for.
    pub levels: Vec<Level>,
    /// How old the earlier sign-in may be, in seconds.
    pub max_age: Option<u64>,
    /// Of the earlier sign-in.
    pub access_token: Option<&'a str>,
}

impl std::fmt::Debug for Target<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Target").field("levels", &self.levels).finish_non_exhaustive()
    }
}

/// Reads the parameters. Names of levels that the pool does not use are passed over.
///
/// # Errors
/// `InvalidParameterException` for an age that is none, for a token without a level, and when no name is one of the pool's.
pub fn read(sign_in: SignIn<'_>) -> Result<Target<'_>, Error> {
    let SignIn { pool, parameters, .. } = sign_in;
    let max_age = parameters.find("MAX_AGE").map(parse_age).transpose()?;
    let access_token = parameters.find("ACCESS_TOKEN");
    let Some(names) = parameters.find("TARGET_ACR_VALUES") else {
        return match access_token {
            Some(_) => Err(Error::invalid_parameter("Missing required parameter TARGET_ACR_VALUES")),
            None => Ok(Target::default()),
        };
    };
    let mut levels = Vec::new();
    for name in names.split(' ') {
        let level = acr::find(&pool.configuration.user_pool, name);
        levels.extend(level.filter(|level| !levels.contains(level)));
    }
    if levels.is_empty() {
        return Err(Error::invalid_parameter("TARGET_ACR_VALUES has no ACR value of the user pool."));
    }
    Ok(Target { levels, max_age, access_token })
}

fn parse_age(text: &str) -> Result<u64, Error> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let age = if digits { text.parse().ok() } else { None };
    age.ok_or_else(|| Error::invalid_parameter("MAX_AGE must be a whole number of seconds."))
}

/// Nothing that the user has leads to a level that was asked for.
#[must_use]
pub fn level_unreachable() -> Error {
    Error::invalid_parameter("The user has no factors that reach any of the TARGET_ACR_VALUES.")
}
