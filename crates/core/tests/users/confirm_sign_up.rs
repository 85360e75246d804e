//! ConfirmSignUp and the link that does the same.

use cenote_core::testing::TestService;
use cenote_core::users;
use cenote_triggers::testing::FakeAnswer;
use serde_json::json;

use crate::world::*;

const ADDRESS: [(&str, &str); 1] = [("email", "rosa@example.org")];

#[tokio::test]
async fn the_code_confirms_and_verifies_once() {
    let world = World::new().await;
    world.unconfirmed("rosa", &ADDRESS).await;
    let code = world.service.code_sent_to("rosa@example.org").await;
    world.service.clock.advance_seconds(60);
    assert_eq!(world.confirm("rosa", &code).await, Ok(json!({})));
    let user = world.user("rosa").await;
    assert_eq!(user["UserStatus"], "CONFIRMED");
    assert_eq!(find_attribute(&user["UserAttributes"], "email_verified").as_deref(), Some("true"));
    assert_ne!(user["UserCreateDate"], user["UserLastModifiedDate"]);
    assert!(world.sign_in("rosa", PASSWORD).await.is_ok());
    assert_eq!(
        world.confirm("rosa", &code).await,
        Err(unauthorized("User cannot be confirmed. Current status is CONFIRMED"))
    );
}

#[tokio::test]
async fn only_the_contact_that_got_the_code_is_verified() {
    let world = World::of(json!({ "AutoVerifiedAttributes": ["email", "phone_number"] })).await;
    world.unconfirmed("rosa", &[("email", "rosa@example.org"), ("phone_number", "+12065551234")]).await;
    let code = world.service.code_sent_to("+12065551234").await;
    world.confirm("rosa", &code).await.unwrap();
    assert_eq!(world.attribute("rosa", "phone_number_verified").await.as_deref(), Some("true"));
    assert_eq!(world.attribute("rosa", "email_verified").await.as_deref(), Some("false"));
}

#[tokio::test]
async fn wrong_late_and_missing_codes() {
    let world = World::new().await;
    world.unconfirmed("rosa", &ADDRESS).await;
    let code = world.service.code_sent_to("rosa@example.org").await;
    assert_eq!(world.confirm("rosa", other_than(&code)).await, Err(mismatch()));
    world.service.clock.advance_seconds(24 * 3600 - 1);
    assert_eq!(world.confirm("rosa", other_than(&code)).await, Err(mismatch()));
    world.service.clock.advance_seconds(1);
    assert_eq!(world.confirm("rosa", &code).await, Err(expired()));
    world.unconfirmed("luna", &[]).await;
    assert_eq!(world.confirm("luna", &code).await, Err(expired()));
    assert_eq!(world.confirm("nobody", &code).await, Err(unknown_combination()));
}

#[tokio::test]
async fn a_code_serves_its_purpose_only() {
    let world = World::new().await;
    let token = world.rosa().await;
    world.unconfirmed("luna", &[("email", "luna@example.org")]).await;
    let code = world.service.code_sent_to("luna@example.org").await;
    let request = json!({ "AccessToken": token, "AttributeName": "email", "Code": code });
    assert_eq!(world.service.fails("VerifyUserAttribute", request).await, expired());
    world
        .service
        .ok(
            "AdminUpdateUserAttributes",
            world.admin("luna", json!({ "UserAttributes": attributes(&[("email_verified", "true")]) })),
        )
        .await;
    let request = world.public("luna", json!({ "ConfirmationCode": code, "Password": NEW_PASSWORD }));
    assert_eq!(world.service.fails("ConfirmForgotPassword", request).await, expired());
}

#[tokio::test]
async fn fifteen_tries_an_hour() {
    let world = World::new().await;
    world.unconfirmed("rosa", &ADDRESS).await;
    let code = world.service.code_sent_to("rosa@example.org").await;
    for _ in 0..15 {
        assert_eq!(world.confirm("rosa", other_than(&code)).await, Err(mismatch()));
    }
    assert_eq!(world.confirm("rosa", &code).await, Err(limit()));
    world.service.clock.advance_seconds(3600);
    world.confirm("rosa", &code).await.unwrap();
}

#[tokio::test]
async fn a_disabled_user_is_told_so() {
    let world = World::new().await;
    world.unconfirmed("rosa", &ADDRESS).await;
    let code = world.service.code_sent_to("rosa@example.org").await;
    world.disable("rosa").await;
    assert_eq!(world.confirm("rosa", &code).await, Err(unauthorized("User is disabled.")));
    world.service.ok("AdminEnableUser", world.admin("rosa", json!({}))).await;
    world.confirm("rosa", &code).await.unwrap();
}

