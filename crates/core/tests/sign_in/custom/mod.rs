//! CUSTOM_AUTH and CUSTOM_CHALLENGE.

mod functions;
mod hidden_users;
mod proof_first;
mod questions;
mod second_factor;

use cenote_core::testing::{TestService, WireError, merged, text};
use cenote_triggers::testing::{FakeAnswer, FakeLambda};
use serde_json::{Value, json};

use crate::srp::client;
use crate::world::*;

const FLOWS: [&str; 2] = ["ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"];

pub fn functions() -> Value {
    json!({
        "DefineAuthChallenge": FUNCTION, "CreateAuthChallenge": FUNCTION, "VerifyAuthChallengeResponse": FUNCTION,
    })
}

fn entry(challenge: &str, result: bool, metadata: impl Into<Value>) -> Value {
    let metadata = metadata.into();
    json!({ "challengeName": challenge, "challengeResult": result, "challengeMetadata": metadata })
}

/// Functions that ask one question, to which every answer is right.
#[expect(clippy::needless_pass_by_value, reason = "as functions are called")]
pub fn one_question(event: Value) -> FakeAnswer {
    let asked = event["request"]["session"].as_array().is_some_and(|session| !session.is_empty());
    FakeAnswer::Response(match event["triggerSource"].as_str().unwrap() {
        "DefineAuthChallenge_Authentication" => {
            json!({ "challengeName": "CUSTOM_CHALLENGE", "issueTokens": asked })
        }
        "VerifyAuthChallengeResponse_Authentication" => json!({ "answerCorrect": true }),
        _ => json!({}),
    })
}

/// Functions that want `rounds` right answers and forgive one wrong one. Each question is a number, its answer that number.
fn sums(rounds: usize) -> impl Fn(Value) -> FakeAnswer + Send + Sync + 'static {
    move |event| {
        let session = event["request"]["session"].as_array().cloned().unwrap_or_default();
        let count = |right| {
            let of =
                |one: &&Value| one["challengeName"] == "CUSTOM_CHALLENGE" && one["challengeResult"] == right;
            session.iter().filter(of).count()
        };
        FakeAnswer::Response(match event["triggerSource"].as_str().unwrap() {
            "DefineAuthChallenge_Authentication"
                if session.last().is_some_and(|last| last["challengeName"] == "SRP_A") =>
            {
                json!({ "challengeName": "PASSWORD_VERIFIER", "issueTokens": false, "failAuthentication": false })
            }
            "DefineAuthChallenge_Authentication" => json!({
                "challengeName": "CUSTOM_CHALLENGE", "issueTokens": count(true) >= rounds, "failAuthentication": count(false) > 1,
            }),
            "CreateAuthChallenge_Authentication" => {
                let number = session.len().to_string();
                json!({
                    "publicChallengeParameters": { "question": format!("say {number}") },
                    "privateChallengeParameters": { "answer": number }, "challengeMetadata": format!("round-{number}"),
                })
            }
            "VerifyAuthChallengeResponse_Authentication" => {
                let request = &event["request"];
                json!({ "answerCorrect": request["privateChallengeParameters"]["answer"] == request["challengeAnswer"] })
            }
            _ => json!({}),
        })
    }
}

async fn world_of(lambda: &FakeLambda, pool: Value, client: Value) -> World {
    let members = merged(json!({ "LambdaConfig": functions() }), pool);
    let of_client = merged(json!({ "ExplicitAuthFlows": FLOWS }), client);
    let world = World::with(TestService::builder().lambda(&lambda.url()), members, of_client).await;
    world.confirmed("alice").await;
    world
}

async fn plain(rounds: usize) -> (FakeLambda, World) {
    let lambda = FakeLambda::start(sums(rounds)).await.unwrap();
    let world = world_of(&lambda, json!({}), json!({})).await;
    (lambda, world)
}

impl World {
    async fn start_custom(&self, username: &str) -> Result<Value, WireError> {
        self.flow("CUSTOM_AUTH", json!({ "USERNAME": username })).await
    }

    async fn start_custom_with_srp(&self, username: &str) -> Result<Value, WireError> {
        let parameters =
            json!({ "USERNAME": username, "CHALLENGE_NAME": "SRP_A", "SRP_A": client().public_hex() });
        self.flow("CUSTOM_AUTH", parameters).await
    }

    async fn answer_custom(&self, session: &Value, username: &str, answer: &str) -> Result<Value, WireError> {
        let request = json!({
            "ClientId": self.client, "ChallengeName": "CUSTOM_CHALLENGE", "Session": session,
            "ChallengeResponses": { "USERNAME": username, "ANSWER": answer },
        });
        self.service.call("RespondToAuthChallenge", request).await
    }
}

fn sources(lambda: &FakeLambda) -> Vec<String> {
    lambda.events().iter().map(|event| text(&event["triggerSource"])).collect()
}

fn used() -> WireError {
    not_authorized("Invalid session for the user, session can only be used once.")
}

fn invalid_session() -> WireError {
    not_authorized("Invalid session for the user.")
}

fn unrecognizable() -> WireError {
    ("InvalidLambdaResponseException".into(), "Unrecognizable lambda output".into())
}
