//! Proofs by SRP. A secret block is worth nothing without the rest of its challenge, which the world remembers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cenote_core::clock::Clock;
use cenote_core::testing::{TestService, text};
use cenote_crypto::srp::client::{Client, Question};
use cenote_crypto::srp::timestamp;
use serde_json::{Value, json};

use crate::world::*;

pub struct Challenge {
    parameters: Value,
    timestamp: String,
}

pub fn client() -> Client {
    Client::with_secret(&[7; 32]).unwrap()
}

impl World {
    /// The secret block of a challenge to the home's subject.
    pub async fn secret_block(&self, service: &TestService, home: &Home) -> String {
        let request = json!({
            "ClientId": home.client, "AuthFlow": "USER_SRP_AUTH",
            "AuthParameters": { "USERNAME": home.subject, "SRP_A": client().public_hex() },
        });
        let parameters = service.ok("InitiateAuth", request).await["ChallengeParameters"].clone();
        let block = text(&parameters["SECRET_BLOCK"]);
        let timestamp = timestamp::format(service.clock.now_ms().div_euclid(1000)).unwrap();
        self.known.challenges.lock().unwrap().insert(block.clone(), Challenge { parameters, timestamp });
        block
    }
}

/// The answers that prove the password of the home's user by this block: right if it was made for that user.
pub fn proof(home: &Home, user: &str, block: &str) -> Value {
    let challenges = home.known.challenges.lock().unwrap();
    // What is no block of ours gets the proof of one that is.
    let genuine = challenges.get(block).or_else(|| challenges.values().next()).unwrap();
    let question = Question {
        pool_name_part: home.pool.split('_').nth(1).unwrap(),
        user_id: user,
        salt: genuine.parameters["SALT"].as_str().unwrap(),
        server_public: genuine.parameters["SRP_B"].as_str().unwrap(),
        secret_block: &STANDARD.decode(block).unwrap_or_default(),
        timestamp: &genuine.timestamp,
    };
    json!({
        "USERNAME": user, "PASSWORD_CLAIM_SECRET_BLOCK": block, "TIMESTAMP": genuine.timestamp,
        "PASSWORD_CLAIM_SIGNATURE": client().sign(&question, PASSWORD).unwrap(),
    })
}
