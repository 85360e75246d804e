//! ResendConfirmationCode.

use cenote_triggers::testing::FakeAnswer;
use serde_json::json;

use crate::world::*;

const ADDRESS: [(&str, &str); 1] = [("email", "rosa@example.org")];

#[tokio::test]
async fn a_new_code_voids_the_old_one() {
    let world = World::new().await;
    world.unconfirmed("rosa", &ADDRESS).await;
    let first = world.service.code_sent_to("rosa@example.org").await;
    world.service.clock.advance_seconds(1);
    let answer = world.service.ok("ResendConfirmationCode", world.public("rosa", json!({}))).await;
    assert_eq!(
        answer,
        json!({ "CodeDeliveryDetails": {
            "AttributeName": "email", "DeliveryMedium": "EMAIL", "Destination": "r***@e***",
        } })
    );
    let messages = world.messages("ResendCode").await;
    let second = messages[0].code.clone().unwrap();
    assert_eq!(messages.len(), 1);
    if first != second {
        assert_eq!(world.confirm("rosa", &first).await, Err(mismatch()));
    }
    world.confirm("rosa", &second).await.unwrap();
}

#[tokio::test]
async fn the_timer_starts_anew() {
    let world = World::new().await;
    world.unconfirmed("rosa", &ADDRESS).await;
    world.service.clock.advance_seconds(23 * 3600);
    world.service.ok("ResendConfirmationCode", world.public("rosa", json!({}))).await;
    let code = world.messages("ResendCode").await[0].code.clone().unwrap();
    world.service.clock.advance_seconds(23 * 3600);
    world.confirm("rosa", &code).await.unwrap();
}

#[tokio::test]
async fn who_needs_none_gets_none() {
    let world = World::new().await;
    let resend = |name: &str| world.service.call("ResendConfirmationCode", world.public(name, json!({})));
    assert_eq!(resend("nobody").await, Err(unknown_combination()));
    world.rosa().await;
    assert_eq!(resend("rosa").await, Err(invalid("User is already confirmed.")));
    world.unconfirmed("luna", &[("email", "luna@example.org")]).await;
    world.disable("luna").await;
    assert_eq!(resend("luna").await, Err(unauthorized("User is disabled.")));
    world.unconfirmed("ines", &[]).await;
    let refused = Err(invalid("Cannot resend codes. Auto verification not turned on."));
    assert_eq!(resend("ines").await, refused);

    let silent = World::of(json!({})).await;
    silent.unconfirmed("rosa", &ADDRESS).await;
    for name in ["rosa", "nobody"] {
        let request = silent.public(name, json!({}));
        assert_eq!(silent.service.call("ResendConfirmationCode", request).await, refused);
    }
}

#[tokio::test]
async fn five_codes_an_hour() {
    let world = World::new().await;
    world.unconfirmed("rosa", &ADDRESS).await;
    let resend = || world.service.call("ResendConfirmationCode", world.public("rosa", json!({})));
    for _ in 0..5 {
        resend().await.unwrap();
    }
    assert_eq!(resend().await, Err(limit()));
    assert_eq!(world.messages("ResendCode").await.len(), 5);
    world.service.clock.advance_seconds(3600);
    resend().await.unwrap();
}

#[tokio::test]
async fn a_message_that_fails_counts_and_voids() {
    let (lambda, answers) = Answers::lambda().await;
    let pool = json!({ "AutoVerifiedAttributes": ["email"], "LambdaConfig": { "CustomMessage": FUNCTION } });
    let world = World::with(triggered(&lambda), pool, json!({})).await;
    world.unconfirmed("rosa", &ADDRESS).await;
    let code = world.service.code_sent_to("rosa@example.org").await;
    answers.fail();
    let request = world.public("rosa", json!({ "ClientMetadata": { "a": "b" } }));
    for _ in 0..5 {
        assert_eq!(
            world.service.fails("ResendConfirmationCode", request.clone()).await,
            error("UserLambdaValidationException", "CustomMessage failed with error no.")
        );
    }
    assert_eq!(lambda.events().len(), 6);
    assert_eq!(lambda.events()[1]["triggerSource"], "CustomMessage_ResendCode");
    assert_eq!(lambda.events()[1]["request"]["clientMetadata"], json!({ "a": "b" }));
    assert_eq!(world.service.fails("ResendConfirmationCode", request.clone()).await, limit());
    assert_eq!(lambda.events().len(), 6);
    assert_eq!(world.confirm("rosa", &code).await, Err(expired()));
    world.service.clock.advance_seconds(3600);
    answers.become_(FakeAnswer::Echo);
    world.service.ok("ResendConfirmationCode", request).await;
}
