//! A pool, a client, and a user with a password.

use base64::Engine;
use cenote_core::testing::{TestService, TestServiceBuilder, WireError, merged, text};
use serde_json::{Value, json};

pub const PASSWORD: &str = "Passw0rd!";
pub const TEMPORARY: &str = "Temp0rary!";
pub const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:f";

pub struct World {
    pub service: TestService,
    pub pool: String,
    pub client: String,
}

impl World {
    pub async fn new() -> Self {
        Self::with(TestService::builder(), json!({}), json!({})).await
    }

    pub async fn with(builder: TestServiceBuilder, pool: Value, client: Value) -> Self {
        let service = builder.start().await;
        let pool = service.pool(pool).await;
        let flows = json!({ "ExplicitAuthFlows": [
            "ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH",
        ] });
        let client = service.client(&pool, merged(flows, client)).await;
        Self { service, pool, client }
    }

    /// A user that an administrator made, with a temporary password.
    pub async fn invited(&self, username: &str) {
        self.service
            .ok(
                "AdminCreateUser",
                json!({
                    "UserPoolId": self.pool, "Username": username, "MessageAction": "SUPPRESS",
                    "TemporaryPassword": TEMPORARY,
                    "UserAttributes": [
                        { "Name": "email", "Value": "alice@test.com" }, { "Name": "email_verified", "Value": "true" },
                    ],
                }),
            )
            .await;
    }

    /// A confirmed user.
    pub async fn confirmed(&self, username: &str) {
        self.invited(username).await;
        self.service
            .ok(
                "AdminSetUserPassword",
                json!({ "UserPoolId": self.pool, "Username": username, "Password": PASSWORD, "Permanent": true }),
            )
            .await;
    }

    pub async fn alice() -> Self {
        let world = Self::new().await;
        world.confirmed("alice").await;
        world
    }

    pub async fn flow(&self, flow: &str, parameters: Value) -> Result<Value, WireError> {
        self.service
            .call(
                "InitiateAuth",
                json!({ "ClientId": self.client, "AuthFlow": flow, "AuthParameters": parameters }),
            )
            .await
    }

    pub async fn admin_flow(&self, flow: &str, parameters: Value) -> Result<Value, WireError> {
        self.service
            .call(
                "AdminInitiateAuth",
                json!({
                    "UserPoolId": self.pool, "ClientId": self.client, "AuthFlow": flow, "AuthParameters": parameters,
                }),
            )
            .await
    }

    pub async fn sign_in(&self, username: &str, password: &str) -> Result<Value, WireError> {
        self.flow("USER_PASSWORD_AUTH", json!({ "USERNAME": username, "PASSWORD": password })).await
    }

    /// The tokens of a sign-in that must succeed.
    pub async fn tokens(&self, username: &str) -> Tokens {
        let answer = self.sign_in(username, PASSWORD).await.unwrap_or_else(|error| panic!("{error:?}"));
        Tokens::of(&answer)
    }

    pub async fn refresh(&self, token: &str) -> Result<Value, WireError> {
        self.flow("REFRESH_TOKEN_AUTH", json!({ "REFRESH_TOKEN": token })).await
    }

    pub async fn get_user(&self, access_token: &str) -> Result<Value, WireError> {
        self.service.call("GetUser", json!({ "AccessToken": access_token })).await
    }

    pub async fn respond(&self, session: &Value, responses: Value) -> Result<Value, WireError> {
        self.service
            .call(
                "RespondToAuthChallenge",
                json!({
                    "ClientId": self.client, "ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": session,
                    "ChallengeResponses": responses,
                }),
            )
            .await
    }
}

pub struct Tokens {
    pub access: String,
    pub id: String,
    pub refresh: String,
}

impl Tokens {
    pub fn of(answer: &Value) -> Self {
        let result = &answer["AuthenticationResult"];
        Self {
            access: text(&result["AccessToken"]),
            id: text(&result["IdToken"]),
            refresh: result["RefreshToken"].as_str().unwrap_or_default().to_owned(),
        }
    }
}

pub fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap())
        .unwrap()
}

pub fn not_authorized(message: &str) -> WireError {
    ("NotAuthorizedException".into(), message.into())
}

pub fn invalid_parameter(message: &str) -> WireError {
    ("InvalidParameterException".into(), message.into())
}

pub fn incorrect() -> WireError {
    not_authorized("Incorrect username or password.")
}
