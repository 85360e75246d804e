//! A client that proves passwords by SRP, of people and of devices.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cenote_crypto::SeededRandom;
use cenote_crypto::srp::client::{Client, Question};
use cenote_crypto::srp::{Verifier, timestamp};
use serde_json::{Value, json};

use super::served::now;

fn client() -> Client {
    Client::with_secret(&[7; 32]).unwrap()
}

/// SRP_A.
pub fn public() -> String {
    client().public_hex()
}

/// The answer to a question for the password of somebody, by the names that are hashed with it.
pub fn proof(asked: &Value, (home, user_id): (&str, &str), password: &str) -> Value {
    let parameters = &asked["ChallengeParameters"];
    let text = |name: &str| parameters[name].as_str().unwrap();
    let seconds = now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let timestamp = timestamp::format(seconds.try_into().unwrap()).unwrap();
    let question = Question {
        pool_name_part: home,
        user_id,
        salt: text("SALT"),
        server_public: text("SRP_B"),
        secret_block: &STANDARD.decode(text("SECRET_BLOCK")).unwrap(),
        timestamp: &timestamp,
    };
    json!({
        "PASSWORD_CLAIM_SECRET_BLOCK": text("SECRET_BLOCK"), "TIMESTAMP": timestamp,
        "PASSWORD_CLAIM_SIGNATURE": client().sign(&question, password).unwrap(),
    })
}

/// DeviceSecretVerifierConfig of a device with this password.
pub fn verifier(group: &str, key: &str, password: &str) -> Value {
    let bytes = Verifier::create(group, key, password, &SeededRandom::new(1)).to_bytes();
    let (salt, verifier) = bytes.expose()[2..].split_at(usize::from(bytes.expose()[1]));
    json!({ "Salt": signed(salt), "PasswordVerifier": signed(verifier) })
}

/// A number in two's complement, in base64.
fn signed(number: &[u8]) -> String {
    let first = number.iter().position(|byte| *byte != 0).unwrap();
    let sign = if number[first] >= 0x80 { &[0][..] } else { &[] };
    STANDARD.encode([sign, &number[first..]].concat())
}
