//! Users who come from another directory when they forget their password.

use cenote_core::testing::{TestService, merged};
use cenote_triggers::testing::{FakeAnswer, FakeLambda};
use serde_json::{Value, json};

use crate::world::*;

const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:f";

async fn world(lambda: &FakeLambda, pool: Value, client: Value) -> World {
    let members = merged(json!({ "LambdaConfig": { "UserMigration": FUNCTION } }), pool);
    World::with(TestService::builder().lambda(&lambda.url()), members, client).await
}

async fn answers(response: Value) -> FakeLambda {
    FakeLambda::start(move |_| FakeAnswer::Response(response.clone())).await.unwrap()
}

#[tokio::test]
async fn a_migrated_user_gets_the_code_and_waits_for_its_password() {
    let lambda = answers(json!({ "userAttributes": {
        "email": "old@test.com", "email_verified": "true", "username": "old", "name": "Old",
    } }))
    .await;
    let world = world(&lambda, json!({}), json!({})).await;
    let request = json!({
        "ClientId": world.client, "Username": "old", "ClientMetadata": { "tenant": "blue" },
    });
    let answer = world.service.ok("ForgotPassword", request).await;
    assert_eq!(answer["CodeDeliveryDetails"]["Destination"], "o***@t***");
    assert_eq!(world.status("old").await, "RESET_REQUIRED");
    let events = lambda.events();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["triggerSource"], "UserMigration_ForgotPassword");
    assert_eq!(events[0]["userName"], "old");
    assert_eq!(events[0]["request"]["clientMetadata"], json!({ "tenant": "blue" }));
    assert_eq!(events[0]["request"]["password"], Value::Null);
    assert_eq!(events[0]["callerContext"]["clientId"], world.client);

    let code = world.service.code_sent_to("old@test.com").await;
    world.confirm("old", &code, NEW_PASSWORD).await.unwrap();
    assert_eq!(world.status("old").await, "CONFIRMED");
    assert!(world.sign_in("old", NEW_PASSWORD).await.is_ok());
    assert_eq!(lambda.events().len(), 1, "a known user is not migrated again");
}

#[tokio::test]
async fn a_user_that_the_old_directory_lacks_is_unknown() {
    let lambda = answers(json!({})).await;
    let open = world(&lambda, json!({}), json!({})).await;
    assert_eq!(open.forgot("nobody").await, Err(unknown()));
    let hiding = world(&lambda, json!({}), json!({ "PreventUserExistenceErrors": "ENABLED" })).await;
    assert_eq!(hiding.asked("nobody").await.0, "EMAIL");
    assert_eq!(lambda.events().len(), 2);
}

#[tokio::test]
async fn a_failing_function_is_told_and_makes_no_user() {
    let lambda = FakeLambda::start(|_| FakeAnswer::FunctionError { message: "no such directory".into() })
        .await
        .unwrap();
    let world = world(&lambda, json!({}), json!({})).await;
    assert_eq!(
        world.forgot("old").await,
        Err(error("UserLambdaValidationException", "UserMigration failed with error no such directory."))
    );
    assert_eq!(
        world.service.fails("AdminGetUser", json!({ "UserPoolId": world.pool, "Username": "old" })).await.0,
        "UserNotFoundException"
    );
}

#[tokio::test]
async fn the_limit_comes_before_the_function() {
    let lambda = answers(json!({})).await;
    let world = world(&lambda, json!({}), json!({})).await;
    for _ in 0..5 {
        assert_eq!(world.forgot("nobody").await, Err(unknown()));
    }
    assert_eq!(world.forgot("nobody").await, Err(limit()));
    assert_eq!(lambda.events().len(), 5);
}

#[tokio::test]
async fn without_a_verified_contact_there_is_no_code() {
    let lambda = answers(json!({ "userAttributes": { "email": "old@test.com" } })).await;
    let world = world(&lambda, json!({}), json!({})).await;
    assert_eq!(world.forgot("old").await, Err(no_contact()));
    assert_eq!(world.status("old").await, "RESET_REQUIRED");
}

#[tokio::test]
async fn an_address_as_user_name_must_come_back() {
    let members = json!({ "UsernameAttributes": ["email"] });
    let lambda =
        answers(json!({ "userAttributes": { "email": "old@test.com", "email_verified": "true" } })).await;
    let good = world(&lambda, members.clone(), json!({})).await;
    good.forgot("old@test.com").await.unwrap();
    let user =
        good.service.ok("AdminGetUser", json!({ "UserPoolId": good.pool, "Username": "old@test.com" })).await;
    assert_ne!(user["Username"], "old@test.com");
    let bad = world(&lambda, members, json!({})).await;
    assert_eq!(bad.forgot("other@test.com").await.unwrap_err().0, "InvalidLambdaResponseException");
}

