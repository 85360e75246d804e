//! Two instances over one database, and everything in it that can be guessed.

use std::sync::Arc;

use cenote_core::clock::Clock;
use cenote_core::testing::{AuthenticatorApp, TestService, TestServiceBuilder, WireError, merged, text};
use cenote_crypto::{KeyRing, MasterKey};
use cenote_store::testing::{TemporaryStore, temporary_postgres, temporary_sqlite};
use cenote_triggers::testing::{FakeAnswer, FakeLambda};
use serde_json::{Value, json};

use crate::kinds::{Kind, Target};

pub const PASSWORD: &str = "Passw0rd!";
pub const TEMPORARY: &str = "Temp0rary!";
pub const NEW_PASSWORD: &str = "N3w-Passw0rd!";
const ADDRESS: &str = "alice@example.org";
const NUMBER: &str = "+15555550100";
const DORAS_ADDRESS: &str = "dora@example.org";
const DORAS_NUMBER: &str = "+15555550177";
const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:f";
pub struct World {
    pub instances: [TestService; 2],
    pub pool: String,
    /// Two that say which users exist, then one that does not.
    pub clients: [String; 3],
    /// A name that nobody has, which seems to have a password and an address.
    nobody: String,
    /// The pool's functions.
    lambda: Arc<FakeLambda>,
    separate: bool,
}

impl World {
    pub async fn on_sqlite() -> Self {
        Self::on(temporary_sqlite().await, false).await
    }

    /// The instances have connections of their own.
    pub async fn on_postgres() -> Option<Self> {
        Some(Self::on(temporary_postgres().await?, true).await)
    }

    async fn on(store: TemporaryStore, separate: bool) -> Self {
        let lambda = Arc::new(FakeLambda::start(custom_challenge).await.unwrap());
        let builder = || TestService::builder().lambda(&lambda.url());
        let first = builder().store(store).start().await;
        let pool = first
            .pool(json!({
                "AutoVerifiedAttributes": ["email"], "AliasAttributes": ["email"],
                "UsernameConfiguration": { "CaseSensitive": false },
                "Policies": { "SignInPolicy": {
                    "AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "SMS_OTP"],
                } },
                "SmsConfiguration": { "SnsCallerArn": "arn:aws:iam::123456789012:role/sms" },
                "LambdaConfig": {
                    "DefineAuthChallenge": FUNCTION, "CreateAuthChallenge": FUNCTION,
                    "VerifyAuthChallengeResponse": FUNCTION,
                },
            }))
            .await;
        let flows = json!([
            "ALLOW_USER_PASSWORD_AUTH",
            "ALLOW_ADMIN_USER_PASSWORD_AUTH",
            "ALLOW_REFRESH_TOKEN_AUTH",
            "ALLOW_USER_AUTH",
            "ALLOW_USER_SRP_AUTH",
            "ALLOW_CUSTOM_AUTH",
        ]);
        let mut clients = Vec::new();
        for hiding in ["LEGACY", "LEGACY", "ENABLED"] {
            let members = json!({
                "ExplicitAuthFlows": flows, "PreventUserExistenceErrors": hiding, "AccessTokenValidity": 24,
            });
            clients.push(first.client(&pool, members).await);
        }
        let second = beside(&first, builder(), separate).await;
        let sns = json!({ "SnsCallerArn": "arn:aws:iam::123456789012:role/sms", "ExternalId": "x" });
        let factors = json!({
            "UserPoolId": pool, "MfaConfiguration": "OPTIONAL", "EmailMfaConfiguration": {},
            "SmsMfaConfiguration": { "SmsConfiguration": sns },
            "SoftwareTokenMfaConfiguration": { "Enabled": true },
        });
        first.ok("SetUserPoolMfaConfig", factors).await;
        let mut world = Self {
            instances: [first, second],
            pool,
            clients: clients.try_into().unwrap(),
            nobody: String::new(),
            lambda,
            separate,
        };
        world.nobody = world.find_nobody().await;
        for name in ["alice", "bob"] {
            world.confirmed(name).await;
        }
        let given = attributes(&[
            ("email", ADDRESS),
            ("email_verified", "true"),
            ("phone_number", NUMBER),
            ("phone_number_verified", "false"),
        ]);
        world
            .first()
            .ok("AdminUpdateUserAttributes", world.admin("alice", json!({ "UserAttributes": given })))
            .await;
        world
    }

    pub fn first(&self) -> &TestService {
        &self.instances[0]
    }

    async fn confirmed(&self, name: &str) {
        let members = json!({ "MessageAction": "SUPPRESS", "TemporaryPassword": PASSWORD });
        self.first().ok("AdminCreateUser", self.admin(name, members)).await;
        let members = json!({ "Password": PASSWORD, "Permanent": true });
        self.first().ok("AdminSetUserPassword", self.admin(name, members)).await;
    }

