//! A pool that offers second factors, a client, and users with a password.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cenote_core::clock::Clock;
pub use cenote_core::testing::merged;
use cenote_core::testing::{AuthenticatorApp, TestService, TestServiceBuilder, WireError, text};
use cenote_store::{Change, PoolId, User};
use serde_json::{Value, json};

pub const PASSWORD: &str = "Passw0rd!";
pub const TEMPORARY: &str = "Temp0rary!";
pub const FLOWS: [&str; 5] = [
    "ALLOW_USER_PASSWORD_AUTH",
    "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    "ALLOW_REFRESH_TOKEN_AUTH",
    "ALLOW_USER_AUTH",
    "ALLOW_CUSTOM_AUTH",
];
pub const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:f";
pub const ADDRESS: &str = "alice@example.org";
pub const NUMBER: &str = "+12065551234";

pub type Answer = Result<Value, WireError>;

/// Which factors a pool offers.
#[derive(Clone, Copy, Debug)]
pub struct Offers {
    pub mode: &'static str,
    pub sms: bool,
    pub email: bool,
    pub totp: bool,
}

impl Offers {
    pub const fn all(mode: &'static str) -> Self {
        Self { mode, sms: true, email: true, totp: true }
    }
}

pub struct World {
    pub service: TestService,
    pub pool: String,
    pub client: String,
}

impl World {
    /// A pool that resets passwords by an administrator only, so that every contact may be a factor.
    pub async fn new(offers: Offers) -> Self {
        let recovery = json!([{ "Name": "admin_only", "Priority": 1 }]);
        let members = json!({ "AccountRecoverySetting": { "RecoveryMechanisms": recovery } });
        Self::with(TestService::builder(), members, offers).await
    }

    pub async fn with(builder: TestServiceBuilder, pool: Value, offers: Offers) -> Self {
        let service = builder.start().await;
        let pool = service.pool(pool).await;
        let client = service.client(&pool, json!({ "ExplicitAuthFlows": FLOWS })).await;
        let world = Self { service, pool, client };
        world.offer(offers).await;
        world
    }

    /// Sets what the pool offers.
    pub async fn offer(&self, offers: Offers) {
        let mut request = json!({ "UserPoolId": self.pool, "MfaConfiguration": offers.mode });
        if offers.mode != "OFF" {
            if offers.sms {
                let sns = json!({ "SnsCallerArn": "arn:aws:iam::123456789012:role/sms", "ExternalId": "x" });
                request["SmsMfaConfiguration"] = json!({ "SmsConfiguration": sns });
            }
            if offers.email {
                request["EmailMfaConfiguration"] = json!({});
            }
            request["SoftwareTokenMfaConfiguration"] = json!({ "Enabled": offers.totp });
        }
        self.service.ok("SetUserPoolMfaConfig", request).await;
    }

    /// Users as administrators name them.
    pub fn admin(&self, username: &str, members: Value) -> Value {
        merged(json!({ "UserPoolId": self.pool, "Username": username }), members)
    }

    /// A user with a temporary password.
    pub async fn invited(&self, username: &str, attributes: &[(&str, &str)]) {
        let attributes: Vec<Value> =
            attributes.iter().map(|(name, value)| json!({ "Name": name, "Value": value })).collect();
        let members = json!({
            "MessageAction": "SUPPRESS", "TemporaryPassword": TEMPORARY, "UserAttributes": attributes,
        });
        self.service.ok("AdminCreateUser", self.admin(username, members)).await;
    }

    /// A user with a password.
    pub async fn confirmed(&self, username: &str, attributes: &[(&str, &str)]) {
        self.invited(username, attributes).await;
        let members = json!({ "Password": PASSWORD, "Permanent": true });
        self.service.ok("AdminSetUserPassword", self.admin(username, members)).await;
    }

    /// alice with both contacts, not verified.
    pub async fn alice(&self) {
        self.confirmed("alice", &[("email", ADDRESS), ("phone_number", NUMBER)]).await;
    }

    /// Switches factors on, as an administrator does.
    pub async fn prefer(&self, username: &str, members: Value) {
        self.service.ok("AdminSetUserMFAPreference", self.admin(username, members)).await;
    }

    pub async fn sign_in(&self, username: &str, password: &str) -> Answer {
        let parameters = json!({ "USERNAME": username, "PASSWORD": password });
        let request = json!({
            "ClientId": self.client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters,
        });
        self.service.call("InitiateAuth", request).await
    }

    /// What USER_AUTH is answered for alice.
    pub async fn choose(&self, parameters: Value) -> Answer {
        let request = json!({
            "ClientId": self.client, "AuthFlow": "USER_AUTH",
            "AuthParameters": merged(json!({ "USERNAME": "alice" }), parameters),
        });
        self.service.call("InitiateAuth", request).await
    }

    /// What a right password is answered.
    pub async fn start(&self, username: &str) -> Value {
        self.sign_in(username, PASSWORD).await.unwrap()
    }

