//! Remembered devices: the session that asks one to begin, and the secret block of its proof. Neither is worth anything without
//! the device's key and password, which the world remembers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cenote_core::clock::Clock;
use cenote_core::testing::{TestService, text};
use cenote_crypto::random::SeededRandom;
use cenote_crypto::srp::Verifier;
use cenote_crypto::srp::client::Question;
use cenote_crypto::srp::timestamp;
use serde_json::{Value, json};

use crate::srp::client;
use crate::world::*;

const DEVICE_PASSWORD: &str = "aaGSojCyxwbBSTmOatF1EkIxFaruenVCxSasa+LikhoWTcErOVTlZw==";

/// What an application keeps of its device.
#[derive(Clone)]
pub struct Device {
    key: String,
    group: String,
}

/// A question to a device.
pub struct DeviceQuestion {
    device: Device,
    parameters: Value,
    timestamp: String,
}

/// A number in two's complement, in base64.
fn padded(number: &[u8]) -> String {
    let first = number.iter().position(|byte| *byte != 0).unwrap();
    let sign = (number[first] >= 0x80).then_some(0);
    STANDARD.encode(sign.into_iter().chain(number[first..].iter().copied()).collect::<Vec<u8>>())
}

impl World {
    /// The device of the home's user, which is confirmed the first time. Its pool keeps devices at this moment.
    async fn device(&self, home: &Home) -> Device {
        let user = home.user(Stage::Device);
        let place = (home.pool.clone(), user.clone());
        if let Some(device) = self.known.devices.lock().unwrap().get(&place) {
            return device.clone();
        }
        let tokens = self.sign_in(&home.client, &user).await;
        let metadata = &tokens["NewDeviceMetadata"];
        let device = Device { key: text(&metadata["DeviceKey"]), group: text(&metadata["DeviceGroupKey"]) };
        let verifier =
            Verifier::create(&device.group, &device.key, DEVICE_PASSWORD, &SeededRandom::new(1)).to_bytes();
        let bytes = verifier.expose();
        let (salt, value) = bytes[2..].split_at(usize::from(bytes[1]));
        let request = json!({
            "AccessToken": tokens["AccessToken"], "DeviceKey": device.key,
            "DeviceSecretVerifierConfig": { "Salt": padded(salt), "PasswordVerifier": padded(value) },
        });
        self.service.ok("ConfirmDevice", request).await;
        self.known.devices.lock().unwrap().insert(place, device.clone());
        device
    }

    /// The session of DEVICE_SRP_AUTH.
    pub async fn device_session(&self, service: &TestService, home: &Home) -> String {
        let device = self.device(home).await;
        let request = json!({
            "ClientId": home.client, "AuthFlow": "USER_PASSWORD_AUTH",
            "AuthParameters": {
                "USERNAME": home.user(Stage::Device), "PASSWORD": PASSWORD, "DEVICE_KEY": device.key,
            },
        });
        let asked = service.ok("InitiateAuth", request).await;
        assert_eq!(asked["ChallengeName"], "DEVICE_SRP_AUTH");
        let session = text(&asked["Session"]);
        self.known.device_sessions.lock().unwrap().insert(session.clone(), device);
        session
    }

    /// The secret block of DEVICE_PASSWORD_VERIFIER, of another sign-in.
    pub async fn device_block(&self, service: &TestService, home: &Home) -> String {
        let session = self.device_session(service, home).await;
        let request = json!({
            "ClientId": home.client, "ChallengeName": "DEVICE_SRP_AUTH", "Session": session,
            "ChallengeResponses": begin(home, &home.user(Stage::Device), &session),
        });
        let asked = service.ok("RespondToAuthChallenge", request).await;
        assert_eq!(asked["ChallengeName"], "DEVICE_PASSWORD_VERIFIER");
        let parameters = asked["ChallengeParameters"].clone();
        let block = text(&parameters["SECRET_BLOCK"]);
        let timestamp = timestamp::format(service.clock.now_ms().div_euclid(1000)).unwrap();
        let question = DeviceQuestion { device: self.device(home).await, parameters, timestamp };
        self.known.device_questions.lock().unwrap().insert(block.clone(), question);
        block
    }
}

/// The answers of DEVICE_SRP_AUTH, by the device that the session is about.
pub fn begin(home: &Home, user: &str, session: &str) -> Value {
    let sessions = home.known.device_sessions.lock().unwrap();
    // What is no such session comes with the device of one that is.
    let device = sessions.get(session).or_else(|| sessions.values().next()).unwrap();
    json!({ "USERNAME": user, "DEVICE_KEY": device.key, "SRP_A": client().public_hex() })
}

/// The answers that prove the password of the device that a block was made for.
pub fn device_proof(home: &Home, user: &str, block: &str) -> Value {
    let questions = home.known.device_questions.lock().unwrap();
    let DeviceQuestion { device, parameters, timestamp } =
        questions.get(block).or_else(|| questions.values().next()).unwrap();
    let question = Question {
        pool_name_part: &device.group,
        user_id: &device.key,
        salt: parameters["SALT"].as_str().unwrap(),
        server_public: parameters["SRP_B"].as_str().unwrap(),
        secret_block: &STANDARD.decode(block).unwrap_or_default(),
        timestamp,
    };
    json!({
        "USERNAME": user, "DEVICE_KEY": device.key, "PASSWORD_CLAIM_SECRET_BLOCK": block, "TIMESTAMP": timestamp,
        "PASSWORD_CLAIM_SIGNATURE": client().sign(&question, DEVICE_PASSWORD).unwrap(),
    })
}