#[tokio::test]
async fn sign_in_migrates_too_and_keeps_the_typed_password() {
    let lambda = answers(json!({
        "userAttributes": { "email": "old@test.com", "email_verified": "true" }, "finalUserStatus": "CONFIRMED",
        "messageAction": "SUPPRESS",
    }))
    .await;
    let world = world(&lambda, json!({}), json!({})).await;
    // No policy is asked: it was good enough for the old directory.
    assert!(world.sign_in("old", "simple").await.is_ok());
    let events = lambda.events();
    assert_eq!(events[0]["triggerSource"], "UserMigration_Authentication");
    assert_eq!(events[0]["request"]["password"], "simple");
    assert!(world.sign_in("old", "simple").await.is_ok());
    assert_eq!(lambda.events().len(), 1);
    assert_eq!(world.sign_in("old", "other").await, Err(incorrect()));
}

#[tokio::test]
async fn who_comes_with_the_old_password_is_told_to_reset_it() {
    for client in [json!({}), json!({ "PreventUserExistenceErrors": "ENABLED" })] {
        let lambda = answers(json!({ "userAttributes": { "name": "Old" } })).await;
        let world = world(&lambda, json!({}), client).await;
        let told = error("PasswordResetRequiredException", "Password reset required for the user");
        assert_eq!(world.sign_in("old", "simple").await, Err(told));
        assert_eq!(world.status("old").await, "RESET_REQUIRED");
        assert_eq!(lambda.events().len(), 1);
    }
}

/// Else strangers could take the names of those who come later.
#[tokio::test]
async fn a_user_without_attributes_is_none() {
    let lambda = answers(json!({ "userAttributes": {}, "finalUserStatus": "CONFIRMED" })).await;
    let world = world(&lambda, json!({}), json!({})).await;
    assert_eq!(world.forgot("nobody").await, Err(unknown()));
    world.sign_in("nobody", "simple").await.unwrap_err();
    let user = json!({ "UserPoolId": world.pool, "Username": "nobody" });
    assert_eq!(world.service.fails("AdminGetUser", user).await.0, "UserNotFoundException");
}

#[tokio::test]
async fn a_failing_function_is_limited_too() {
    let lambda = FakeLambda::start(|_| FakeAnswer::FunctionError { message: "no".into() }).await.unwrap();
    let world = world(&lambda, json!({}), json!({})).await;
    for _ in 0..5 {
        assert_eq!(world.forgot("old").await.unwrap_err().0, "UserLambdaValidationException");
    }
    assert_eq!(world.forgot("old").await, Err(limit()));
    assert_eq!(lambda.events().len(), 5);
}

#[tokio::test]
async fn guesses_at_the_old_directory_are_locked() {
    for members in [json!({}), json!({ "PreventUserExistenceErrors": "ENABLED" })] {
        for answer in [Some(json!({})), None] {
            let lambda = FakeLambda::start(move |_| match &answer {
                Some(response) => FakeAnswer::Response(response.clone()),
                None => FakeAnswer::FunctionError { message: "bad password".into() },
            })
            .await
            .unwrap();
            let world = world(&lambda, json!({}), members.clone()).await;
            for _ in 0..5 {
                world.sign_in("old", "Wrong-1pass").await.unwrap_err();
            }
            assert_eq!(
                world.sign_in("old", "Wrong-1pass").await,
                Err(error("NotAuthorizedException", "Password attempts exceeded"))
            );
            assert_eq!(lambda.events().len(), 5);
        }
    }
}

#[tokio::test]
async fn names_that_stand_in_the_way_of_aliases_are_refused() {
    let lambda = answers(json!({ "userAttributes": {
        "email": "old@test.com", "email_verified": "true", "username": "old@test.com",
    } }))
    .await;
    let world = world(&lambda, json!({ "AliasAttributes": ["email"] }), json!({})).await;
    assert_eq!(world.forgot("old@test.com").await.unwrap_err().0, "InvalidLambdaResponseException");
}

/// As many as there are guesses: each might be one. Who comes while those are under way is told of the lock, who comes after
/// them gets in.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn first_sign_ins_that_race_all_succeed() {
    let lambda = answers(json!({
        "userAttributes": { "email": "old@test.com", "email_verified": "true" }, "finalUserStatus": "CONFIRMED",
    }))
    .await;
    let world =
        std::sync::Arc::new(world(&lambda, json!({ "UsernameAttributes": ["email"] }), json!({})).await);
    let attempts: Vec<_> = (0..5)
        .map(|_| {
            let world = std::sync::Arc::clone(&world);
            tokio::spawn(async move { world.sign_in("old@test.com", PASSWORD).await })
        })
        .collect();
    for attempt in attempts {
        attempt.await.unwrap().unwrap();
    }
    world.sign_in("old@test.com", PASSWORD).await.unwrap();
}
