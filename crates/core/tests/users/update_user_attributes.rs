//! UpdateUserAttributes where new contacts take effect at once.

use cenote_core::testing::TestService;
use cenote_triggers::testing::FakeAnswer;
use serde_json::{Value, json};

use crate::world::*;

fn update(token: &str, list: &[(&str, &str)]) -> Value {
    json!({ "AccessToken": token, "UserAttributes": attributes(list) })
}

#[tokio::test]
async fn plain_attributes_change_without_a_message() {
    let world = World::new().await;
    let token = world.rosa().await;
    world.service.clock.advance_seconds(60);
    let request = update(&token, &[("name", "Rosa"), ("nickname", "R")]);
    assert_eq!(world.service.ok("UpdateUserAttributes", request).await, json!({}));
    assert_eq!(world.attribute("rosa", "name").await.as_deref(), Some("Rosa"));
    let changed = world.user("rosa").await;
    assert_ne!(changed["UserCreateDate"], changed["UserLastModifiedDate"]);
    world.service.clock.advance_seconds(60);
    world.service.ok("UpdateUserAttributes", update(&token, &[("name", "Rosa")])).await;
    assert_eq!(world.user("rosa").await, changed);
    world.service.ok("UpdateUserAttributes", update(&token, &[("name", "")])).await;
    assert_eq!(world.attribute("rosa", "name").await, None);
    assert!(world.service.inbox().await.is_empty());
}

#[tokio::test]
async fn a_new_address_is_unverified_and_gets_a_code() {
    let world = World::new().await;
    let token = world.rosa().await;
    let request = update(&token, &[("email", "new@example.net"), ("phone_number", "+12065551234")]);
    assert_eq!(
        world.service.ok("UpdateUserAttributes", request).await,
        json!({ "CodeDeliveryDetailsList": [
            { "AttributeName": "email", "DeliveryMedium": "EMAIL", "Destination": "n***@e***" },
        ] })
    );
    assert_eq!(world.attribute("rosa", "email").await.as_deref(), Some("new@example.net"));
    assert_eq!(world.attribute("rosa", "email_verified").await.as_deref(), Some("false"));
    assert_eq!(world.attribute("rosa", "phone_number_verified").await.as_deref(), Some("false"));
    let messages = world.messages("UpdateUserAttribute").await;
    assert_eq!((messages.len(), messages[0].to.as_str()), (1, "new@example.net"));
    let code = messages[0].code.clone().unwrap();
    let request = json!({ "AccessToken": token, "AttributeName": "email", "Code": code });
    assert_eq!(world.service.ok("VerifyUserAttribute", request).await, json!({}));
    assert_eq!(world.attribute("rosa", "email_verified").await.as_deref(), Some("true"));
}

#[tokio::test]
async fn the_same_address_stays_verified() {
    let world = World::new().await;
    let token = world.rosa().await;
    let request = update(&token, &[("email", "rosa@example.org")]);
    assert_eq!(world.service.ok("UpdateUserAttributes", request).await, json!({}));
    assert_eq!(world.attribute("rosa", "email_verified").await.as_deref(), Some("true"));
    assert!(world.service.inbox().await.is_empty());
}

#[tokio::test]
async fn two_contacts_get_two_codes() {
    let world = World::of(json!({ "AutoVerifiedAttributes": ["email", "phone_number"] })).await;
    let token = world.rosa().await;
    let request = update(&token, &[("phone_number", "+12065551234"), ("email", "new@example.net")]);
    let answer = world.service.ok("UpdateUserAttributes", request).await;
    let media: Vec<_> = answer["CodeDeliveryDetailsList"]
        .as_array()
        .unwrap()
        .iter()
        .map(|details| details["DeliveryMedium"].clone())
        .collect();
    assert_eq!(media, ["EMAIL", "SMS"]);
    assert_eq!(world.messages("UpdateUserAttribute").await.len(), 2);
}

