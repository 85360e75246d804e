//! Two instances over one database, and everything in it that can be guessed.

use cenote_core::clock::Clock;
use cenote_core::testing::{AuthenticatorApp, TestService, TestServiceBuilder, WireError, merged, text};
use cenote_core::users::confirm_by_link;
use cenote_crypto::{KeyRing, MasterKey};
use cenote_store::testing::{TemporaryStore, temporary_postgres, temporary_sqlite};
use serde_json::{Value, json};

pub const PASSWORD: &str = "Passw0rd!";
pub const TEMPORARY: &str = "Temp0rary!";
pub const NEW_PASSWORD: &str = "N3w-Passw0rd!";
const ADDRESS: &str = "alice@example.org";
const NUMBER: &str = "+15555550100";
const DORAS_ADDRESS: &str = "dora@example.org";
const DORAS_NUMBER: &str = "+15555550177";
const LOCKED: &str =
    "Too many invalid credentials attempts. User temporarily locked. Please try again after few seconds.";

/// What can be guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The code of ForgotPassword.
    Reset,
    /// The code of SignUp.
    SignUp,
    /// The codes that verify a contact.
    Email,
    PhoneNumber,
    /// The old password, with an access token at hand.
    ChangePassword,
    SignIn,
    AdminSignIn,
    /// The code that signs in alone.
    FirstFactor,
    /// The codes of second factors, with the password at hand.
    SmsMfa,
    EmailMfa,
    App,
    /// The same for a name that nobody has, where that is hidden.
    ResetOfNobody,
    SignInOfNobody,
}

impl Kind {
    pub const ALL: [Self; 13] = [
        Self::Reset,
        Self::SignUp,
        Self::Email,
        Self::PhoneNumber,
        Self::ChangePassword,
        Self::SignIn,
        Self::AdminSignIn,
        Self::FirstFactor,
        Self::SmsMfa,
        Self::EmailMfa,
        Self::App,
        Self::ResetOfNobody,
        Self::SignInOfNobody,
    ];

    /// How many guesses are compared.
    pub fn budget(self) -> usize {
        match self {
            Self::SignUp | Self::Email | Self::PhoneNumber => 15,
            Self::FirstFactor => 10,
            _ => 5,
        }
    }

    /// Whether a code is guessed that somebody has.
    pub fn is_code(self) -> bool {
        matches!(self, Self::Reset | Self::SignUp | Self::Email | Self::PhoneNumber | Self::FirstFactor)
            || self.is_second_factor()
    }

    pub fn is_second_factor(self) -> bool {
        matches!(self, Self::SmsMfa | Self::EmailMfa | Self::App)
    }

    /// The challenge that asks for the code, and the member that holds it.
    fn challenge(self) -> (&'static str, &'static str) {
        match self {
            Self::SmsMfa => ("SMS_MFA", "SMS_MFA_CODE"),
            Self::EmailMfa | Self::FirstFactor => ("EMAIL_OTP", "EMAIL_OTP_CODE"),
            _ => ("SOFTWARE_TOKEN_MFA", "SOFTWARE_TOKEN_MFA_CODE"),
        }
    }

    /// Whether a wrong guess costs a power.
    pub fn is_slow(self) -> bool {
        matches!(self, Self::ChangePassword | Self::SignIn | Self::AdminSignIn | Self::SignInOfNobody)
    }

    pub fn is_of_nobody(self) -> bool {
        matches!(self, Self::ResetOfNobody | Self::SignInOfNobody)
    }

    fn contact(self) -> &'static str {
        if self == Self::PhoneNumber { "phone_number" } else { "email" }
    }
}

/// What became of a guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Right,
    Wrong,
    /// Not compared: the budget is spent.
    Refused,
    /// Not compared: there is nothing to guess any more.
    Gone,
}

/// Something to guess, and what is right.
#[derive(Clone, Debug)]
pub struct Target {
    pub kind: Kind,
    /// All the names that lead to it.
    pub names: Vec<String>,
    pub token: String,
    /// Of the challenge that asks for the code.
    pub session: String,
    pub right: String,
}

impl Target {
    /// A wrong guess; another one for each number.
    pub fn wrong(&self, number: usize) -> String {
        if self.kind.is_code() {
            let right: usize = self.right.parse().unwrap();
            // Steps beside the present one have codes as well.
            let away = if self.kind == Kind::App { 77_777 } else { 1 };
            return format!("{:06}", (right + away + number % 900_000) % 1_000_000);
        }
        format!("Wr0ng-guess-{number:06}")
    }
}

