//! What is measured.

use std::time::Duration;

use cenote_crypto::jwt;
use clap::ValueEnum;
use serde_json::{Value, json};

use crate::Failure;
use crate::load::{Measured, Plan};
use crate::proof;
use crate::request::Request;
use crate::second_factor;
use crate::server::{CODE, Running};
use crate::world::{PASSWORD, USERS, World, Written, app_name, resetting_name, text, user_name};

/// How many of a row's last answers are followed up with further calls.
const FOLLOWED_UP: usize = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Operation {
    DescribeUserPool,
    GetUser,
    SignUp,
    ForgotPassword,
    ConfirmForgotPassword,
    SignIn,
    SrpStart,
    SrpProof,
    AppStart,
    AppCode,
    Refresh,
}

impl Operation {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DescribeUserPool => "DescribeUserPool",
            Self::GetUser => "GetUser",
            Self::SignUp => "SignUp",
            Self::ForgotPassword => "ForgotPassword",
            Self::ConfirmForgotPassword => "ConfirmForgotPassword",
            Self::SignIn => "password sign-in",
            Self::SrpStart => "SRP challenge",
            Self::SrpProof => "SRP proof",
            Self::AppStart => "password, app asked for",
            Self::AppCode => "code of an app",
            Self::Refresh => "refresh",
        }
    }

    /// Whether it needs users who reset their passwords.
    pub const fn resets(self) -> bool {
        matches!(self, Self::ForgotPassword | Self::ConfirmForgotPassword)
    }

    /// Whether it needs users with an authenticator app.
    pub const fn has_app(self) -> bool {
        matches!(self, Self::AppStart | Self::AppCode)
    }

    /// What a row needs beforehand, unmeasured.
    pub async fn prepare(
        self,
        world: &mut World,
        server: &Running,
        duration: Duration,
    ) -> Result<(), Failure> {
        world.round += 1;
        match self {
            Self::ConfirmForgotPassword => {
                // This round changes them, for whom does not matter.
                world.written.retain(|one| !matches!(one, Written::Password { .. }));
                world.send_codes(server).await
            }
            Self::SrpProof => {
                // More than the powers allow.
                let many = (duration.as_secs_f64() * 1500.0) as usize;
                world.answers = proof::proofs(world, server, many).await?;
                Ok(())
            }
            Self::AppCode => {
                world.answers = second_factor::answers(world, server).await?;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    pub fn plan(self, world: &World, duration: Duration) -> Result<Plan, Failure> {
        let requests: Vec<Request> = match self {
            Self::DescribeUserPool => {
                let body = json!({ "UserPoolId": world.pool_id });
                vec![Request::api("DescribeUserPool", &body).expecting(&world.pool_id)]
            }
            Self::GetUser => {
                let tokens = world.access_tokens.iter().enumerate();
                let get = |(user, token)| {
                    Request::api("GetUser", &json!({ "AccessToken": token }))
                        .expecting(user_name(user))
                        .about(user)
                };
                tokens.map(get).collect()
            }
            Self::SignUp => {
                // More than the powers allow.
                let many = (duration.as_secs_f64() * 3000.0) as usize;
                let sign_up = |user| {
                    let body = world.sign_up(&new_name(world.round, user));
                    Request::api("SignUp", &body).expecting(r#""UserConfirmed":false"#).about(user)
                };
                (0..many).map(sign_up).collect()
            }
            Self::ForgotPassword => (0..world.resetting).map(|user| world.forgot_password(user)).collect(),
            Self::ConfirmForgotPassword => {
                let confirm = |user| {
                    let body = json!({
                        "ClientId": world.client_id,
                        "Username": resetting_name(user),
                        "ConfirmationCode": CODE,
                        "Password": world.new_password(),
                    });
                    Request::api("ConfirmForgotPassword", &body).expecting("{}").about(user)
                };
                (0..world.resetting).map(confirm).collect()
            }
            Self::SignIn => {
                let sign_in = |user| {
                    Request::api("InitiateAuth", &world.sign_in(&user_name(user), PASSWORD))
                        .expecting(r#""AccessToken":"ey"#)
                        .about(user)
                };
                (0..USERS).map(sign_in).collect()
            }
            Self::SrpStart => (0..USERS)
                .map(|user| {
                    let request = Request::api("InitiateAuth", &proof::start(world, user)?);
                    Ok(request.expecting(r#""SRP_B":""#).about(user))
                })
                .collect::<Result<_, Failure>>()?,
            Self::AppStart => (0..USERS)
                .map(|user| {
                    let request = Request::api("InitiateAuth", &second_factor::start(world, user));
                    request.expecting(r#""ChallengeName":"SOFTWARE_TOKEN_MFA""#).about(user)
                })
                .collect(),
            Self::SrpProof | Self::AppCode => world.answers.clone(),
            Self::Refresh => {
                let refresh = |(user, token): (usize, &String)| {
                    let body = json!({
                        "ClientId": world.client_id,
                        "AuthFlow": "REFRESH_TOKEN_AUTH",
                        "AuthParameters": { "REFRESH_TOKEN": token },
                    });
                    Request::api("InitiateAuth", &body).expecting(r#""AccessToken":"ey"#).about(user)
                };
                world.refresh_tokens.iter().enumerate().map(refresh).collect()
            }
        };
        let once =
            matches!(self, Self::SignUp | Self::ConfirmForgotPassword | Self::SrpProof | Self::AppCode);
        Ok(Plan { requests: requests.into(), once, most: u64::MAX, duration })
    }

    /// Looks closely at the last answer of each connection, and remembers what must be there after a kill.
    pub async fn check(
        self,
        world: &mut World,
        server: &Running,
        plan: &Plan,
        measured: &Measured,
    ) -> Result<(), Failure> {
        for (number, (index, body)) in measured.last.iter().enumerate() {
            let user = plan.requests.get(*index).ok_or("an answer to nothing")?.user;
            let answer: Value = serde_json::from_slice(body)?;
            self.check_one(world, user, &answer)
                .map_err(|error| format!("{}: {error}: {answer}", self.as_str()))?;
            if number < FOLLOWED_UP {
                self.follow_up(world, server, user, &answer).await?;
            }
        }
        Ok(())
    }

    fn check_one(self, world: &World, user: usize, answer: &Value) -> Result<(), Failure> {
        let right = match self {
            Self::DescribeUserPool => {
                text(answer, "/UserPool/Id")? == world.pool_id && text(answer, "/UserPool/Name")? == "bench"
            }
            Self::GetUser => {
                let email = json!({ "Name": "email", "Value": format!("{}@example.com", user_name(user)) });
                let attributes = answer.get("UserAttributes").and_then(Value::as_array);
                text(answer, "/Username")? == user_name(user)
                    && attributes.is_some_and(|all| all.contains(&email))
            }
            Self::SignUp => text(answer, "/UserSub")?.len() == 36,
            Self::ForgotPassword => text(answer, "/CodeDeliveryDetails/AttributeName")? == "email",
            Self::ConfirmForgotPassword => *answer == json!({}),
            Self::SrpStart => text(answer, "/ChallengeParameters/USER_ID_FOR_SRP")? == user_name(user),
            Self::SignIn | Self::SrpProof => {
                text(answer, "/AuthenticationResult/RefreshToken")?;
                check_tokens(world, &user_name(user), answer)?
            }
            Self::AppStart => text(answer, "/ChallengeParameters/USER_ID_FOR_SRP")? == app_name(user),
            Self::AppCode => check_tokens(world, &app_name(user), answer)?,
            Self::Refresh => check_tokens(world, &user_name(user), answer)?,
        };
        if right { Ok(()) } else { Err("wrong answer".into()) }
    }

    async fn follow_up(
        self,
        world: &mut World,
        server: &Running,
        user: usize,
        answer: &Value,
    ) -> Result<(), Failure> {
        match self {
            Self::SignUp => {
                let (username, sub) = (new_name(world.round, user), text(answer, "/UserSub")?);
                world.written.push(Written::User { username, sub });
            }
            Self::ConfirmForgotPassword => {
                let (username, password) = (resetting_name(user), world.new_password());
                server.call("InitiateAuth", &world.sign_in(&username, &password)).await?;
                world.written.push(Written::Password { username, password });
            }
            _ => {}
        }
        Ok(())
    }
}

fn new_name(round: usize, user: usize) -> String {
    format!("new-{round}-{user:06}")
}

/// Both tokens are signed by the pool and are this user's.
fn check_tokens(world: &World, name: &str, answer: &Value) -> Result<bool, Failure> {
    let claims = |pointer| -> Result<Value, Failure> {
        let find = |kid: Option<&str>| world.keys.iter().find(|key| Some(key.kid()) == kid);
        let claims =
            jwt::verify(&text(answer, pointer)?, find).map_err(|error| format!("{pointer}: {error:?}"))?;
        Ok(serde_json::from_slice(&claims)?)
    };
    let access = claims("/AuthenticationResult/AccessToken")?;
    let id = claims("/AuthenticationResult/IdToken")?;
    Ok(text(&access, "/username")? == name && text(&id, "/cognito:username")? == name)
}
