//! A pool, alice, and what a caller has seen so far.

use std::collections::BTreeSet;

use cenote_core::testing::{TestService, text};
use cenote_crypto::web_authn::testing::{Authenticator, Said, USER_PRESENT};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::model::{Setting, Shown};
use super::steps::{Code, Proof, Step};
use crate::device::Device;
use crate::world::*;

const ORIGIN: &str = "https://app.example.com";
pub const ANSWER: &str = "sesame";
const FACTORS: [&str; 3] = ["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"];
/// DEVICE_PASSWORD_VERIFIER is none of them: it goes by its secret block and looks at no session.
const CHALLENGES: [&str; 11] = [
    "SELECT_CHALLENGE",
    "PASSWORD",
    "CUSTOM_CHALLENGE",
    "WEB_AUTHN",
    "EMAIL_OTP",
    "SOFTWARE_TOKEN_MFA",
    "SMS_MFA",
    "DEVICE_SRP_AUTH",
    "NEW_PASSWORD_REQUIRED",
    "SELECT_MFA_TYPE",
    "MFA_SETUP",
];

/// A challenge that came of a request.
#[derive(Clone, Debug)]
struct Seen {
    challenge: String,
    session: Value,
    parameters: Value,
    shown: Shown,
    /// Of EMAIL_OTP: the code that was sent.
    code: String,
    /// Of DEVICE_PASSWORD_VERIFIER: the session of the sign-in that it is about.
    about: String,
}

pub struct Run {
    world: World,
    pub setting: Setting,
    app: App,
    passkey: Authenticator,
    device: Device,
    seen: Vec<Seen>,
    /// What a step succeeded by.
    spent: BTreeSet<String>,
    used_code: String,
    /// The sign-in that the server keeps for clients that send no session.
    waiting: Option<Seen>,
    /// What was shown by those who got tokens, and how the pool was set up then.
    pub tokens: Vec<(Setting, Shown)>,
}

impl Run {
    pub async fn new(setting: &Setting, lambda: &str) -> Self {
        let factors: &[&str] = if setting.mode == "ON" { &["PASSWORD", "WEB_AUTHN"] } else { &FACTORS };
        let members = json!({
            "AccountRecoverySetting": { "RecoveryMechanisms": [{ "Name": "admin_only", "Priority": 1 }] },
            "Policies": { "SignInPolicy": { "AllowedFirstAuthFactors": factors } },
            "LambdaConfig": {
                "DefineAuthChallenge": FUNCTION, "CreateAuthChallenge": FUNCTION,
                "VerifyAuthChallengeResponse": FUNCTION,
            },
            "DeviceConfiguration": {
                "ChallengeRequiredOnNewDevice": setting.device_is_second, "DeviceOnlyRememberedOnUserPrompt": true,
            },
        });
        let offers = Offers { mode: "OPTIONAL", sms: false, email: false, totp: true };
        let mut world = World::with(TestService::builder().lambda(lambda), members, offers).await;
        let flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_AUTH", "ALLOW_CUSTOM_AUTH"];
        world.client = world.service.client(&world.pool, json!({ "ExplicitAuthFlows": flows })).await;
        world.confirmed("alice", &[("email", ADDRESS)]).await;
        let tokens = world.start("alice").await["AuthenticationResult"].clone();
        let device = Device::confirm(&world, &tokens).await;
        let access = text(&tokens["AccessToken"]);
        let app = world.app(&access).await;
        // A pool that asks everybody for two factors allows passkeys only as both; whose are is up to each user.
        let multi = setting.passkey_is_two || setting.mode == "ON";
        let kind = if multi { "MULTI_FACTOR_WITH_USER_VERIFICATION" } else { "SINGLE_FACTOR" };
        let mut request = json!({
            "UserPoolId": world.pool, "MfaConfiguration": setting.mode,
            "WebAuthnConfiguration": { "RelyingPartyId": "example.com", "FactorConfiguration": kind },
        });
        if setting.mode != "OFF" {
            request["SoftwareTokenMfaConfiguration"] = json!({ "Enabled": true });
        }
        world.service.ok("SetUserPoolMfaConfig", request).await;
        let passkey = Authenticator::es256(b"alice's passkey");
        let answer = world.service.ok("StartWebAuthnRegistration", json!({ "AccessToken": access })).await;
        let credential = passkey.register(&Said::to(&answer["CredentialCreationOptions"], ORIGIN));
        let request = json!({ "AccessToken": access, "Credential": credential });
        world.service.ok("CompleteWebAuthnRegistration", request).await;
        let run = Self {
            world,
            setting: setting.clone(),
            app,
            passkey,
            device,
            seen: Vec::new(),
            spent: BTreeSet::new(),
            used_code: "000000".to_owned(),
            waiting: None,
            tokens: Vec::new(),
        };
        run.remember(setting.remembered).await;
        if setting.app {
            run.ask(true).await.unwrap();
        }
        run
    }

