//! GetUserAttributeVerificationCode and VerifyUserAttribute.

use serde_json::{Value, json};

use crate::world::*;

async fn ask(world: &World, token: &str, name: &str) -> Result<Value, (String, String)> {
    let request = json!({ "AccessToken": token, "AttributeName": name, "ClientMetadata": { "a": "b" } });
    world.service.call("GetUserAttributeVerificationCode", request).await
}

async fn verify(world: &World, token: &str, name: &str, code: &str) -> Result<Value, (String, String)> {
    let request = json!({ "AccessToken": token, "AttributeName": name, "Code": code });
    world.service.call("VerifyUserAttribute", request).await
}

#[tokio::test]
async fn a_code_verifies_once() {
    let world = World::of(json!({})).await;
    world.confirmed("rosa", &[("phone_number", "+12065551234")]).await;
    let token = world.token("rosa").await;
    assert_eq!(
        ask(&world, &token, "phone_number").await,
        Ok(json!({ "CodeDeliveryDetails": {
            "AttributeName": "phone_number", "DeliveryMedium": "SMS", "Destination": "+*******1234",
        } }))
    );
    let messages = world.messages("VerifyUserAttribute").await;
    let code = messages[0].code.clone().unwrap();
    assert_eq!(verify(&world, &token, "phone_number", other_than(&code)).await, Err(mismatch()));
    assert_eq!(verify(&world, &token, "phone_number", &code).await, Ok(json!({})));
    assert_eq!(world.attribute("rosa", "phone_number_verified").await.as_deref(), Some("true"));
    assert_eq!(verify(&world, &token, "phone_number", &code).await, Err(expired()));
    // What is verified can be verified again.
    ask(&world, &token, "phone_number").await.unwrap();
}

#[tokio::test]
async fn only_contacts_that_are_there() {
    let world = World::new().await;
    world.confirmed("rosa", &[("name", "Rosa")]).await;
    let token = world.token("rosa").await;
    for name in ["name", "custom:x", "email_verified"] {
        let refused = Err(invalid("Invalid attribute name. Only phone_number and email can be verified."));
        assert_eq!(ask(&world, &token, name).await, refused);
        assert_eq!(verify(&world, &token, name, "123456").await, refused);
    }
    assert_eq!(
        ask(&world, &token, "email").await,
        Err(invalid("User does not have a valid registered email address"))
    );
    assert_eq!(
        ask(&world, &token, "phone_number").await,
        Err(invalid("User does not have a valid registered phone number"))
    );
    assert_eq!(verify(&world, &token, "email", "123456").await, Err(expired()));
}

#[tokio::test]
async fn codes_live_a_day_and_the_newest_counts() {
    let world = World::new().await;
    let token = world.rosa().await;
    ask(&world, &token, "email").await.unwrap();
    let first = world.service.code_sent_to("rosa@example.org").await;
    world.service.clock.advance_seconds(24 * 3600);
    let token = world.token("rosa").await;
    assert_eq!(verify(&world, &token, "email", &first).await, Err(expired()));
    ask(&world, &token, "email").await.unwrap();
    let second = world.messages("VerifyUserAttribute").await[0].code.clone().unwrap();
    verify(&world, &token, "email", &second).await.unwrap();
}

#[tokio::test]
async fn requests_and_tries_are_limited() {
    let world = World::new().await;
    let token = world.rosa().await;
    for _ in 0..5 {
        ask(&world, &token, "email").await.unwrap();
    }
    assert_eq!(ask(&world, &token, "email").await, Err(limit()));
    let code = world.messages("VerifyUserAttribute").await[0].code.clone().unwrap();
    for _ in 0..15 {
        assert_eq!(verify(&world, &token, "email", other_than(&code)).await, Err(mismatch()));
    }
    assert_eq!(verify(&world, &token, "email", &code).await, Err(limit()));
    world.service.clock.advance_seconds(3600);
    let token = world.token("rosa").await;
    ask(&world, &token, "email").await.unwrap();
    let code = world.messages("VerifyUserAttribute").await[0].code.clone().unwrap();
    verify(&world, &token, "email", &code).await.unwrap();
}

#[tokio::test]
async fn an_alias_of_another_user_is_not_taken() {
    let world = World::of(json!({ "AliasAttributes": ["email"] })).await;
    world.confirmed("luna", &[("email", "x@example.org")]).await;
    let token = world.token("luna").await;
    ask(&world, &token, "email").await.unwrap();
    let code = world.service.code_sent_to("x@example.org").await;
    world.confirmed("rosa", &[("email", "x@example.org"), ("email_verified", "true")]).await;
    assert_eq!(verify(&world, &token, "email", &code).await, Err(alias_exists("email")));
    assert_eq!(world.attribute("rosa", "email_verified").await.as_deref(), Some("true"));
    world.service.ok("AdminDeleteUser", world.admin("rosa", json!({}))).await;
    verify(&world, &token, "email", &code).await.unwrap();
    assert_eq!(world.user("x@example.org").await["Username"], "luna");
}

#[tokio::test]
async fn the_message_has_its_own_source() {
    let (lambda, answers) = Answers::lambda().await;
    let world =
        World::with(triggered(&lambda), json!({ "LambdaConfig": { "CustomMessage": FUNCTION } }), json!({}))
            .await;
    let token = world.rosa().await;
    ask(&world, &token, "email").await.unwrap();
    let code = world.service.code_sent_to("rosa@example.org").await;
    let event = &lambda.events()[0];
    assert_eq!(event["triggerSource"], "CustomMessage_VerifyUserAttribute");
    assert_eq!(event["request"]["clientMetadata"], json!({ "a": "b" }));
    answers.fail();
    assert_eq!(
        ask(&world, &token, "email").await,
        Err(error("UserLambdaValidationException", "CustomMessage failed with error no."))
    );
    assert_eq!(verify(&world, &token, "email", &code).await, Err(expired()));
}

#[tokio::test]
async fn success_with_one_contact_pays_for_no_guesses_at_the_other() {
    let world = World::new().await;
    world.confirmed("rosa", &[("email", "rosa@example.org"), ("phone_number", "+12065551234")]).await;
    let token = world.token("rosa").await;
    ask(&world, &token, "phone_number").await.unwrap();
    let code = world.service.code_sent_to("+12065551234").await;
    for _ in 0..14 {
        assert_eq!(verify(&world, &token, "phone_number", other_than(&code)).await, Err(mismatch()));
    }
    ask(&world, &token, "email").await.unwrap();
    let own = world.service.code_sent_to("rosa@example.org").await;
    verify(&world, &token, "email", &own).await.unwrap();
    assert_eq!(verify(&world, &token, "phone_number", &code).await, Err(limit()));
}
