//! USER_SRP_AUTH and PASSWORD_VERIFIER.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cenote_core::clock::Clock;
use cenote_core::testing::{TestService, WireError, merged, text};
use cenote_crypto::srp::client::{Client, Question};
use cenote_crypto::srp::timestamp;
use cenote_triggers::testing::{FakeAnswer, FakeLambda};
use serde_json::{Value, json};

use crate::world::*;

const FLOWS: &str = "ALLOW_USER_SRP_AUTH";

async fn world(pool: Value, client: Value) -> World {
    let members = merged(json!({ "ExplicitAuthFlows": [FLOWS, "ALLOW_REFRESH_TOKEN_AUTH"] }), client);
    let world = World::with(TestService::builder(), pool, members).await;
    world.confirmed("alice").await;
    world
}

async fn plain() -> World {
    world(json!({}), json!({})).await
}

pub fn client() -> Client {
    Client::with_secret(&[7; 32]).unwrap()
}

impl World {
    async fn start_srp(&self, username: &str, client_public: &str) -> Result<Value, WireError> {
        self.flow("USER_SRP_AUTH", json!({ "USERNAME": username, "SRP_A": client_public })).await
    }

    pub async fn question(&self, username: &str) -> Value {
        let answer = self.start_srp(username, &client().public_hex()).await.unwrap();
        assert_eq!(answer["ChallengeName"], "PASSWORD_VERIFIER");
        assert!(answer.get("Session").is_none());
        answer["ChallengeParameters"].clone()
    }

    /// The answers to a challenge, as a client with this password gives them at this time.
    pub fn answers(&self, parameters: &Value, password: &str, timestamp: &str) -> Value {
        let block = text(&parameters["SECRET_BLOCK"]);
        let user_id = text(&parameters["USER_ID_FOR_SRP"]);
        let signature = client()
            .sign(
                &Question {
                    pool_name_part: self.pool.split('_').nth(1).unwrap(),
                    user_id: &user_id,
                    salt: parameters["SALT"].as_str().unwrap(),
                    server_public: parameters["SRP_B"].as_str().unwrap(),
                    secret_block: &STANDARD.decode(&block).unwrap(),
                    timestamp,
                },
                password,
            )
            .unwrap();
        json!({
            "USERNAME": user_id, "PASSWORD_CLAIM_SECRET_BLOCK": block, "TIMESTAMP": timestamp,
            "PASSWORD_CLAIM_SIGNATURE": signature,
        })
    }

    pub fn now(&self) -> String {
        self.time(0)
    }

    fn time(&self, later_seconds: i64) -> String {
        timestamp::format(self.service.clock.now_ms().div_euclid(1000) + later_seconds).unwrap()
    }

    pub async fn prove(&self, answers: Value) -> Result<Value, WireError> {
        self.service
            .call(
                "RespondToAuthChallenge",
                json!({
                    "ClientId": self.client, "ChallengeName": "PASSWORD_VERIFIER", "ChallengeResponses": answers,
                }),
            )
            .await
    }

    async fn sign_in_by_srp(&self, username: &str, password: &str) -> Result<Value, WireError> {
        let question = self.question(username).await;
        self.prove(self.answers(&question, password, &self.now())).await
    }
}

fn with(mut answers: Value, name: &str, value: impl Into<Value>) -> Value {
    answers[name] = value.into();
    answers
}

#[tokio::test]
async fn a_proof_gets_tokens() {
    let world = plain().await;
    let question = world.question("alice").await;
    let names: Vec<&str> = question.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["SALT", "SECRET_BLOCK", "SRP_B", "USERNAME", "USER_ID_FOR_SRP"]);
    assert_eq!((&question["USERNAME"], &question["USER_ID_FOR_SRP"]), (&json!("alice"), &json!("alice")));
    let answer = world.prove(world.answers(&question, PASSWORD, &world.now())).await.unwrap();
    assert_eq!(answer["ChallengeParameters"], json!({}));
    let tokens = Tokens::of(&answer);
    assert!(world.get_user(&tokens.access).await.is_ok());
    assert!(world.refresh(&tokens.refresh).await.is_ok());
}

#[tokio::test]
async fn a_back_end_may_use_it_too() {
    let world = plain().await;
    let parameters = json!({ "USERNAME": "alice", "SRP_A": client().public_hex() });
    let answer = world.admin_flow("USER_SRP_AUTH", parameters).await.unwrap();
    let answers = world.answers(&answer["ChallengeParameters"], PASSWORD, &world.now());
    let request = json!({
        "UserPoolId": world.pool, "ClientId": world.client, "ChallengeName": "PASSWORD_VERIFIER",
        "ChallengeResponses": answers,
    });
    assert!(world.service.call("AdminRespondToAuthChallenge", request).await.is_ok());
}

