//! A user's phone: a device that it confirms, an app whose codes sign in, and a refresh token that every use replaces.

mod check;

use std::collections::BTreeMap;
use std::time::SystemTime;

use cenote_crypto::totp;
use serde_json::{Value, json};

use crate::Failure;
use crate::connection::{Connection, Refusal, merged, text};
use crate::person::Step;
use crate::random::Random;
use crate::world::World;

const PASSWORD: &str = "Pass-Word-of-phones-1";
/// How much of what must not work any more is tried again.
const REMEMBERED: usize = 8;
/// A user has no more devices, so that they are one page of a list.
const DEVICES: usize = 10;

/// The newest tokens of a sign-in.
#[derive(Clone, PartialEq, Eq)]
struct Tokens {
    access: String,
    /// `None` once it does not work any more, or when nobody was told the newest.
    refresh: Option<String>,
    /// The key of the device that they are for; `None` once it was forgotten.
    device: Option<String>,
}

impl std::fmt::Debug for Tokens {
    /// They are long, and nobody can read them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let newest = if self.refresh.is_some() { "known" } else { "unknown" };
        write!(f, "Tokens of {:?}, the newest {newest}", self.device)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct App {
    seed: String,
    /// That of the last code that was used.
    last_step: u64,
}

/// What did its work, or was taken back, and must not work again.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Spent {
    Access(String),
    /// With the key of its device.
    Refresh(String, String),
    Session(String),
}

/// All that is known, or would be if an answer had come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct State {
    /// Of a sign-in that waits for a code.
    session: Option<String>,
    tokens: Option<Tokens>,
    /// Those that were confirmed, and whether they are remembered.
    devices: BTreeMap<String, bool>,
    /// The seed of an app that has not shown its first code.
    waiting: Option<String>,
    app: Option<App>,
    /// Whether sign-ins ask for a code.
    asked: bool,
    spent: Vec<Spent>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    SignIn,
    AnswerApp,
    RotateRefresh,
    ConfirmDevice,
    ChangeDevice,
    ForgetDevice,
    EnrolApp,
    VerifyApp,
    PreferApp,
    RemoveApp,
    SignOut,
}

#[derive(Debug)]
pub struct Phone {
    name: String,
    state: State,
    /// The last request, which was not answered, and what is so if it was carried out.
    uncertain: Option<(Action, State)>,
    random: Random,
}

