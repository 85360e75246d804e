//! Every operation that is built, done well by people with names, and a few mistakes on the way.

mod administration;
mod configuration;
mod deletion;
mod devices;
mod factors;
mod lists;
mod person;
mod sign_ins;
mod undeliverable;

use std::collections::BTreeSet;
use std::time::Duration;

use cenote_crypto::{SecretString, secret_hash};
use cenote_model::Operation;
use serde_json::{Map, Value, json};

use super::remembered::Remembered;
use super::served::{ANSWER, METADATA, PRIVATE, RENDERED, SMS_BEARER, SMS_SECRET, Served};
use crate::support::Reply;

const PASSWORD: &str = "Wilhelminas-first-1";
const SECOND: &str = "Wilhelminas-second-2";
const THIRD: &str = "Wilhelminas-third-3";
const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:f";
const CUSTOM_FUNCTIONS: &[&str] =
    &["DefineAuthChallenge", "CreateAuthChallenge", "VerifyAuthChallengeResponse", "CustomMessage"];

/// LambdaConfig with these.
fn functions(names: &[&str]) -> Value {
    names.iter().map(|name| ((*name).to_owned(), json!(FUNCTION))).collect::<Map<_, _>>().into()
}

pub struct Story<'a> {
    pub served: &'a Served,
    pub remembered: Remembered,
    pub succeeded: BTreeSet<Operation>,
    /// Flows that began, and challenges that were answered.
    pub ways: BTreeSet<String>,
    pub pool: String,
    /// With a secret.
    pub client: String,
    secret: String,
}

impl<'a> Story<'a> {
    pub fn new(served: &'a Served) -> Self {
        let mut remembered = Remembered::default();
        let master = std::fs::read_to_string(served.directory().join("master.key")).unwrap();
        for key in master.lines().map(|line| line.split('#').next().unwrap_or_default().trim()) {
            remembered.secret("master key", key);
        }
        remembered.secret("access key", &served.key.1);
        remembered.secret("operator's secret", SMS_SECRET);
        remembered.secret("operator's secret", SMS_BEARER);
        remembered.secret("message", RENDERED);
        // What stands between version and number in every private key for RSA.
        remembered.secret_bytes(
            "signing key",
            b"\x02\x01\x00\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00",
        );
        for text in [ANSWER, PRIVATE, METADATA] {
            remembered.secret("custom challenge", text);
        }
        let (pool, client, secret) = Default::default();
        Self { served, remembered, succeeded: BTreeSet::new(), ways: BTreeSet::new(), pool, client, secret }
    }

    pub async fn call(&mut self, operation: &str, body: &Value) -> Reply {
        self.remembered.remember(body);
        let reply = self.served.post(operation, body.to_string().as_bytes(), &[]).await;
        if let Ok(answer) = serde_json::from_slice(&reply.body) {
            self.remembered.remember(&answer);
        }
        reply
    }

    async fn ok(&mut self, operation: &str, body: Value) -> Value {
        let reply = self.call(operation, &body).await;
        assert_eq!(reply.status, 200, "{operation}: {}", reply.text());
        self.succeeded.insert(Operation::parse(operation).unwrap());
        let ways = ["AuthFlow", "ChallengeName"].map(|member| body[member].as_str().map(str::to_owned));
        self.ways.extend(ways.into_iter().flatten());
        serde_json::from_slice(&reply.body).unwrap_or_default()
    }

    async fn fails(&mut self, operation: &str, body: Value) {
        let reply = self.call(operation, &body).await;
        assert_ne!(reply.status, 200, "{operation}: {}", reply.text());
    }

    /// The members with pool and user in front.
    fn admin(&self, user: &str, members: Value) -> Value {
        merged(json!({ "UserPoolId": self.pool, "Username": user }), members)
    }

    /// The members with client, hash and user in front.
    fn public(&self, user: &str, members: Value) -> Value {
        let front = json!({ "ClientId": self.client, "Username": user, "SecretHash": self.hash(user) });
        merged(front, members)
    }

    fn hash(&self, user: &str) -> String {
        secret_hash::compute(user, &self.client, &SecretString::new(self.secret.clone()))
    }

    fn in_pool(&self, members: Value) -> Value {
        merged(json!({ "UserPoolId": self.pool }), members)
    }

