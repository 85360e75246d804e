//! Sessions as the API shows them.

use std::cmp::Reverse;

use cenote_model::types::{SessionDescriptionType, SessionTypeType, Timestamp};
use cenote_store::User;

use crate::context::Context;
use crate::error::Error;
use crate::page;
use crate::user_sessions::record;

/// The sessions of a user that go on, the last used first. `own` is the `origin_jti` of the token that asks, `None` for an
/// administrator. They fit into one page, so no page follows: a token of one is always wrong.
///
/// # Errors
/// `InvalidParameterException` for a token of a page.
pub(super) async fn list(
    context: &Context,
    operation: &str,
    user: &User,
    own: Option<&str>,
    next_token: Option<&str>,
) -> Result<Vec<SessionDescriptionType>, Error> {
    page::unseal(context, &[operation, user.pool_id.as_str(), user.sub.as_str()], next_token)?;
    let (mut sessions, _) = record::all(context, user).await?;
    sessions.sort_by_key(|session| Reverse((session.activity.at_ms, session.created_ms)));
    let describe = |session: cenote_store::UserSession| SessionDescriptionType {
        client_id: Some(session.client_id.as_str().to_owned()),
        create_date: Some(Timestamp(session.created_ms)),
        device_type: session.activity.device,
        is_current_session: Some(own == Some(session.family.as_str())),
        last_active_date: Some(Timestamp(session.activity.at_ms)),
        last_ip_address: Some(session.activity.address),
        last_location: None,
        origin_session_id: None,
        session_id: Some(session.id),
        session_type: Some(SessionTypeType::Token),
    };
    Ok(sessions.into_iter().map(describe).collect())
}
