//! The client's side of sign-ins by SRP, done beforehand so that a row measures the server only.

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cenote_crypto::srp::client::{Client, Question};
use cenote_crypto::srp::timestamp;
use serde_json::{Value, json};

use crate::Failure;
use crate::request::Request;
use crate::server::Running;
use crate::world::{PASSWORD, USERS, World, text, user_name};

/// a of all clients. A real one is drawn at random; the server's work does not depend on it.
const SECRET: [u8; 2] = [7; 2];

fn client() -> Result<Client, Failure> {
    Client::with_secret(&SECRET).ok_or_else(|| "the client's secret is too long".into())
}

/// The body of a request for a challenge.
pub fn start(world: &World, user: usize) -> Result<Value, Failure> {
    Ok(json!({
        "ClientId": world.client_id,
        "AuthFlow": "USER_SRP_AUTH",
        "AuthParameters": { "USERNAME": user_name(user), "SRP_A": client()?.public_hex() },
    }))
}

/// So many proofs, each for a challenge of its own.
pub async fn proofs(world: &World, server: &Running, count: usize) -> Result<Vec<Request>, Failure> {
    let mut proofs = Vec::with_capacity(count);
    for user in (0..USERS).cycle().take(count) {
        let challenge = server.call("InitiateAuth", &start(world, user)?).await?;
        let proof = json!({
            "ClientId": world.client_id,
            "ChallengeName": "PASSWORD_VERIFIER",
            "ChallengeResponses": answers(world, user, &challenge)?,
        });
        let request = Request::api("RespondToAuthChallenge", &proof);
        proofs.push(request.expecting(r#""AccessToken":"ey"#).about(user));
    }
    Ok(proofs)
}

fn answers(world: &World, user: usize, challenge: &Value) -> Result<Value, Failure> {
    let block = text(challenge, "/ChallengeParameters/SECRET_BLOCK")?;
    let timestamp = now()?;
    let question = Question {
        pool_name_part: world.pool_id.split('_').nth(1).unwrap_or_default(),
        user_id: &text(challenge, "/ChallengeParameters/USER_ID_FOR_SRP")?,
        salt: &text(challenge, "/ChallengeParameters/SALT")?,
        server_public: &text(challenge, "/ChallengeParameters/SRP_B")?,
        secret_block: &STANDARD.decode(&block)?,
        timestamp: &timestamp,
    };
    let signature = client()?.sign(&question, PASSWORD).ok_or("a challenge that is none")?;
    Ok(json!({
        "USERNAME": user_name(user),
        "PASSWORD_CLAIM_SIGNATURE": signature,
        "PASSWORD_CLAIM_SECRET_BLOCK": block,
        "TIMESTAMP": timestamp,
    }))
}

#[expect(clippy::disallowed_methods, reason = "a real server compares it with the real time")]
fn now() -> Result<String, Failure> {
    let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
    timestamp::format(i64::try_from(seconds)?).ok_or_else(|| "the clock is far off".into())
}
