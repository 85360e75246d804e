//! What was acknowledged, and whether it is so after the server was killed.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::Failure;
use crate::request::Request;
use crate::server::{CODE, Running};
use crate::world::{World, text};

/// After this it can't be told any more whether a session was used, or is too old.
const SESSION: Duration = Duration::from_secs(600);

/// An effect to look for.
#[derive(Clone, Debug)]
pub enum Written {
    User {
        username: String,
        sub: String,
    },
    /// Sent to a user for this purpose.
    Message {
        username: String,
        purpose: &'static str,
    },
    /// With which the user confirms the sign-up.
    SignUpCode {
        username: String,
    },
    /// With which the user chooses a new password.
    ResetCode {
        username: String,
    },
    Password {
        username: String,
        password: String,
    },
    /// Used up by this request, which is refused with this text from then on.
    UsedSession {
        request: Request,
        refusal: &'static str,
        at: Instant,
    },
    /// Of the same row, and not used: that the others are refused is not for another reason.
    UnusedSession {
        request: Request,
        at: Instant,
    },
}

impl Written {
    const fn kind(&self) -> &'static str {
        match self {
            Self::User { .. } => "users",
            Self::Message { .. } => "messages",
            Self::SignUpCode { .. } | Self::ResetCode { .. } => "codes",
            Self::Password { .. } => "passwords",
            Self::UsedSession { .. } => "used sessions",
            Self::UnusedSession { .. } => "unused sessions",
        }
    }

    /// Whether it is so. False if that can't be told any more.
    async fn check(&self, world: &World, server: &Running) -> Result<bool, Failure> {
        match self {
            Self::User { username, sub } => {
                let body = json!({ "UserPoolId": world.pool_id, "Username": username });
                let user = server.call("AdminGetUser", &body).await?;
                let attribute = json!({ "Name": "sub", "Value": sub });
                let attributes = user.get("UserAttributes").and_then(Value::as_array);
                if !attributes.is_some_and(|all| all.contains(&attribute)) {
                    return Err(format!("{username} was signed up and is another user now").into());
                }
            }
            Self::Message { username, purpose } => {
                let path = format!("/_cenote/inbox.json?pool={}&user={username}", world.pool_id);
                let inbox: Value = serde_json::from_str(&server.get(&path).await?)?;
                let messages = inbox.get("messages").and_then(Value::as_array).into_iter().flatten();
                if !messages
                    .into_iter()
                    .any(|message| text(message, "/purpose").is_ok_and(|it| it == *purpose))
                {
                    return Err(format!("{username} has lost the {purpose} message").into());
                }
            }
            Self::SignUpCode { username } => {
                let body =
                    json!({ "ClientId": world.client_id, "Username": username, "ConfirmationCode": CODE });
                server.call("ConfirmSignUp", &body).await?;
            }
            Self::ResetCode { username } => {
                let body = world.confirm_forgot_password(username);
                server.call("ConfirmForgotPassword", &body).await?;
            }
            Self::Password { username, password } => {
                server.call("InitiateAuth", &world.sign_in(username, password)).await?;
            }
            Self::UsedSession { at, .. } | Self::UnusedSession { at, .. } if at.elapsed() > SESSION => {
                return Ok(false);
            }
            Self::UsedSession { request, refusal, .. } => {
                let (status, body) = server.send(request).await?;
                if status != 400 || !body.contains(refusal) {
                    return Err(format!("a used session: status {status}, {body}").into());
                }
            }
            Self::UnusedSession { request, .. } => {
                let (status, body) = server.send(request).await?;
                if status != 200 || !request.is_answered_by(body.as_bytes()) {
                    return Err(format!("a session that was not used: status {status}, {body}").into());
                }
            }
        }
        Ok(true)
    }
}

/// Looks for all that was acknowledged. Returns how much of each kind that is.
pub async fn check(world: &World, server: &Running) -> Result<BTreeMap<&'static str, usize>, Failure> {
    // A message that was not delivered before the kill is by now.
    server.settle().await?;
    let mut found = BTreeMap::new();
    for written in &world.written {
        if written.check(world, server).await? {
            *found.entry(written.kind()).or_default() += 1;
        }
    }
    Ok(found)
}
