//! Names that nobody has.

use cenote_core::testing::{TestService, text};
use cenote_triggers::testing::FakeLambda;
use serde_json::json;

use super::{FLOWS, functions, invalid_session, plain, sums, used, world_of};
use crate::world::*;

#[tokio::test]
async fn users_of_shown_clients_are_looked_at_first() {
    let (lambda, world) = plain(1).await;
    let missing = ("UserNotFoundException".to_owned(), "User does not exist.".to_owned());
    assert_eq!(world.start_custom("nobody").await, Err(missing.clone()));
    assert_eq!(world.start_custom_with_srp("nobody").await, Err(missing));
    world
        .service
        .ok("SignUp", json!({ "ClientId": world.client, "Username": "new", "Password": PASSWORD }))
        .await;
    let unconfirmed = ("UserNotConfirmedException".into(), "User is not confirmed.".into());
    assert_eq!(world.start_custom("new").await, Err(unconfirmed));
    assert!(lambda.events().is_empty());
}

#[tokio::test]
async fn where_users_are_hidden_functions_are_told_who_is_nobody() {
    let lambda = FakeLambda::start(sums(1)).await.unwrap();
    let hides = json!({ "PreventUserExistenceErrors": "ENABLED" });
    let world = world_of(&lambda, json!({}), hides).await;
    let mut lengths = Vec::new();
    // As long a name, so that what is as long can be seen.
    for name in ["alice", "nobdy"] {
        let challenge = world.start_custom(name).await.unwrap();
        assert_eq!(challenge["ChallengeParameters"], json!({ "USERNAME": name, "question": "say 0" }));
        lengths.push(text(&challenge["Session"]).len());
        let next = world.answer_custom(&challenge["Session"], name, "wrong").await.unwrap();
        lengths.push(text(&next["Session"]).len());
        assert_eq!(world.answer_custom(&challenge["Session"], name, "0").await, Err(used()));
        let answer = world.answer_custom(&next["Session"], name, "1").await;
        if name == "alice" {
            assert!(answer.unwrap()["AuthenticationResult"].is_object());
        } else {
            // The functions said that tokens be issued.
            assert_eq!(answer, Err(incorrect()));
        }
    }
    assert_eq!(lengths[..2], lengths[2..]);
    for event in lambda.events() {
        let nobody = event["userName"] == "nobdy";
        assert_eq!(event["request"]["userNotFound"], json!(nobody), "{event}");
        assert_eq!(event["request"]["userAttributes"].as_object().unwrap().is_empty(), nobody);
    }
    let started = world.start_custom_with_srp("nobdy").await.unwrap();
    assert!(started["Session"].is_string());
    let answers = world.answers(&started["ChallengeParameters"], PASSWORD, &world.now());
    assert_eq!(world.prove(answers).await, Err(incorrect()));
    // Somebody takes the name between question and answer.
    let challenge = world.start_custom("late").await.unwrap();
    world.confirmed("late").await;
    assert_eq!(world.answer_custom(&challenge["Session"], "late", "0").await, Err(invalid_session()));
}

#[tokio::test]
async fn only_whoever_passes_learns_the_status_of_a_hidden_user() {
    let lambda = FakeLambda::start(sums(1)).await.unwrap();
    let world = world_of(&lambda, json!({}), json!({ "PreventUserExistenceErrors": "ENABLED" })).await;
    world.service.ok("AdminDisableUser", json!({ "UserPoolId": world.pool, "Username": "alice" })).await;
    let first = world.start_custom("alice").await.unwrap();
    let second = world.answer_custom(&first["Session"], "alice", "wrong").await.unwrap();
    assert_eq!(
        world.answer_custom(&second["Session"], "alice", "1").await,
        Err(not_authorized("User is disabled."))
    );
}

#[tokio::test]
async fn hidden_addresses_are_nobodys_in_the_same_form() {
    let lambda = FakeLambda::start(sums(1)).await.unwrap();
    let world = World::with(
        TestService::builder().lambda(&lambda.url()),
        json!({ "LambdaConfig": functions(), "UsernameAttributes": ["email"] }),
        json!({ "ExplicitAuthFlows": FLOWS, "PreventUserExistenceErrors": "ENABLED" }),
    )
    .await;
    let challenge = world.start_custom("nobody@test.com").await.unwrap();
    let name = text(&challenge["ChallengeParameters"]["USERNAME"]);
    assert_eq!((name.len(), name.matches('-').count()), (36, 4));
    // Under either name.
    let next = world.answer_custom(&challenge["Session"], &name, "wrong").await.unwrap();
    assert_eq!(world.answer_custom(&next["Session"], "nobody@test.com", "1").await, Err(incorrect()));
}
