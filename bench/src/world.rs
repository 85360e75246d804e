//! What the load is about: a pool, a client, users who sign in, and users who reset their passwords.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cenote_crypto::SecretBytes;
use cenote_crypto::jwt::VerifyingKey;
use serde_json::{Value, json};

use crate::Failure;
use crate::load::{Plan, drive};
use crate::operation::Operation;
use crate::request::Request;
use crate::second_factor;
use crate::server::{CODE, Running};
use crate::written::Written;

/// Users who sign in, one for each of the most connections.
pub const USERS: usize = 256;
/// Connections with which users are made.
const HANDS: usize = 16;
pub const PASSWORD: &str = "Passw0rd-of-users!";

#[derive(Debug)]
pub struct World {
    pub pool_id: String,
    pub client_id: String,
    /// The public keys of the pool.
    pub keys: Vec<VerifyingKey>,
    /// By user.
    pub access_tokens: Vec<String>,
    pub refresh_tokens: Vec<String>,
    /// How many users reset their passwords in a round.
    pub resetting: usize,
    /// The apps of the users that have one.
    pub apps: Vec<SecretBytes>,
    /// Answers for the next row, each right once: proofs by SRP, codes of apps.
    pub answers: Vec<Request>,
    /// What was acknowledged and has to be so after a kill.
    pub written: Vec<Written>,
    /// Counts rows, so that each can make what no other made.
    pub round: usize,
}

pub fn user_name(user: usize) -> String {
    format!("user-{user:06}")
}

pub fn app_name(user: usize) -> String {
    format!("app-{user:06}")
}

/// A user of a round.
pub fn resetting_name(round: usize, user: usize) -> String {
    format!("reset-{round}-{user:06}")
}

impl World {
    /// Makes it all, for rows of this length.
    pub async fn create(server: &Running, operations: &[Operation], row: Duration) -> Result<Self, Failure> {
        let pool = json!({ "PoolName": "bench", "AutoVerifiedAttributes": ["email"] });
        let pool_id = text(&server.call("CreateUserPool", &pool).await?, "/UserPool/Id")?;
        let client = json!({
            "UserPoolId": pool_id,
            "ClientName": "bench",
            "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
            // Proofs are made long before they are measured.
            "AuthSessionValidity": 15,
            "PreventUserExistenceErrors": "ENABLED",
        });
        let client_id =
            text(&server.call("CreateUserPoolClient", &client).await?, "/UserPoolClient/ClientId")?;
        let keys = public_keys(&server.get(&format!("/{pool_id}/.well-known/jwks.json")).await?)?;
        let mut world = Self {
            pool_id,
            client_id,
            keys,
            access_tokens: Vec::new(),
            refresh_tokens: Vec::new(),
            // More than a row can use up, by the time that a power takes.
            resetting: ((row.as_secs_f64() * 1500.0) as usize).max(512),
            apps: Vec::new(),
            answers: Vec::new(),
            written: Vec::new(),
            round: 0,
        };
        world.make_users(server, (0..USERS).map(user_name)).await?;
        for user in 0..USERS {
            let tokens = server.call("InitiateAuth", &world.sign_in(&user_name(user), PASSWORD)).await?;
            world.access_tokens.push(text(&tokens, "/AuthenticationResult/AccessToken")?);
            world.refresh_tokens.push(text(&tokens, "/AuthenticationResult/RefreshToken")?);
        }
        if operations.iter().any(|one| one.has_app()) {
            // As many as two codes each are enough for, by the time that the signatures take.
            let users = ((row.as_secs_f64() * 1000.0) as usize).max(USERS);
            second_factor::enrol(&mut world, server, users).await?;
        }
        server.settle().await?;
        Ok(world)
    }

    pub async fn make_users(
        &self,
        server: &Running,
        names: impl Iterator<Item = String> + Clone,
    ) -> Result<(), Failure> {
        let sign_ups = names.clone().map(|name| Request::api("SignUp", &self.sign_up(&name))).collect();
        drive(server.address, server.pid(), HANDS, &Plan::all(sign_ups)).await?;
        let confirm =
            |name: String| json!({ "ClientId": self.client_id, "Username": name, "ConfirmationCode": CODE });
        let confirmations = names.map(|name| Request::api("ConfirmSignUp", &confirm(name))).collect();
        drive(server.address, server.pid(), HANDS, &Plan::all(confirmations)).await?;
        Ok(())
    }

    pub fn sign_up(&self, name: &str) -> Value {
        json!({
            "ClientId": self.client_id,
            "Username": name,
            "Password": PASSWORD,
            "UserAttributes": [{ "Name": "email", "Value": format!("{name}@example.com") }],
        })
    }

    pub fn sign_in(&self, name: &str, password: &str) -> Value {
        json!({
            "ClientId": self.client_id,
            "AuthFlow": "USER_PASSWORD_AUTH",
            "AuthParameters": { "USERNAME": name, "PASSWORD": password },
        })
    }

    pub fn forgot_password(&self, user: usize) -> Request {
        let body = json!({ "ClientId": self.client_id, "Username": resetting_name(self.round, user) });
        Request::api("ForgotPassword", &body).expecting(r#""DeliveryMedium":"EMAIL""#).about(user)
    }

    pub fn confirm_forgot_password(&self, username: &str) -> Value {
        json!({
            "ClientId": self.client_id,
            "Username": username,
            "ConfirmationCode": CODE,
            "Password": self.new_password(),
        })
    }

    /// What the users who reset their passwords choose in this round.
    pub fn new_password(&self) -> String {
        format!("Passw0rd-of-round-{}!", self.round)
    }

    /// Makes the users who reset their passwords in this round: what another one wrote stays as it was.
    pub async fn make_resetting(&self, server: &Running) -> Result<(), Failure> {
        self.make_users(server, (0..self.resetting).map(|user| resetting_name(self.round, user))).await?;
        server.settle().await
    }

    /// Sends a code to everybody who resets a password.
    pub async fn send_codes(&self, server: &Running) -> Result<(), Failure> {
        let requests = (0..self.resetting).map(|user| self.forgot_password(user)).collect();
        drive(server.address, server.pid(), HANDS, &Plan::all(requests)).await?;
        server.settle().await
    }
}

/// A text in an answer, by its JSON pointer.
pub fn text(answer: &Value, pointer: &str) -> Result<String, Failure> {
    let found = answer.pointer(pointer).and_then(Value::as_str);
    found.map(str::to_owned).ok_or_else(|| format!("an answer has no {pointer}").into())
}

fn public_keys(document: &str) -> Result<Vec<VerifyingKey>, Failure> {
    let document: Value = serde_json::from_str(document)?;
    let keys = document.get("keys").and_then(Value::as_array).ok_or("no keys")?;
    let decode =
        |key: &Value, name| -> Result<Vec<u8>, Failure> { Ok(URL_SAFE_NO_PAD.decode(text(key, name)?)?) };
    keys.iter()
        .map(|key| {
            let (modulus, exponent) = (decode(key, "/n")?, decode(key, "/e")?);
            VerifyingKey::from_components(text(key, "/kid")?, &modulus, &exponent)
                .map_err(|_| "a public key is none".into())
        })
        .collect()
}