pub struct World {
    pub instances: [TestService; 2],
    pub pool: String,
    /// Two that say which users exist, then one that does not.
    pub clients: [String; 3],
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
        let first = TestService::builder().store(store).start().await;
        let pool = first
            .pool(json!({
                "AutoVerifiedAttributes": ["email"], "AliasAttributes": ["email"],
                "UsernameConfiguration": { "CaseSensitive": false },
                "Policies": { "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"] } },
            }))
            .await;
        let flows = json!([
            "ALLOW_USER_PASSWORD_AUTH",
            "ALLOW_ADMIN_USER_PASSWORD_AUTH",
            "ALLOW_REFRESH_TOKEN_AUTH",
            "ALLOW_USER_AUTH",
        ]);
        let mut clients = Vec::new();
        for hiding in ["LEGACY", "LEGACY", "ENABLED"] {
            let members = json!({
                "ExplicitAuthFlows": flows, "PreventUserExistenceErrors": hiding, "AccessTokenValidity": 24,
            });
            clients.push(first.client(&pool, members).await);
        }
        let second = beside(&first, TestService::builder(), separate).await;
        let sns = json!({ "SnsCallerArn": "arn:aws:iam::123456789012:role/sms", "ExternalId": "x" });
        let factors = json!({
            "UserPoolId": pool, "MfaConfiguration": "OPTIONAL", "EmailMfaConfiguration": {},
            "SmsMfaConfiguration": { "SmsConfiguration": sns },
            "SoftwareTokenMfaConfiguration": { "Enabled": true },
        });
        first.ok("SetUserPoolMfaConfig", factors).await;
        let world = Self { instances: [first, second], pool, clients: clients.try_into().unwrap(), separate };
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
        self.restarted_with(TestService::builder, TestService::builder).await
    }

    /// The same with other master keys, newest first.
    pub async fn rotated(self, first: &[u8], second: &[u8]) -> Self {
        let ring = |keys: &[u8]| {
            let mut keys = keys.iter().map(|byte| MasterKey::from_bytes([*byte; 32]));
            let active = keys.next().unwrap();
            let ring = KeyRing::new(active, keys.collect());
            move || TestService::builder().keyring(ring.clone())
        };
        self.restarted_with(ring(first), ring(second)).await
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
            _ if kind.is_of_nobody() => vec!["nobody".into(), "NoBody".into()],
            _ => vec!["alice".into(), "ALICE".into(), ADDRESS.into(), "Alice@Example.org".into()],
        };
        let (mut token, mut session) = (String::new(), String::new());
        let right = match kind {
            Kind::Reset => {
                service.ok("ForgotPassword", self.public(0, "alice", json!({}))).await;
                service.code_sent_to(ADDRESS).await
            }
            Kind::ResetOfNobody => {
                service.ok("ForgotPassword", self.public(2, "nobody", json!({}))).await;
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
            Kind::SignIn | Kind::AdminSignIn => PASSWORD.into(),
            Kind::FirstFactor => {
                let request = json!({
                    "ClientId": self.clients[0], "AuthFlow": "USER_AUTH",
                    "AuthParameters": { "USERNAME": "alice", "PREFERRED_CHALLENGE": "EMAIL_OTP" },
                });
                session = text(&service.ok("InitiateAuth", request).await["Session"]);
                service.code_sent_to(ADDRESS).await
            }
            Kind::SmsMfa | Kind::EmailMfa | Kind::App => {
                let right;
                (session, right) = self.second_factor(kind).await;
                right
            }
            Kind::SignInOfNobody => "there is none".into(),
        };
        if matches!(kind, Kind::Reset | Kind::SignUp) {
            let user = service.ok("AdminGetUser", self.admin(&names[0], json!({}))).await;
            names.push(attribute(&user["UserAttributes"], "sub"));
        }
        Target { kind, names, token, session, right }
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

    /// Guesses. The turn chooses instance, client and name.
    pub async fn guess(&self, target: &Target, turn: usize, guess: &str) -> Answer {
        let service = &self.instances[turn % 2];
        let name = &target.names[turn / 2 % target.names.len()];
        let client = if target.kind.is_of_nobody() { 2 } else { turn % self.clients.len() };
        let outcome = match target.kind {
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
            Kind::FirstFactor | Kind::SmsMfa | Kind::EmailMfa | Kind::App => {
                let (challenge, member) = target.kind.challenge();
                let mut request = json!({
                    "ClientId": self.clients[0], "ChallengeName": challenge, "Session": target.session,
                    "ChallengeResponses": { "USERNAME": name, member: guess },
                });
                // A back end guesses with its users.
                if turn % 3 == 2 {
                    request["UserPoolId"] = json!(self.pool);
                    service.call("AdminRespondToAuthChallenge", request).await
                } else {
                    service.call("RespondToAuthChallenge", request).await
                }
            }
            Kind::AdminSignIn => {
                let request = json!({
                    "UserPoolId": self.pool, "ClientId": self.clients[client],
                    "AuthFlow": "ADMIN_USER_PASSWORD_AUTH",
                    "AuthParameters": { "USERNAME": name, "PASSWORD": guess },
                });
                service.call("AdminInitiateAuth", request).await
            }
        };
        answer(outcome)
    }
}

fn answer(outcome: Result<Value, WireError>) -> Answer {
    let Err((code, message)) = outcome else { return Answer::Right };
    match (code.as_str(), message.as_str()) {
        ("CodeMismatchException", _) | (_, "Incorrect username or password.") => Answer::Wrong,
        ("LimitExceededException", _) | (_, "Password attempts exceeded" | LOCKED) => Answer::Refused,
        (_, "Invalid session for the user.") => Answer::Refused,
        (_, "Invalid session for the user, session can only be used once.") => Answer::Gone,
        ("ExpiredCodeException" | "UserNotConfirmedException", _)
        | (_, "User cannot be confirmed. Current status is CONFIRMED") => Answer::Gone,
        other => panic!("{other:?}"),
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

/// How many guess at once; with `CENOTE_LONG=1` a multitude: as many as PostgreSQL's few connections serve before those who
/// wait for one are told that none is free.
pub fn crowd(kind: Kind) -> usize {
    let long = std::env::var("CENOTE_LONG").is_ok_and(|long| long == "1");
    match (long, kind.is_slow()) {
        (false, true) => 40,
        (false, false) => 250,
        (true, true) => 1_000,
        (true, false) => 2_000,
    }
}
