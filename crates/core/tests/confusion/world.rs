//! Pools, clients and users that are as alike as they can be.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use cenote_core::testing::{AuthenticatorApp, TestService, WireError, merged, text};
use cenote_crypto::web_authn::testing::{Authenticator, Said};
use cenote_crypto::{KeyRing, MasterKey, SecretString, secret_hash};
use cenote_store::{PoolId, Sub, User};
use cenote_triggers::testing::{FakeAnswer, FakeLambda};
use serde_json::{Value, json};

use crate::devices::{Device, DeviceQuestion};
use crate::set_up::Step;
use crate::srp::Challenge;

pub const PASSWORD: &str = "Passw0rd!";
pub const NEW_PASSWORD: &str = "N3w-Passw0rd!";
const FLOWS: [&str; 8] = [
    "ALLOW_CUSTOM_AUTH",
    "ALLOW_USER_PASSWORD_AUTH",
    "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    "ALLOW_USER_SRP_AUTH",
    "ALLOW_USER_AUTH",
    "ALLOW_REFRESH_TOKEN_AUTH",
    "ALLOW_TOKEN_EXCHANGE_IMPERSONATION",
    "ALLOW_TOKEN_EXCHANGE_DELEGATION",
];

/// What a right answer needs besides the text that it goes with. Each world has its own: their texts are alike, their keys are not.
#[derive(Default)]
pub struct Known {
    /// By secret block.
    pub challenges: Mutex<BTreeMap<String, Challenge>>,
    /// Codes and proofs of first factors, by session.
    pub codes: Mutex<BTreeMap<String, String>>,
    /// Codes of second factors, by session.
    pub factor_codes: Mutex<BTreeMap<String, String>>,
    /// By pool and user.
    pub apps: Mutex<BTreeMap<(String, String), AuthenticatorApp>>,
    pub devices: Mutex<BTreeMap<(String, String), Device>>,
    /// By session, and by secret block.
    pub device_sessions: Mutex<BTreeMap<String, Device>>,
    pub device_questions: Mutex<BTreeMap<String, DeviceQuestion>>,
}

/// From where something is presented, or where it belongs.
#[derive(Clone)]
pub struct Home {
    pub pool: String,
    pub client: String,
    /// A client with a secret.
    pub secret_client: String,
    pub secret: String,
    pub subject: &'static str,
    /// Of the subject itself, by the client.
    pub access_token: String,
    pub known: Arc<Known>,
}

impl PartialEq for Home {
    fn eq(&self, other: &Self) -> bool {
        let key = |home: &Self| (home.pool.clone(), home.client.clone(), home.subject);
        key(self) == key(other)
    }
}

impl std::fmt::Debug for Home {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} by {} in {}", self.subject, self.client, self.pool)
    }
}

impl Home {
    /// The subject as [`Stage`].
    pub fn user(&self, stage: Stage) -> String {
        format!("{}{}", self.subject, stage.suffix())
    }

    pub fn secret_hash(&self, user: &str) -> String {
        secret_hash::compute(user, &self.secret_client, &SecretString::new(self.secret.clone()))
    }
}

/// Each subject has a user in each of these states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// With a password, an address and a number.
    Confirmed,
    /// Not confirmed, but an administrator vouched for the address.
    New,
    /// With a temporary password.
    Invited,
    /// An administrator reset the password.
    Reset,
    /// As the first, and with every second factor switched on. This and those below have nothing of what the others have, and
    /// are looked at where it counts.
    Factors,
    /// With a remembered device.
    Device,
    /// Without contacts, on the way to a second factor.
    SetUp(Step),
    /// Signed up and confirmed by a code.
    SignedUp,
}

impl Stage {
    pub const ALL: [Self; 4] = [Self::Confirmed, Self::New, Self::Invited, Self::Reset];
    pub const SET_UP: [Self; 3] =
        [Self::SetUp(Step::Asked), Self::SetUp(Step::Associated), Self::SetUp(Step::Verified)];

