//! AdminCreateUser with RESEND.

use cenote_triggers::testing::FakeAnswer;
use serde_json::json;

use crate::world::*;

#[tokio::test]
async fn a_new_password_replaces_the_old_one_and_its_timer() {
    let world = World::new().await;
    let given = attributes(&[("email", "rosa@example.org")]);
    let members = json!({ "UserAttributes": given, "DesiredDeliveryMediums": ["EMAIL"] });
    world.service.ok("AdminCreateUser", world.admin("rosa", members.clone())).await;
    let first = world.service.code_sent_to("rosa@example.org").await;
    world.service.clock.advance_seconds(7 * 86_400);
    let members = json!({ "MessageAction": "RESEND", "DesiredDeliveryMediums": ["EMAIL"] });
    let answer = world.service.ok("AdminCreateUser", world.admin("rosa", members)).await;
    let user = &answer["User"];
    assert_eq!(user["UserStatus"], "FORCE_CHANGE_PASSWORD");
    assert_ne!(user["UserCreateDate"], user["UserLastModifiedDate"]);
    let second = world.service.code_sent_to("rosa@example.org").await;
    assert_ne!(first, second);
    assert_eq!(world.sign_in("rosa", &first).await, Err(unauthorized("Incorrect username or password.")));
    assert_eq!(world.sign_in("rosa", &second).await.unwrap()["ChallengeName"], "NEW_PASSWORD_REQUIRED");
}

#[tokio::test]
async fn a_given_password_is_used_and_checked() {
    let world = World::new().await;
    world.service.ok("AdminCreateUser", world.admin("rosa", json!({}))).await;
    let members = json!({ "MessageAction": "RESEND", "TemporaryPassword": "short1" });
    assert_eq!(
        world.service.fails("AdminCreateUser", world.admin("rosa", members)).await,
        error(
            "InvalidPasswordException",
            "Password did not conform with password policy: Password not long enough"
        )
    );
    let members = json!({ "MessageAction": "RESEND", "TemporaryPassword": NEW_PASSWORD });
    world.service.ok("AdminCreateUser", world.admin("rosa", members)).await;
    assert!(world.sign_in("rosa", NEW_PASSWORD).await.is_ok());
    let members = json!({ "MessageAction": "RESEND", "DesiredDeliveryMediums": ["EMAIL"] });
    assert_eq!(
        world.service.fails("AdminCreateUser", world.admin("rosa", members)).await,
        invalid("No email provided but desired delivery medium was Email")
    );
    assert!(world.sign_in("rosa", NEW_PASSWORD).await.is_ok());
}

#[tokio::test]
async fn only_who_never_signed_in_is_invited_again() {
    let world = World::new().await;
    world.rosa().await;
    world.unconfirmed("luna", &[]).await;
    for name in ["rosa", "luna"] {
        let request = world.admin(name, json!({ "MessageAction": "RESEND" }));
        assert_eq!(
            world.service.fails("AdminCreateUser", request).await,
            error(
                "UnsupportedUserStateException",
                &format!("Resend not possible. {name} status is not FORCE_CHANGE_PASSWORD")
            )
        );
    }
}

#[tokio::test]
async fn no_pre_sign_up_and_the_password_is_new_although_the_message_fails() {
    let (lambda, answers) = Answers::lambda().await;
    let pool = json!({ "LambdaConfig": { "PreSignUp": FUNCTION, "CustomMessage": FUNCTION } });
    let world = World::with(triggered(&lambda), pool, json!({})).await;
    let given = attributes(&[("phone_number", "+12065551234")]);
    let members =
        json!({ "UserAttributes": given, "MessageAction": "SUPPRESS", "TemporaryPassword": PASSWORD });
    world.service.ok("AdminCreateUser", world.admin("rosa", members)).await;
    assert_eq!(lambda.events().len(), 1);
    answers.fail();
    let members = json!({ "MessageAction": "RESEND", "TemporaryPassword": NEW_PASSWORD, "ClientMetadata": { "a": "b" } });
    let request = world.admin("rosa", members);
    assert_eq!(
        world.service.fails("AdminCreateUser", request.clone()).await,
        error("UserLambdaValidationException", "CustomMessage failed with error no.")
    );
    assert!(world.sign_in("rosa", NEW_PASSWORD).await.is_ok());
    assert!(world.service.inbox().await.is_empty());
    answers.become_(FakeAnswer::Echo);
    world.service.ok("AdminCreateUser", request).await;
    assert_eq!(world.service.code_sent_to("+12065551234").await, NEW_PASSWORD);
    let sources: Vec<_> =
        lambda.events().iter().skip(1).map(|event| event["triggerSource"].clone()).collect();
    assert_eq!(sources, ["CustomMessage_AdminCreateUser", "CustomMessage_AdminCreateUser"]);
}
