//! Whether the server knows what it acknowledged, and nothing by half.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::act::Action;
use super::{Person, Purpose, Spent, State, Step};
use crate::Failure;
use crate::connection::{Connection, Refusal, attribute, text};
use crate::world::World;

/// Why a state is not the one that is there.
type Difference = String;

impl Person {
    /// Compares everything with what was acknowledged, and finds out whether the request that was not answered was carried
    /// out: wholly, or not at all. Then uses what should work once.
    ///
    /// # Errors
    /// What is lost, or there by half.
    pub fn check(&mut self, world: &World, connection: &mut Connection) -> Result<(), Failure> {
        self.read_letter(world, connection)?;
        // A request that would have changed nothing has nothing to be found out.
        match self.uncertain.take().filter(|after| *after != self.state) {
            None => {
                if let Err(difference) = self.verify(&self.state, world, connection)? {
                    return Err(format!("{}: {difference}; acknowledged: {:?}", self.name, self.state).into());
                }
            }
            Some(after) => self.decide(after, world, connection)?,
        }
        self.use_up(world, connection)
    }

    fn decide(
        &mut self,
        mut after: State,
        world: &World,
        connection: &mut Connection,
    ) -> Result<(), Failure> {
        // Everything was delivered, so a message that is not there was not written.
        let letter = match after.awaited {
            None => None,
            Some(letter) => {
                let found =
                    self.find_letter(world, connection, letter).map_err(|refusal| refusal.to_string())?;
                if let Some((id, code)) = &found {
                    self.last_message.clone_from(id);
                    after.take_letter(letter, code.clone());
                }
                Some(found.is_some())
            }
        };
        let before = &self.state;
        let (old, new) = (self.verify(before, world, connection)?, self.verify(&after, world, connection)?);
        let carried_out = match (&old, &new, letter) {
            (_, Ok(()), Some(true)) | (Err(_), Ok(()), None) => true,
            (Ok(()), _, Some(false)) | (Ok(()), Err(_), None) => false,
            _ => {
                return Err(format!(
                    "{}: half an effect, or one that can't be told (message: {letter:?}): it is not as before: {old:?}: \
                     {before:?}; nor as after: {new:?}: {after:?}",
                    self.name
                )
                .into());
            }
        };
        if carried_out {
            self.state = after;
        }
        Ok(())
    }

    /// Redeems codes and sessions that were not used: each must work, and then not again.
    fn use_up(&mut self, world: &World, connection: &mut Connection) -> Result<(), Failure> {
        let state = &self.state;
        if !state.present || state.disabled {
            return Ok(());
        }
        let mut actions = Vec::new();
        if state.codes.contains_key(&Purpose::SignUp) && state.status == "UNCONFIRMED" {
            actions.push(Action::ConfirmSignUp);
        }
        if state.session.is_some() {
            actions.push(Action::AnswerChallenge);
        }
        if state.codes.contains_key(&Purpose::Verify) && state.status == "CONFIRMED" {
            actions.extend(state.tokens.is_none().then_some(Action::SignIn));
            actions.push(Action::VerifyEmail);
        }
        if state.codes.contains_key(&Purpose::Reset) {
            actions.push(Action::ConfirmForgotPassword);
        }
        for action in actions {
            if self.act(action, world, connection)? == Step::Broken {
                return Err("the server is gone while it is checked".into());
            }
            self.verify(&self.state, world, connection)?
                .map_err(|difference| format!("{}: after {action:?}: {difference}", self.name))?;
        }
        Ok(())
    }

    /// Whether the server knows this state.
    fn verify(
        &self,
        state: &State,
        world: &World,
        connection: &mut Connection,
    ) -> Result<Result<(), Difference>, Failure> {
        let mut verification = Verification { person: self, state, world, connection };
        match verification.run() {
            Ok(()) => Ok(Ok(())),
            Err(Mismatch::Different(difference)) => Ok(Err(difference)),
            Err(Mismatch::Unasked(why)) => Err(format!("{}: {why}", self.name).into()),
        }
    }
}