    pub fn admin(&self, name: &str, members: Value) -> Value {
        merged(json!({ "UserPoolId": self.pool, "Username": name }), members)
    }

    pub fn public(&self, client: usize, name: &str, members: Value) -> Value {
        merged(json!({ "ClientId": self.clients[client], "Username": name }), members)
    }

    pub async fn sign_in(
        &self,
        instance: usize,
        client: usize,
        name: &str,
        password: &str,
    ) -> Result<Value, WireError> {
        let request = json!({
            "ClientId": self.clients[client], "AuthFlow": "USER_PASSWORD_AUTH",
            "AuthParameters": { "USERNAME": name, "PASSWORD": password },
        });
        self.instances[instance].call("InitiateAuth", request).await
    }

    /// The answer of a sign-in that must succeed.
    pub async fn tokens(&self, name: &str) -> Value {
        self.sign_in(0, 0, name, PASSWORD).await.unwrap()["AuthenticationResult"].clone()
    }

    /// Both instances are stopped, and two others start on what they left.
    pub async fn restarted(self) -> Self {
        let builder = self.builder();
        self.restarted_with(&builder, &builder).await
    }

    /// The same with other master keys, newest first.
    pub async fn rotated(self, first: &[u8], second: &[u8]) -> Self {
        let builder = self.builder();
        let ring = |keys: &[u8]| {
            let mut keys = keys.iter().map(|byte| MasterKey::from_bytes([*byte; 32]));
            let active = keys.next().unwrap();
            let ring = KeyRing::new(active, keys.collect());
            let builder = &builder;
            move || builder().keyring(ring.clone())
        };
        self.restarted_with(ring(first), ring(second)).await
    }

    fn builder(&self) -> impl Fn() -> TestServiceBuilder + use<> {
        let url = self.lambda.url();
        move || TestService::builder().lambda(&url)
    }

    async fn restarted_with(
        self,
        first: impl Fn() -> TestServiceBuilder,
        second: impl Fn() -> TestServiceBuilder,
    ) -> Self {
        for instance in &self.instances {
            instance.service.store.close().await;
        }
        let first = first().start_again(&self.instances[0]).await;
        let second = beside(&first, second(), self.separate).await;
        Self { instances: [first, second], ..self }
    }

    /// Prepares something to guess.
    pub async fn target(&self, kind: Kind) -> Target {
        let service = self.first();
        // What was guessed before may have changed it.
        let members = json!({ "Password": PASSWORD, "Permanent": true });
        service.ok("AdminSetUserPassword", self.admin("alice", members)).await;
        let mut names: Vec<String> = match kind {
            Kind::SignUp => vec!["rosa".into(), "Rosa".into()],
            _ if kind.is_second_factor() => vec!["dora".into(), "DORA".into()],
            _ if kind.is_of_nobody() => vec![self.nobody.clone(), self.nobody.to_uppercase()],
            _ => vec!["alice".into(), "ALICE".into(), ADDRESS.into(), "Alice@Example.org".into()],
        };
        let (mut token, mut session) = (String::new(), String::new());
        let right = match kind {
            Kind::Reset => {
                service.ok("ForgotPassword", self.public(0, "alice", json!({}))).await;
                service.code_sent_to(ADDRESS).await
            }
            Kind::ResetOfNobody => {
                service.ok("ForgotPassword", self.public(2, &self.nobody, json!({}))).await;
                "there is none".into()
            }
            Kind::SignUp => {
                let given = attributes(&[("email", "rosa@example.org")]);
                let members = json!({ "Password": PASSWORD, "UserAttributes": given });
                service.ok("SignUp", self.public(0, "rosa", members)).await;
                service.code_sent_to("rosa@example.org").await
            }
            Kind::Email | Kind::PhoneNumber => {
                token = text(&self.tokens("alice").await["AccessToken"]);
                let request = json!({ "AccessToken": token, "AttributeName": kind.contact() });
                service.ok("GetUserAttributeVerificationCode", request).await;
                service.code_sent_to(if kind == Kind::Email { ADDRESS } else { NUMBER }).await
            }
            Kind::ChangePassword => {
                token = text(&self.tokens("alice").await["AccessToken"]);
                PASSWORD.into()
            }
            Kind::SignIn | Kind::AdminSignIn | Kind::Srp | Kind::ChosenPassword => PASSWORD.into(),
            Kind::EmailFirstFactor | Kind::SmsFirstFactor => {
                let (challenge, _) = kind.challenge();
                session = text(&self.first_factor(0, "alice", challenge).await["Session"]);
                service.code_sent_to(if challenge == "EMAIL_OTP" { ADDRESS } else { NUMBER }).await
            }
            Kind::FirstFactorOfNobody => {
                session = text(&self.first_factor(2, &self.nobody, "EMAIL_OTP").await["Session"]);
                "there is none".into()
            }
            Kind::SmsMfa | Kind::EmailMfa | Kind::App => {
                let right;
                (session, right) = self.second_factor(kind).await;
                right
            }
            Kind::SignInOfNobody | Kind::SrpOfNobody | Kind::ChosenPasswordOfNobody => "there is none".into(),
        };
        if matches!(kind, Kind::Reset | Kind::SignUp) {
            let user = service.ok("AdminGetUser", self.admin(&names[0], json!({}))).await;
            names.push(attribute(&user["UserAttributes"], "sub"));
        }
        Target { kind, names, token, session, right }
    }

