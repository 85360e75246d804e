//! Clients that hide whether users exist: real and invented users look alike.

use cenote_core::testing::TestService;
use cenote_delivery::{EmailTransport, SmsTransport, Transports};
use serde_json::json;

use crate::world::*;

async fn hidden() -> World {
    World::with(
        TestService::builder(),
        json!({ "AutoVerifiedAttributes": ["email"] }),
        json!({ "PreventUserExistenceErrors": "ENABLED" }),
    )
    .await
}

#[tokio::test]
async fn confirming_nobody_looks_like_a_wrong_code() {
    let world = hidden().await;
    world.unconfirmed("rosa", &[("email", "rosa@example.org")]).await;
    let code = world.service.code_sent_to("rosa@example.org").await;
    world.unconfirmed("luna", &[("email", "luna@example.org")]).await;
    let disabled = world.service.code_sent_to("luna@example.org").await;
    world.disable("luna").await;
    for (name, code) in [("rosa", other_than(&code)), ("luna", &disabled), ("nobody", "123456")] {
        for _ in 0..15 {
            assert_eq!(world.confirm(name, code).await, Err(mismatch()), "{name}");
        }
        assert_eq!(world.confirm(name, code).await, Err(limit()), "{name}");
    }
    world.service.clock.advance_seconds(3600);
    for (name, code) in [("rosa", other_than(&code)), ("luna", &disabled), ("nobody", "123456")] {
        assert_eq!(world.confirm(name, code).await, Err(mismatch()), "{name}");
    }
}

#[tokio::test]
async fn resending_to_nobody_looks_like_a_code() {
    let world = hidden().await;
    world.unconfirmed("rosa", &[("email", "rosa@example.org")]).await;
    world.unconfirmed("luna", &[("email", "luna@example.org")]).await;
    world.disable("luna").await;
    world.unconfirmed("ines", &[]).await;
    world.service.inbox().await;
    let resend = |name: &str| world.service.call("ResendConfirmationCode", world.public(name, json!({})));
    for name in ["rosa", "luna", "ines", "nobody", "nobody@example.org"] {
        let first = resend(name).await.unwrap();
        let details = &first["CodeDeliveryDetails"];
        assert_eq!(details["DeliveryMedium"], "EMAIL", "{name}");
        assert_eq!(details["AttributeName"], "email", "{name}");
        for _ in 1..5 {
            assert_eq!(resend(name).await.as_ref(), Ok(&first), "{name}");
        }
        assert_eq!(resend(name).await, Err(limit()), "{name}");
    }
    let sent = world.messages("ResendCode").await;
    assert_eq!(sent.len(), 5);
    assert!(sent.iter().all(|message| message.to == "rosa@example.org"));
    assert_eq!(
        resend("other@example.org").await.unwrap(),
        json!({ "CodeDeliveryDetails": {
            "AttributeName": "email", "DeliveryMedium": "EMAIL", "Destination": "o***@e***",
        } })
    );
}

#[tokio::test]
async fn names_are_counted_as_they_are_compared() {
    let world = World::with(
        TestService::builder(),
        json!({ "AutoVerifiedAttributes": ["email"], "UsernameConfiguration": { "CaseSensitive": false } }),
        json!({ "PreventUserExistenceErrors": "ENABLED" }),
    )
    .await;
    for name in ["nobody", "NOBODY", "Nobody", "nobodY", "noBody"] {
        world.service.ok("ResendConfirmationCode", world.public(name, json!({}))).await;
    }
    let request = world.public("nObOdY", json!({}));
    assert_eq!(world.service.fails("ResendConfirmationCode", request).await, limit());
}

#[tokio::test]
async fn a_taken_name_is_told_all_the_same() {
    let world = hidden().await;
    world.unconfirmed("rosa", &[]).await;
    assert_eq!(
        world.sign_up("rosa", &[]).await,
        Err(error("UsernameExistsException", "User already exists"))
    );
}

#[tokio::test]
async fn administrators_are_told_everything() {
    let world = hidden().await;
    for (operation, members) in [
        ("AdminGetUser", json!({})),
        ("AdminConfirmSignUp", json!({})),
        ("AdminDeleteUser", json!({})),
        ("AdminEnableUser", json!({})),
        ("AdminDisableUser", json!({})),
        ("AdminSetUserPassword", json!({ "Password": PASSWORD })),
        ("AdminUpdateUserAttributes", json!({ "UserAttributes": attributes(&[("name", "N")]) })),
        ("AdminDeleteUserAttributes", json!({ "UserAttributeNames": ["name"] })),
        ("AdminCreateUser", json!({ "MessageAction": "RESEND" })),
    ] {
        let request = world.admin("nobody", members.clone());
        assert_eq!(world.service.fails(operation, request).await, missing_user(), "{operation}");
        let mut request = world.admin("nobody", members);
        request["UserPoolId"] = json!("us-east-1_nowhere00");
        assert_eq!(
            world.service.fails(operation, request).await,
            error("ResourceNotFoundException", "User pool us-east-1_nowhere00 does not exist."),
            "{operation}"
        );
    }
}

#[tokio::test]
async fn a_missing_sender_fails_for_everybody() {
    let world = World::with(
        TestService::builder()
            .transports(Transports { email: EmailTransport::None, sms: SmsTransport::None }),
        json!({ "AutoVerifiedAttributes": ["email"] }),
        json!({ "PreventUserExistenceErrors": "ENABLED" }),
    )
    .await;
    world.sign_up("rosa", &[("email", "rosa@example.org")]).await.unwrap_err();
    let resend = |name: &str| world.service.fails("ResendConfirmationCode", world.public(name, json!({})));
    let (code, text) = resend("rosa").await;
    assert_eq!(code, "CodeDeliveryFailureException");
    assert_eq!(resend("nobody").await, (code, text));
}

#[tokio::test]
async fn letter_case_gives_nobody_away() {
    let world = World::with(
        TestService::builder(),
        json!({
            "UsernameAttributes": ["email"], "AutoVerifiedAttributes": ["email"],
            "UsernameConfiguration": { "CaseSensitive": false },
        }),
        json!({ "PreventUserExistenceErrors": "ENABLED" }),
    )
    .await;
    world.unconfirmed("Rosa@Example.org", &[]).await;
    for (name, masked) in [
        ("Rosa@Example.org", "r***@e***"),
        ("rosa@example.org", "r***@e***"),
        ("Nora@Example.org", "n***@e***"),
        ("nora@example.org", "n***@e***"),
    ] {
        let answer = world.service.ok("ResendConfirmationCode", world.public(name, json!({}))).await;
        assert_eq!(answer["CodeDeliveryDetails"]["Destination"], masked, "{name}");
    }
}
