//! DEVICE_SRP_AUTH and DEVICE_PASSWORD_VERIFIER.

use cenote_core::testing::text;
use serde_json::{Value, json};

use super::{Phone, invalid_key, invalid_session, missing, withheld, world};
use crate::srp::client;
use crate::world::*;

#[tokio::test]
async fn a_confirmed_device_is_remembered_and_asked_for_its_proof() {
    let world = world().await;
    let (phone, tokens) = world.phone("alice").await;
    let asked = world.sign_in_with("alice", &phone.key).await.unwrap();
    assert_eq!(asked["ChallengeParameters"], json!({ "USERNAME": "alice" }));
    assert!((20..2048).contains(&text(&asked["Session"]).len()));
    let verifier = world.begin_proof("alice", &asked["Session"], &phone.key).await.unwrap();
    let parameters = &verifier["ChallengeParameters"];
    let names: Vec<&str> = parameters.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["DEVICE_KEY", "SALT", "SECRET_BLOCK", "SRP_B", "USERNAME"]);
    assert_eq!((&parameters["DEVICE_KEY"], &parameters["USERNAME"]), (&json!(phone.key), &json!("alice")));
    let answer = world.prove_device(world.device_proof(parameters, &phone)).await.unwrap();
    let result = &answer["AuthenticationResult"];
    assert!(result.get("NewDeviceMetadata").is_none());
    let again = Tokens::of(&answer);
    assert_eq!(claims(&again.access)["device_key"], json!(phone.key));
    assert!(world.refresh_with(&again.refresh, Some(&phone.key)).await.is_ok());
    // The tokens of the sign-in that confirmed it are its own, too.
    assert!(world.refresh_with(&tokens.refresh, Some(&phone.key)).await.is_ok());
    let request = json!({ "ClientId": world.client, "RefreshToken": tokens.refresh, "DeviceKey": phone.key });
    assert!(world.service.call("GetTokensFromRefreshToken", request).await.is_ok());
}

#[tokio::test]
async fn clients_that_send_no_session_are_served() {
    let world = world().await;
    let (phone, _) = world.phone("alice").await;
    // Nothing waits for a proof: a device alone signs nobody in.
    for name in ["alice", "bob", "nobody"] {
        assert_eq!(world.begin_proof(name, &Value::Null, &phone.key).await, Err(invalid_session()), "{name}");
    }
    let question = world.question("alice").await;
    let mut answers = world.answers(&question, PASSWORD, &world.now());
    answers["DEVICE_KEY"] = json!(phone.key);
    assert_eq!(world.prove(answers).await.unwrap()["ChallengeName"], "DEVICE_SRP_AUTH");
    assert_eq!(world.begin_proof("bob", &Value::Null, &phone.key).await, Err(invalid_session()));
    let verifier = world.begin_proof("alice", &Value::Null, &phone.key).await.unwrap();
    let proof = world.device_proof(&verifier["ChallengeParameters"], &phone);
    assert!(world.prove_device(proof.clone()).await.unwrap()["AuthenticationResult"].is_object());
    // What waited is gone, and the block is used.
    assert!(withheld(&world.prove_device(proof).await));
    assert_eq!(world.begin_proof("alice", &Value::Null, &phone.key).await, Err(invalid_session()));
    // It does not wait longer than a session.
    assert!(world.sign_in_with("alice", &phone.key).await.is_ok());
    world.service.clock.advance_seconds(180);
    assert_eq!(world.begin_proof("alice", &Value::Null, &phone.key).await, Err(invalid_session()));
}

#[tokio::test]
async fn the_key_of_the_start_is_enough() {
    let world = world().await;
    let (phone, _) = world.phone("alice").await;
    let parameters = json!({ "USERNAME": "alice", "SRP_A": client().public_hex(), "DEVICE_KEY": phone.key });
    let started = world.flow("USER_SRP_AUTH", parameters).await.unwrap();
    let answers = world.answers(&started["ChallengeParameters"], PASSWORD, &world.now());
    let asked = world.prove(answers).await.unwrap();
    assert!(world.proved(&asked, "alice", &phone).await.unwrap()["AuthenticationResult"].is_object());
}

#[tokio::test]
async fn whoever_lacks_the_password_learns_nothing_of_devices() {
    let world = world().await;
    let (phone, _) = world.phone("alice").await;
    for key in [phone.key.as_str(), "us-east-1_0f3c9a52", "no key"] {
        let parameters = json!({ "USERNAME": "alice", "PASSWORD": "Wrong-1pass", "DEVICE_KEY": key });
        assert_eq!(world.flow("USER_PASSWORD_AUTH", parameters).await, Err(incorrect()), "{key}");
    }
    assert_eq!(world.sign_in_with("alice", "no key").await, Err(invalid_key()));
    assert_eq!(world.sign_in_with("alice", "us-east-1_0f3c9a52").await, Err(missing()));
    // That of another user is nobody's.
    assert_eq!(world.sign_in_with("bob", &phone.key).await, Err(missing()));
}

