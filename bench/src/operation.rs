//! What is measured.

use std::time::{Duration, Instant};

use cenote_crypto::jwt;
use clap::ValueEnum;
use serde_json::{Value, json};

use crate::Failure;
use crate::load::{Measured, Plan};
use crate::proof;
use crate::request::Request;
use crate::second_factor;
use crate::server::Running;
use crate::world::{PASSWORD, USERS, World, app_name, resetting_name, text, user_name};
use crate::written::Written;

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

    /// Whether it writes something that can be looked for.
    pub const fn writes(self) -> bool {
        matches!(
            self,
            Self::SignUp
                | Self::ForgotPassword
                | Self::ConfirmForgotPassword
                | Self::SrpProof
                | Self::AppCode
        )
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
            Self::ForgotPassword => world.make_resetting(server).await,
            Self::ConfirmForgotPassword => {
                world.make_resetting(server).await?;
                world.send_codes(server).await
            }
            Self::SrpProof => {
                // More than the powers allow.
                let many = (duration.as_secs_f64() * 1000.0) as usize;
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

    /// A row of this length.
    pub fn plan(self, world: &World, duration: Duration) -> Result<Plan, Failure> {
        // Of what can be asked once only, more than the powers allow.
        let requests = self.requests(world, (duration.as_secs_f64() * 3000.0) as usize)?;
        let once =
            matches!(self, Self::SignUp | Self::ConfirmForgotPassword | Self::SrpProof | Self::AppCode);
        Ok(Plan { requests: requests.into(), once, duration })
    }

    /// The requests that there are; `many` of them where any number can be made.
    pub fn requests(self, world: &World, many: usize) -> Result<Vec<Request>, Failure> {
        Ok(match self {
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
                let sign_up = |user| {
                    let body = world.sign_up(&new_name(world.round, user));
                    Request::api("SignUp", &body).expecting(r#""UserConfirmed":false"#).about(user)
                };
                (0..many).map(sign_up).collect()
            }
            Self::ForgotPassword => (0..world.resetting).map(|user| world.forgot_password(user)).collect(),
            Self::ConfirmForgotPassword => {
                let confirm = |user| {
                    let body = world.confirm_forgot_password(&resetting_name(world.round, user));
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
        })
    }

    /// Looks closely at the last answer of each connection, and remembers what must be so after a kill.
    pub async fn check(
        self,
        world: &mut World,
        server: &Running,
        plan: &Plan,
        measured: &Measured,
    ) -> Result<(), Failure> {
        let before = world.written.len();
        for (number, (index, body)) in measured.last.iter().enumerate() {
            let request = plan.requests.get(*index).ok_or("an answer to nothing")?;
            let answer: Value = serde_json::from_slice(body)?;
            self.check_one(world, request.user, &answer)
                .map_err(|error| format!("{}: {error}: {answer}", self.as_str()))?;
            if number < FOLLOWED_UP {
                self.follow_up(world, server, request, &answer).await?;
            }
            if number == 0 {
                self.note_once(world, plan, measured, request.user);
            }
        }
        if self.writes() && world.written.len() == before {
            return Err(format!("{}: nothing was written that can be looked for", self.as_str()).into());
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

    /// Remembers what one answer acknowledged.
    async fn follow_up(
        self,
        world: &mut World,
        server: &Running,
        request: &Request,
        answer: &Value,
    ) -> Result<(), Failure> {
        let used = |refusal| Written::UsedSession { request: request.clone(), refusal, at: Instant::now() };
        match self {
            Self::SignUp => {
                let (username, sub) = (new_name(world.round, request.user), text(answer, "/UserSub")?);
                world.written.push(Written::User { username: username.clone(), sub });
                world.written.push(Written::SignUpCode { username });
            }
            Self::ForgotPassword => {
                let username = resetting_name(world.round, request.user);
                world.written.push(Written::ResetCode { username });
            }
            Self::ConfirmForgotPassword => {
                let username = resetting_name(world.round, request.user);
                let password = world.new_password();
                server.call("InitiateAuth", &world.sign_in(&username, &password)).await?;
                world.written.push(Written::Password { username, password });
            }
            Self::SrpProof => world.written.push(used("Incorrect username or password.")),
            Self::AppCode => world.written.push(used("session can only be used once.")),
            _ => {}
        }
        Ok(())
    }

    /// Remembers what is looked for once a row: a message, since the inbox is long, and a proof that was not used.
    fn note_once(self, world: &mut World, plan: &Plan, measured: &Measured, user: usize) {
        let message = match self {
            Self::SignUp => Some((new_name(world.round, user), "SignUp")),
            Self::ForgotPassword => Some((resetting_name(world.round, user), "ForgotPassword")),
            _ => None,
        };
        world.written.extend(message.map(|(username, purpose)| Written::Message { username, purpose }));
        let unused = plan.requests.last().filter(|_| measured.requests < plan.requests.len() as u64);
        if let (Self::SrpProof, Some(request)) = (self, unused) {
            world.written.push(Written::UnusedSession { request: request.clone(), at: Instant::now() });
        }
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
