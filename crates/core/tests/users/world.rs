//! A pool that verifies e-mail addresses, a client of it, and users made by operations only.

use std::sync::{Arc, Mutex};

use cenote_core::testing::{TestService, TestServiceBuilder, WireError, merged, text};
use cenote_store::InboxMessage;
use cenote_triggers::testing::{FakeAnswer, FakeLambda};
use serde_json::{Value, json};

pub const PASSWORD: &str = "Passw0rd!";
pub const NEW_PASSWORD: &str = "N3w-Passw0rd!";
pub const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:trigger";

pub struct World {
    pub service: TestService,
    pub pool: String,
    pub client: String,
}

impl World {
    pub async fn new() -> Self {
        Self::of(json!({ "AutoVerifiedAttributes": ["email"] })).await
    }

    /// A pool with these members.
    pub async fn of(pool: Value) -> Self {
        Self::with(TestService::builder(), pool, json!({})).await
    }

    pub async fn with(builder: TestServiceBuilder, pool: Value, client: Value) -> Self {
        let service = builder.start().await;
        let pool = service.pool(pool).await;
        let flows = json!({ "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"] });
        let client = service.client(&pool, merged(flows, client)).await;
        Self { service, pool, client }
    }

    /// The members with the pool in front.
    pub fn admin(&self, username: &str, members: Value) -> Value {
        merged(json!({ "UserPoolId": self.pool, "Username": username }), members)
    }

    /// The members with the client in front.
    pub fn public(&self, username: &str, members: Value) -> Value {
        merged(json!({ "ClientId": self.client, "Username": username }), members)
    }

    pub async fn sign_up(&self, username: &str, given: &[(&str, &str)]) -> Result<Value, WireError> {
        let members = json!({ "Password": PASSWORD, "UserAttributes": attributes(given) });
        self.service.call("SignUp", self.public(username, members)).await
    }

    /// A user that signed up and has not confirmed.
    pub async fn unconfirmed(&self, username: &str, given: &[(&str, &str)]) -> String {
        text(&self.sign_up(username, given).await.unwrap()["UserSub"])
    }

    /// A user that an administrator made, with [`PASSWORD`].
    pub async fn confirmed(&self, username: &str, given: &[(&str, &str)]) -> String {
        let members = json!({ "MessageAction": "SUPPRESS", "UserAttributes": attributes(given) });
        let answer = self.service.ok("AdminCreateUser", self.admin(username, members)).await;
        let members = json!({ "Password": PASSWORD, "Permanent": true });
        self.service.ok("AdminSetUserPassword", self.admin(username, members)).await;
        text(&answer["User"]["Username"])
    }

    pub async fn sign_in(&self, username: &str, password: &str) -> Result<Value, WireError> {
        let request = json!({
            "ClientId": self.client, "AuthFlow": "USER_PASSWORD_AUTH",
            "AuthParameters": { "USERNAME": username, "PASSWORD": password },
        });
        self.service.call("InitiateAuth", request).await
    }

    /// An access token of a user with [`PASSWORD`].
    pub async fn token(&self, username: &str) -> String {
        let answer = self.sign_in(username, PASSWORD).await.unwrap();
        text(&answer["AuthenticationResult"]["AccessToken"])
    }

    /// A confirmed user with a verified address, and its access token.
    pub async fn rosa(&self) -> String {
        self.confirmed("rosa", &[("email", "rosa@example.org"), ("email_verified", "true")]).await;
        self.token("rosa").await
    }

    pub async fn confirm(&self, username: &str, code: &str) -> Result<Value, WireError> {
        self.service.call("ConfirmSignUp", self.public(username, json!({ "ConfirmationCode": code }))).await
    }

    pub async fn user(&self, username: &str) -> Value {
        self.service.ok("AdminGetUser", self.admin(username, json!({}))).await
    }

    pub async fn status(&self, username: &str) -> String {
        text(&self.user(username).await["UserStatus"])
    }

    /// An attribute as AdminGetUser shows it.
    pub async fn attribute(&self, username: &str, name: &str) -> Option<String> {
        find_attribute(&self.user(username).await["UserAttributes"], name)
    }

    pub async fn does_not_exist(&self, username: &str) -> bool {
        self.service.call("AdminGetUser", self.admin(username, json!({}))).await
            == Err(error("UserNotFoundException", "User does not exist."))
    }

    pub async fn disable(&self, username: &str) {
        self.service.ok("AdminDisableUser", self.admin(username, json!({}))).await;
    }

    /// Messages, newest first, of one purpose.
    pub async fn messages(&self, purpose: &str) -> Vec<InboxMessage> {
        self.service.inbox().await.into_iter().filter(|message| message.purpose == purpose).collect()
    }
}

