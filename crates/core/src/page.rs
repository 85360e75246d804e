//! Page tokens: where a list goes on, sealed to the list that made them.

use cenote_crypto::sealed::Purpose;
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::error::Error;

/// The most entries of a page of users or groups.
const LARGEST_PAGE: u32 = 60;
/// How long a token works.
const LIFETIME_MS: i64 = 3_600_000;

/// The last entry of a page, by its place in the list's order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    pub created_ms: i64,
    pub id: String,
}

#[derive(Serialize, Deserialize)]
struct Token {
    position: Position,
    expires_ms: i64,
}

/// How many users or groups a page holds: 0 and nothing mean as many as there may be.
#[must_use]
pub fn size(limit: Option<i32>) -> u32 {
    limit
        .and_then(|limit| u32::try_from(limit).ok())
        .filter(|limit| *limit > 0)
        .map_or(LARGEST_PAGE, |limit| limit.min(LARGEST_PAGE))
}

/// Makes the token that continues after `position`. `list` names the operation and all its other arguments.
pub fn seal(context: &Context, list: &[&str], position: Position) -> Result<String, Error> {
    let token = Token { position, expires_ms: context.now_ms + LIFETIME_MS };
    let plain = serde_json::to_vec(&token).map_err(Error::internal)?;
    Ok(context.keyring.seal_text(Purpose::PageToken, list, &plain, context.random.as_ref()))
}

/// Reads a token that [`seal`] made for the same list.
///
/// # Errors
/// `InvalidParameterException` for a token that is forged, too old, or of another list.
pub fn unseal(context: &Context, list: &[&str], token: Option<&str>) -> Result<Option<Position>, Error> {
    let Some(text) = token else { return Ok(None) };
    let invalid = || {
        Error::invalid_parameter(format!(
            "Paging marker {text} is invalid for request {}",
            context.caller.request_id
        ))
    };
    let plain = context.keyring.unseal_text(Purpose::PageToken, list, text).map_err(|_| invalid())?;
    let token: Token = serde_json::from_slice(plain.expose()).map_err(|_| invalid())?;
    if token.expires_ms <= context.now_ms {
        return Err(invalid());
    }
    Ok(Some(token.position))
}

/// Cuts a list that was read with one entry too many, and says where the next page begins.
pub fn cut<T>(entries: &mut Vec<T>, limit: usize, position: impl Fn(&T) -> Position) -> Option<Position> {
    if entries.len() <= limit {
        return None;
    }
    entries.truncate(limit);
    entries.last().map(position)
}