enum Mismatch {
    Different(Difference),
    /// There was no answer.
    Unasked(String),
}

impl From<Refusal> for Mismatch {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Broken(_) => Self::Unasked(refusal.to_string()),
            Refusal::Refused { .. } => Self::Different(refusal.to_string()),
        }
    }
}

struct Verification<'a> {
    person: &'a Person,
    state: &'a State,
    world: &'a World,
    connection: &'a mut Connection,
}

impl Verification<'_> {
    fn run(&mut self) -> Result<(), Mismatch> {
        if self.state.present {
            self.check_user()?;
            self.check_groups()?;
            self.check_password()?;
            self.check_tokens()?;
        } else {
            self.refused("UserNotFoundException", "a user who is not there", |this| {
                this.person.get(this.world, this.connection, &this.person.name)
            })?;
        }
        for spent in &self.state.spent {
            self.check_spent(spent)?;
        }
        Ok(())
    }

    /// Passes if the call is refused with this code.
    fn refused(
        &mut self,
        code: &str,
        what: &str,
        call: impl FnOnce(&mut Self) -> Result<Value, Refusal>,
    ) -> Result<(), Mismatch> {
        match call(self) {
            Err(refusal) if refusal.is(code) => Ok(()),
            Err(refusal @ Refusal::Broken(_)) => Err(refusal.into()),
            Err(refusal) => Err(Mismatch::Different(format!("{what}: {refusal}"))),
            Ok(_) => Err(Mismatch::Different(format!("{what} works"))),
        }
    }

    fn equal(what: &str, found: &str, expected: &str) -> Result<(), Mismatch> {
        if found == expected {
            return Ok(());
        }
        Err(Mismatch::Different(format!("{what} is {found:?} and not {expected:?}")))
    }

    fn check_user(&mut self) -> Result<(), Mismatch> {
        let (name, state) = (&self.person.name, self.state);
        let user = self.person.get(self.world, self.connection, name)?;
        let attribute = |name| attribute(&user, "/UserAttributes", name);
        if !state.sub.is_empty() {
            Self::equal("sub", &attribute("sub"), &state.sub)?;
        }
        Self::equal("the status", &text(&user, "/UserStatus"), state.status)?;
        let enabled = user.get("Enabled").and_then(Value::as_bool);
        Self::equal("enabled", &format!("{enabled:?}"), &format!("{:?}", Some(!state.disabled)))?;
        Self::equal("email", &attribute("email"), &state.email)?;
        let verified = attribute("email_verified") == "true";
        Self::equal("email_verified", &verified.to_string(), &state.verified.to_string())?;
        Self::equal("nickname", &attribute("nickname"), &state.nickname)?;
        if state.verified {
            let found = self.person.get(self.world, self.connection, &state.email)?;
            Self::equal("who is found by e-mail address", &text(&found, "/Username"), name)?;
        }
        Ok(())
    }

    fn check_groups(&mut self) -> Result<(), Mismatch> {
        let body = json!({ "UserPoolId": self.world.pool_id, "Username": self.person.name });
        let answer = self.connection.call("AdminListGroupsForUser", &body)?;
        let groups = answer.get("Groups").and_then(Value::as_array).into_iter().flatten();
        let found: BTreeSet<String> = groups.map(|group| text(group, "/GroupName")).collect();
        Self::equal("groups", &format!("{found:?}"), &format!("{:?}", self.state.groups))
    }

    fn sign_in(&mut self, password: &str) -> Result<Value, Refusal> {
        let parameters = json!({ "USERNAME": self.person.name, "PASSWORD": password });
        let body = json!({ "ClientId": self.world.client_id, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters });
        self.connection.call("InitiateAuth", &body)
    }

    fn check_password(&mut self) -> Result<(), Mismatch> {
        let state = self.state;
        let refusal = match state.status {
            _ if state.disabled => "NotAuthorizedException",
            "UNCONFIRMED" => "UserNotConfirmedException",
            "RESET_REQUIRED" => "PasswordResetRequiredException",
            status => {
                let answer = self.sign_in(&state.password)?;
                let challenge = if status == "FORCE_CHANGE_PASSWORD" { "NEW_PASSWORD_REQUIRED" } else { "" };
                return Self::equal("the challenge", &text(&answer, "/ChallengeName"), challenge);
            }
        };
        self.refused(refusal, "the password", |this| this.sign_in(&state.password))
    }

    fn check_tokens(&mut self) -> Result<(), Mismatch> {
        let Some(tokens) = self.state.tokens.as_ref().filter(|_| !self.state.disabled) else { return Ok(()) };
        self.connection.call("GetUser", &json!({ "AccessToken": tokens.access }))?;
        self.refresh(&tokens.refresh)?;
        Ok(())
    }

    fn refresh(&mut self, token: &str) -> Result<Value, Refusal> {
        let body = json!({
            "ClientId": self.world.client_id,
            "AuthFlow": "REFRESH_TOKEN_AUTH",
            "AuthParameters": { "REFRESH_TOKEN": token },
        });
        self.connection.call("InitiateAuth", &body)
    }

    fn check_spent(&mut self, spent: &Spent) -> Result<(), Mismatch> {
        let (name, world) = (self.person.name.as_str(), self.world);
        match spent {
            Spent::Password(_) | Spent::Code(..) if !self.state.present || self.state.disabled => Ok(()),
            // Such users are told so before their password is looked at.
            Spent::Password(_) if matches!(self.state.status, "UNCONFIRMED" | "RESET_REQUIRED") => Ok(()),
            Spent::Password(password) => {
                self.refused("NotAuthorizedException", "an old password", |this| this.sign_in(password))
            }
            Spent::Code(purpose, code) => {
                let outcome = match purpose {
                    Purpose::SignUp => return Ok(()),
                    Purpose::Reset => self.connection.call(
                        "ConfirmForgotPassword",
                        &json!({ "ClientId": world.client_id, "Username": name, "ConfirmationCode": code, "Password": "An-Other-1" }),
                    ),
                    Purpose::Verify => {
                        let Some(tokens) = &self.state.tokens else { return Ok(()) };
                        let body = json!({ "AccessToken": tokens.access, "AttributeName": "email", "Code": code });
                        self.connection.call("VerifyUserAttribute", &body)
                    }
                };
                match outcome {
                    // In some states a user is told of those first.
                    Err(Refusal::Refused { status: 400, .. }) => Ok(()),
                    Err(refusal) => Err(refusal.into()),
                    Ok(_) => Err(Mismatch::Different(format!("a used code ({purpose:?}) works again"))),
                }
            }
            Spent::Session(session) => {
                let responses = json!({ "USERNAME": name, "NEW_PASSWORD": "An-Other-1" });
                let body = json!({
                    "ClientId": world.client_id,
                    "ChallengeName": "NEW_PASSWORD_REQUIRED",
                    "Session": session,
                    "ChallengeResponses": responses,
                });
                self.refused("NotAuthorizedException", "a used session", |this| {
                    this.connection.call("RespondToAuthChallenge", &body)
                })
            }
            Spent::Tokens(tokens) => {
                self.refused("NotAuthorizedException", "a revoked refresh token", |this| {
                    this.refresh(&tokens.refresh)
                })?;
                match self.connection.call("GetUser", &json!({ "AccessToken": tokens.access })) {
                    Err(refusal)
                        if refusal.is("NotAuthorizedException") || refusal.is("UserNotFoundException") =>
                    {
                        Ok(())
                    }
                    Err(refusal) => Err(refusal.into()),
                    Ok(_) => Err(Mismatch::Different("a revoked access token works".into())),
                }
            }
            Spent::Email(email) if *email == self.state.email && self.state.verified => Ok(()),
            Spent::Email(email) => match self.person.get(world, self.connection, email) {
                Err(refusal) if refusal.is("UserNotFoundException") => Ok(()),
                Err(refusal) => Err(refusal.into()),
                // Somebody else may have it now.
                Ok(found) if text(&found, "/Username") != name => Ok(()),
                Ok(_) => Err(Mismatch::Different(format!("it is found by {email}, which it gave up"))),
            },
        }
    }
}