    /// Answers the challenge that `asked` is.
    pub async fn answer(&self, asked: &Value, username: &str, responses: Value) -> Answer {
        self.respond(&text(&asked["ChallengeName"]), &asked["Session"], username, responses).await
    }

    pub async fn respond(
        &self,
        challenge: &str,
        session: &Value,
        username: &str,
        responses: Value,
    ) -> Answer {
        let request = json!({
            "ClientId": self.client, "ChallengeName": challenge, "Session": session,
            "ChallengeResponses": merged(json!({ "USERNAME": username }), responses),
        });
        self.service.call("RespondToAuthChallenge", request).await
    }

    /// The code that was sent last.
    pub async fn code(&self, destination: &str) -> String {
        self.service.code_sent_to(destination).await
    }

    /// An access token, got before the pool asked for anything.
    pub async fn access_token(&self, username: &str) -> String {
        let answer = self.start(username).await;
        text(&answer["AuthenticationResult"]["AccessToken"])
    }

    /// An app for the user of the token, verified and not switched on.
    pub async fn app(&self, access_token: &str) -> App {
        let answer = self.service.ok("AssociateSoftwareToken", json!({ "AccessToken": access_token })).await;
        let app = App::of(&answer);
        let request = json!({ "AccessToken": access_token, "UserCode": app.code(self, 0) });
        self.service.ok("VerifySoftwareToken", request).await;
        app
    }

    /// Changes what is stored of a user.
    pub async fn change(&self, username: &str, change: impl FnOnce(&mut User)) {
        let store = &self.service.service.store;
        let pool = PoolId::new(self.pool.clone());
        let (_, before) = store.find_users_by_name(&pool, username).await.unwrap().remove(0);
        let mut after = before.clone();
        change(&mut after);
        let change = Change::update_user(&before, &after);
        store.commit(vec![change]).await.unwrap();
    }

    pub async fn user(&self, username: &str) -> Value {
        self.service.ok("AdminGetUser", self.admin(username, json!({}))).await
    }

    pub async fn attribute(&self, username: &str, name: &str) -> Value {
        let user = self.user(username).await;
        let attributes = user["UserAttributes"].as_array().unwrap();
        attributes.iter().find(|item| item["Name"] == name).map_or(Value::Null, |item| item["Value"].clone())
    }

    /// To the next step of every app.
    pub fn next_step(&self) {
        self.service.clock.advance_seconds(30);
    }
}

/// An authenticator app in this world.
#[derive(Clone, Debug)]
pub struct App(pub AuthenticatorApp);

impl App {
    /// What AssociateSoftwareToken answered, typed in.
    pub fn of(answer: &Value) -> Self {
        Self(AuthenticatorApp::new(&text(&answer["SecretCode"])))
    }

    /// The code of the present step, or one so many steps away.
    pub fn code(&self, world: &World, distance: i64) -> String {
        self.0.code(world.service.clock.now_ms(), distance)
    }

    /// A code that is right at no step in reach.
    pub fn wrong(&self, world: &World) -> String {
        self.0.wrong(world.service.clock.now_ms())
    }
}

/// Another code of as many digits.
pub fn other(code: &str) -> String {
    let number: u64 = code.parse().unwrap();
    let width = code.len();
    format!("{:0width$}", (number + 1) % 10u64.pow(u32::try_from(width).unwrap()))
}

pub fn claims(token: &Value) -> Value {
    let payload = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// What both tokens of an answer say of how strong the sign-in was.
pub fn level(answer: &Value) -> Value {
    let tokens = &answer["AuthenticationResult"];
    let [access, id] = ["AccessToken", "IdToken"]
        .map(|name| claims(&tokens[name]))
        .map(|claims| json!([claims["acr"], claims["amr"]]));
    assert_eq!(access, id);
    access
}

pub fn has_tokens(answer: &Value) -> bool {
    answer.get("AuthenticationResult").is_some()
}

pub fn error(code: &str, message: &str) -> WireError {
    (code.to_owned(), message.to_owned())
}

pub fn not_authorized(message: &str) -> WireError {
    error("NotAuthorizedException", message)
}

pub fn invalid_parameter(message: &str) -> WireError {
    error("InvalidParameterException", message)
}

pub fn invalid_session() -> WireError {
    not_authorized("Invalid session for the user.")
}

pub fn used_session() -> WireError {
    not_authorized("Invalid session for the user, session can only be used once.")
}

pub fn locked() -> WireError {
    not_authorized(
        "Too many invalid credentials attempts. User temporarily locked. Please try again after few seconds.",
    )
}

pub fn wrong_totp() -> WireError {
    error("CodeMismatchException", "Invalid code received for user")
}

pub fn used_totp() -> WireError {
    error("ExpiredCodeException", "Your software token has already been used once.")
}

pub fn wrong_code() -> WireError {
    error("CodeMismatchException", "Invalid code or auth state for the user.")
}