#[tokio::test]
async fn parameters_are_asked_for_by_name() {
    let world = plain().await;
    let missing = |name: &str| Err(invalid_parameter(&format!("Missing required parameter {name}")));
    assert_eq!(world.flow("USER_SRP_AUTH", json!({ "SRP_A": "1" })).await, missing("USERNAME"));
    assert_eq!(world.flow("USER_SRP_AUTH", json!({ "USERNAME": "alice" })).await, missing("SRP_A"));
    let question = world.question("alice").await;
    let answers = world.answers(&question, PASSWORD, &world.now());
    for name in ["USERNAME", "PASSWORD_CLAIM_SIGNATURE", "PASSWORD_CLAIM_SECRET_BLOCK", "TIMESTAMP"] {
        let mut without = answers.clone();
        without.as_object_mut().unwrap().remove(name);
        assert_eq!(world.prove(without).await, missing(name));
    }
    // None of this used the block up. What old clients add is ignored.
    assert!(world.prove(with(answers, "SRP_A", "1")).await.is_ok());
}

#[tokio::test]
async fn numbers_that_are_none_are_refused_after_the_user() {
    let world = plain().await;
    let refused = |text: &str| Err(invalid_parameter(text));
    assert_eq!(world.start_srp("alice", "xyz").await, refused("SRP_A is not a hexadecimal number."));
    assert_eq!(world.start_srp("alice", &"f".repeat(1025)).await, refused("SRP_A is too long."));
    let missing = ("UserNotFoundException".into(), "User does not exist.".into());
    assert_eq!(world.start_srp("nobody", "xyz").await, Err(missing));
}

