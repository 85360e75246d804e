//! One guess, in each of the ways that there are.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cenote_core::clock::Clock;
use cenote_core::testing::{WireError, text};
use cenote_core::users::confirm_by_link;
use cenote_crypto::srp::client::{Client, Question};
use cenote_crypto::srp::timestamp;
use serde_json::{Value, json};

use crate::kinds::{Answer, Kind, Target};
use crate::world::{NEW_PASSWORD, World};

type Outcome = Result<Value, WireError>;

impl World {
    /// Guesses. The turn chooses instance, client, name and way.
    pub async fn guess(&self, target: &Target, turn: usize, guess: &str) -> Answer {
        let service = &self.instances[turn % 2];
        let name = target.name(turn);
        let client = if target.kind.is_of_nobody() { 2 } else { turn % self.clients.len() };
        Answer::of(match target.kind {
            Kind::Reset | Kind::ResetOfNobody => {
                let members =
                    json!({ "ConfirmationCode": guess.replace(' ', "-"), "Password": NEW_PASSWORD });
                service.call("ConfirmForgotPassword", self.public(client, name, members)).await
            }
            // The link in a mail is another way in, and takes from the same budget.
            Kind::SignUp if turn % 4 == 3 => {
                let context = service.service.context(service.caller.clone());
                let confirmed = confirm_by_link(&context, &self.clients[client], name, guess).await;
                confirmed
                    .map(|()| Value::Null)
                    .map_err(|error| (error.code.as_str().to_owned(), error.message.unwrap_or_default()))
            }
            Kind::SignUp => {
                let members = json!({ "ConfirmationCode": guess });
                service.call("ConfirmSignUp", self.public(client, name, members)).await
            }
            Kind::Email | Kind::PhoneNumber => {
                let request = json!({
                    "AccessToken": target.token, "AttributeName": target.kind.contact(), "Code": guess,
                });
                service.call("VerifyUserAttribute", request).await
            }
            Kind::ChangePassword => {
                let request = json!({
                    "AccessToken": target.token, "PreviousPassword": guess, "ProposedPassword": NEW_PASSWORD,
                });
                service.call("ChangePassword", request).await
            }
            Kind::SignIn | Kind::SignInOfNobody => self.sign_in(turn % 2, client, name, guess).await,
            Kind::AdminSignIn => self.admin_password(turn, client, name, guess).await,
            Kind::Srp | Kind::SrpOfNobody => self.proved_password(turn, client, name, guess).await,
            Kind::ChosenPassword | Kind::ChosenPasswordOfNobody => {
                self.chosen_password(turn, client, name, guess).await
            }
            Kind::EmailFirstFactor
            | Kind::SmsFirstFactor
            | Kind::FirstFactorOfNobody
            | Kind::SmsMfa
            | Kind::EmailMfa
            | Kind::App => {
                let (challenge, member) = target.kind.challenge();
                // The client is that of the session.
                let client = if target.kind.is_of_nobody() { 2 } else { 0 };
                // A back end guesses with its users.
                let is_admin = turn % 3 == 2 && !target.kind.is_of_nobody();
                let answers = json!({ "USERNAME": name, member: guess });
                self.respond(turn, is_admin, client, challenge, &target.session, answers).await
            }
        })
    }

    async fn initiate(&self, turn: usize, client: usize, flow: &str, parameters: Value) -> Outcome {
        let request =
            json!({ "ClientId": self.clients[client], "AuthFlow": flow, "AuthParameters": parameters });
        self.instances[turn % 2].call("InitiateAuth", request).await
    }

    async fn respond(
        &self,
        turn: usize,
        is_admin: bool,
        client: usize,
        challenge: &str,
        session: &str,
        answers: Value,
    ) -> Outcome {
        let mut request = json!({
            "ClientId": self.clients[client], "ChallengeName": challenge, "ChallengeResponses": answers,
        });
        if !session.is_empty() {
            request["Session"] = json!(session);
        }
        let service = &self.instances[turn % 2];
        if is_admin {
            request["UserPoolId"] = json!(self.pool);
            service.call("AdminRespondToAuthChallenge", request).await
        } else {
            service.call("RespondToAuthChallenge", request).await
        }
    }