impl Phone {
    /// Makes its user.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn create(
        name: String,
        random: Random,
        world: &World,
        connection: &mut Connection,
    ) -> Result<Self, Failure> {
        let user = json!({ "UserPoolId": world.phones.pool_id, "Username": name });
        let steps = [
            ("AdminCreateUser", json!({ "MessageAction": "SUPPRESS" })),
            ("AdminSetUserPassword", json!({ "Password": PASSWORD, "Permanent": true })),
        ];
        for (operation, more) in steps {
            connection
                .call(operation, &merged(user.clone(), more))
                .map_err(|refusal| format!("{operation}: {refusal}"))?;
        }
        Ok(Self { name, state: State::default(), uncertain: None, random })
    }

    /// Does something.
    ///
    /// # Errors
    /// When it is refused.
    pub fn step(&mut self, world: &World, connection: &mut Connection) -> Result<Step, Failure> {
        let actions = self.possible()?;
        match self.random.choose(&actions) {
            Some(action) => self.act(action, world, connection),
            None => Ok(Step::Nothing),
        }
    }

    /// What makes sense now, and how often it is done.
    fn possible(&self) -> Result<Vec<(u64, Action)>, Failure> {
        use Action::*;
        let state = &self.state;
        let when = |condition: bool, weight| if condition { weight } else { 0 };
        if state.session.is_some() {
            return Ok(vec![(when(state.can_answer()?, 80), AnswerApp), (20, RemoveApp)]);
        }
        let Some(tokens) = &state.tokens else { return Ok(vec![(1, SignIn)]) };
        let is_confirmed = tokens.device.as_ref().is_some_and(|key| state.devices.contains_key(key));
        let is_new = tokens.device.is_some() && !is_confirmed;
        Ok(vec![
            (when(state.can_rotate(), 30), RotateRefresh),
            (when(is_new && state.devices.len() < DEVICES, 40), ConfirmDevice),
            (when(!state.devices.is_empty(), 8), ChangeDevice),
            (when(!state.devices.is_empty(), 8), ForgetDevice),
            (when(state.app.is_none() && state.waiting.is_none(), 40), EnrolApp),
            (4, EnrolApp),
            (when(state.waiting.is_some(), 60), VerifyApp),
            (when(state.app.is_some() && !state.asked, 60), PreferApp),
            (when(state.asked, 4), RemoveApp),
            (if state.asked { 30 } else { 10 }, SignOut),
        ])
    }

    fn act(&mut self, action: Action, world: &World, connection: &mut Connection) -> Result<Step, Failure> {
        let mut after = self.state.clone();
        let (operation, body) = self.prepare(action, world, &mut after)?;
        match connection.call(operation, &body) {
            Ok(answer) => {
                after.learn(&answer);
                self.state = after;
                Ok(if action == Action::SignIn { Step::Nothing } else { Step::Acknowledged })
            }
            Err(Refusal::Broken(_)) => {
                self.uncertain = Some((action, after)).filter(|_| action != Action::SignIn);
                Ok(Step::Broken)
            }
            Err(refusal) => {
                Err(format!("{}: {operation} {body}: {refusal}; {:?}", self.name, self.state).into())
            }
        }
    }

    /// The request, and in `after` what is so once it was answered.
    fn prepare(
        &mut self,
        action: Action,
        world: &World,
        after: &mut State,
    ) -> Result<(&'static str, Value), Failure> {
        let home = &world.phones;
        let state = &self.state;
        let tokens = state.tokens.as_ref();
        let bearer = json!({ "AccessToken": tokens.map(|tokens| &tokens.access) });
        let admin = json!({ "UserPoolId": home.pool_id, "Username": self.name });
        let own = tokens.and_then(|tokens| tokens.device.clone()).unwrap_or_default();
        let (operation, base, more) = match action {
            Action::SignIn => return Ok(("InitiateAuth", self.sign_in(world))),
            Action::AnswerApp => {
                let session = after.session.take().unwrap_or_default();
                let app = after.app.as_mut().ok_or("no app")?;
                app.last_step = now_step()?.max(app.last_step + 1);
                let body = self.answer(world, &session, app)?;
                after.spend(Spent::Session(session));
                return Ok(("RespondToAuthChallenge", body));
            }
            Action::RotateRefresh => {
                let token = after.tokens.as_mut().and_then(|tokens| tokens.refresh.take());
                let token = token.unwrap_or_default();
                let body = json!({ "ClientId": home.client_id, "RefreshToken": token, "DeviceKey": own });
                after.spend(Spent::Refresh(token, own));
                return Ok(("GetTokensFromRefreshToken", body));
            }
            Action::ConfirmDevice => {
                // Any numbers do: nobody is to prove them.
                let verifier = json!({ "PasswordVerifier": "AQID", "Salt": "BAUG" });
                let more = json!({ "DeviceKey": own, "DeviceSecretVerifierConfig": verifier });
                after.devices.insert(own, false);
                ("ConfirmDevice", bearer, more)
            }
            Action::ChangeDevice => {
                let (key, remembered) = nth(&state.devices, &mut self.random);
                let status = if remembered { "not_remembered" } else { "remembered" };
                after.devices.insert(key.clone(), !remembered);
                let more = json!({ "DeviceKey": key, "DeviceRememberedStatus": status });
                ("UpdateDeviceStatus", bearer, more)
            }
            Action::ForgetDevice => {
                let (key, _) = nth(&state.devices, &mut self.random);
                after.devices.remove(&key);
                if let Some(tokens) = after.tokens.as_mut().filter(|_| key == own) {
                    tokens.device = None;
                    let refresh = tokens.refresh.take();
                    after.spend_refresh(refresh, key.clone());
                }
                ("AdminForgetDevice", admin, json!({ "DeviceKey": key }))
            }
            Action::EnrolApp => {
                after.waiting = None;
                ("AssociateSoftwareToken", bearer, json!({}))
            }
            Action::VerifyApp => {
                let seed = after.waiting.take().unwrap_or_default();
                let app = App { seed, last_step: now_step()? };
                let more = json!({ "UserCode": app.last_code()? });
                after.app = Some(app);
                ("VerifySoftwareToken", bearer, more)
            }
            Action::PreferApp => {
                after.asked = true;
                let settings = json!({ "Enabled": true, "PreferredMfa": true });
                ("SetUserMFAPreference", bearer, json!({ "SoftwareTokenMfaSettings": settings }))
            }
            Action::RemoveApp => {
                (after.session, after.waiting, after.app, after.asked) = (None, None, None, false);
                ("AdminDeleteSoftwareToken", admin, json!({}))
            }
            Action::SignOut => {
                if let Some(Tokens { access, refresh, device }) = after.tokens.take() {
                    after.spend(Spent::Access(access));
                    after.spend_refresh(refresh, device.unwrap_or_default());
                }
                ("GlobalSignOut", bearer, json!({}))
            }
        };
        Ok((operation, merged(base, more)))
    }

    fn sign_in(&self, world: &World) -> Value {
        let parameters = json!({ "USERNAME": self.name, "PASSWORD": PASSWORD });
        json!({ "ClientId": world.phones.client_id, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters })
    }

    /// The answer with the app's last code.
    fn answer(&self, world: &World, session: &str, app: &App) -> Result<Value, Failure> {
        let responses = json!({ "USERNAME": self.name, "SOFTWARE_TOKEN_MFA_CODE": app.last_code()? });
        Ok(json!({
            "ClientId": world.phones.client_id,
            "ChallengeName": "SOFTWARE_TOKEN_MFA",
            "Session": session,
            "ChallengeResponses": responses,
        }))
    }
}

