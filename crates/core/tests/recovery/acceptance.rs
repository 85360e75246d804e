//! The acceptance examples of the password reset, one test each.

use cenote_triggers::testing::{FakeAnswer, FakeLambda};
use serde_json::json;

use crate::world::*;

const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:f";

#[tokio::test]
async fn example_1_a_verified_address_gets_the_code() {
    let world = World::new().await;
    world.alice().await;
    assert_eq!(world.asked("alice").await, ("EMAIL".into(), "email".into(), "t***@t***".into()));
    let described = world.service.ok("DescribeUserPool", json!({ "UserPoolId": world.pool })).await;
    assert_eq!(
        described["UserPool"]["AccountRecoverySetting"],
        json!({ "RecoveryMechanisms": [
            { "Priority": 1, "Name": "verified_email" }, { "Priority": 2, "Name": "verified_phone_number" },
        ] })
    );
}

#[tokio::test]
async fn example_2_the_first_mechanism_wins() {
    let world = World::new().await;
    let both = [
        ("email", "test@test.com"),
        ("email_verified", "true"),
        ("phone_number", "+12065551234"),
        ("phone_number_verified", "true"),
    ];
    world.confirmed("alice", &both).await;
    assert_eq!(world.asked("alice").await, ("EMAIL".into(), "email".into(), "t***@t***".into()));
}

#[tokio::test]
async fn example_4_an_unverified_address_gets_nothing() {
    let world = World::new().await;
    world.confirmed("alice", &[("email", "test@test.com")]).await;
    assert_eq!(world.forgot("alice").await, Err(no_contact()));
    assert!(world.service.inbox().await.is_empty());
}

#[tokio::test]
async fn example_5_a_code_works_once_and_for_an_hour() {
    let world = World::new().await;
    world.alice().await;
    let code = world.code("alice", "test@test.com").await;
    world.service.clock.advance_seconds(3601);
    assert_eq!(world.confirm("alice", &code, NEW_PASSWORD).await, Err(expired()));
    let code = world.code("alice", "test@test.com").await;
    world.service.clock.advance_seconds(3599);
    assert_eq!(world.confirm("alice", &code, NEW_PASSWORD).await, Ok(json!({})));
    assert_eq!(world.confirm("alice", &code, NEW_PASSWORD).await, Err(expired()));
}

#[tokio::test]
async fn example_6_only_the_newest_code_works() {
    let world = World::new().await;
    world.alice().await;
    let first = world.code("alice", "test@test.com").await;
    world.service.clock.advance_seconds(1);
    let second = world.code("alice", "test@test.com").await;
    assert_ne!(first, second);
    assert_eq!(world.confirm("alice", &first, NEW_PASSWORD).await, Err(mismatch()));
    assert_eq!(world.confirm("alice", &second, NEW_PASSWORD).await, Ok(json!({})));
    assert!(world.sign_in("alice", NEW_PASSWORD).await.is_ok());
    assert_eq!(world.sign_in("alice", PASSWORD).await, Err(incorrect()));
}

#[tokio::test]
async fn example_7_a_code_survives_a_weak_password() {
    let world = World::new().await;
    world.alice().await;
    let code = world.code("alice", "test@test.com").await;
    assert_eq!(
        world.confirm("alice", &code, "weakling").await,
        Err(error(
            "InvalidPasswordException",
            "Password does not conform to policy: Password must have uppercase characters"
        ))
    );
    assert_eq!(world.confirm("alice", &code, NEW_PASSWORD).await, Ok(json!({})));
}

#[tokio::test]
async fn example_8_invented_answers_stay_the_same() {
    let world = World::hidden().await;
    let first = world.forgot("nobody").await.unwrap();
    assert_eq!(world.forgot("nobody").await.unwrap(), first);
    assert_eq!(world.confirm("nobody", "123456", NEW_PASSWORD).await, Err(mismatch()));
    assert_eq!(world.confirm("neverasked", "123456", NEW_PASSWORD).await, Err(expired()));
    assert!(world.service.inbox().await.is_empty());
}

#[tokio::test]
async fn example_9_the_sixth_request_is_refused_for_everybody() {
    for (world, exists) in
        [(World::new().await, true), (World::hidden().await, true), (World::hidden().await, false)]
    {
        if exists {
            world.alice().await;
        }
        for _ in 0..5 {
            assert!(world.forgot("alice").await.is_ok());
        }
        assert_eq!(world.forgot("alice").await, Err(limit()));
        world.service.clock.advance_seconds(3600);
        assert!(world.forgot("alice").await.is_ok());
    }
    let world = World::new().await;
    for _ in 0..5 {
        assert_eq!(world.forgot("nobody").await, Err(unknown()));
    }
    assert_eq!(world.forgot("nobody").await, Err(limit()));
}

#[tokio::test]
async fn example_10_a_reset_signs_nobody_out() {
    let world = World::new().await;
    world.alice().await;
    let tokens = world.sign_in("alice", PASSWORD).await.unwrap();
    let code = world.code("alice", "test@test.com").await;
    world.confirm("alice", &code, NEW_PASSWORD).await.unwrap();
    let refreshed = world
        .service
        .ok(
            "InitiateAuth",
            json!({
                "ClientId": world.client, "AuthFlow": "REFRESH_TOKEN_AUTH",
                "AuthParameters": { "REFRESH_TOKEN": tokens["AuthenticationResult"]["RefreshToken"] },
            }),
        )
        .await;
    assert!(refreshed["AuthenticationResult"]["AccessToken"].is_string());
    world
        .service
        .ok("GetUser", json!({ "AccessToken": tokens["AuthenticationResult"]["AccessToken"] }))
        .await;
}

#[tokio::test]
async fn example_11_a_failing_post_confirmation_keeps_the_new_password() {
    let lambda = FakeLambda::start(|_| FakeAnswer::FunctionError { message: "no".into() }).await.unwrap();
    let world = World::with(
        cenote_core::testing::TestService::builder().lambda(&lambda.url()),
        json!({ "LambdaConfig": { "PostConfirmation": FUNCTION } }),
        json!({}),
    )
    .await;
    world.alice().await;
    let code = world.code("alice", "test@test.com").await;
    assert_eq!(
        world.confirm("alice", &code, NEW_PASSWORD).await,
        Err(error("UserLambdaValidationException", "PostConfirmation failed with error no."))
    );
    assert!(world.sign_in("alice", NEW_PASSWORD).await.is_ok());
}
