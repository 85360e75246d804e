//! What the triggers of the reset see, and what their failures leave behind.

use cenote_core::testing::TestService;
use cenote_triggers::testing::{FakeAnswer, FakeLambda};
use serde_json::{Value, json};

use crate::world::*;

const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:f";

async fn world(lambda: &FakeLambda, trigger: &str) -> World {
    World::with(
        TestService::builder().lambda(&lambda.url()),
        json!({ "LambdaConfig": { trigger: FUNCTION } }),
        json!({}),
    )
    .await
}

#[tokio::test]
async fn custom_message_writes_the_text_and_never_sees_the_code() {
    let lambda = FakeLambda::start(|_| {
        FakeAnswer::Response(
            json!({ "emailSubject": "Reset, {username}", "emailMessage": "Use <b>{####}</b>" }),
        )
    })
    .await
    .unwrap();
    let world = world(&lambda, "CustomMessage").await;
    world.alice().await;
    let request =
        json!({ "ClientId": world.client, "Username": "alice", "ClientMetadata": { "lang": "de" } });
    world.service.ok("ForgotPassword", request).await;
    let inbox = world.service.inbox().await;
    let code = inbox[0].code.clone().unwrap();
    assert_eq!(inbox[0].body, format!("Use <b>{code}</b>"));
    assert_eq!(inbox[0].subject.as_deref(), Some("Reset, alice"));
    let event = &lambda.events()[0];
    assert_eq!(event["triggerSource"], "CustomMessage_ForgotPassword");
    assert_eq!(event["request"]["codeParameter"], "{####}");
    assert_eq!(event["request"]["usernameParameter"], Value::Null);
    assert_eq!(event["request"]["clientMetadata"], json!({ "lang": "de" }));
    assert_eq!(event["request"]["userAttributes"]["cognito:user_status"], "CONFIRMED");
    assert_eq!(event["request"]["userAttributes"]["email_verified"], "true");
    assert!(!event.to_string().contains(&code));
}

#[tokio::test]
async fn without_metadata_there_is_no_member_for_it() {
    let lambda = FakeLambda::start(|_| FakeAnswer::Echo).await.unwrap();
    let world = world(&lambda, "CustomMessage").await;
    world.alice().await;
    world.forgot("alice").await.unwrap();
    assert!(lambda.events()[0]["request"].get("clientMetadata").is_none());
    assert!(world.service.inbox().await[0].body.contains("new password"));
}

#[tokio::test]
async fn a_failed_message_voids_the_code_and_counts() {
    let fail = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let failing = std::sync::Arc::clone(&fail);
    let lambda = FakeLambda::start(move |_| {
        if failing.load(std::sync::atomic::Ordering::SeqCst) {
            FakeAnswer::FunctionError { message: "broken".into() }
        } else {
            FakeAnswer::Echo
        }
    })
    .await
    .unwrap();
    let world = world(&lambda, "CustomMessage").await;
    world.alice().await;
    let code = world.code("alice", "test@test.com").await;
    fail.store(true, std::sync::atomic::Ordering::SeqCst);
    for _ in 0..4 {
        assert_eq!(
            world.forgot("alice").await,
            Err(error("UserLambdaValidationException", "CustomMessage failed with error broken."))
        );
    }
    assert_eq!(world.confirm("alice", &code, NEW_PASSWORD).await, Err(expired()));
    assert_eq!(world.forgot("alice").await, Err(limit()));
    assert_eq!(lambda.events().len(), 5, "over the limit the function is not called");
}

#[tokio::test]
async fn a_text_without_the_code_is_refused() {
    let lambda =
        FakeLambda::start(|_| FakeAnswer::Response(json!({ "emailMessage": "no code here" }))).await.unwrap();
    let world = world(&lambda, "CustomMessage").await;
    world.alice().await;
    let (code, message) = world.forgot("alice").await.unwrap_err();
    assert_eq!(code, "InvalidParameterException");
    assert!(message.starts_with("1 validation error detected: Value at 'emailBody' failed"), "{message}");
}

#[tokio::test]
async fn post_confirmation_sees_the_confirmed_user() {
    let lambda = FakeLambda::start(|_| FakeAnswer::Echo).await.unwrap();
    let world = world(&lambda, "PostConfirmation").await;
    world.alice().await;
    let code = world.code("alice", "test@test.com").await;
    let request = json!({
        "ClientId": world.client, "Username": "test@test.com", "ConfirmationCode": code, "Password": NEW_PASSWORD,
        "ClientMetadata": { "a": "b" },
    });
    // In this pool an address is no name.
    assert_eq!(world.service.fails("ConfirmForgotPassword", request).await, unknown());
    let request = json!({
        "ClientId": world.client, "Username": "alice", "ConfirmationCode": code, "Password": NEW_PASSWORD,
        "ClientMetadata": { "a": "b" },
    });
    world.service.ok("ConfirmForgotPassword", request).await;
    let events = lambda.events();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["triggerSource"], "PostConfirmation_ConfirmForgotPassword");
    assert_eq!(events[0]["userName"], "alice");
    assert_eq!(events[0]["request"]["clientMetadata"], json!({ "a": "b" }));
    assert_eq!(events[0]["request"]["userAttributes"]["cognito:user_status"], "CONFIRMED");
    assert_eq!(events[0]["response"], json!({}));
}

#[tokio::test]
async fn a_hidden_refusal_runs_no_trigger() {
    let lambda = FakeLambda::start(|_| FakeAnswer::Echo).await.unwrap();
    let world = World::with(
        TestService::builder().lambda(&lambda.url()),
        json!({ "LambdaConfig": { "CustomMessage": FUNCTION } }),
        json!({ "PreventUserExistenceErrors": "ENABLED" }),
    )
    .await;
    world.confirmed("bare", &[]).await;
    world.forgot("bare").await.unwrap();
    world.forgot("nobody").await.unwrap();
    assert!(lambda.events().is_empty());
}

#[tokio::test]
async fn a_sender_that_is_not_built_is_not_passed_over() {
    let world = World::with(
        TestService::builder(),
        json!({ "LambdaConfig": {
            "CustomEmailSender": { "LambdaVersion": "V1_0", "LambdaArn": FUNCTION },
            "KMSKeyID": "arn:aws:kms:us-east-1:123456789012:key/1",
        } }),
        json!({}),
    )
    .await;
    world.alice().await;
    let (code, message) = world.forgot("alice").await.unwrap_err();
    assert_eq!(code, "UnexpectedLambdaException");
    assert!(message.contains("CustomEmailSender") && message.contains("not built"), "{message}");
    assert!(world.service.inbox().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn requests_that_race_do_not_run_the_function_more_often() {
    let lambda = FakeLambda::start(|_| FakeAnswer::Echo).await.unwrap();
    let world = std::sync::Arc::new(world(&lambda, "CustomMessage").await);
    world.alice().await;
    let requests: Vec<_> = (0..30)
        .map(|_| {
            let world = std::sync::Arc::clone(&world);
            tokio::spawn(async move { world.forgot("alice").await.is_ok() })
        })
        .collect();
    for request in requests {
        request.await.unwrap();
    }
    assert!(lambda.events().len() <= 5, "{}", lambda.events().len());
}