#[tokio::test]
async fn checks_come_in_their_order() {
    let world = World::of(json!({ "Schema": [{ "Name": "name", "Required": true }] })).await;
    world.confirmed("rosa", &[("name", "Rosa")]).await;
    let token = world.token("rosa").await;
    let fails = |list: &[(&str, &str)]| world.service.fails("UpdateUserAttributes", update(&token, list));
    for name in ["email_verified", "phone_number_verified", "sub", "identities"] {
        assert_eq!(
            fails(&[(name, "true"), ("nose", "long")]).await,
            unauthorized("A client attempted to write unauthorized attribute")
        );
    }
    assert_eq!(
        fails(&[("nose", "long"), ("email", "nonsense"), ("ear", "left")]).await,
        invalid(
            "user.nose: Attribute does not exist in the schema.\nuser.ear: Attribute does not exist in the schema.\n"
        )
    );
    assert_eq!(fails(&[("email", "nonsense")]).await, invalid("Invalid email address format."));
    assert_eq!(fails(&[("name", "")]).await, invalid("user.name: The attribute is required\n"));
    assert_eq!(world.attribute("rosa", "name").await.as_deref(), Some("Rosa"));
}

#[tokio::test]
async fn what_is_given_once_stays() {
    let world = World::with(
        TestService::builder(),
        json!({ "Schema": [{ "Name": "born", "AttributeDataType": "String", "Mutable": false }] }),
        json!({ "WriteAttributes": ["custom:born", "email"] }),
    )
    .await;
    world.confirmed("rosa", &[("custom:born", "here")]).await;
    let token = world.token("rosa").await;
    let fixed = invalid("user.custom:born: Attribute cannot be updated.\n");
    for value in ["there", "here", ""] {
        let request = update(&token, &[("custom:born", value), ("email", "nonsense")]);
        assert_eq!(world.service.fails("UpdateUserAttributes", request).await, fixed);
    }
    let request = json!({ "AccessToken": token, "UserAttributeNames": ["custom:born"] });
    assert_eq!(
        world.service.fails("DeleteUserAttributes", request).await,
        invalid("Invalid user attributes: user.custom:born: Attribute cannot be updated.\n")
    );
    assert_eq!(world.attribute("rosa", "custom:born").await.as_deref(), Some("here"));
}

