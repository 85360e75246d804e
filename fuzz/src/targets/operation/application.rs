//! What an application keeps of the answers that it gets, and computes to get further.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cenote_core::testing::AuthenticatorApp;
use cenote_crypto::SeededRandom;
use cenote_crypto::srp::client::{Client, Question};
use cenote_crypto::srp::{Verifier, timestamp};
use cenote_crypto::web_authn::testing::{Authenticator, Said};
use serde_json::{Value, json};

use super::{PASSWORD, RELYING_PARTY};

const DEVICE_PASSWORD: &str = "a device's own";

/// By name, what its inputs may say.
#[derive(Default)]
pub(super) struct Application {
    names: BTreeMap<&'static str, String>,
    app: Option<AuthenticatorApp>,
    passkey: Option<Authenticator>,
}

impl Application {
    pub(super) fn new(pool: String, client: String, sub: String) -> Self {
        let names = [("$POOL", pool), ("$CLIENT", client), ("$SUB", sub), ("$SRP_A", srp().public_hex())];
        Self { names: names.into(), app: None, passkey: Some(Authenticator::es256(b"id")) }
    }

    /// The body with what stands for the names in it.
    pub(super) fn fill_in(&self, body: &str, now_ms: i64) -> String {
        let mut body = body.to_owned();
        for (name, value) in &self.names {
            body = body.replace(name, value);
        }
        if let Some(app) = &self.app {
            body = body.replace("$TOTP", &app.code(now_ms, 0));
        }
        body
    }

    /// Keeps what is new in an answer.
    pub(super) fn learn(&mut self, answer: &Value, now_ms: i64) {
        let result = &answer["AuthenticationResult"];
        let (device, asked) = (&result["NewDeviceMetadata"], &answer["ChallengeParameters"]);
        for (name, value) in [
            ("$SESSION", &answer["Session"]),
            ("$ACCESS", &result["AccessToken"]),
            ("$REFRESH", &result["RefreshToken"]),
            ("$DEVICE", &device["DeviceKey"]),
            ("$GROUP", &device["DeviceGroupKey"]),
            ("$BLOCK", &asked["SECRET_BLOCK"]),
        ] {
            if let Some(value) = value.as_str() {
                self.names.insert(name, value.to_owned());
            }
        }
        if let Some(secret) = answer["SecretCode"].as_str() {
            self.app = Some(AuthenticatorApp::new(secret));
        }
        if device.is_object() {
            self.choose_device_secret();
        }
        let time = timestamp::format(now_ms.div_euclid(1000)).unwrap_or_default();
        if let Some(proof) = self.prove(&answer["ChallengeName"], asked, &time) {
            self.names.insert("$PROOF", proof);
            self.names.insert("$TIME", time);
        }
        self.use_passkey(&answer["CredentialCreationOptions"], &asked["CREDENTIAL_REQUEST_OPTIONS"]);
    }

    fn name(&self, name: &str) -> &str {
        self.names.get(name).map_or("", String::as_str)
    }

    /// For ConfirmDevice.
    fn choose_device_secret(&mut self) {
        let random = SeededRandom::new(1);
        let verifier = Verifier::create(self.name("$GROUP"), self.name("$DEVICE"), DEVICE_PASSWORD, &random);
        let bytes = verifier.to_bytes();
        // A version, the length of the salt, the salt, the verifier.
        let (salt, value) = bytes.expose()[2..].split_at(usize::from(bytes.expose()[1]));
        // A zero in front says that the number is not negative.
        let number = |bytes: &[u8]| STANDARD.encode([&[0], bytes].concat());
        self.names.insert("$SALT", number(salt));
        self.names.insert("$VERIFIER", number(value));
    }

    /// The signature that a challenge asks for, if it is one of SRP.
    fn prove(&self, challenge: &Value, asked: &Value, time: &str) -> Option<String> {
        let text = |name: &str| asked[name].as_str();
        let (pool_name_part, user_id, password) = if challenge == "DEVICE_PASSWORD_VERIFIER" {
            (self.name("$GROUP"), self.name("$DEVICE"), DEVICE_PASSWORD)
        } else {
            (self.name("$POOL").split_once('_')?.1, text("USER_ID_FOR_SRP")?, PASSWORD)
        };
        let question = Question {
            pool_name_part,
            user_id,
            salt: text("SALT")?,
            server_public: text("SRP_B")?,
            secret_block: &STANDARD.decode(text("SECRET_BLOCK")?).ok()?,
            timestamp: time,
        };
        srp().sign(&question, password)
    }

    /// The answers to the options of a registration, and of a sign-in. The latter is a text in JSON.
    fn use_passkey(&mut self, creation: &Value, request: &Value) {
        let Some(passkey) = &self.passkey else { return };
        let origin = format!("http://{RELYING_PARTY}");
        if creation.is_object() {
            let credential = passkey.register(&Said::to(creation, &origin)).to_string();
            self.names.insert("$REGISTRATION", credential);
        }
        if let Some(Ok(options)) = request.as_str().map(serde_json::from_str::<Value>) {
            let credential = passkey.authenticate(&Said::to(&options, &origin)).to_string();
            self.names.insert("$ASSERTION", json!(credential).to_string());
        }
    }
}

fn srp() -> Client {
    Client::with_secret(&[7; 32]).expect("a short secret")
}