    fn suffix(self) -> &'static str {
        match self {
            Self::Confirmed => "",
            Self::New => "-new",
            Self::Invited => "-invited",
            Self::Reset => "-reset",
            Self::Factors => "-factors",
            Self::Device => "-device",
            Self::SetUp(Step::Asked) => "-asked",
            Self::SetUp(Step::Associated) => "-associated",
            Self::SetUp(Step::Verified) => "-verified",
            Self::SignedUp => "-signed-up",
        }
    }
}

pub struct World {
    pub service: TestService,
    /// The pools' functions.
    pub lambda: FakeLambda,
    /// Home, and what differs from it in one thing each: the client, the user, the pool, the region.
    pub homes: Vec<Home>,
    /// By pool and subject.
    pub passkeys: BTreeMap<(String, &'static str), Authenticator>,
    pub known: Arc<Known>,
}

impl World {
    pub async fn new() -> Self {
        // No limits: they are somebody else's tests, and stop whoever presents so much.
        let lambda = FakeLambda::start(custom_challenge).await.unwrap();
        let builder = TestService::builder().own_keys().lambda(&lambda.url()).settings(|settings| {
            let limits = &mut settings.limits;
            for limit in [
                &mut limits.recovery_requests_per_hour,
                &mut limits.recovery_attempts_per_hour,
                &mut limits.confirm_sign_up_attempts_per_hour,
                &mut limits.resend_codes_per_hour,
                &mut limits.attribute_codes_per_hour,
                &mut limits.attribute_attempts_per_hour,
                &mut limits.change_password_per_hour,
                &mut limits.sign_in_codes_per_hour,
                &mut limits.mfa_codes_per_hour,
                &mut limits.password_attempts,
                &mut limits.mfa_code_attempts,
            ] {
                *limit = 0;
            }
        });
        let service = builder.start().await;
        let mut world =
            Self { service, lambda, homes: Vec::new(), passkeys: BTreeMap::new(), known: Arc::default() };
        let first = world.pool("us-east-1").await;
        let one = world.clients(&first).await;
        let two = world.clients(&first).await;
        let second = world.pool("us-east-1").await;
        let of_second = world.clients(&second).await;
        let elsewhere = world.pool("eu-west-1").await;
        let of_elsewhere = world.clients(&elsewhere).await;
        for (pool, (client, ..)) in [(&first, &one), (&second, &of_second), (&elsewhere, &of_elsewhere)] {
            for subject in ["alice", "bob"] {
                world.people(pool, subject).await;
                let user = format!("{subject}{}", Stage::Factors.suffix());
                world.person(pool, &user, Stage::Factors).await;
                world.enroll(pool, client, &user).await;
                for stage in [&Stage::SET_UP[..], &[Stage::Device]].concat() {
                    world.person(pool, &format!("{subject}{}", stage.suffix()), stage).await;
                }
            }
        }
        let homes = [
            (&first, &one, "alice"),
            (&first, &two, "alice"),
            (&first, &one, "bob"),
            (&second, &of_second, "alice"),
            (&elsewhere, &of_elsewhere, "alice"),
        ];
        for (pool, (client, secret_client, secret), subject) in homes {
            let tokens = world.sign_in(client, subject).await;
            if client == &one.0 || pool != &first {
                let passkey = world.passkey(&text(&tokens["AccessToken"])).await;
                world.passkeys.insert((pool.clone(), subject), passkey);
            }
            world.homes.push(Home {
                pool: pool.clone(),
                client: client.clone(),
                secret_client: secret_client.clone(),
                secret: secret.clone(),
                subject,
                access_token: text(&tokens["AccessToken"]),
                known: world.known.clone(),
            });
        }
        world
    }

    async fn pool(&mut self, region: &str) -> String {
        self.service.caller.region = region.into();
        let pool = self.service.pool(pool_members()).await;
        self.offer_factors(&pool, "OPTIONAL").await;
        for name in ["first", "second"] {
            self.service.ok("CreateGroup", json!({ "UserPoolId": pool, "GroupName": name })).await;
        }
        pool
    }