impl State {
    /// What only the answer says.
    fn learn(&mut self, answer: &Value) {
        let session = text(answer, "/Session");
        if !session.is_empty() {
            self.session = Some(session);
        }
        let seed = text(answer, "/SecretCode");
        if !seed.is_empty() {
            self.waiting = Some(seed);
        }
        let access = text(answer, "/AuthenticationResult/AccessToken");
        if access.is_empty() {
            return;
        }
        let refresh = Some(text(answer, "/AuthenticationResult/RefreshToken"));
        let new = text(answer, "/AuthenticationResult/NewDeviceMetadata/DeviceKey");
        let earlier = self.tokens.take().and_then(|tokens| tokens.device);
        let device = if new.is_empty() { earlier } else { Some(new) };
        self.tokens = Some(Tokens { access, refresh, device });
    }

    fn can_rotate(&self) -> bool {
        let Some(Tokens { refresh: Some(_), device: Some(key), .. }) = &self.tokens else { return false };
        self.devices.contains_key(key)
    }

    /// Whether the app shows a code that was not used, and not too early.
    fn can_answer(&self) -> Result<bool, Failure> {
        let (Some(_), Some(app)) = (&self.session, &self.app) else { return Ok(false) };
        Ok(app.last_step <= now_step()?)
    }

    fn spend(&mut self, spent: Spent) {
        if self.spent.len() == REMEMBERED {
            self.spent.remove(0);
        }
        self.spent.push(spent);
    }

    fn spend_refresh(&mut self, token: Option<String>, device: String) {
        if let Some(token) = token {
            self.spend(Spent::Refresh(token, device));
        }
    }
}

impl App {
    fn last_code(&self) -> Result<String, Failure> {
        let seed = totp::parse_seed_text(&self.seed).ok_or("a secret code is no base32")?;
        Ok(totp::code(&seed, self.last_step))
    }
}

#[expect(clippy::disallowed_methods, reason = "a real server compares it with the real time")]
fn now_step() -> Result<u64, Failure> {
    Ok(totp::step(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs()))
}

/// A device at random.
fn nth(devices: &BTreeMap<String, bool>, random: &mut Random) -> (String, bool) {
    let device = devices.iter().nth(random.index(devices.len()));
    device.map(|(key, remembered)| (key.clone(), *remembered)).unwrap_or_default()
}
