//! A device that knows a secret of its own.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cenote_core::clock::Clock;
use cenote_core::testing::text;
use cenote_crypto::random::SeededRandom;
use cenote_crypto::srp::client::{Client, Question};
use cenote_crypto::srp::{Verifier, timestamp};
use serde_json::{Value, json};

use crate::world::World;

const SECRET: &str = "aaGSojCyxwbBSTmOatF1EkIxFaruenVCxSasa+LikhoWTcErOVTlZw==";

/// What an application keeps of its device.
#[derive(Clone, Debug)]
pub struct Device {
    pub key: String,
    group: String,
}

impl Device {
    /// Confirms the device that came with these tokens.
    pub async fn confirm(world: &World, tokens: &Value) -> Self {
        let metadata = &tokens["NewDeviceMetadata"];
        let device = Self { key: text(&metadata["DeviceKey"]), group: text(&metadata["DeviceGroupKey"]) };
        let verifier = Verifier::create(&device.group, &device.key, SECRET, &SeededRandom::new(1));
        let bytes = verifier.to_bytes();
        let (salt, value) = bytes.expose()[2..].split_at(usize::from(bytes.expose()[1]));
        let request = json!({
            "AccessToken": tokens["AccessToken"], "DeviceKey": device.key,
            "DeviceSecretVerifierConfig": { "Salt": signed(salt), "PasswordVerifier": signed(value) },
        });
        world.service.ok("ConfirmDevice", request).await;
        device
    }

    /// SRP_A.
    pub fn public() -> String {
        client().public_hex()
    }

    /// The proof of the secret, or of another one.
    pub fn prove(&self, world: &World, parameters: &Value, right: bool) -> Value {
        let block = text(&parameters["SECRET_BLOCK"]);
        let timestamp = timestamp::format(world.service.clock.now_ms().div_euclid(1000)).unwrap();
        let question = Question {
            pool_name_part: &self.group,
            user_id: &self.key,
            salt: parameters["SALT"].as_str().unwrap(),
            server_public: parameters["SRP_B"].as_str().unwrap(),
            secret_block: &STANDARD.decode(&block).unwrap(),
            timestamp: &timestamp,
        };
        let signature = client().sign(&question, if right { SECRET } else { "guessed" }).unwrap();
        json!({
            "DEVICE_KEY": self.key, "PASSWORD_CLAIM_SECRET_BLOCK": block, "TIMESTAMP": timestamp,
            "PASSWORD_CLAIM_SIGNATURE": signature,
        })
    }
}

fn client() -> Client {
    Client::with_secret(&[7; 32]).unwrap()
}

/// A number in two's complement, in base64.
fn signed(number: &[u8]) -> String {
    let first = number.iter().position(|byte| *byte != 0).unwrap();
    let mut bytes = number[first..].to_vec();
    if bytes[0] >= 0x80 {
        bytes.insert(0, 0);
    }
    STANDARD.encode(bytes)
}
