//! Many at once: one wins, counts hold.

use std::sync::Arc;

use cenote_core::testing::WireError;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::world::*;

/// Runs the same call several times at once.
async fn at_once(
    world: &Arc<World>,
    operation: &'static str,
    requests: Vec<Value>,
) -> Vec<Result<Value, WireError>> {
    let mut calls = JoinSet::new();
    for request in requests {
        let world = Arc::clone(world);
        calls.spawn(async move { world.service.call(operation, request).await });
    }
    calls.join_all().await
}

fn succeeded(answers: &[Result<Value, WireError>]) -> usize {
    answers.iter().filter(|answer| answer.is_ok()).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_name_is_given_once() {
    let world = Arc::new(World::new().await);
    let members =
        json!({ "Password": PASSWORD, "UserAttributes": attributes(&[("email", "rosa@example.org")]) });
    let answers = at_once(&world, "SignUp", vec![world.public("rosa", members); 8]).await;
    assert_eq!(succeeded(&answers), 1);
    assert!(answers.iter().flatten().count() == 1);
    for answer in answers.into_iter().filter_map(Result::err) {
        assert_eq!(answer, error("UsernameExistsException", "User already exists"));
    }
    assert_eq!(world.service.inbox().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_code_is_redeemed_once() {
    let world = Arc::new(World::new().await);
    world.unconfirmed("rosa", &[("email", "rosa@example.org")]).await;
    let code = world.service.code_sent_to("rosa@example.org").await;
    let request = world.public("rosa", json!({ "ConfirmationCode": code }));
    let answers = at_once(&world, "ConfirmSignUp", vec![request; 8]).await;
    assert_eq!(succeeded(&answers), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn guesses_are_all_counted() {
    let world = Arc::new(World::new().await);
    world.unconfirmed("rosa", &[("email", "rosa@example.org")]).await;
    let code = world.service.code_sent_to("rosa@example.org").await;
    let request = world.public("rosa", json!({ "ConfirmationCode": other_than(&code) }));
    let answers = at_once(&world, "ConfirmSignUp", vec![request; 20]).await;
    let guesses = answers.iter().filter(|answer| **answer == Err(mismatch())).count();
    let refused = answers.iter().filter(|answer| **answer == Err(limit())).count();
    assert_eq!((guesses, refused), (15, 5));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_alias_has_one_owner() {
    let world = Arc::new(World::of(json!({ "AliasAttributes": ["email"] })).await);
    let requests = (0..6)
        .map(|number| {
            let given = attributes(&[("email", "x@example.org"), ("email_verified", "true")]);
            let members = json!({
                "UserAttributes": given, "ForceAliasCreation": true, "MessageAction": "SUPPRESS",
                "TemporaryPassword": PASSWORD,
            });
            world.admin(&format!("user{number}"), members)
        })
        .collect();
    let answers = at_once(&world, "AdminCreateUser", requests).await;
    assert_eq!(succeeded(&answers), 6);
    let mut owners = 0;
    for number in 0..6 {
        let flag = world.attribute(&format!("user{number}"), "email_verified").await;
        owners += usize::from(flag.as_deref() == Some("true"));
    }
    assert_eq!(owners, 1);
    world.user("x@example.org").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn changes_of_different_attributes_all_hold() {
    let world = Arc::new(World::new().await);
    world.rosa().await;
    let names = ["name", "nickname", "given_name", "family_name", "website", "profile"];
    let requests = names
        .iter()
        .map(|name| world.admin("rosa", json!({ "UserAttributes": attributes(&[(name, "x")]) })))
        .collect();
    assert_eq!(succeeded(&at_once(&world, "AdminUpdateUserAttributes", requests).await), 6);
    for name in names {
        assert_eq!(world.attribute("rosa", name).await.as_deref(), Some("x"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn passwords_are_not_guessed_in_parallel() {
    let world = Arc::new(World::new().await);
    let token = world.rosa().await;
    let request =
        json!({ "AccessToken": token, "PreviousPassword": "wrong", "ProposedPassword": NEW_PASSWORD });
    let answers = at_once(&world, "ChangePassword", vec![request; 8]).await;
    let told = answers
        .iter()
        .filter(|answer| **answer == Err(unauthorized("Incorrect username or password.")))
        .count();
    assert_eq!(told, 5);
    assert_eq!(answers.iter().filter(|answer| **answer == Err(limit())).count(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_function_runs_no_more_often_than_the_limit_allows() {
    let (lambda, answers) = Answers::lambda().await;
    let pool = json!({ "AutoVerifiedAttributes": ["email"], "LambdaConfig": { "CustomMessage": FUNCTION } });
    let world = Arc::new(World::with(triggered(&lambda), pool, json!({})).await);
    world.unconfirmed("rosa", &[("email", "rosa@example.org")]).await;
    answers.fail();
    let answers = at_once(&world, "ResendConfirmationCode", vec![world.public("rosa", json!({})); 12]).await;
    assert_eq!(answers.iter().filter(|answer| **answer == Err(limit())).count(), 7);
    assert_eq!(lambda.events().len(), 1 + 5);
}

#[tokio::test]
async fn instances_share_everything() {
    let world = World::new().await;
    let other = cenote_core::testing::TestService::builder().start_beside(&world.service);
    world.unconfirmed("rosa", &[("email", "rosa@example.org")]).await;
    let code = world.service.code_sent_to("rosa@example.org").await;
    other.ok("ConfirmSignUp", world.public("rosa", json!({ "ConfirmationCode": code }))).await;
    world.unconfirmed("luna", &[]).await;
    let page = world.service.ok("ListUsers", json!({ "UserPoolId": world.pool, "Limit": 1 })).await;
    let request = json!({ "UserPoolId": world.pool, "PaginationToken": page["PaginationToken"] });
    assert_eq!(other.ok("ListUsers", request).await["Users"].as_array().unwrap().len(), 1);
    let token = world.token("rosa").await;
    other.ok("GetUser", json!({ "AccessToken": token })).await;
    other.ok("AdminDisableUser", world.admin("rosa", json!({}))).await;
    let refused = world.service.fails("GetUser", json!({ "AccessToken": token })).await;
    assert_eq!(refused, unauthorized("User is disabled."));
}