/// A function at every trigger of a pool, and what it answers by trigger source.
pub async fn lambda(answer: impl Fn(&str) -> FakeAnswer + Send + Sync + 'static) -> FakeLambda {
    FakeLambda::start(move |event| answer(event["triggerSource"].as_str().unwrap_or_default())).await.unwrap()
}

/// A function whose answers a test changes as it goes; it echoes at first.
#[derive(Clone)]
pub struct Answers(Arc<Mutex<FakeAnswer>>);

impl Answers {
    pub async fn lambda() -> (FakeLambda, Self) {
        let answers = Self(Arc::new(Mutex::new(FakeAnswer::Echo)));
        let shared = Arc::clone(&answers.0);
        let lambda = FakeLambda::start(move |_| shared.lock().unwrap().clone()).await.unwrap();
        (lambda, answers)
    }

    pub fn become_(&self, answer: FakeAnswer) {
        *self.0.lock().unwrap() = answer;
    }

    pub fn fail(&self) {
        self.become_(FakeAnswer::FunctionError { message: "no".into() });
    }
}

/// A builder whose triggers are this function.
pub fn triggered(lambda: &FakeLambda) -> TestServiceBuilder {
    TestService::builder().lambda(&lambda.url())
}

/// The form of a list of attributes on the wire.
pub fn attributes(list: &[(&str, &str)]) -> Value {
    list.iter().map(|(name, value)| json!({ "Name": name, "Value": value })).collect()
}

pub fn find_attribute(list: &Value, name: &str) -> Option<String> {
    list.as_array().unwrap().iter().find(|item| item["Name"] == name).map(|item| text(&item["Value"]))
}

/// A code that is not this one.
pub fn other_than(code: &str) -> &'static str {
    if code == "000000" { "000001" } else { "000000" }
}

pub fn error(code: &str, message: &str) -> WireError {
    (code.to_owned(), message.to_owned())
}

pub fn invalid(message: &str) -> WireError {
    error("InvalidParameterException", message)
}

pub fn unauthorized(message: &str) -> WireError {
    error("NotAuthorizedException", message)
}

pub fn mismatch() -> WireError {
    error("CodeMismatchException", "Invalid verification code provided, please try again.")
}

pub fn expired() -> WireError {
    error("ExpiredCodeException", "Invalid code provided, please request a code again.")
}

pub fn limit() -> WireError {
    error("LimitExceededException", "Attempt limit exceeded, please try after some time.")
}

pub fn alias_exists(attribute: &str) -> WireError {
    error("AliasExistsException", &format!("An account with the given {attribute} already exists."))
}

/// The same where a user is created or confirmed.
pub fn alias_taken(attribute: &str) -> WireError {
    error("AliasExistsException", &format!("An account with the {attribute} already exists."))
}

pub fn preferred_username_taken() -> WireError {
    error("AliasExistsException", "Already found an entry for the provided username.")
}

pub fn missing_user() -> WireError {
    error("UserNotFoundException", "User does not exist.")
}

pub fn unknown_combination() -> WireError {
    error("UserNotFoundException", "Username/client id combination not found.")
}
