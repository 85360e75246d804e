//! What a person does.

use serde_json::{Value, json};

use super::{Letter, Person, Purpose, Spent, State, Step, Tokens};
use crate::Failure;
use crate::connection::{Connection, Refusal, merged, text};
use crate::world::World;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    SignUp,
    AdminCreate,
    ConfirmSignUp,
    AdminConfirmSignUp,
    ResendCode,
    SignIn,
    AnswerChallenge,
    ChangePassword,
    AdminSetPassword,
    ForgotPassword,
    ConfirmForgotPassword,
    AdminResetPassword,
    UpdateNickname,
    UpdateEmail,
    ClaimSharedEmail,
    AskForCode,
    VerifyEmail,
    RevokeToken,
    GlobalSignOut,
    AdminGlobalSignOut,
    JoinGroup,
    LeaveGroup,
    Disable,
    Enable,
    Delete,
    AdminDelete,
}

impl Person {
    /// Does something.
    ///
    /// # Errors
    /// When it is refused and must not be.
    pub fn step(&mut self, world: &World, connection: &mut Connection) -> Result<Step, Failure> {
        if self.state.awaited.is_some() {
            // The server went before the message could be read.
            return Ok(Step::Broken);
        }
        let actions = self.possible();
        match self.random.choose(&actions) {
            Some(action) => self.act(action, world, connection),
            None => Ok(Step::Nothing),
        }
    }

    /// What makes sense now, and how often it is done.
    fn possible(&self) -> Vec<(u64, Action)> {
        use Action::*;
        let state = &self.state;
        let when = |condition: bool, weight| if condition { weight } else { 0 };
        let has = |purpose| state.codes.contains_key(&purpose);
        if !state.present {
            return vec![(70, SignUp), (30, AdminCreate)];
        }
        if state.disabled {
            return vec![(80, Enable), (20, AdminDelete)];
        }
        match state.status {
            "UNCONFIRMED" => vec![
                (when(has(Purpose::SignUp), 65), ConfirmSignUp),
                (20, ResendCode),
                (8, AdminConfirmSignUp),
                (7, AdminDelete),
            ],
            "FORCE_CHANGE_PASSWORD" => vec![
                (when(state.session.is_none(), 50), SignIn),
                (when(state.session.is_some(), 80), AnswerChallenge),
                (10, AdminSetPassword),
                (5, AdminDelete),
            ],
            "RESET_REQUIRED" => vec![
                (when(has(Purpose::Reset), 60), ConfirmForgotPassword),
                (15, ForgotPassword),
                (10, AdminSetPassword),
            ],
            _ if state.tokens.is_none() => vec![(1, SignIn)],
            _ => vec![
                (12, ChangePassword),
                (4, AdminSetPassword),
                (when(state.verified, 12), ForgotPassword),
                (when(has(Purpose::Reset), 40), ConfirmForgotPassword),
                (when(state.verified, 4), AdminResetPassword),
                (12, UpdateNickname),
                (7, UpdateEmail),
                (8, ClaimSharedEmail),
                (when(!state.verified, 8), AskForCode),
                (when(has(Purpose::Verify), 30), VerifyEmail),
                (10, RevokeToken),
                (6, GlobalSignOut),
                (3, AdminGlobalSignOut),
                (8, JoinGroup),
                (when(!state.groups.is_empty(), 6), LeaveGroup),
                (3, Disable),
                (3, Delete),
                (2, AdminDelete),
            ],
        }
    }

    /// Asks for it, and notes what is so from now on.
    pub(super) fn act(
        &mut self,
        action: Action,
        world: &World,
        connection: &mut Connection,
    ) -> Result<Step, Failure> {
        self.steps += 1;
        let mut after = self.state.clone();
        let (operation, body) = self.prepare(action, world, &mut after);
        match connection.call(operation, &body) {
            Ok(answer) => {
                after.learn(&answer);
                self.state = after;
                self.read_letter(world, connection)?;
                Ok(if action == Action::SignIn { Step::Nothing } else { Step::Acknowledged })
            }
            Err(Refusal::Broken(_)) => {
                self.uncertain = Some(after).filter(|_| action != Action::SignIn);
                Ok(Step::Broken)
            }
            Err(refusal) if action == Action::ClaimSharedEmail && refusal.is("AliasExistsException") => {
                Ok(Step::Nothing)
            }
            Err(refusal) => {
                Err(format!("{}: {operation} {body}: {refusal}; {:?}", self.name, self.state).into())
            }
        }
    }