    /// What a sign-in in USER_AUTH answers that prefers a challenge.
    async fn first_factor(&self, client: usize, name: &str, challenge: &str) -> Value {
        let request = json!({
            "ClientId": self.clients[client], "AuthFlow": "USER_AUTH",
            "AuthParameters": { "USERNAME": name, "PREFERRED_CHALLENGE": challenge },
        });
        self.first().ok("InitiateAuth", request).await
    }

    /// What a name seems to have follows from the name.
    async fn find_nobody(&self) -> String {
        for number in 0..100 {
            let name = format!("nobody{number}");
            let offered = self.first_factor(2, &name, "none").await["AvailableChallenges"].clone();
            let offered = offered.as_array().unwrap();
            if ["PASSWORD", "EMAIL_OTP"].iter().all(|challenge| offered.contains(&json!(challenge))) {
                return name;
            }
        }
        panic!("a hundred names seem to have no address");
    }

    /// The session of a challenge to dora, who has every factor, and the right code.
    async fn second_factor(&self, kind: Kind) -> (String, String) {
        let service = self.first();
        if service.call("AdminGetUser", self.admin("dora", json!({}))).await.is_err() {
            self.confirmed("dora").await;
            let given = attributes(&[("email", DORAS_ADDRESS), ("phone_number", DORAS_NUMBER)]);
            let request = self.admin("dora", json!({ "UserAttributes": given }));
            service.ok("AdminUpdateUserAttributes", request).await;
        }
        let off = json!({ "Enabled": false });
        let settings = json!({
            "SMSMfaSettings": off, "EmailMfaSettings": off, "SoftwareTokenMfaSettings": off,
        });
        service.ok("AdminSetUserMFAPreference", self.admin("dora", settings)).await;
        let token = text(&self.tokens("dora").await["AccessToken"]);
        let answer = service.ok("AssociateSoftwareToken", json!({ "AccessToken": token })).await;
        let app = AuthenticatorApp::new(&text(&answer["SecretCode"]));
        // Of the step before, so that the present one is still good.
        let code = app.code(service.clock.now_ms(), -1);
        service.ok("VerifySoftwareToken", json!({ "AccessToken": token, "UserCode": code })).await;
        let on = json!({ "Enabled": true });
        let settings =
            json!({ "SMSMfaSettings": on, "EmailMfaSettings": on, "SoftwareTokenMfaSettings": on });
        service.ok("AdminSetUserMFAPreference", self.admin("dora", settings)).await;
        let choice = self.sign_in(0, 0, "dora", PASSWORD).await.unwrap();
        let (challenge, _) = kind.challenge();
        let request = json!({
            "ClientId": self.clients[0], "ChallengeName": "SELECT_MFA_TYPE", "Session": choice["Session"],
            "ChallengeResponses": { "USERNAME": "dora", "ANSWER": challenge },
        });
        let asked = service.ok("RespondToAuthChallenge", request).await;
        let right = match kind {
            Kind::SmsMfa => service.code_sent_to(DORAS_NUMBER).await,
            Kind::EmailMfa => service.code_sent_to(DORAS_ADDRESS).await,
            _ => app.code(service.clock.now_ms(), 0),
        };
        (text(&asked["Session"]), right)
    }
}

async fn beside(first: &TestService, builder: TestServiceBuilder, separate: bool) -> TestService {
    if separate { builder.start_again(first).await } else { builder.start_beside(first) }
}

pub fn attributes(list: &[(&str, &str)]) -> Value {
    list.iter().map(|(name, value)| json!({ "Name": name, "Value": value })).collect()
}

pub fn attribute(list: &Value, name: &str) -> String {
    text(&list.as_array().unwrap().iter().find(|item| item["Name"] == name).unwrap()["Value"])
}

/// Wants the password proved, and nothing else.
#[expect(clippy::needless_pass_by_value, reason = "as functions are called")]
fn custom_challenge(event: Value) -> FakeAnswer {
    let last = event["request"]["session"].as_array().and_then(|session| session.last());
    let proved = last.is_some_and(|last| last["challengeName"] == "PASSWORD_VERIFIER");
    FakeAnswer::Response(json!({ "challengeName": "PASSWORD_VERIFIER", "issueTokens": proved }))
}
