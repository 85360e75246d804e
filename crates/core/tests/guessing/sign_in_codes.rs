//! Codes that sign in alone: the tries are a session's, and it is one session on every instance.

use std::sync::Arc;

use cenote_core::testing::WireError;
use serde_json::{Value, json};

use crate::world::*;

const TRIES: usize = 10;

async fn client(world: &World) -> String {
    let policy = json!({ "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"] } });
    let request = json!({
        "UserPoolId": world.pool, "AutoVerifiedAttributes": ["email"], "Policies": policy,
    });
    world.first().ok("UpdateUserPool", request).await;
    // The other instance looks at the configuration again after half a second.
    world.first().clock.advance_seconds(1);
    world.first().client(&world.pool, json!({ "ExplicitAuthFlows": ["ALLOW_USER_AUTH"] })).await
}

async fn asked(world: &World, client: &str, name: &str) -> Value {
    let request = json!({
        "ClientId": client, "AuthFlow": "USER_AUTH",
        "AuthParameters": { "USERNAME": name, "PREFERRED_CHALLENGE": "EMAIL_OTP" },
    });
    let challenge = world.first().ok("InitiateAuth", request).await;
    assert_eq!(challenge["ChallengeName"], "EMAIL_OTP");
    challenge["Session"].clone()
}

fn answer(client: &str, session: &Value, name: &str, code: &str) -> Value {
    json!({
        "ClientId": client, "ChallengeName": "EMAIL_OTP", "Session": session,
        "ChallengeResponses": { "USERNAME": name, "EMAIL_OTP_CODE": code },
    })
}

async fn all_at_once(world: &Arc<World>, requests: Vec<Value>) -> Vec<Result<Value, WireError>> {
    let start = Arc::new(tokio::sync::Barrier::new(requests.len()));
    let mut calls = tokio::task::JoinSet::new();
    for (turn, request) in requests.into_iter().enumerate() {
        let (world, start) = (Arc::clone(world), Arc::clone(&start));
        calls.spawn(async move {
            start.wait().await;
            world.instances[turn % 2].call("RespondToAuthChallenge", request).await
        });
    }
    calls.join_all().await
}

pub async fn a_crowd_shares_the_tries_of_a_session(world: World) {
    let client = client(&world).await;
    let session = asked(&world, &client, "alice").await;
    let code = world.first().code_sent_to("alice@example.org").await;
    let right: usize = code.parse().unwrap();
    let names = ["alice", "ALICE", "alice@example.org"];
    let guess = |number: usize| {
        let wrong = format!("{:08}", (right + 1 + number) % 100_000_000);
        answer(&client, &session, names[number % names.len()], &wrong)
    };
    let world = Arc::new(world);
    let answers = all_at_once(&world, (0..80).map(guess).collect()).await;
    let wrong = answers.iter().filter(|it| matches!(it, Err((code, _)) if code == "CodeMismatchException"));
    assert_eq!(wrong.count(), TRIES, "{answers:?}");
    let world = Arc::into_inner(world).unwrap().restarted().await;
    let spent = ("NotAuthorizedException".to_owned(), "Invalid session for the user.".to_owned());
    for instance in &world.instances {
        let late = instance.fails("RespondToAuthChallenge", answer(&client, &session, "alice", &code)).await;
        assert_eq!(late, spent);
    }
}

pub async fn a_right_code_wins_once_in_a_crowd(world: World) {
    let client = client(&world).await;
    let session = asked(&world, &client, "alice").await;
    let code = world.first().code_sent_to("alice@example.org").await;
    let world = Arc::new(world);
    let request = answer(&client, &session, "alice", &code);
    let answers = all_at_once(&world, vec![request.clone(); 40]).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    let used = "Invalid session for the user, session can only be used once.";
    for instance in &world.instances {
        assert_eq!(instance.fails("RespondToAuthChallenge", request.clone()).await.1, used);
    }
}
