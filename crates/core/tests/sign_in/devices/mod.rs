//! Devices: confirmed, remembered, proved, forgotten.

mod chosen_factors;
mod confirmation;
mod forgotten;
mod functions;
mod lists;
mod meanwhile;
mod proofs;
mod second_factor;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cenote_core::testing::{TestService, TestServiceBuilder, WireError, merged, text};
use cenote_crypto::random::SeededRandom;
use cenote_crypto::srp::Verifier;
use cenote_crypto::srp::client::Question;
use serde_json::{Value, json};

use crate::srp::client;
use crate::world::*;

const FLOWS: [&str; 4] =
    ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"];
const DEVICE_PASSWORD: &str = "aaGSojCyxwbBSTmOatF1EkIxFaruenVCxSasa+LikhoWTcErOVTlZw==";

/// What an application keeps of its device.
#[derive(Clone, Debug)]
struct Phone {
    key: String,
    group: String,
    password: String,
}

impl Phone {
    fn new(result: &Value, password: &str) -> Self {
        let metadata = &result["NewDeviceMetadata"];
        Self {
            key: text(&metadata["DeviceKey"]),
            group: text(&metadata["DeviceGroupKey"]),
            password: password.to_owned(),
        }
    }

    /// DeviceSecretVerifierConfig.
    fn secret(&self, seed: u64) -> Value {
        let verifier = Verifier::create(&self.group, &self.key, &self.password, &SeededRandom::new(seed));
        let bytes = verifier.to_bytes();
        let (salt, value) = bytes.expose()[2..].split_at(usize::from(bytes.expose()[1]));
        json!({ "Salt": padded(salt), "PasswordVerifier": padded(value) })
    }
}

/// A number in two's complement, in base64.
fn padded(number: &[u8]) -> String {
    let first = number.iter().position(|byte| *byte != 0).unwrap();
    let mut bytes = number[first..].to_vec();
    if bytes[0] >= 0x80 {
        bytes.insert(0, 0);
    }
    STANDARD.encode(bytes)
}

fn always() -> Value {
    json!({ "ChallengeRequiredOnNewDevice": true, "DeviceOnlyRememberedOnUserPrompt": false })
}

async fn world_of(configuration: Value, builder: TestServiceBuilder, pool: Value) -> World {
    let members = merged(json!({ "DeviceConfiguration": configuration }), pool);
    let world = World::with(builder, members, json!({ "ExplicitAuthFlows": FLOWS })).await;
    world.confirmed("alice").await;
    world.confirmed("bob").await;
    world
}

async fn world() -> World {
    world_of(always(), TestService::builder(), json!({})).await
}

fn missing() -> WireError {
    ("ResourceNotFoundException".into(), "Device does not exist.".into())
}

fn invalid_key() -> WireError {
    invalid_parameter("Invalid device key given.")
}

fn invalid_session() -> WireError {
    not_authorized("Invalid session for the user.")
}

impl World {
    async fn confirm(&self, access_token: &str, phone: &Phone) -> Result<Value, WireError> {
        let request = json!({
            "AccessToken": access_token, "DeviceKey": phone.key, "DeviceName": "phone",
            "DeviceSecretVerifierConfig": phone.secret(1),
        });
        self.service.call("ConfirmDevice", request).await
    }

    /// A device that is confirmed, and the tokens of the sign-in that confirmed it.
    async fn phone(&self, username: &str) -> (Phone, Tokens) {
        let answer = self.sign_in(username, PASSWORD).await.unwrap();
        let phone = Phone::new(&answer["AuthenticationResult"], DEVICE_PASSWORD);
        let tokens = Tokens::of(&answer);
        self.confirm(&tokens.access, &phone).await.unwrap();
        (phone, tokens)
    }

    async fn sign_in_with(&self, username: &str, key: &str) -> Result<Value, WireError> {
        let parameters = json!({ "USERNAME": username, "PASSWORD": PASSWORD, "DEVICE_KEY": key });
        self.flow("USER_PASSWORD_AUTH", parameters).await
    }

    async fn answer_device(&self, name: &str, session: &Value, answers: Value) -> Result<Value, WireError> {
        let mut request =
            json!({ "ClientId": self.client, "ChallengeName": name, "ChallengeResponses": answers });
        if !session.is_null() {
            request["Session"] = session.clone();
        }
        self.service.call("RespondToAuthChallenge", request).await
    }

    async fn begin_proof(&self, username: &str, session: &Value, key: &str) -> Result<Value, WireError> {
        let answers = json!({ "USERNAME": username, "DEVICE_KEY": key, "SRP_A": client().public_hex() });
        self.answer_device("DEVICE_SRP_AUTH", session, answers).await
    }

    fn device_proof(&self, parameters: &Value, phone: &Phone) -> Value {
        let (block, timestamp) = (text(&parameters["SECRET_BLOCK"]), self.now());
        let question = Question {
            pool_name_part: &phone.group,
            user_id: &phone.key,
            salt: parameters["SALT"].as_str().unwrap(),
            server_public: parameters["SRP_B"].as_str().unwrap(),
            secret_block: &STANDARD.decode(&block).unwrap(),
            timestamp: &timestamp,
        };
        json!({
            "USERNAME": parameters["USERNAME"], "DEVICE_KEY": phone.key, "PASSWORD_CLAIM_SECRET_BLOCK": block,
            "TIMESTAMP": timestamp, "PASSWORD_CLAIM_SIGNATURE": client().sign(&question, &phone.password).unwrap(),
        })
    }

    async fn prove_device(&self, answers: Value) -> Result<Value, WireError> {
        self.answer_device("DEVICE_PASSWORD_VERIFIER", &Value::Null, answers).await
    }

    /// Both answers of a device to what a sign-in asked.
    async fn proved(&self, asked: &Value, username: &str, phone: &Phone) -> Result<Value, WireError> {
        assert_eq!(asked["ChallengeName"], "DEVICE_SRP_AUTH", "{asked}");
        let verifier = self.begin_proof(username, &asked["Session"], &phone.key).await?;
        assert_eq!(verifier["ChallengeName"], "DEVICE_PASSWORD_VERIFIER");
        self.prove_device(self.device_proof(&verifier["ChallengeParameters"], phone)).await
    }

    async fn refresh_with(&self, token: &str, key: Option<&str>) -> Result<Value, WireError> {
        self.flow("REFRESH_TOKEN_AUTH", json!({ "REFRESH_TOKEN": token, "DEVICE_KEY": key })).await
    }

    fn of_user(&self, username: &str, key: &str) -> Value {
        json!({ "UserPoolId": self.pool, "Username": username, "DeviceKey": key })
    }

    async fn require_second_factor(&self) {
        let request = json!({
            "UserPoolId": self.pool, "MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": { "Enabled": true },
        });
        self.service.ok("SetUserPoolMfaConfig", request).await;
    }
}

/// Whether a sign-in got no tokens: it is asked for more, or refused.
fn withheld(answer: &Result<Value, WireError>) -> bool {
    answer.as_ref().map_or(true, |answer| answer.get("AuthenticationResult").is_none())
}