#[tokio::test]
async fn a_changed_alias_signs_nobody_in_until_it_is_verified() {
    let world = World::of(json!({ "AliasAttributes": ["email"], "AutoVerifiedAttributes": ["email"] })).await;
    let token = world.rosa().await;
    assert!(world.sign_in("rosa@example.org", PASSWORD).await.is_ok());
    world.service.ok("UpdateUserAttributes", update(&token, &[("email", "new@example.net")])).await;
    for name in ["rosa@example.org", "new@example.net"] {
        assert_eq!(world.sign_in(name, PASSWORD).await, Err(missing_user()));
    }
    let code = world.service.code_sent_to("new@example.net").await;
    let request = json!({ "AccessToken": token, "AttributeName": "email", "Code": code });
    world.service.ok("VerifyUserAttribute", request).await;
    assert!(world.sign_in("new@example.net", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn a_changed_user_name_works_at_once_and_must_be_free() {
    let world =
        World::of(json!({ "UsernameAttributes": ["email"], "AutoVerifiedAttributes": ["email"] })).await;
    world.confirmed("rosa@example.org", &[("email_verified", "true")]).await;
    world.confirmed("luna@example.org", &[]).await;
    let token = world.token("rosa@example.org").await;
    assert_eq!(
        world.service.fails("UpdateUserAttributes", update(&token, &[("email", "luna@example.org")])).await,
        alias_exists("email")
    );
    assert!(world.service.inbox().await.is_empty());
    world.service.ok("UpdateUserAttributes", update(&token, &[("email", "new@example.net")])).await;
    assert!(world.sign_in("new@example.net", PASSWORD).await.is_ok());
    assert_eq!(world.sign_in("rosa@example.org", PASSWORD).await, Err(missing_user()));
    assert_eq!(
        world.service.fails("UpdateUserAttributes", update(&token, &[("email", "")])).await,
        invalid("The attribute that the user signs in with cannot be removed.")
    );
}

#[tokio::test]
async fn a_failing_message_leaves_the_new_value_without_a_code() {
    let (lambda, answers) = Answers::lambda().await;
    let pool = json!({ "AutoVerifiedAttributes": ["email"], "LambdaConfig": { "CustomMessage": FUNCTION } });
    let world = World::with(triggered(&lambda), pool, json!({})).await;
    let token = world.rosa().await;
    answers.fail();
    let mut request = update(&token, &[("email", "new@example.net")]);
    request["ClientMetadata"] = json!({ "a": "b" });
    assert_eq!(
        world.service.fails("UpdateUserAttributes", request).await,
        error("UserLambdaValidationException", "CustomMessage failed with error no.")
    );
    let event = &lambda.events()[0];
    assert_eq!(event["triggerSource"], "CustomMessage_UpdateUserAttribute");
    assert_eq!(event["callerContext"]["clientId"], world.client.as_str());
    assert_eq!(event["request"]["clientMetadata"], json!({ "a": "b" }));
    assert_eq!(event["request"]["userAttributes"]["email"], "new@example.net");
    assert_eq!(world.attribute("rosa", "email").await.as_deref(), Some("new@example.net"));
    assert!(world.service.inbox().await.is_empty());
    let request = json!({ "AccessToken": token, "AttributeName": "email", "Code": "123456" });
    assert_eq!(world.service.fails("VerifyUserAttribute", request).await, expired());
    answers.become_(FakeAnswer::Echo);
}

#[tokio::test]
async fn codes_to_the_old_address_are_void() {
    let world = World::new().await;
    let token = world.rosa().await;
    world.service.ok("ForgotPassword", world.public("rosa", json!({}))).await;
    let reset = world.service.code_sent_to("rosa@example.org").await;
    let request = json!({ "AccessToken": token, "AttributeName": "email" });
    world.service.ok("GetUserAttributeVerificationCode", request).await;
    let verify = world.messages("VerifyUserAttribute").await[0].code.clone().unwrap();
    world.service.ok("UpdateUserAttributes", update(&token, &[("email", "new@example.net")])).await;
    let fresh = world.service.code_sent_to("new@example.net").await;
    if verify != fresh {
        let request = json!({ "AccessToken": token, "AttributeName": "email", "Code": verify });
        assert_eq!(world.service.fails("VerifyUserAttribute", request).await, mismatch());
    }
    let request = world.public("rosa", json!({ "ConfirmationCode": reset, "Password": NEW_PASSWORD }));
    assert_eq!(world.service.fails("ConfirmForgotPassword", request).await, expired());
}

#[tokio::test]
async fn nobody_has_codes_sent_to_one_address_after_the_other() {
    let world = World::new().await;
    let token = world.rosa().await;
    for number in 0..5 {
        let request = update(&token, &[("email", &format!("new{number}@example.net"))]);
        world.service.ok("UpdateUserAttributes", request).await;
    }
    let request = update(&token, &[("email", "new5@example.net")]);
    assert_eq!(
        world.service.fails("UpdateUserAttributes", request.clone()).await,
        ("TooManyRequestsException".into(), "Rate exceeded".into())
    );
    // What needs no code goes on, and so does all of it after an hour.
    world.service.ok("UpdateUserAttributes", update(&token, &[("name", "Rosa")])).await;
    world.service.clock.advance_seconds(3599);
    assert_eq!(
        world.service.fails("UpdateUserAttributes", request.clone()).await.0,
        "TooManyRequestsException"
    );
    world.service.clock.advance_seconds(1);
    let token = world.token("rosa").await;
    let request = update(&token, &[("email", "new5@example.net")]);
    world.service.ok("UpdateUserAttributes", request).await;
}
