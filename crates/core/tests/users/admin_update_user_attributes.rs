//! AdminUpdateUserAttributes: flags, attributes for administrators, codes.

use serde_json::{Value, json};

use crate::world::*;

async fn set(world: &World, list: &[(&str, &str)]) -> Result<Value, (String, String)> {
    let members = json!({ "UserAttributes": attributes(list) });
    world.service.call("AdminUpdateUserAttributes", world.admin("rosa", members)).await
}

#[tokio::test]
async fn flags_follow_the_value_unless_they_are_given() {
    let world = World::new().await;
    world.rosa().await;
    assert_eq!(set(&world, &[("email", "a@example.net"), ("email_verified", "TRUE")]).await, Ok(json!({})));
    assert_eq!(world.attribute("rosa", "email_verified").await.as_deref(), Some("true"));
    assert!(world.service.inbox().await.is_empty());
    set(&world, &[("email", "b@example.net")]).await.unwrap();
    assert_eq!(world.attribute("rosa", "email_verified").await.as_deref(), Some("false"));
    set(&world, &[("email", "c@example.net"), ("email_verified", "false")]).await.unwrap();
    let mut sent: Vec<String> =
        world.messages("UpdateUserAttribute").await.into_iter().map(|message| message.to).collect();
    sent.sort();
    assert_eq!(sent, ["b@example.net", "c@example.net"]);
    set(&world, &[("email_verified", "true")]).await.unwrap();
    assert_eq!(world.attribute("rosa", "email_verified").await.as_deref(), Some("true"));
    set(&world, &[("email_verified", "")]).await.unwrap();
    assert_eq!(world.attribute("rosa", "email_verified").await, None);
}

#[tokio::test]
async fn nothing_is_verified_that_is_not_there() {
    let world = World::new().await;
    world.rosa().await;
    for list in [&[("phone_number_verified", "true")][..], &[("email", ""), ("email_verified", "true")]] {
        let (code, _) = set(&world, list).await.unwrap_err();
        assert_eq!(code, "InvalidParameterException");
    }
    assert_eq!(
        set(&world, &[("phone_number_verified", "true")]).await,
        Err(invalid("phone_number is required when phone_number_verified is set to true."))
    );
    assert_eq!(world.attribute("rosa", "email").await.as_deref(), Some("rosa@example.org"));
    set(&world, &[("phone_number_verified", "false")]).await.unwrap();
}

#[tokio::test]
async fn a_verified_alias_must_be_free() {
    let world = World::of(json!({ "AliasAttributes": ["email"] })).await;
    world.confirmed("luna", &[("email", "x@example.org"), ("email_verified", "true")]).await;
    world.rosa().await;
    set(&world, &[("email", "x@example.org")]).await.unwrap();
    assert_eq!(set(&world, &[("email_verified", "true")]).await, Err(alias_exists("email")));
    assert_eq!(world.user("x@example.org").await["Username"], "luna");
}

#[tokio::test]
async fn attributes_for_administrators() {
    let world = World::of(json!({ "Schema": [
        { "Name": "rank", "AttributeDataType": "Number", "DeveloperOnlyAttribute": true, "Mutable": true,
          "NumberAttributeConstraints": { "MinValue": "1", "MaxValue": "9" } },
        { "Name": "open", "AttributeDataType": "Boolean", "Mutable": true },
    ] }))
    .await;
    world.rosa().await;
    set(&world, &[("dev:custom:rank", "9"), ("custom:open", "True")]).await.unwrap();
    assert_eq!(world.attribute("rosa", "dev:custom:rank").await.as_deref(), Some("9"));
    assert_eq!(world.attribute("rosa", "custom:open").await.as_deref(), Some("true"));
    for (name, value) in [("dev:custom:rank", "10"), ("dev:custom:rank", "x"), ("custom:open", "yes")] {
        let (code, _) = set(&world, &[(name, value)]).await.unwrap_err();
        assert_eq!(code, "InvalidParameterException");
    }
    assert_eq!(set(&world, &[("sub", "x")]).await, Err(invalid("user.sub: Attribute cannot be updated.\n")));
}

#[tokio::test]
async fn a_message_that_cannot_be_sent_is_told_as_the_model_allows() {
    let world = World::new().await;
    world.rosa().await;
    let address = format!("{}@example.org", "r".repeat(300));
    assert_eq!(set(&world, &[("email", &address)]).await, Err(invalid("Invalid email address format.")));
    assert_eq!(world.attribute("rosa", "email").await, Some(address));
}

#[tokio::test]
async fn the_message_is_an_administrators() {
    let (lambda, _) = Answers::lambda().await;
    let pool = json!({ "AutoVerifiedAttributes": ["email"], "LambdaConfig": { "CustomMessage": FUNCTION } });
    let world = World::with(triggered(&lambda), pool, json!({})).await;
    world.rosa().await;
    let members = json!({
        "UserAttributes": attributes(&[("email", "new@example.net")]), "ClientMetadata": { "a": "b" },
    });
    world.service.ok("AdminUpdateUserAttributes", world.admin("rosa", members)).await;
    let event = &lambda.events()[0];
    assert_eq!(event["triggerSource"], "CustomMessage_UpdateUserAttribute");
    assert_eq!(event["callerContext"]["clientId"], "CLIENT_ID_NOT_APPLICABLE");
    assert_eq!(event["request"]["clientMetadata"], json!({ "a": "b" }));
}

#[tokio::test]
async fn a_sign_up_code_to_the_old_address_confirms_but_does_not_verify() {
    let world = World::new().await;
    world.unconfirmed("rosa", &[("email", "old@example.org")]).await;
    let code = world.service.code_sent_to("old@example.org").await;
    set(&world, &[("email", "new@example.net")]).await.unwrap();
    world.confirm("rosa", &code).await.unwrap();
    assert_eq!(world.status("rosa").await, "CONFIRMED");
    assert_eq!(world.attribute("rosa", "email_verified").await.as_deref(), Some("false"));
}