    async fn offer_factors(&self, pool: &str, mfa: &str) {
        let sns = json!({ "SnsCallerArn": "arn:aws:iam::123456789012:role/sms", "ExternalId": "x" });
        let factors = json!({
            "UserPoolId": pool, "MfaConfiguration": mfa, "EmailMfaConfiguration": {},
            "SmsMfaConfiguration": { "SmsConfiguration": sns },
            "SoftwareTokenMfaConfiguration": { "Enabled": true },
            "WebAuthnConfiguration": { "RelyingPartyId": "localhost" },
        });
        self.service.ok("SetUserPoolMfaConfig", factors).await;
    }

    /// Whether the pools keep devices, and whether everybody is asked for a second factor.
    pub async fn configure(&self, devices: bool, mfa: &str) {
        let pools: BTreeSet<&str> = self.homes.iter().map(|home| home.pool.as_str()).collect();
        for pool in pools {
            let mut members = merged(pool_members(), json!({ "UserPoolId": pool }));
            if devices {
                members["DeviceConfiguration"] = json!({ "ChallengeRequiredOnNewDevice": false, "DeviceOnlyRememberedOnUserPrompt": false });
            }
            if mfa == "ON" {
                // Codes that sign in alone do not go with it.
                members["Policies"] = json!({ "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD"] } });
                self.service.ok("UpdateUserPool", members).await;
                self.offer_factors(pool, mfa).await;
            } else {
                self.offer_factors(pool, mfa).await;
                self.service.ok("UpdateUserPool", members).await;
            }
        }
    }

    /// An instance whose newest master key the others do not have.
    pub fn former(&self) -> TestService {
        let ring = KeyRing::new(MasterKey::from_bytes([9; 32]), vec![MasterKey::from_bytes([7; 32])]);
        TestService::builder().keyring(ring).lambda(&self.lambda.url()).start_beside(&self.service)
    }

    /// Makes two passkeys; one of them.
    async fn passkey(&self, access_token: &str) -> Authenticator {
        let passkeys = [Authenticator::es256(b"one"), Authenticator::es256(b"two")];
        for passkey in &passkeys {
            let start = json!({ "AccessToken": access_token });
            let answer = self.service.ok("StartWebAuthnRegistration", start).await;
            let said = Said::to(&answer["CredentialCreationOptions"], "http://localhost");
            let complete = json!({ "AccessToken": access_token, "Credential": passkey.register(&said) });
            self.service.ok("CompleteWebAuthnRegistration", complete).await;
        }
        let [one, _] = passkeys;
        one
    }

    /// A public client, one with a secret, and the secret.
    async fn clients(&self, pool: &str) -> (String, String, String) {
        let client = self.service.client(pool, json!({ "ExplicitAuthFlows": FLOWS })).await;
        let members = json!({
            "UserPoolId": pool, "ClientName": "secret", "ExplicitAuthFlows": FLOWS, "GenerateSecret": true,
        });
        let with_secret = self.service.ok("CreateUserPoolClient", members).await["UserPoolClient"].clone();
        (client, text(&with_secret["ClientId"]), text(&with_secret["ClientSecret"]))
    }

    async fn people(&self, pool: &str, subject: &str) {
        for stage in Stage::ALL {
            self.person(pool, &format!("{subject}{}", stage.suffix()), stage).await;
        }
    }

    /// A user in a state, and a member of both groups.
    pub async fn person(&self, pool: &str, user: &str, stage: Stage) {
        let all = json!([
            { "Name": "email", "Value": format!("{user}@example.org") }, { "Name": "email_verified", "Value": "true" },
            { "Name": "phone_number", "Value": "+15555550100" },
        ]);
        let given = if matches!(stage, Stage::SetUp(_)) { json!([]) } else { all };
        let of = |members: Value| merged(json!({ "UserPoolId": pool, "Username": user }), members);
        if stage == Stage::New {
            let client = self.service.ok("ListUserPoolClients", json!({ "UserPoolId": pool })).await;
            let public = client["UserPoolClients"]
                .as_array()
                .unwrap()
                .iter()
                .find(|one| one["ClientName"] == "client");
            let request = json!({
                "ClientId": public.unwrap()["ClientId"], "Username": user, "Password": PASSWORD,
                "UserAttributes": [given[0], given[2]],
            });
            self.service.ok("SignUp", request).await;
            let vouched = json!([given[1]]);
            self.service.ok("AdminUpdateUserAttributes", of(json!({ "UserAttributes": vouched }))).await;
        } else {
            let members = json!({
                "MessageAction": "SUPPRESS", "TemporaryPassword": PASSWORD, "UserAttributes": given,
            });
            self.service.ok("AdminCreateUser", of(members)).await;
        }
        if !matches!(stage, Stage::New | Stage::Invited) {
            let members = json!({ "Password": PASSWORD, "Permanent": true });
            self.service.ok("AdminSetUserPassword", of(members)).await;
        }
        for group in ["first", "second"] {
            self.service.ok("AdminAddUserToGroup", of(json!({ "GroupName": group }))).await;
        }
    }

    /// What the store has of a user.
    pub async fn user(&self, home: &Home, stage: Stage) -> User {
        let request = json!({ "UserPoolId": home.pool, "Username": home.user(stage) });
        let shown = self.service.ok("AdminGetUser", request).await;
        let attributes = shown["UserAttributes"].as_array().unwrap();
        let sub = attributes.iter().find(|item| item["Name"] == "sub").unwrap()["Value"].clone();
        let (pool, sub) = (PoolId::new(home.pool.as_str()), Sub::new(text(&sub)));
        self.service.service.store.find_user(&pool, &sub).await.unwrap().unwrap()
    }

    /// What a sign-in answers: tokens.
    pub async fn sign_in(&self, client: &str, user: &str) -> Value {
        self.start(&self.service, client, user).await["AuthenticationResult"].clone()
    }

    /// The session of a question that the pool's functions ask the home's subject.
    pub async fn question(&self, service: &TestService, home: &Home) -> String {
        let request = json!({
            "ClientId": home.client, "AuthFlow": "CUSTOM_AUTH", "AuthParameters": { "USERNAME": home.subject },
        });
        text(&service.ok("InitiateAuth", request).await["Session"])
    }

    /// What a sign-in on an instance answers.
    pub async fn start(&self, service: &TestService, client: &str, user: &str) -> Value {
        let request = json!({
            "ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH",
            "AuthParameters": { "USERNAME": user, "PASSWORD": PASSWORD },
        });
        service.ok("InitiateAuth", request).await
    }

    /// The code of the newest message of a purpose to a user.
    pub async fn code(&self, pool: &str, user: &str, purposes: &[&str]) -> String {
        let inbox = self.service.inbox().await;
        let fits = |message: &cenote_store::InboxMessage| {
            message.pool_id.as_str() == pool
                && message.username == user
                && purposes.contains(&message.purpose.as_str())
        };
        inbox.into_iter().find(fits).and_then(|message| message.code).unwrap()
    }
}