#[tokio::test]
async fn a_proof_is_good_once() {
    let world = plain().await;
    let question = world.question("alice").await;
    let answers = world.answers(&question, PASSWORD, &world.now());
    // A wrong one does not use the block up.
    let wrong = world.answers(&question, "Wrong-1pass", &world.now());
    assert_eq!(world.prove(wrong).await, Err(incorrect()));
    assert!(world.prove(answers.clone()).await.is_ok());
    assert_eq!(world.prove(answers).await, Err(incorrect()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn proofs_that_race_succeed_once() {
    let world = std::sync::Arc::new(plain().await);
    let question = world.question("alice").await;
    let answers = world.answers(&question, PASSWORD, &world.now());
    let proofs: Vec<_> = (0..12)
        .map(|_| {
            let (world, answers) = (std::sync::Arc::clone(&world), answers.clone());
            tokio::spawn(async move { world.prove(answers).await.is_ok() })
        })
        .collect();
    let mut succeeded = 0;
    for proof in proofs {
        succeeded += usize::from(proof.await.unwrap());
    }
    assert_eq!(succeeded, 1);
}

#[tokio::test]
async fn what_is_wrong_with_a_proof_is_not_said() {
    let unlimited = TestService::builder().settings(|settings| settings.limits.password_attempts = 0);
    let world = World::with(unlimited, json!({}), json!({ "ExplicitAuthFlows": [FLOWS] })).await;
    world.confirmed("alice").await;
    let question = world.question("alice").await;
    let right = world.answers(&question, PASSWORD, &world.now());
    let other = world.question("alice").await;
    let padded = world.now().replace(" UTC", "  UTC");
    for (name, value) in [
        ("PASSWORD_CLAIM_SIGNATURE", json!("AAAA")),
        ("PASSWORD_CLAIM_SIGNATURE", json!("not base64")),
        // The block of another challenge, of another kind, and none at all.
        ("PASSWORD_CLAIM_SECRET_BLOCK", other["SECRET_BLOCK"].clone()),
        ("PASSWORD_CLAIM_SECRET_BLOCK", json!("AAAA")),
        ("PASSWORD_CLAIM_SECRET_BLOCK", json!("not base64")),
        ("USERNAME", json!("bob")),
        ("TIMESTAMP", json!(world.time(1))),
    ] {
        assert_eq!(world.prove(with(right.clone(), name, value)).await, Err(incorrect()), "{name}");
    }
    // Signed, and yet wrong: not in the one form, too old, too new.
    for timestamp in [padded, world.time(-181), world.time(181), "now".into()] {
        let answers = world.answers(&question, PASSWORD, &timestamp);
        assert_eq!(world.prove(answers).await, Err(incorrect()), "{timestamp}");
    }
}

#[tokio::test]
async fn a_block_is_too_old_with_the_session_time_of_the_client() {
    let world = world(json!({}), json!({ "AuthSessionValidity": 5 })).await;
    let question = world.question("alice").await;
    world.service.clock.advance_seconds(299);
    let answers = world.answers(&question, PASSWORD, &world.now());
    assert!(world.prove(answers).await.is_ok());
    let question = world.question("alice").await;
    world.service.clock.advance_seconds(300);
    let answers = world.answers(&question, PASSWORD, &world.now());
    assert_eq!(
        world.prove(answers).await,
        Err(not_authorized("Invalid session for the user, session is expired."))
    );
}

/// With A a multiple of N the common key is that of S = 0, which needs no password.
#[tokio::test]
async fn multiples_of_the_modulus_get_a_challenge_and_no_tokens() {
    let world = plain().await;
    for client_public in ["0", "000", client_modulus().as_str(), &format!("{}00", client_modulus())] {
        let answer = world.start_srp("alice", client_public).await.unwrap();
        let answers = world.answers(&answer["ChallengeParameters"], PASSWORD, &world.now());
        assert_eq!(world.prove(answers).await, Err(incorrect()));
        world.service.clock.advance_seconds(60);
    }
}

fn client_modulus() -> String {
    let vectors: Value =
        serde_json::from_str(include_str!("../../../crypto/tests/vectors/srp.json")).unwrap();
    text(&vectors["group"]["N_hex"])
}

#[tokio::test]
async fn wrong_proofs_and_wrong_passwords_share_the_lock() {
    let members = json!({ "ExplicitAuthFlows": [FLOWS, "ALLOW_USER_PASSWORD_AUTH"] });
    let world = world(json!({}), members).await;
    let early = world.question("alice").await;
    for _ in 0..3 {
        assert_eq!(world.sign_in_by_srp("alice", "Wrong-1pass").await, Err(incorrect()));
    }
    for _ in 0..2 {
        assert_eq!(world.sign_in("alice", "Wrong-1pass").await, Err(incorrect()));
    }
    let locked = Err(not_authorized("Password attempts exceeded"));
    assert_eq!(world.start_srp("alice", "1").await, locked);
    assert_eq!(world.prove(world.answers(&early, PASSWORD, &world.now())).await, locked);
    world.service.clock.advance_seconds(1);
    assert!(world.sign_in_by_srp("alice", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn the_state_of_the_user_is_looked_at_before_and_after() {
    let world = plain().await;
    world
        .service
        .ok("SignUp", json!({ "ClientId": world.client, "Username": "new", "Password": PASSWORD }))
        .await;
    let unconfirmed = ("UserNotConfirmedException".into(), "User is not confirmed.".into());
    assert_eq!(world.start_srp("new", "1").await, Err(unconfirmed));
    let question = world.question("alice").await;
    let user = json!({ "UserPoolId": world.pool, "Username": "alice" });
    world.service.ok("AdminDisableUser", user.clone()).await;
    let answers = world.answers(&question, PASSWORD, &world.now());
    assert_eq!(world.prove(answers.clone()).await, Err(not_authorized("User is disabled.")));
    world.service.ok("AdminEnableUser", user).await;
    assert!(world.prove(answers).await.is_ok());
}

#[tokio::test]
async fn a_new_password_ends_the_challenge_for_the_old_one() {
    let world = plain().await;
    let question = world.question("alice").await;
    let request = json!({
        "UserPoolId": world.pool, "Username": "alice", "Password": "An0ther-pass!", "Permanent": true,
    });
    world.service.ok("AdminSetUserPassword", request).await;
    for password in [PASSWORD, "An0ther-pass!"] {
        let answers = world.answers(&question, password, &world.now());
        assert_eq!(world.prove(answers).await, Err(incorrect()));
    }
    assert!(world.sign_in_by_srp("alice", "An0ther-pass!").await.is_ok());
}

#[tokio::test]
async fn aliases_lead_to_the_user_name() {
    let world = world(json!({ "AliasAttributes": ["email"] }), json!({})).await;
    let question = world.question("alice@test.com").await;
    assert_eq!(question["USER_ID_FOR_SRP"], "alice");
    let answers = world.answers(&question, PASSWORD, &world.now());
    assert!(world.prove(with(answers, "USERNAME", "alice@test.com")).await.is_ok());
}

#[tokio::test]
async fn an_invited_user_chooses_a_password_next() {
    let world = plain().await;
    world.invited("bob").await;
    let answer = world.sign_in_by_srp("bob", TEMPORARY).await.unwrap();
    assert_eq!(answer["ChallengeName"], "NEW_PASSWORD_REQUIRED");
    let responses = json!({ "USERNAME": "bob", "NEW_PASSWORD": PASSWORD });
    assert!(world.respond(&answer["Session"], responses).await.is_ok());
    assert!(world.sign_in_by_srp("bob", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn the_secret_hash_covers_the_name_of_each_request() {
    let world = world(json!({}), json!({ "GenerateSecret": true })).await;
    let missing =
        format!("Client {} is configured with secret but SECRET_HASH was not received", world.client);
    assert_eq!(world.start_srp("alice", "1").await, Err(not_authorized(&missing)));
    let answers = json!({ "USERNAME": "alice", "TIMESTAMP": "now" });
    assert_eq!(world.prove(answers.clone()).await, Err(not_authorized(&missing)));
    let wrong = format!("Unable to verify secret hash for client {}", world.client);
    assert_eq!(world.prove(with(answers, "SECRET_HASH", "AAAA")).await, Err(not_authorized(&wrong)));
}

#[tokio::test]
async fn where_users_are_hidden_nobody_gets_the_same_challenge_every_time() {
    let members = json!({ "PreventUserExistenceErrors": "ENABLED" });
    let names = world(json!({ "UsernameConfiguration": { "CaseSensitive": false } }), members).await;
    let first = names.question("Nobody").await;
    assert_eq!((&first["USERNAME"], &first["USER_ID_FOR_SRP"]), (&json!("nobody"), &json!("nobody")));
    let second = names.question("Nobody").await;
    assert_eq!(first["SALT"], second["SALT"]);
    assert_ne!(first["SRP_B"], second["SRP_B"]);
    assert_ne!(names.question("nobody else").await["SALT"], first["SALT"]);
    let real = names.question("alice").await;
    let length = |question: &Value, name: &str| text(&question[name]).len();
    let nobody = names.question("never").await;
    assert_eq!(length(&real, "SECRET_BLOCK"), length(&nobody, "SECRET_BLOCK"));
    assert_eq!(names.sign_in_by_srp("Nobody", PASSWORD).await, Err(incorrect()));
    // Case is ignored, so the other spelling is the same user and has the same salt.
    assert_eq!(names.question("NOBODY").await["SALT"], first["SALT"]);

    let addresses = World::with(
        TestService::builder(),
        json!({ "UsernameAttributes": ["email"] }),
        json!({ "ExplicitAuthFlows": [FLOWS], "PreventUserExistenceErrors": "ENABLED" }),
    )
    .await;
    let first = addresses.question("nobody@test.com").await;
    let sub = text(&first["USER_ID_FOR_SRP"]);
    assert_eq!((sub.len(), sub.matches('-').count()), (36, 4));
    assert_eq!(addresses.question("nobody@test.com").await["USER_ID_FOR_SRP"], json!(sub));
    assert_eq!(addresses.sign_in_by_srp("nobody@test.com", PASSWORD).await, Err(incorrect()));
}

#[tokio::test]
async fn nobody_is_locked_as_somebody_is() {
    let world = world(json!({}), json!({ "PreventUserExistenceErrors": "ENABLED" })).await;
    for name in ["alice", "nobody"] {
        for _ in 0..5 {
            assert_eq!(world.sign_in_by_srp(name, "Wrong-1pass").await, Err(incorrect()));
        }
        assert_eq!(
            world.start_srp(name, "1").await,
            Err(not_authorized("Password attempts exceeded")),
            "{name}"
        );
    }
}

#[tokio::test]
async fn the_trigger_runs_at_the_start() {
    let lambda = FakeLambda::start(|_| FakeAnswer::Echo).await.unwrap();
    let world = World::with(
        TestService::builder().lambda(&lambda.url()),
        json!({ "LambdaConfig": { "PreAuthentication": FUNCTION, "PostAuthentication": FUNCTION } }),
        json!({ "ExplicitAuthFlows": [FLOWS] }),
    )
    .await;
    world.confirmed("alice").await;
    let question = world.question("alice").await;
    let sources = |lambda: &FakeLambda| -> Vec<String> {
        lambda.events().iter().map(|event| text(&event["triggerSource"])).collect()
    };
    assert_eq!(sources(&lambda), ["PreAuthentication_Authentication"]);
    let request = json!({
        "ClientId": world.client, "ChallengeName": "PASSWORD_VERIFIER", "ClientMetadata": { "a": "b" },
        "ChallengeResponses": world.answers(&question, PASSWORD, &world.now()),
    });
    world.service.ok("RespondToAuthChallenge", request).await;
    assert_eq!(sources(&lambda), ["PreAuthentication_Authentication", "PostAuthentication_Authentication"]);
    assert_eq!(lambda.events()[1]["request"]["clientMetadata"], json!({ "a": "b" }));
}