#[tokio::test]
async fn other_statuses_cannot_be_confirmed() {
    let world = World::new().await;
    world.service.ok("AdminCreateUser", world.admin("luna", json!({ "MessageAction": "SUPPRESS" }))).await;
    assert_eq!(
        world.confirm("luna", "123456").await,
        Err(unauthorized("User cannot be confirmed. Current status is FORCE_CHANGE_PASSWORD"))
    );
}

#[tokio::test]
async fn the_sub_names_the_user_too() {
    let world = World::new().await;
    let sub = world.unconfirmed("rosa", &ADDRESS).await;
    let code = world.service.code_sent_to("rosa@example.org").await;
    world.confirm(&sub, &code).await.unwrap();
}

#[tokio::test]
async fn self_service_need_not_be_allowed_any_more() {
    let world = World::new().await;
    world.unconfirmed("rosa", &ADDRESS).await;
    let code = world.service.code_sent_to("rosa@example.org").await;
    let update = json!({
        "UserPoolId": world.pool, "AutoVerifiedAttributes": ["email"],
        "AdminCreateUserConfig": { "AllowAdminCreateUserOnly": true },
    });
    world.service.ok("UpdateUserPool", update).await;
    world.confirm("rosa", &code).await.unwrap();
}

#[tokio::test]
async fn post_confirmation_sees_the_confirmed_user_and_undoes_nothing() {
    let (lambda, answers) = Answers::lambda().await;
    let pool = json!({
        "AutoVerifiedAttributes": ["email"], "AliasAttributes": ["email"],
        "LambdaConfig": { "PostConfirmation": FUNCTION },
    });
    let world = World::with(triggered(&lambda), pool, json!({})).await;
    let sub = world.unconfirmed("rosa", &ADDRESS).await;
    let code = world.service.code_sent_to("rosa@example.org").await;
    answers.become_(FakeAnswer::FunctionError { message: "no.".into() });
    let request = world.public("rosa", json!({ "ConfirmationCode": code, "ClientMetadata": { "a": "b" } }));
    assert_eq!(
        world.service.fails("ConfirmSignUp", request).await,
        error("UserLambdaValidationException", "PostConfirmation failed with error no..")
    );
    assert_eq!(world.status("rosa").await, "CONFIRMED");
    let event = &lambda.events()[0];
    assert_eq!(event["triggerSource"], "PostConfirmation_ConfirmSignUp");
    assert_eq!(event["callerContext"]["clientId"], world.client.as_str());
    assert_eq!(
        event["request"],
        json!({
            "userAttributes": {
                "cognito:email_alias": "rosa@example.org", "cognito:user_status": "CONFIRMED",
                "email": "rosa@example.org", "email_verified": "true", "sub": sub,
            },
            "clientMetadata": { "a": "b" },
        })
    );
}

#[tokio::test]
async fn the_link_in_a_mail_confirms() {
    let (lambda, _) = Answers::lambda().await;
    let pool = json!({
        "AutoVerifiedAttributes": ["email"], "LambdaConfig": { "PostConfirmation": FUNCTION },
        "VerificationMessageTemplate": { "DefaultEmailOption": "CONFIRM_WITH_LINK" },
    });
    let world = World::with(triggered(&lambda), pool, json!({ "GenerateSecret": false })).await;
    world.unconfirmed("rosa", &ADDRESS).await;
    let message = world.service.inbox().await.remove(0);
    let code = message.code.unwrap();
    let link = format!(
        "{}/confirmUser/?client_id={}&amp;user_name=rosa&amp;confirmation_code={code}",
        world.service.service.settings.public_url, world.client
    );
    assert!(message.body.contains(&link), "{}", message.body);
    let context = world.service.service.context(world.service.caller.clone());
    let follow = async |code: &str| {
        users::confirm_by_link(&context, &world.client, "rosa", code)
            .await
            .map_err(|failure| error(failure.code.as_str(), failure.message.as_deref().unwrap_or_default()))
    };
    assert_eq!(follow(other_than(&code)).await, Err(mismatch()));
    assert_eq!(follow(&code).await, Ok(()));
    assert_eq!(
        follow(&code).await,
        Err(unauthorized("User cannot be confirmed. Current status is CONFIRMED"))
    );
    assert_eq!(world.attribute("rosa", "email_verified").await.as_deref(), Some("true"));
    assert_eq!(lambda.events().len(), 1);
    assert!(lambda.events()[0]["request"].get("clientMetadata").is_none());
}

#[tokio::test]
async fn the_secret_hash_comes_before_the_user() {
    let world = World::with(
        TestService::builder(),
        json!({}),
        json!({ "GenerateSecret": true, "PreventUserExistenceErrors": "ENABLED" }),
    )
    .await;
    let text = format!("Client {} is configured with secret but SECRET_HASH was not received", world.client);
    assert_eq!(world.confirm("nobody", "123456").await, Err(unauthorized(&text)));
    let answer = world.service.fails("ResendConfirmationCode", world.public("nobody", json!({}))).await;
    assert_eq!(answer, unauthorized(&text));
}