    /// A value that no other has.
    fn fresh(&self, what: &str) -> String {
        format!("{what}-{}-{}", self.name, self.steps)
    }

    /// The request, and in `after` what is so once it was answered.
    fn prepare(&mut self, action: Action, world: &World, after: &mut State) -> (&'static str, Value) {
        let (pool, client, name) = (&world.pool_id, &world.client_id, &self.name.clone());
        let password = self.fresh("Pass-Word");
        let email = format!("{}@example.com", self.fresh("mail"));
        let admin = json!({ "UserPoolId": pool, "Username": name });
        let public = json!({ "ClientId": client, "Username": name });
        let bearer = json!({ "AccessToken": self.state.tokens.as_ref().map(|tokens| &tokens.access) });
        let code = |purpose| self.state.codes.get(&purpose).cloned().unwrap_or_default();
        let letter = |purpose, code| Some(Letter { purpose, code });
        let (operation, base, more) = match action {
            Action::SignUp => {
                let spent = std::mem::take(&mut after.spent);
                *after = State {
                    present: true,
                    status: "UNCONFIRMED",
                    email: email.clone(),
                    password: password.clone(),
                    awaited: letter("SignUp", Some(Purpose::SignUp)),
                    spent,
                    ..State::default()
                };
                (
                    "SignUp",
                    public,
                    json!({ "Password": password, "UserAttributes": attributes(&[("email", &email)]) }),
                )
            }
            Action::AdminCreate => {
                let spent = std::mem::take(&mut after.spent);
                *after = State {
                    present: true,
                    status: "FORCE_CHANGE_PASSWORD",
                    email: email.clone(),
                    verified: true,
                    password: password.clone(),
                    awaited: letter("AdminCreateUser", None),
                    spent,
                    ..State::default()
                };
                let given = attributes(&[("email", &email), ("email_verified", "true")]);
                let more = json!({ "TemporaryPassword": password, "UserAttributes": given, "DesiredDeliveryMediums": ["EMAIL"] });
                ("AdminCreateUser", admin, more)
            }
            Action::ConfirmSignUp => {
                (after.status, after.verified) = ("CONFIRMED", true);
                after.redeem(Purpose::SignUp);
                ("ConfirmSignUp", public, json!({ "ConfirmationCode": code(Purpose::SignUp) }))
            }
            Action::AdminConfirmSignUp => {
                after.status = "CONFIRMED";
                // Void, and no reason to try it: the user is not unconfirmed any more.
                after.codes.remove(&Purpose::SignUp);
                ("AdminConfirmSignUp", admin, json!({}))
            }
            Action::ResendCode => {
                after.awaited = letter("ResendCode", Some(Purpose::SignUp));
                ("ResendConfirmationCode", public, json!({}))
            }
            Action::SignIn => {
                let parameters = json!({ "USERNAME": name, "PASSWORD": self.state.password });
                let more = json!({ "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters });
                ("InitiateAuth", json!({ "ClientId": client }), more)
            }
            Action::AnswerChallenge => {
                after.status = "CONFIRMED";
                after.set_password(password.clone());
                let session = after.session.take().unwrap_or_default();
                after.spend(Spent::Session(session.clone()));
                let responses = json!({ "USERNAME": name, "NEW_PASSWORD": password });
                let more = json!({ "ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": session, "ChallengeResponses": responses });
                ("RespondToAuthChallenge", json!({ "ClientId": client }), more)
            }
            Action::ChangePassword => {
                let more = json!({ "PreviousPassword": self.state.password, "ProposedPassword": password });
                after.set_password(password);
                ("ChangePassword", bearer, more)
            }
            Action::AdminSetPassword => {
                let more = json!({ "Password": password, "Permanent": true });
                after.status = "CONFIRMED";
                after.set_password(password);
                if let Some(session) = after.session.take() {
                    after.spend(Spent::Session(session));
                }
                ("AdminSetUserPassword", admin, more)
            }
            Action::ForgotPassword => {
                after.awaited = letter("ForgotPassword", Some(Purpose::Reset));
                ("ForgotPassword", public, json!({}))
            }
            Action::ConfirmForgotPassword => {
                let more = json!({ "ConfirmationCode": code(Purpose::Reset), "Password": password });
                after.status = "CONFIRMED";
                after.set_password(password);
                ("ConfirmForgotPassword", public, more)
            }
            Action::AdminResetPassword => {
                after.status = "RESET_REQUIRED";
                after.awaited = letter("ForgotPassword", Some(Purpose::Reset));
                ("AdminResetUserPassword", admin, json!({}))
            }
            Action::UpdateNickname => {
                after.nickname = self.fresh("nick");
                let more = json!({ "UserAttributes": attributes(&[("nickname", &after.nickname)]) });
                ("UpdateUserAttributes", bearer, more)
            }
            Action::UpdateEmail => {
                after.set_email(email.clone(), false);
                after.awaited = letter("UpdateUserAttribute", Some(Purpose::Verify));
                (
                    "UpdateUserAttributes",
                    bearer,
                    json!({ "UserAttributes": attributes(&[("email", &email)]) }),
                )
            }
            Action::ClaimSharedEmail => {
                let email = world.shared_email(&mut self.random);
                if email != after.email {
                    after.set_email(email.clone(), true);
                }
                after.verified = true;
                let given = attributes(&[("email", &email), ("email_verified", "true")]);
                ("AdminUpdateUserAttributes", admin, json!({ "UserAttributes": given }))
            }
            Action::AskForCode => {
                after.awaited = letter("VerifyUserAttribute", Some(Purpose::Verify));
                ("GetUserAttributeVerificationCode", bearer, json!({ "AttributeName": "email" }))
            }
            Action::VerifyEmail => {
                after.verified = true;
                after.redeem(Purpose::Verify);
                (
                    "VerifyUserAttribute",
                    bearer,
                    json!({ "AttributeName": "email", "Code": code(Purpose::Verify) }),
                )
            }
            Action::RevokeToken => {
                let token = self.state.tokens.as_ref().map(|tokens| tokens.refresh.clone());
                after.spend_tokens();
                ("RevokeToken", json!({ "ClientId": client }), json!({ "Token": token }))
            }
            Action::GlobalSignOut => {
                after.spend_tokens();
                ("GlobalSignOut", bearer, json!({}))
            }
            Action::AdminGlobalSignOut => {
                after.spend_tokens();
                ("AdminUserGlobalSignOut", admin, json!({}))
            }
            Action::JoinGroup => {
                let group = world.group(&mut self.random);
                after.groups.insert(group.clone());
                ("AdminAddUserToGroup", admin, json!({ "GroupName": group }))
            }
            Action::LeaveGroup => {
                let group = after.groups.pop_first();
                ("AdminRemoveUserFromGroup", admin, json!({ "GroupName": group }))
            }
            Action::Disable => {
                after.disabled = true;
                after.spend_tokens();
                ("AdminDisableUser", admin, json!({}))
            }
            Action::Enable => {
                after.disabled = false;
                ("AdminEnableUser", admin, json!({}))
            }
            Action::Delete | Action::AdminDelete => {
                if let Some(session) = after.session.take() {
                    after.spend(Spent::Session(session));
                }
                after.spend_tokens();
                let email = std::mem::take(&mut after.email);
                after.spend(Spent::Email(email));
                *after = State { spent: std::mem::take(&mut after.spent), ..State::default() };
                match action {
                    Action::Delete => ("DeleteUser", bearer, json!({})),
                    _ => ("AdminDeleteUser", admin, json!({})),
                }
            }
        };
        (operation, merged(base, more))
    }
}

impl State {
    /// What only the answer says.
    fn learn(&mut self, answer: &Value) {
        let sub = text(answer, "/UserSub");
        if !sub.is_empty() {
            self.sub = sub;
        }
        let created = answer.pointer("/User/Attributes").and_then(Value::as_array).into_iter().flatten();
        if let Some(sub) = created.into_iter().find(|one| text(one, "/Name") == "sub") {
            self.sub = text(sub, "/Value");
        }
        let access = text(answer, "/AuthenticationResult/AccessToken");
        if !access.is_empty() {
            self.tokens =
                Some(Tokens { access, refresh: text(answer, "/AuthenticationResult/RefreshToken") });
        }
        let session = text(answer, "/Session");
        if !session.is_empty() {
            self.session = Some(session);
        }
    }
}

fn attributes(pairs: &[(&str, &str)]) -> Value {
    pairs.iter().map(|(name, value)| json!({ "Name": name, "Value": value })).collect()
}