    async fn remember(&self, remembered: bool) {
        let status = if remembered { "remembered" } else { "not_remembered" };
        let members = json!({ "DeviceKey": self.device.key, "DeviceRememberedStatus": status });
        self.world.service.ok("AdminUpdateDeviceStatus", self.world.admin("alice", members)).await;
    }

    /// Whether alice is asked for her app, and a passkey may stand for both where the pool allows it.
    async fn ask(&self, app: bool) -> Answer {
        let mut members = json!({ "SoftwareTokenMfaSettings": { "Enabled": app } });
        if self.setting.passkey_is_two {
            members["WebAuthnMfaSettings"] = json!({ "Enabled": app });
        }
        self.world.service.call("AdminSetUserMFAPreference", self.world.admin("alice", members)).await
    }

    /// Mostly the newest of this challenge; else any, of whatever challenge and however old.
    fn pick(&self, number: usize, challenge: &str) -> Option<Seen> {
        let newest = self.seen.iter().rev().find(|seen| seen.challenge == challenge);
        if !number.is_multiple_of(4) && newest.is_some() {
            return newest.cloned();
        }
        self.seen.get(number % self.seen.len().max(1)).cloned()
    }

    /// What came of a request after which this much is shown, and which uses up `spends`.
    async fn judge(
        &mut self,
        spends: Option<String>,
        shown: Shown,
        outcome: Answer,
    ) -> Result<(), TestCaseError> {
        let Ok(answer) = outcome else { return Ok(()) };
        if let Some(spends) = spends {
            prop_assert!(self.spent.insert(spends), "a session worked twice");
        }
        if has_tokens(&answer) {
            prop_assert!(self.setting.is_enough(&shown), "tokens for {shown:?} in {:?}", self.setting);
            prop_assert!(answer.get("Session").is_none(), "tokens beside a challenge");
            self.tokens.push((self.setting.clone(), shown));
            return Ok(());
        }
        let challenge = text(&answer["ChallengeName"]);
        let code = if challenge == "EMAIL_OTP" { self.world.code(ADDRESS).await } else { String::new() };
        let (session, parameters) = (answer["Session"].clone(), answer["ChallengeParameters"].clone());
        let seen = Seen { challenge, session, parameters, shown, code, about: String::new() };
        if seen.challenge == "DEVICE_SRP_AUTH" {
            self.waiting = Some(seen.clone());
        }
        self.seen.push(seen);
        Ok(())
    }

    async fn start(&self, flow: &str, names_device: bool, mut parameters: Value) -> Answer {
        parameters["USERNAME"] = json!("alice");
        if names_device {
            parameters["DEVICE_KEY"] = json!(self.device.key);
        }
        let request =
            json!({ "ClientId": self.world.client, "AuthFlow": flow, "AuthParameters": parameters });
        self.world.service.call("InitiateAuth", request).await
    }

    /// Answers a challenge in a session that was mostly seen at it. What is right counts only there.
    async fn answer(
        &mut self,
        seen: &Seen,
        challenge: &str,
        shown: Shown,
        responses: Value,
    ) -> Result<bool, TestCaseError> {
        let outcome = self.world.respond(challenge, &seen.session, "alice", responses).await;
        let accepted = outcome.is_ok();
        prop_assert!(!accepted || seen.challenge == challenge, "{} at {challenge}", seen.challenge);
        self.judge(Some(text(&seen.session)), shown, outcome).await?;
        Ok(accepted)
    }

