//! A pool with users and groups, and a client to sign in at.

use base64::Engine;
use cenote_core::testing::{TestService, TestServiceBuilder, WireError, text};
use serde_json::{Value, json};

pub const PASSWORD: &str = "Passw0rd!";

pub struct World {
    pub service: TestService,
    pub pool: String,
    pub client: String,
}

impl World {
    pub async fn new() -> Self {
        Self::with(TestService::builder(), json!({})).await
    }

    pub async fn with(builder: TestServiceBuilder, pool: Value) -> Self {
        let service = builder.start().await;
        let pool = service.pool(pool).await;
        let flows = json!({ "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"] });
        let client = service.client(&pool, flows).await;
        Self { service, pool, client }
    }

    /// The members with the pool's id.
    fn request(&self, mut members: Value) -> Value {
        members["UserPoolId"] = json!(self.pool);
        members
    }

    pub async fn call(&self, operation: &str, members: Value) -> Result<Value, WireError> {
        self.service.call(operation, self.request(members)).await
    }

    pub async fn ok(&self, operation: &str, members: Value) -> Value {
        self.service.ok(operation, self.request(members)).await
    }

    pub async fn fails(&self, operation: &str, members: Value) -> WireError {
        self.service.fails(operation, self.request(members)).await
    }

    /// A confirmed user; its sub.
    pub async fn user(&self, name: &str) -> String {
        let made = self.ok("AdminCreateUser", json!({ "Username": name, "MessageAction": "SUPPRESS" })).await;
        let password = json!({ "Username": name, "Password": PASSWORD, "Permanent": true });
        self.ok("AdminSetUserPassword", password).await;
        let attributes = made["User"]["Attributes"].as_array().unwrap();
        text(&attributes.iter().find(|attribute| attribute["Name"] == "sub").unwrap()["Value"])
    }

    pub async fn group(&self, name: &str) {
        self.ok("CreateGroup", json!({ "GroupName": name })).await;
    }

    pub async fn add(&self, user: &str, group: &str) {
        self.ok("AdminAddUserToGroup", json!({ "Username": user, "GroupName": group })).await;
    }

    pub async fn groups_of(&self, user: &str) -> Vec<String> {
        let answer = self.ok("AdminListGroupsForUser", json!({ "Username": user })).await;
        texts(&answer["Groups"], "GroupName")
    }

    pub async fn users_in(&self, group: &str) -> Vec<String> {
        let answer = self.ok("ListUsersInGroup", json!({ "GroupName": group })).await;
        let mut names = texts(&answer["Users"], "Username");
        names.sort_unstable();
        names
    }

    /// The answer to a sign-in that must succeed.
    pub async fn sign_in(&self, user: &str) -> Value {
        let request = json!({
            "ClientId": self.client, "AuthFlow": "USER_PASSWORD_AUTH",
            "AuthParameters": { "USERNAME": user, "PASSWORD": PASSWORD },
        });
        self.service.ok("InitiateAuth", request).await["AuthenticationResult"].clone()
    }

    pub async fn refresh(&self, token: &Value) -> Value {
        let request = json!({
            "ClientId": self.client, "AuthFlow": "REFRESH_TOKEN_AUTH",
            "AuthParameters": { "REFRESH_TOKEN": token },
        });
        self.service.ok("InitiateAuth", request).await["AuthenticationResult"].clone()
    }
}

/// One member of every entry of a list.
pub fn texts(list: &Value, member: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|entry| text(&entry[member])).collect()
}

pub fn claims(token: &Value) -> Value {
    let token = text(token);
    let payload = token.split('.').nth(1).unwrap();
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

pub fn error(code: &str, message: &str) -> WireError {
    (code.into(), message.into())
}

pub fn group_missing() -> WireError {
    error("ResourceNotFoundException", "Group not found.")
}
