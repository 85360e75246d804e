//! A pool, a client, and users in every state, made by operations only.

use cenote_core::testing::{TestService, TestServiceBuilder, WireError, merged, text};
use serde_json::{Value, json};

pub const PASSWORD: &str = "Passw0rd!";
pub const NEW_PASSWORD: &str = "N3w-Passw0rd!";

pub struct World {
    pub service: TestService,
    pub pool: String,
    pub client: String,
}

impl World {
    pub async fn new() -> Self {
        Self::with(TestService::builder(), json!({}), json!({})).await
    }

    /// A client that hides whether users exist.
    pub async fn hidden() -> Self {
        Self::with(TestService::builder(), json!({}), json!({ "PreventUserExistenceErrors": "ENABLED" }))
            .await
    }

    pub async fn with(builder: TestServiceBuilder, pool: Value, client: Value) -> Self {
        let service = builder.start().await;
        let pool = service.pool(pool).await;
        let flows = json!({ "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"] });
        let client = service.client(&pool, merged(flows, client)).await;
        Self { service, pool, client }
    }

    /// A user that an administrator made, with a password of its own.
    pub async fn confirmed(&self, username: &str, attributes: &[(&str, &str)]) {
        self.invited(username, attributes).await;
        self.service
            .ok(
                "AdminSetUserPassword",
                json!({ "UserPoolId": self.pool, "Username": username, "Password": PASSWORD, "Permanent": true }),
            )
            .await;
    }

    /// A user that an administrator made and that has never signed in.
    pub async fn invited(&self, username: &str, attributes: &[(&str, &str)]) {
        let attributes: Vec<Value> =
            attributes.iter().map(|(name, value)| json!({ "Name": name, "Value": value })).collect();
        self.service
            .ok(
                "AdminCreateUser",
                json!({
                    "UserPoolId": self.pool, "Username": username, "MessageAction": "SUPPRESS",
                    "UserAttributes": attributes,
                }),
            )
            .await;
    }

    /// A confirmed user whose e-mail address is verified.
    pub async fn alice(&self) {
        self.confirmed("alice", &[("email", "test@test.com"), ("email_verified", "true")]).await;
    }

    pub async fn disable(&self, username: &str) {
        self.service.ok("AdminDisableUser", json!({ "UserPoolId": self.pool, "Username": username })).await;
    }

    pub async fn status(&self, username: &str) -> String {
        let user =
            self.service.ok("AdminGetUser", json!({ "UserPoolId": self.pool, "Username": username })).await;
        text(&user["UserStatus"])
    }

    pub async fn forgot(&self, username: &str) -> Result<Value, WireError> {
        self.service.call("ForgotPassword", json!({ "ClientId": self.client, "Username": username })).await
    }

    /// Where the code went: medium, attribute, masked destination.
    pub async fn asked(&self, username: &str) -> (String, String, String) {
        let answer = self.forgot(username).await.unwrap_or_else(|error| panic!("{error:?}"));
        let details = &answer["CodeDeliveryDetails"];
        (text(&details["DeliveryMedium"]), text(&details["AttributeName"]), text(&details["Destination"]))
    }

    pub async fn confirm(&self, username: &str, code: &str, password: &str) -> Result<Value, WireError> {
        self.service
            .call(
                "ConfirmForgotPassword",
                json!({
                    "ClientId": self.client, "Username": username, "ConfirmationCode": code, "Password": password,
                }),
            )
            .await
    }

    pub async fn sign_in(&self, username: &str, password: &str) -> Result<Value, WireError> {
        self.service
            .call(
                "InitiateAuth",
                json!({
                    "ClientId": self.client, "AuthFlow": "USER_PASSWORD_AUTH",
                    "AuthParameters": { "USERNAME": username, "PASSWORD": password },
                }),
            )
            .await
    }

    /// Asks for a code and reads it.
    pub async fn code(&self, username: &str, destination: &str) -> String {
        self.forgot(username).await.unwrap_or_else(|error| panic!("{error:?}"));
        self.service.code_sent_to(destination).await
    }
}

/// A code that is not this one.
pub fn other_than(code: &str) -> &'static str {
    if code == "000000" { "000001" } else { "000000" }
}

pub fn error(code: &str, message: &str) -> WireError {
    (code.to_owned(), message.to_owned())
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

pub fn no_contact() -> WireError {
    error(
        "InvalidParameterException",
        "Cannot reset password for the user as there is no registered/verified email or phone_number",
    )
}

pub fn wrong_state() -> WireError {
    error("NotAuthorizedException", "User password cannot be reset in the current state.")
}

pub fn unknown() -> WireError {
    error("UserNotFoundException", "Username/client id combination not found.")
}

pub fn incorrect() -> WireError {
    error("NotAuthorizedException", "Incorrect username or password.")
}