    pub async fn take(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match *step {
            Step::Password { right, names_device } => {
                let shown = Shown { password: right, names_device, ..Shown::default() };
                let parameters = json!({ "PASSWORD": password(right) });
                let outcome = self.start("USER_PASSWORD_AUTH", names_device, parameters).await;
                self.judge(None, shown, outcome).await
            }
            Step::Choose { factor, right, names_device } => {
                let mut parameters = json!({ "PASSWORD": password(right) });
                if let Some(factor) = FACTORS.get(factor) {
                    parameters["PREFERRED_CHALLENGE"] = json!(factor);
                }
                let outcome = self.start("USER_AUTH", names_device, parameters).await;
                let taken = factor == 0 && !is_asked_to(&outcome, "SELECT_CHALLENGE");
                // Neither codes nor passkeys look at devices.
                let names_device = names_device && taken;
                let shown = Shown { password: right && taken, names_device, ..Shown::default() };
                self.judge(None, shown, outcome).await
            }
            Step::Custom { names_device } => {
                let outcome = self.start("CUSTOM_AUTH", names_device, json!({})).await;
                let shown = Shown { custom: true, names_device, ..Shown::default() };
                self.judge(None, shown, outcome).await
            }
            Step::Select { session, factor, right } => {
                let Some(seen) = self.pick(session, "SELECT_CHALLENGE") else { return Ok(()) };
                let shown = Shown { password: factor == 0 && right, ..seen.shown };
                let mut responses = json!({ "ANSWER": FACTORS[factor] });
                // Half of the clients send it with their choice, the others when they are asked.
                let sends = session.is_multiple_of(2);
                if sends {
                    responses["PASSWORD"] = json!(password(right));
                }
                let shown = if sends { shown } else { seen.shown };
                self.answer(&seen, "SELECT_CHALLENGE", shown, responses).await.map(drop)
            }
            Step::ChosenPassword { session, right } => {
                let Some(seen) = self.pick(session, "PASSWORD") else { return Ok(()) };
                let shown = Shown { password: right, ..seen.shown };
                let responses = json!({ "PASSWORD": password(right) });
                self.answer(&seen, "PASSWORD", shown, responses).await.map(drop)
            }
            Step::Answer { session, right } => {
                let Some(seen) = self.pick(session, "CUSTOM_CHALLENGE") else { return Ok(()) };
                let shown = Shown { answer: right, ..seen.shown };
                let responses = json!({ "ANSWER": if right { ANSWER } else { "open" } });
                self.answer(&seen, "CUSTOM_CHALLENGE", shown, responses).await.map(drop)
            }
            Step::Passkey { session, how } => {
                let Some(seen) = self.pick(session, "WEB_AUTHN") else { return Ok(()) };
                let Some(options) = seen.parameters["CREDENTIAL_REQUEST_OPTIONS"].as_str() else {
                    return Ok(());
                };
                let mut said = Said::to(&serde_json::from_str(options).unwrap(), ORIGIN);
                if matches!(how, Proof::Unverified) {
                    said.flags = USER_PRESENT;
                }
                let credential = match how {
                    Proof::Forged => Authenticator::es256(b"alice's passkey").authenticate(&said),
                    _ => self.passkey.authenticate(&said),
                };
                let shown = Shown {
                    passkey: !matches!(how, Proof::Forged),
                    passkey_verified: matches!(how, Proof::Verified),
                    ..seen.shown
                };
                let responses = json!({ "CREDENTIAL": credential.to_string() });
                self.answer(&seen, "WEB_AUTHN", shown, responses).await.map(drop)
            }
            Step::Mail { session, right } => {
                let Some(seen) = self.pick(session, "EMAIL_OTP") else { return Ok(()) };
                let right = right && !seen.code.is_empty();
                let code = if right { seen.code.clone() } else { other("00000000") };
                let shown = Shown { mail: right, ..seen.shown };
                let responses = json!({ "EMAIL_OTP_CODE": code });
                self.answer(&seen, "EMAIL_OTP", shown, responses).await.map(drop)
            }
            Step::App { session, code } => {
                let Some(seen) = self.pick(session, "SOFTWARE_TOKEN_MFA") else { return Ok(()) };
                let right = matches!(code, Code::Right);
                if right {
                    self.world.next_step();
                }
                let code = match code {
                    Code::Right => self.app.code(&self.world, 0),
                    Code::Wrong => self.app.wrong(&self.world),
                    Code::Used => self.used_code.clone(),
                };
                let shown = Shown { app: right, ..seen.shown };
                let responses = json!({ "SOFTWARE_TOKEN_MFA_CODE": code });
                if self.answer(&seen, "SOFTWARE_TOKEN_MFA", shown, responses).await? {
                    self.used_code = code;
                }
                Ok(())
            }
            Step::Device { session, sends_session } => {
                let waiting = self.waiting.clone().filter(|_| !sends_session);
                let Some(seen) = waiting.or_else(|| self.pick(session, "DEVICE_SRP_AUTH")) else {
                    return Ok(());
                };
                let sent = if sends_session { seen.session.clone() } else { Value::Null };
                let responses = json!({ "DEVICE_KEY": self.device.key, "SRP_A": Device::public() });
                let Ok(answer) = self.world.respond("DEVICE_SRP_AUTH", &sent, "alice", responses).await
                else {
                    return Ok(());
                };
                prop_assert!(answer["ChallengeName"] == "DEVICE_PASSWORD_VERIFIER");
                // A client may begin again; only a proof uses the sign-in up.
                let about = if sends_session { &seen } else { self.waiting.as_ref().unwrap() };
                prop_assert!(about.challenge == "DEVICE_SRP_AUTH", "{} at DEVICE_SRP_AUTH", about.challenge);
                let seen = Seen {
                    challenge: text(&answer["ChallengeName"]),
                    session: answer["Session"].clone(),
                    parameters: answer["ChallengeParameters"].clone(),
                    about: text(&about.session),
                    ..about.clone()
                };
                self.seen.push(seen);
                Ok(())
            }
            Step::DeviceProof { block, right } => {
                // Mostly the newest.
                let back = if block.is_multiple_of(4) { block / 4 % 4 } else { 0 };
                let mut blocks = self.seen.iter().rev().filter(|seen| !seen.about.is_empty());
                let Some(seen) = blocks.nth(back).cloned() else { return Ok(()) };
                let responses = self.device.prove(&self.world, &seen.parameters, right);
                let outcome =
                    self.world.respond("DEVICE_PASSWORD_VERIFIER", &Value::Null, "alice", responses).await;
                let shown = Shown { device: right, ..seen.shown };
                self.judge(Some(seen.about.clone()), shown, outcome).await
            }
            Step::Elsewhere { session, challenge } => {
                let Some(seen) = self.seen.get(session % self.seen.len().max(1)).cloned() else {
                    return Ok(());
                };
                let elsewhere: Vec<&str> =
                    CHALLENGES.into_iter().filter(|name| *name != seen.challenge).collect();
                let name = elsewhere[challenge % elsewhere.len()];
                let answer = if name == "CUSTOM_CHALLENGE" { ANSWER } else { "PASSWORD" };
                let responses = json!({
                    "ANSWER": answer, "PASSWORD": PASSWORD, "NEW_PASSWORD": PASSWORD, "EMAIL_OTP_CODE": seen.code,
                    "SOFTWARE_TOKEN_MFA_CODE": self.app.code(&self.world, 0), "SMS_MFA_CODE": seen.code,
                    "DEVICE_KEY": self.device.key, "SRP_A": Device::public(), "CREDENTIAL": "{}",
                });
                let outcome = self.world.respond(name, &seen.session, "alice", responses).await;
                prop_assert!(outcome.is_err(), "a session of {} at {name}", seen.challenge);
                Ok(())
            }
            Step::Remember { remembered } => {
                self.remember(remembered).await;
                self.setting.remembered = remembered;
                Ok(())
            }
            Step::Ask { app } => {
                if self.setting.mode == "OPTIONAL" && self.ask(app).await.is_ok() {
                    self.setting.app = app;
                }
                Ok(())
            }
            Step::Wait { seconds } => {
                self.world.service.clock.advance_seconds(seconds);
                Ok(())
            }
        }
    }
}

fn password(right: bool) -> &'static str {
    if right { PASSWORD } else { "Wrong-1pass" }
}

fn is_asked_to(outcome: &Answer, challenge: &str) -> bool {
    outcome.as_ref().is_ok_and(|answer| answer["ChallengeName"] == challenge)
}
