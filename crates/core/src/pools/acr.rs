//! The names of the levels of authentication, which a pool may choose.

use std::collections::BTreeMap;

use cenote_model::types::{AcrLevelConfigType, UserPoolType};

use crate::sign_in::level::Level;

fn key(level: Level) -> &'static str {
    match level {
        Level::One => "Level1",
        Level::Two => "Level2",
        Level::Three => "Level3",
        Level::Four => "Level4",
    }
}

fn default_name(level: Level) -> &'static str {
    match level {
        Level::One => "urn:cognito:loa:1",
        Level::Two => "urn:cognito:loa:2",
        Level::Three => "urn:cognito:loa:3",
        Level::Four => "urn:cognito:loa:4",
    }
}

/// What a pool calls a level.
#[must_use]
pub fn name(pool: &UserPoolType, level: Level) -> &str {
    let given = pool.acr_configuration.as_ref().and_then(|levels| levels.get(key(level)));
    given.map_or(default_name(level), |given| &given.acr_value)
}

/// The level that a pool calls so. A name that it does not use, or not any more, is none.
#[must_use]
pub fn find(pool: &UserPoolType, wanted: &str) -> Option<Level> {
    Level::ALL.into_iter().find(|level| name(pool, *level) == wanted)
}

/// All four, as a description shows them.
#[must_use]
pub fn effective(pool: &UserPoolType) -> BTreeMap<String, AcrLevelConfigType> {
    let entry =
        |level| (key(level).to_owned(), AcrLevelConfigType { acr_value: name(pool, level).to_owned() });
    Level::ALL.map(entry).into()
}

/// Whether one of them is not the default.
#[must_use]
pub fn is_customized(pool: &UserPoolType) -> bool {
    Level::ALL.into_iter().any(|level| name(pool, level) != default_name(level))
}
