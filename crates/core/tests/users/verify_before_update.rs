//! Pools where a new contact waits for its verification.

use cenote_core::testing::merged;
use serde_json::{Value, json};

use crate::world::*;

async fn world(members: Value) -> World {
    let front = json!({
        "AutoVerifiedAttributes": ["email"],
        "UserAttributeUpdateSettings": { "AttributesRequireVerificationBeforeUpdate": ["email"] },
    });
    World::of(merged(front, members)).await
}

async fn update(world: &World, token: &str, value: &str) -> Value {
    let request =
        json!({ "AccessToken": token, "UserAttributes": attributes(&[("email", value), ("name", "N")]) });
    world.service.ok("UpdateUserAttributes", request).await
}

async fn verify(world: &World, token: &str, code: &str) -> Result<Value, (String, String)> {
    let request = json!({ "AccessToken": token, "AttributeName": "email", "Code": code });
    world.service.call("VerifyUserAttribute", request).await
}

async fn email(world: &World) -> (Option<String>, Option<String>) {
    (world.attribute("rosa", "email").await, world.attribute("rosa", "email_verified").await)
}

fn is(value: &str) -> (Option<String>, Option<String>) {
    (Some(value.into()), Some("true".into()))
}

#[tokio::test]
async fn the_old_value_serves_until_the_new_one_is_verified() {
    let world = world(json!({ "AliasAttributes": ["email"] })).await;
    let token = world.rosa().await;
    assert_eq!(
        update(&world, &token, "new@example.net").await["CodeDeliveryDetailsList"][0]["Destination"],
        "n***@e***"
    );
    assert_eq!(email(&world).await, is("rosa@example.org"));
    assert_eq!(world.attribute("rosa", "name").await.as_deref(), Some("N"));
    assert!(world.sign_in("rosa@example.org", PASSWORD).await.is_ok());
    assert_eq!(world.sign_in("new@example.net", PASSWORD).await, Err(missing_user()));
    let code = world.service.code_sent_to("new@example.net").await;
    assert_eq!(verify(&world, &token, other_than(&code)).await, Err(mismatch()));
    verify(&world, &token, &code).await.unwrap();
    assert_eq!(email(&world).await, is("new@example.net"));
    assert!(world.sign_in("new@example.net", PASSWORD).await.is_ok());
    assert_eq!(world.sign_in("rosa@example.org", PASSWORD).await, Err(missing_user()));
    assert_eq!(verify(&world, &token, &code).await, Err(expired()));
}

#[tokio::test]
async fn a_further_value_replaces_the_one_that_waits() {
    let world = world(json!({})).await;
    let token = world.rosa().await;
    update(&world, &token, "first@example.net").await;
    let first = world.service.code_sent_to("first@example.net").await;
    update(&world, &token, "second@example.net").await;
    let second = world.service.code_sent_to("second@example.net").await;
    if first != second {
        assert_eq!(verify(&world, &token, &first).await, Err(mismatch()));
    }
    verify(&world, &token, &second).await.unwrap();
    assert_eq!(email(&world).await, is("second@example.net"));
}

#[tokio::test]
async fn the_way_back_forgets_what_waits() {
    let world = world(json!({})).await;
    let token = world.rosa().await;
    update(&world, &token, "new@example.net").await;
    let code = world.service.code_sent_to("new@example.net").await;
    assert_eq!(update(&world, &token, "rosa@example.org").await, json!({}));
    assert_eq!(verify(&world, &token, &code).await, Err(expired()));
    assert_eq!(email(&world).await, is("rosa@example.org"));
}

#[tokio::test]
async fn more_codes_go_to_the_value_that_waits() {
    let world = world(json!({})).await;
    let token = world.rosa().await;
    update(&world, &token, "new@example.net").await;
    let request = json!({ "AccessToken": token, "AttributeName": "email" });
    let answer = world.service.ok("GetUserAttributeVerificationCode", request).await;
    assert_eq!(answer["CodeDeliveryDetails"]["Destination"], "n***@e***");
    let code = world.messages("VerifyUserAttribute").await[0].code.clone().unwrap();
    verify(&world, &token, &code).await.unwrap();
    assert_eq!(email(&world).await, is("new@example.net"));
}

#[tokio::test]
async fn administrators_wait_too_unless_they_vouch() {
    let world = world(json!({})).await;
    let token = world.rosa().await;
    let set = async |list: &[(&str, &str)]| {
        let members = json!({ "UserAttributes": attributes(list) });
        assert_eq!(
            world.service.ok("AdminUpdateUserAttributes", world.admin("rosa", members)).await,
            json!({})
        );
    };
    set(&[("email", "new@example.net")]).await;
    assert_eq!(email(&world).await, is("rosa@example.org"));
    let code = world.service.code_sent_to("new@example.net").await;
    set(&[("email", "vouched@example.net"), ("email_verified", "true")]).await;
    assert_eq!(email(&world).await, is("vouched@example.net"));
    assert_eq!(verify(&world, &token, &code).await, Err(expired()));
    assert_eq!(world.messages("UpdateUserAttribute").await.len(), 1);
}

#[tokio::test]
async fn clearing_does_not_wait() {
    let world = world(json!({})).await;
    let token = world.rosa().await;
    update(&world, &token, "new@example.net").await;
    let code = world.service.code_sent_to("new@example.net").await;
    assert_eq!(update(&world, &token, "").await, json!({}));
    assert_eq!(email(&world).await, (None, None));
    assert_eq!(verify(&world, &token, &code).await, Err(expired()));
}

#[tokio::test]
async fn the_name_may_be_taken_when_it_is_verified() {
    let world = world(json!({ "UsernameAttributes": ["email"] })).await;
    world.confirmed("rosa@example.org", &[]).await;
    let token = world.token("rosa@example.org").await;
    update(&world, &token, "new@example.net").await;
    let code = world.service.code_sent_to("new@example.net").await;
    let other = world.confirmed("new@example.net", &[]).await;
    assert_eq!(verify(&world, &token, &code).await, Err(alias_exists("email")));
    world.service.ok("AdminDeleteUser", world.admin(&other, json!({}))).await;
    verify(&world, &token, &code).await.unwrap();
    assert!(world.sign_in("new@example.net", PASSWORD).await.is_ok());
}