#[tokio::test]
async fn a_proof_is_good_once_and_by_the_device_alone() {
    let world = world().await;
    let (phone, _) = world.phone("alice").await;
    let (second, _) = world.phone("alice").await;
    let (of_bob, _) = world.phone("bob").await;
    let asked = world.sign_in_with("alice", &phone.key).await.unwrap();
    let session = &asked["Session"];
    // Another device in the place of the sign-in's, of the user and of another.
    assert_eq!(world.begin_proof("alice", session, &second.key).await, Err(invalid_key()));
    assert_eq!(world.begin_proof("alice", session, &of_bob.key).await, Err(invalid_key()));
    assert_eq!(world.begin_proof("bob", session, &of_bob.key).await, Err(invalid_session()));
    let verifier = world.begin_proof("alice", session, &phone.key).await.unwrap();
    let parameters = &verifier["ChallengeParameters"];
    let right = world.device_proof(parameters, &phone);
    let with = |name: &str, value: Value| {
        let mut answers = right.clone();
        answers[name] = value;
        answers
    };
    let wrong_password = Phone { password: "guessed".into(), ..phone.clone() };
    assert_eq!(world.prove_device(world.device_proof(parameters, &wrong_password)).await, Err(incorrect()));
    for (name, value, expected) in [
        ("PASSWORD_CLAIM_SIGNATURE", json!("AAAA"), incorrect()),
        ("PASSWORD_CLAIM_SECRET_BLOCK", json!("AAAA"), incorrect()),
        ("PASSWORD_CLAIM_SECRET_BLOCK", json!("not base64"), incorrect()),
        ("TIMESTAMP", json!("now"), incorrect()),
        ("DEVICE_KEY", json!(second.key), invalid_key()),
        ("USERNAME", json!("bob"), invalid_session()),
    ] {
        assert_eq!(world.prove_device(with(name, value)).await, Err(expected), "{name}");
    }
    // The blocks of users and of devices do not serve as each other.
    let question = world.question("alice").await;
    let of_user = world.device_proof(&question, &phone);
    let swapped = json!({
        "USERNAME": "alice", "DEVICE_KEY": phone.key, "PASSWORD_CLAIM_SECRET_BLOCK": of_user["PASSWORD_CLAIM_SECRET_BLOCK"],
        "PASSWORD_CLAIM_SIGNATURE": of_user["PASSWORD_CLAIM_SIGNATURE"], "TIMESTAMP": of_user["TIMESTAMP"],
    });
    assert_eq!(world.prove_device(swapped).await, Err(incorrect()));
    assert_eq!(world.prove(right.clone()).await, Err(incorrect()));
    assert!(world.prove_device(right.clone()).await.is_ok());
    assert!(withheld(&world.prove_device(right).await));
    // The session has done its work as well.
    assert_eq!(
        world.begin_proof("alice", session, &phone.key).await,
        Err(not_authorized("Invalid session for the user, session can only be used once."))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn proofs_that_race_succeed_once() {
    let world = std::sync::Arc::new(world().await);
    let (phone, _) = world.phone("alice").await;
    let asked = world.sign_in_with("alice", &phone.key).await.unwrap();
    let mut proofs = Vec::new();
    for _ in 0..8 {
        // Each by a block of its own, all of one sign-in.
        let verifier = world.begin_proof("alice", &asked["Session"], &phone.key).await.unwrap();
        proofs.push(world.device_proof(&verifier["ChallengeParameters"], &phone));
    }
    let tasks: Vec<_> = proofs
        .into_iter()
        .map(|proof| {
            let world = std::sync::Arc::clone(&world);
            tokio::spawn(async move { world.prove_device(proof).await.is_ok() })
        })
        .collect();
    let mut succeeded = 0;
    for task in tasks {
        succeeded += usize::from(task.await.unwrap());
    }
    assert_eq!(succeeded, 1);
}

/// A question is as good as the sign-in that it is part of, and no longer: of two of them one is answered, however late the other.
#[tokio::test]
async fn of_two_questions_to_a_device_one_is_answered() {
    let world = world().await;
    let (phone, _) = world.phone("alice").await;
    let longest = json!({
        "UserPoolId": world.pool, "ClientId": world.client, "ExplicitAuthFlows": super::FLOWS,
        "AuthSessionValidity": 15,
    });
    world.service.ok("UpdateUserPoolClient", longest).await;
    let asked = world.sign_in_with("alice", &phone.key).await.unwrap();
    let first = world.begin_proof("alice", &asked["Session"], &phone.key).await.unwrap();
    world.service.clock.advance_seconds(14 * 60);
    let second = world.begin_proof("alice", &asked["Session"], &phone.key).await.unwrap();
    let proof = world.device_proof(&first["ChallengeParameters"], &phone);
    assert!(world.prove_device(proof).await.unwrap()["AuthenticationResult"].is_object());
    // Nothing remembers by then that the session was used.
    world.service.clock.advance_seconds(7 * 60);
    world.service.service.sweep(1000).await.unwrap();
    let proof = world.device_proof(&second["ChallengeParameters"], &phone);
    let expired = not_authorized("Invalid session for the user, session is expired.");
    assert_eq!(world.prove_device(proof).await, Err(expired));
}
