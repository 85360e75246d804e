//! A pool with passkeys, a client, and a user with a password.

use cenote_core::testing::{TestService, WireError, merged, text};
pub use cenote_crypto::web_authn::testing::{Authenticator, Said, USER_PRESENT, USER_VERIFIED};
use cenote_store::{PoolId, User};
use serde_json::{Value, json};

pub const PASSWORD: &str = "Passw0rd!";
pub const RELYING_PARTY: &str = "example.com";
pub const ORIGIN: &str = "https://app.example.com";

pub struct World {
    pub service: TestService,
    pub pool: String,
    pub client: String,
}

impl World {
    pub async fn new() -> Self {
        Self::with(json!({ "RelyingPartyId": RELYING_PARTY }), json!({})).await
    }

    /// A pool with this configuration of passkeys, and a client with these members.
    pub async fn with(web_authn: Value, client: Value) -> Self {
        let factors = json!({ "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"] } });
        let world = Self::bare(json!({ "Policies": factors }), client).await;
        world.configure(web_authn).await;
        world
    }

    /// A pool that nobody configured for passkeys.
    pub async fn bare(pool: Value, client: Value) -> Self {
        let service = TestService::new().await;
        let pool = service.pool(pool).await;
        let flows = json!({ "ExplicitAuthFlows": [
            "ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH",
        ] });
        let client = service.client(&pool, merged(flows, client)).await;
        let world = Self { service, pool, client };
        world.confirmed("alice").await;
        world
    }

    pub async fn configure(&self, web_authn: Value) {
        let request = json!({ "UserPoolId": self.pool, "WebAuthnConfiguration": web_authn });
        self.service.ok("SetUserPoolMfaConfig", request).await;
    }

    pub fn admin(&self, username: &str, members: Value) -> Value {
        merged(json!({ "UserPoolId": self.pool, "Username": username }), members)
    }

    pub async fn confirmed(&self, username: &str) {
        let attributes = json!([
            { "Name": "email", "Value": format!("{username}@test.com") }, { "Name": "name", "Value": "Alice A." },
        ]);
        let members = json!({ "MessageAction": "SUPPRESS", "UserAttributes": attributes });
        self.service.ok("AdminCreateUser", self.admin(username, members)).await;
        let members = json!({ "Password": PASSWORD, "Permanent": true });
        self.service.ok("AdminSetUserPassword", self.admin(username, members)).await;
    }

    pub async fn token(&self, username: &str) -> String {
        self.token_of(&self.client, username).await
    }

    pub async fn token_of(&self, client: &str, username: &str) -> String {
        let request = json!({
            "ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH",
            "AuthParameters": { "USERNAME": username, "PASSWORD": PASSWORD },
        });
        text(&self.service.ok("InitiateAuth", request).await["AuthenticationResult"]["AccessToken"])
    }

    /// The options for a new passkey.
    pub async fn start(&self, token: &str) -> Value {
        let answer = self.service.ok("StartWebAuthnRegistration", json!({ "AccessToken": token })).await;
        answer["CredentialCreationOptions"].clone()
    }

    pub async fn complete(&self, token: &str, credential: &Value) -> Result<Value, WireError> {
        let request = json!({ "AccessToken": token, "Credential": credential });
        self.service.call("CompleteWebAuthnRegistration", request).await
    }

    /// Registers a passkey, honest but for what `change` does.
    pub async fn register(
        &self,
        token: &str,
        authenticator: &Authenticator,
        change: impl FnOnce(&mut Said),
    ) -> Result<Value, WireError> {
        let mut said = Said::to(&self.start(token).await, ORIGIN);
        change(&mut said);
        self.complete(token, &authenticator.register(&said)).await
    }

    /// A user's passkey, registered.
    pub async fn passkey(&self, username: &str, id: &[u8]) -> Authenticator {
        let authenticator = Authenticator::es256(id);
        let token = self.token(username).await;
        self.register(&token, &authenticator, |_| {}).await.unwrap();
        authenticator
    }

    pub async fn list(&self, token: &str) -> Vec<Value> {
        let answer = self.service.ok("ListWebAuthnCredentials", json!({ "AccessToken": token })).await;
        answer["Credentials"].as_array().unwrap().clone()
    }

    pub async fn user(&self, username: &str) -> User {
        let pool = PoolId::new(self.pool.clone());
        self.service.service.store.find_users_by_name(&pool, username).await.unwrap().remove(0).1
    }
}

pub fn code(outcome: Result<Value, WireError>) -> String {
    outcome.unwrap_err().0
}

pub fn error(code: &str, message: &str) -> WireError {
    (code.into(), message.into())
}

pub fn invalid(message: &str) -> WireError {
    error("InvalidParameterException", message)
}
