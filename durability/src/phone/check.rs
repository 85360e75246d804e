//! Whether the server knows of a phone what it acknowledged.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Action, Phone, Spent, State, now_step};
use crate::Failure;
use crate::connection::{Connection, Refusal, attribute, text};
use crate::person::Step;
use crate::world::World;

/// What can be seen without using anything up.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    devices: BTreeMap<String, bool>,
    asked: bool,
    signed_in: bool,
}

impl State {
    fn seen(&self) -> Seen {
        Seen { devices: self.devices.clone(), asked: self.asked, signed_in: self.tokens.is_some() }
    }
}

impl Phone {
    /// Compares it with what was acknowledged, after finding out whether the request that was not answered was carried out.
    /// Then uses what must work once: the newest refresh token, the code of an app, a session.
    ///
    /// # Errors
    /// What is lost, or there by half.
    pub fn check(&mut self, world: &World, connection: &mut Connection) -> Result<(), Failure> {
        if let Some((action, after)) = self.uncertain.take() {
            self.decide(action, after, world, connection)
                .map_err(|failure| format!("{}: {action:?}: {failure}", self.name))?;
        }
        self.verify(world, connection)?;
        let state = &self.state;
        let actions = [
            (state.can_answer()?, Action::AnswerApp),
            (state.tokens.is_some() && state.waiting.is_some(), Action::VerifyApp),
            (state.can_rotate(), Action::RotateRefresh),
        ];
        for (_, action) in actions.into_iter().filter(|(possible, _)| *possible) {
            if self.act(action, world, connection)? == Step::Broken {
                return Err("the server is gone while it is checked".into());
            }
        }
        self.verify(world, connection)
    }

    fn decide(
        &mut self,
        action: Action,
        after: State,
        world: &World,
        connection: &mut Connection,
    ) -> Result<(), Failure> {
        let used = match action {
            // What is used up once tells it when it is tried again.
            Action::AnswerApp => "NotAuthorizedException",
            Action::RotateRefresh => "RefreshTokenReuseException",
            Action::VerifyApp => "ExpiredCodeException",
            // Nobody was told the new seed, and the one before it may be void.
            Action::EnrolApp => {
                self.state.waiting = None;
                return Ok(());
            }
            _ => {
                let (before, found) = (self.state.seen(), self.look(world, connection)?);
                if found == after.seen() {
                    self.state = after;
                } else if found != before {
                    return Err(format!(
                        "half an effect: before {before:?}, after {after:?}, found {found:?}"
                    )
                    .into());
                }
                return Ok(());
            }
        };
        let mut after = self.state.clone();
        let (operation, body) = self.prepare(action, world, &mut after)?;
        match connection.call(operation, &body) {
            Ok(answer) => after.learn(&answer),
            Err(refusal) if refusal.is(used) => {}
            Err(refusal) => return Err(format!("half an effect: {refusal}; {:?}", self.state).into()),
        }
        self.state = after;
        Ok(())
    }

    fn look(&self, world: &World, connection: &mut Connection) -> Result<Seen, Failure> {
        let admin = json!({ "UserPoolId": world.phones.pool_id, "Username": self.name });
        let mut call = |operation, body: &Value| {
            connection.call(operation, body).map_err(|refusal| format!("{operation}: {refusal}"))
        };
        let list = call("AdminListDevices", &admin)?;
        let devices = list.get("Devices").and_then(Value::as_array).into_iter().flatten();
        let devices = devices.map(|device| {
            let status = attribute(device, "/DeviceAttributes", "dev:device_remembered_status");
            (text(device, "/DeviceKey"), status == "remembered")
        });
        let devices = devices.collect();
        let user = call("AdminGetUser", &admin)?;
        let factors = user.get("UserMFASettingList").and_then(Value::as_array);
        let asked = factors.is_some_and(|factors| factors.contains(&json!("SOFTWARE_TOKEN_MFA")));
        let signed_in = match &self.state.tokens {
            None => false,
            Some(tokens) => match connection.call("GetUser", &json!({ "AccessToken": tokens.access })) {
                Ok(_) => true,
                Err(refusal) if refusal.is("NotAuthorizedException") => false,
                Err(refusal) => return Err(format!("GetUser: {refusal}").into()),
            },
        };
        Ok(Seen { devices, asked, signed_in })
    }

    fn verify(&self, world: &World, connection: &mut Connection) -> Result<(), Failure> {
        let found = self.look(world, connection)?;
        if found != self.state.seen() {
            return Err(format!("{}: acknowledged: {:?}; found: {found:?}", self.name, self.state).into());
        }
        for spent in &self.state.spent {
            self.check_spent(spent, world, connection)?;
        }
        self.check_sign_in(world, connection)
    }

    /// Passes if the call is refused with one of these codes.
    fn refused(&self, what: &str, codes: &[&str], outcome: Result<Value, Refusal>) -> Result<(), Failure> {
        match outcome {
            Err(refusal) if codes.iter().any(|code| refusal.is(code)) => Ok(()),
            Err(refusal) => Err(format!("{}: {what}: {refusal}; {:?}", self.name, self.state).into()),
            Ok(_) => Err(format!("{}: {what} works; {:?}", self.name, self.state).into()),
        }
    }

    fn check_spent(&self, spent: &Spent, world: &World, connection: &mut Connection) -> Result<(), Failure> {
        let client = &world.phones.client_id;
        match spent {
            Spent::Access(token) => {
                let outcome = connection.call("GetUser", &json!({ "AccessToken": token }));
                self.refused("a revoked access token", &["NotAuthorizedException"], outcome)
            }
            Spent::Refresh(token, device) => {
                let body = json!({ "ClientId": client, "RefreshToken": token, "DeviceKey": device });
                // The second when the device or the whole sign-in is gone, too.
                let codes = ["RefreshTokenReuseException", "NotAuthorizedException"];
                self.refused(
                    "an old refresh token",
                    &codes,
                    connection.call("GetTokensFromRefreshToken", &body),
                )
            }
            Spent::Session(session) => {
                let responses = json!({ "USERNAME": self.name, "SOFTWARE_TOKEN_MFA_CODE": "000000" });
                let body = json!({
                    "ClientId": client,
                    "ChallengeName": "SOFTWARE_TOKEN_MFA",
                    "Session": session,
                    "ChallengeResponses": responses,
                });
                let outcome = connection.call("RespondToAuthChallenge", &body);
                self.refused("a used session", &["NotAuthorizedException"], outcome)
            }
        }
    }

    /// The password is asked for a code or not, and the last code is not taken again.
    fn check_sign_in(&self, world: &World, connection: &mut Connection) -> Result<(), Failure> {
        let answer = connection
            .call("InitiateAuth", &self.sign_in(world))
            .map_err(|refusal| format!("{}: the password: {refusal}", self.name))?;
        let challenge = text(&answer, "/ChallengeName");
        if (challenge == "SOFTWARE_TOKEN_MFA") != self.state.asked {
            return Err(format!("{}: the challenge is {challenge:?}; {:?}", self.name, self.state).into());
        }
        let Some(app) = self.state.app.as_ref().filter(|_| self.state.asked) else { return Ok(()) };
        let body = self.answer(world, &text(&answer, "/Session"), app)?;
        let outcome = connection.call("RespondToAuthChallenge", &body);
        // An older code is wrong by now.
        let is_near = now_step()? <= app.last_step + 1;
        let codes = ["ExpiredCodeException", "CodeMismatchException"];
        self.refused("a used code", codes.get(..if is_near { 1 } else { 2 }).unwrap_or_default(), outcome)
    }
}