    async fn sign_in(&mut self, user: &str, password: &str) -> Value {
        let parameters = json!({ "USERNAME": user, "PASSWORD": password, "SECRET_HASH": self.hash(user) });
        let request = json!({
            "ClientId": self.client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters,
            "ClientMetadata": { "sign-in": "metadata of a sign-in" },
        });
        self.ok("InitiateAuth", request).await
    }

    /// The code in a message to somebody, which is remembered; `seen` messages were there before.
    async fn code(&mut self, destination: &str, seen: usize) -> String {
        self.code_of(6, destination, seen).await
    }

    async fn code_of(&mut self, digits: usize, destination: &str, seen: usize) -> String {
        let wait = async {
            loop {
                let arrived = self.served.post.after(seen);
                let mut own = arrived.iter().filter(|message| message.contains(destination));
                if let Some(code) = own.find_map(|message| code_in(message, digits)) {
                    return code;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let code = tokio::time::timeout(Duration::from_secs(30), wait).await;
        let code = code.unwrap_or_else(|_| panic!("no code to {destination} in time"));
        self.remembered.code(&code);
        code
    }

    /// Everything.
    pub async fn tell(&mut self) {
        self.configure().await;
        self.wilhelmina().await;
        self.administer().await;
        self.second_factors().await;
        self.sign_ins().await;
        self.devices().await;
        self.new_signing_keys().await;
        self.lists().await;
        self.messages_that_fail().await;
        self.tidy_up().await;
    }

    /// A pool and a client of a chapter's own, and where the story was before.
    async fn move_to(&mut self, pool: Value, client: Value) -> (String, String, String) {
        let pool = self.ok("CreateUserPool", pool).await["UserPool"]["Id"].as_str().unwrap().to_owned();
        let pool = std::mem::replace(&mut self.pool, pool);
        let client = self.ok("CreateUserPoolClient", self.in_pool(client)).await["UserPoolClient"].clone();
        let member = |name: &str| client[name].as_str().unwrap().to_owned();
        let before = std::mem::replace(&mut self.client, member("ClientId"));
        (pool, before, std::mem::replace(&mut self.secret, member("ClientSecret")))
    }

    fn home(&mut self, (pool, client, secret): (String, String, String)) {
        (self.pool, self.client, self.secret) = (pool, client, secret);
    }

    /// New keys take over, the old ones stay for a while or go at once.
    async fn new_signing_keys(&mut self) {
        for how in ["--at-once", "--discard-old"] {
            self.served.run(&["keys", "rotate", "--all-pools", how, "--config", "cenote.toml"]);
            self.sign_in("confirmed-person", PASSWORD).await;
        }
    }

    /// One answer to a challenge.
    fn respond(&self, name: &str, challenge: &str, asked: &Value, (key, value): (&str, &str)) -> Value {
        json!({
            "ClientId": self.client, "ChallengeName": challenge, "Session": asked["Session"],
            "ChallengeResponses": { "USERNAME": name, "SECRET_HASH": self.hash(name), key: value },
        })
    }

    /// The answer to a challenge.
    fn answering(&self, user: &str, asked: &Value, responses: Value) -> Value {
        let front = json!({ "USERNAME": user, "SECRET_HASH": self.hash(user) });
        json!({
            "ClientId": self.client, "ChallengeName": asked["ChallengeName"], "Session": asked["Session"],
            "ChallengeResponses": merged(front, responses),
        })
    }

    /// Answers a challenge.
    async fn answer(&mut self, user: &str, asked: &Value, responses: Value) -> Value {
        let request = self.answering(user, asked, responses);
        self.ok("RespondToAuthChallenge", request).await
    }
}

/// Six digits on their own.
fn code_in(message: &str, digits: usize) -> Option<String> {
    let mut words = message.split(|one: char| !one.is_ascii_alphanumeric());
    words
        .find(|word| word.len() == digits && word.bytes().all(|byte| byte.is_ascii_digit()))
        .map(str::to_owned)
}

pub fn merged(mut request: Value, members: Value) -> Value {
    if let (Value::Object(request), Value::Object(members)) = (&mut request, members) {
        request.extend(members);
    }
    request
}