    /// By the flow, or by the challenge of the same name, which nobody is asked.
    async fn admin_password(&self, turn: usize, client: usize, name: &str, guess: &str) -> Outcome {
        let parameters = json!({ "USERNAME": name, "PASSWORD": guess });
        if turn % 4 == 3 {
            return self.respond(turn, true, client, "ADMIN_NO_SRP_AUTH", "", parameters).await;
        }
        let request = json!({
            "UserPoolId": self.pool, "ClientId": self.clients[client],
            "AuthFlow": "ADMIN_USER_PASSWORD_AUTH", "AuthParameters": parameters,
        });
        self.instances[turn % 2].call("AdminInitiateAuth", request).await
    }

    /// In USER_AUTH: with the first request, with the choice, or when it is asked for.
    async fn chosen_password(&self, turn: usize, client: usize, name: &str, guess: &str) -> Outcome {
        let mut parameters = json!({ "USERNAME": name });
        let answers = json!({ "USERNAME": name, "ANSWER": "PASSWORD", "PASSWORD": guess });
        match turn % 3 {
            0 => {
                parameters["PREFERRED_CHALLENGE"] = json!("PASSWORD");
                parameters["PASSWORD"] = json!(guess);
                return self.initiate(turn, client, "USER_AUTH", parameters).await;
            }
            1 => {}
            _ => parameters["PREFERRED_CHALLENGE"] = json!("PASSWORD"),
        }
        let asked = self.initiate(turn, client, "USER_AUTH", parameters).await?;
        let challenge = text(&asked["ChallengeName"]);
        assert_eq!(challenge, if turn % 3 == 1 { "SELECT_CHALLENGE" } else { "PASSWORD" });
        // The other instance takes the answer.
        self.respond(turn + 1, false, client, &challenge, &text(&asked["Session"]), answers).await
    }

    /// In each flow that asks for a proof.
    async fn proved_password(&self, turn: usize, client: usize, name: &str, guess: &str) -> Outcome {
        let srp = Client::with_secret(&[7; 32]).unwrap();
        let mut parameters = json!({ "USERNAME": name, "SRP_A": srp.public_hex() });
        let flow = match turn % 3 {
            0 => "USER_SRP_AUTH",
            1 => {
                parameters["PREFERRED_CHALLENGE"] = json!("PASSWORD_SRP");
                "USER_AUTH"
            }
            _ => {
                parameters["CHALLENGE_NAME"] = json!("SRP_A");
                "CUSTOM_AUTH"
            }
        };
        let asked = self.initiate(turn, client, flow, parameters).await?;
        assert_eq!(asked["ChallengeName"], "PASSWORD_VERIFIER");
        let question = &asked["ChallengeParameters"];
        let block = text(&question["SECRET_BLOCK"]);
        let now_seconds = self.first().clock.now_ms().div_euclid(1000);
        let timestamp = timestamp::format(now_seconds).unwrap();
        let signature = srp.sign(
            &Question {
                pool_name_part: self.pool.split('_').nth(1).unwrap(),
                user_id: question["USER_ID_FOR_SRP"].as_str().unwrap(),
                salt: question["SALT"].as_str().unwrap(),
                server_public: question["SRP_B"].as_str().unwrap(),
                secret_block: &STANDARD.decode(&block).unwrap(),
                timestamp: &timestamp,
            },
            guess,
        );
        let answers = json!({
            "USERNAME": question["USER_ID_FOR_SRP"], "PASSWORD_CLAIM_SECRET_BLOCK": block, "TIMESTAMP": timestamp,
            "PASSWORD_CLAIM_SIGNATURE": signature.unwrap(),
        });
        let session = asked.get("Session").map(text).unwrap_or_default();
        self.respond(turn + 1, false, client, "PASSWORD_VERIFIER", &session, answers).await
    }
}
