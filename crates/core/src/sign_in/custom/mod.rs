//! CUSTOM_AUTH: the pool's functions decide what a user is asked, and when it has shown enough.
//!
//! | file | holds |
//! | --- | --- |
//! | [`flow`] | the start, plain or with a proof of the password first |
//! | [`history`] | what was answered so far; it travels in the session |
//! | [`define`] | DefineAuthChallenge: what comes next |
//! | [`create`] | CreateAuthChallenge: the question, and the session for its answer |
//! | [`answer`] | the answer, and VerifyAuthChallengeResponse |
//!
//! Where users are hidden the functions run for names that nobody has too, and are told so; a session looks the same. Only a
//! user gets tokens, whatever the functions say.

pub mod answer;
pub mod create;
pub mod define;
pub mod flow;
pub mod history;

use cenote_triggers::Caller;

use crate::error::Error;
use crate::sign_in::step::SignIn;
use crate::trigger;
use crate::users::subject::Subject;

/// The functions that a custom sign-in needs are not all there.
fn not_configured() -> Error {
    Error::invalid_parameter("Custom auth lambda trigger is not configured for the user pool.")
}

fn caller(sign_in: SignIn<'_>, subject: &Subject) -> Caller {
    let SignIn { context, pool, client, .. } = sign_in;
    trigger::caller(context, pool, &subject.user.username, Some(client.id()))
}

/// What the functions are told of a name that nobody has: only where users are hidden do they run for one.
fn user_not_found(sign_in: SignIn<'_>, subject: &Subject) -> Option<bool> {
    sign_in.client.hides_users().then_some(!subject.exists())
}