fn pool_members() -> Value {
    let function = "arn:aws:lambda:us-east-1:123456789012:function:f";
    // An address that is the first to bring a new password is no second factor.
    let recovery = json!([
        { "Name": "verified_phone_number", "Priority": 1 }, { "Name": "verified_email", "Priority": 2 },
    ]);
    json!({
        "AutoVerifiedAttributes": ["email"],
        "AccountRecoverySetting": { "RecoveryMechanisms": recovery },
        "LambdaConfig": {
            "DefineAuthChallenge": function, "CreateAuthChallenge": function,
            "VerifyAuthChallengeResponse": function,
        },
        "Policies": { "SignInPolicy": {
            "AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"],
        } },
        "SmsConfiguration": { "SnsCallerArn": "arn:aws:iam::123456789012:role/sns" },
    })
}

pub fn error(code: &str, message: impl Into<String>) -> WireError {
    (code.to_owned(), message.into())
}

/// Asks one question, to which every answer is right.
#[expect(clippy::needless_pass_by_value, reason = "as functions are called")]
fn custom_challenge(event: Value) -> FakeAnswer {
    let asked = event["request"]["session"].as_array().is_some_and(|session| !session.is_empty());
    FakeAnswer::Response(match event["triggerSource"].as_str() {
        Some("DefineAuthChallenge_Authentication") => {
            json!({ "challengeName": "CUSTOM_CHALLENGE", "issueTokens": asked })
        }
        Some("VerifyAuthChallengeResponse_Authentication") => json!({ "answerCorrect": true }),
        _ => json!({}),
    })
}
