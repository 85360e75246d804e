//! The triggers around SignUp: what they see, what they decide, what their failures leave.

use cenote_core::testing::text;
use cenote_triggers::testing::FakeAnswer;
use serde_json::{Value, json};

use crate::world::*;

#[tokio::test]
async fn pre_sign_up_sees_what_the_request_carried() {
    let lambda = lambda(|_| FakeAnswer::Echo).await;
    let world =
        World::with(triggered(&lambda), json!({ "LambdaConfig": { "PreSignUp": FUNCTION } }), json!({}))
            .await;
    let members = json!({
        "Password": PASSWORD,
        "UserAttributes": attributes(&[("email", "rosa@example.org")]),
        "ValidationData": [{ "Name": "captcha", "Value": "7" }, { "Name": "empty" }],
        "ClientMetadata": { "a": "b" },
    });
    world.service.ok("SignUp", world.public("rosa", members)).await;
    world.unconfirmed("luna", &[]).await;
    let events = lambda.events();
    assert_eq!(
        events[0],
        json!({
            "version": "1", "triggerSource": "PreSignUp_SignUp", "region": "us-east-1",
            "userPoolId": world.pool, "userName": "rosa",
            "callerContext": { "awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": world.client },
            "request": {
                "userAttributes": { "email": "rosa@example.org" },
                "validationData": { "captcha": "7", "empty": "" },
                "clientMetadata": { "a": "b" },
            },
            "response": { "autoConfirmUser": false, "autoVerifyEmail": false, "autoVerifyPhone": false },
        })
    );
    assert_eq!(events[1]["request"], json!({ "userAttributes": {}, "validationData": null }));
}

#[tokio::test]
async fn pre_sign_up_sees_the_generated_name() {
    let lambda = lambda(|_| FakeAnswer::Echo).await;
    let pool = json!({ "UsernameAttributes": ["email"], "LambdaConfig": { "PreSignUp": FUNCTION } });
    let world = World::with(triggered(&lambda), pool, json!({})).await;
    let sub = world.unconfirmed("rosa@example.org", &[]).await;
    assert_eq!(lambda.events()[0]["userName"], sub.as_str());
    assert_eq!(lambda.events()[0]["request"]["userAttributes"], json!({ "email": "rosa@example.org" }));
}

#[tokio::test]
async fn pre_sign_up_refuses_and_comes_after_the_checks() {
    let lambda = lambda(|_| FakeAnswer::FunctionError { message: "blocked".into() }).await;
    let world =
        World::with(triggered(&lambda), json!({ "LambdaConfig": { "PreSignUp": FUNCTION } }), json!({}))
            .await;
    assert!(world.sign_up("rosa", &[("nose", "long")]).await.is_err());
    assert!(lambda.events().is_empty());
    assert_eq!(
        world.sign_up("rosa", &[]).await,
        Err(error("UserLambdaValidationException", "PreSignUp failed with error blocked."))
    );
    assert_eq!(lambda.events().len(), 1);
    assert!(world.does_not_exist("rosa").await);
}

#[tokio::test]
async fn pre_sign_up_does_not_hear_of_names_that_are_taken() {
    let lambda = lambda(|_| FakeAnswer::Echo).await;
    let world =
        World::with(triggered(&lambda), json!({ "LambdaConfig": { "PreSignUp": FUNCTION } }), json!({}))
            .await;
    world.unconfirmed("rosa", &[]).await;
    world.sign_up("rosa", &[]).await.unwrap_err();
    assert_eq!(lambda.events().len(), 1);
}

#[tokio::test]
async fn pre_sign_up_confirms_and_verifies() {
    let lambda = lambda(|source| match source {
        "PreSignUp_SignUp" => FakeAnswer::Response(
            json!({ "autoConfirmUser": true, "autoVerifyEmail": true, "autoVerifyPhone": true }),
        ),
        _ => FakeAnswer::Echo,
    })
    .await;
    let pool = json!({
        "AutoVerifiedAttributes": ["email"],
        "LambdaConfig": { "PreSignUp": FUNCTION, "PostConfirmation": FUNCTION, "CustomMessage": FUNCTION },
    });
    let world = World::with(triggered(&lambda), pool, json!({})).await;
    let members = json!({
        "Password": PASSWORD, "ClientMetadata": { "a": "b" },
        "UserAttributes": attributes(&[("email", "rosa@example.org"), ("phone_number", "+12065551234")]),
    });
    let answer = world.service.ok("SignUp", world.public("rosa", members)).await;
    assert_eq!(answer, json!({ "UserConfirmed": true, "UserSub": answer["UserSub"] }));
    assert_eq!(world.status("rosa").await, "CONFIRMED");
    assert_eq!(world.attribute("rosa", "email_verified").await.as_deref(), Some("true"));
    assert_eq!(world.attribute("rosa", "phone_number_verified").await.as_deref(), Some("true"));
    assert!(world.service.inbox().await.is_empty());
    assert!(world.sign_in("rosa", PASSWORD).await.is_ok());
    let events = lambda.events();
    assert_eq!(sources(&events), ["PreSignUp_SignUp", "PostConfirmation_ConfirmSignUp"]);
    assert_eq!(
        events[1]["request"],
        json!({
            "userAttributes": {
                "cognito:user_status": "CONFIRMED", "email": "rosa@example.org", "email_verified": "true",
                "phone_number": "+12065551234", "phone_number_verified": "true", "sub": answer["UserSub"],
            },
            "clientMetadata": { "a": "b" },
        })
    );
}

fn sources(events: &[Value]) -> Vec<String> {
    events.iter().map(|event| text(&event["triggerSource"])).collect()
}

#[tokio::test]
async fn verified_but_not_confirmed_users_still_get_a_code() {
    let lambda = lambda(|_| FakeAnswer::Response(json!({ "autoVerifyEmail": true }))).await;
    let pool = json!({ "AutoVerifiedAttributes": ["email"], "LambdaConfig": { "PreSignUp": FUNCTION } });
    let world = World::with(triggered(&lambda), pool, json!({})).await;
    let answer = world.sign_up("rosa", &[("email", "rosa@example.org")]).await.unwrap();
    assert_eq!(answer["UserConfirmed"], false);
    assert_eq!(answer["CodeDeliveryDetails"]["Destination"], "r***@e***");
    assert_eq!(world.attribute("rosa", "email_verified").await.as_deref(), Some("true"));
    let code = world.service.code_sent_to("rosa@example.org").await;
    world.confirm("rosa", &code).await.unwrap();
}

#[tokio::test]
async fn what_is_not_there_cannot_be_verified() {
    let lambda = lambda(|_| FakeAnswer::Response(json!({ "autoVerifyPhone": true }))).await;
    let world =
        World::with(triggered(&lambda), json!({ "LambdaConfig": { "PreSignUp": FUNCTION } }), json!({}))
            .await;
    assert_eq!(
        world.sign_up("rosa", &[("email", "rosa@example.org")]).await,
        Err(error(
            "InvalidLambdaResponseException",
            "PreSignUp verified the attribute phone_number, which the user does not have."
        ))
    );
    assert!(world.does_not_exist("rosa").await);
}

#[tokio::test]
async fn verifying_takes_an_alias_over() {
    let lambda =
        lambda(|_| FakeAnswer::Response(json!({ "autoConfirmUser": true, "autoVerifyEmail": true }))).await;
    let pool = json!({ "AliasAttributes": ["email"], "LambdaConfig": { "PreSignUp": FUNCTION } });
    let world = World::with(triggered(&lambda), pool, json!({})).await;
    world.unconfirmed("rosa", &[("email", "x@example.org")]).await;
    assert_eq!(world.user("x@example.org").await["Username"], "rosa");
    world.service.clock.advance_seconds(60);
    world.unconfirmed("luna", &[("email", "x@example.org")]).await;
    assert_eq!(world.user("x@example.org").await["Username"], "luna");
    assert_eq!(world.attribute("rosa", "email").await.as_deref(), Some("x@example.org"));
    assert_eq!(world.attribute("rosa", "email_verified").await.as_deref(), Some("false"));
    assert!(world.sign_in("x@example.org", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn a_custom_message_is_sent_and_sees_the_user() {
    let lambda = lambda(|_| {
        FakeAnswer::Response(
            json!({ "emailMessage": "<b>{####}</b>", "emailSubject": "Hi", "smsMessage": null }),
        )
    })
    .await;
    let pool = json!({ "AutoVerifiedAttributes": ["email"], "LambdaConfig": { "CustomMessage": FUNCTION } });
    let world = World::with(triggered(&lambda), pool, json!({})).await;
    let members = json!({
        "Password": PASSWORD, "ClientMetadata": { "a": "b" },
        "UserAttributes": attributes(&[("email", "rosa@example.org")]),
    });
    let answer = world.service.ok("SignUp", world.public("rosa", members)).await;
    let event = &lambda.events()[0];
    assert_eq!(event["triggerSource"], "CustomMessage_SignUp");
    assert_eq!(
        event["request"],
        json!({
            "userAttributes": {
                "cognito:user_status": "UNCONFIRMED", "email": "rosa@example.org", "email_verified": "false",
                "sub": answer["UserSub"],
            },
            "codeParameter": "{####}", "linkParameter": "{##Click Here##}", "usernameParameter": null,
            "clientMetadata": { "a": "b" },
        })
    );
    let message = world.service.inbox().await.remove(0);
    assert_eq!(message.subject.as_deref(), Some("Hi"));
    assert_eq!(message.body, format!("<b>{}</b>", message.code.unwrap()));
}

#[tokio::test]
async fn a_failing_custom_message_leaves_the_user_without_a_code() {
    let (lambda, answers) = Answers::lambda().await;
    let pool = json!({ "AutoVerifiedAttributes": ["email"], "LambdaConfig": { "CustomMessage": FUNCTION } });
    let world = World::with(triggered(&lambda), pool, json!({})).await;
    answers.fail();
    assert_eq!(
        world.sign_up("rosa", &[("email", "rosa@example.org")]).await,
        Err(error("UserLambdaValidationException", "CustomMessage failed with error no."))
    );
    assert_eq!(world.status("rosa").await, "UNCONFIRMED");
    assert!(world.service.inbox().await.is_empty());
    assert_eq!(world.confirm("rosa", "000000").await, Err(expired()));
    answers.become_(FakeAnswer::Echo);
    world.service.ok("ResendConfirmationCode", world.public("rosa", json!({}))).await;
    let code = world.service.code_sent_to("rosa@example.org").await;
    world.confirm("rosa", &code).await.unwrap();
}

#[tokio::test]
async fn a_failing_post_confirmation_leaves_the_user_confirmed() {
    let lambda = lambda(|source| match source {
        "PreSignUp_SignUp" => FakeAnswer::Response(json!({ "autoConfirmUser": true })),
        _ => FakeAnswer::Raw { status: 200, headers: Vec::new(), body: b"null".to_vec() },
    })
    .await;
    let pool = json!({ "LambdaConfig": { "PreSignUp": FUNCTION, "PostConfirmation": FUNCTION } });
    let world = World::with(triggered(&lambda), pool, json!({})).await;
    assert_eq!(
        world.sign_up("rosa", &[]).await,
        Err(error("InvalidLambdaResponseException", "Invalid lambda function output : Invalid JSON"))
    );
    assert_eq!(world.status("rosa").await, "CONFIRMED");
}

#[tokio::test]
async fn functions_learn_by_which_contact_the_user_is_known() {
    let (lambda, _) = Answers::lambda().await;
    let pool = json!({
        "UsernameAttributes": ["email"], "AutoVerifiedAttributes": ["email"],
        "LambdaConfig": { "PreSignUp": FUNCTION, "CustomMessage": FUNCTION },
    });
    let world = World::with(triggered(&lambda), pool, json!({})).await;
    world.unconfirmed("rosa@example.org", &[("phone_number", "+12065551234")]).await;
    let events = lambda.events();
    let seen: Vec<_> = events
        .iter()
        .map(|event| {
            let attributes = &event["request"]["userAttributes"];
            let alias = |name: &str| attributes.get(name).and_then(Value::as_str).map(str::to_owned);
            (
                alias("cognito:email_alias"),
                alias("cognito:phone_number_alias"),
                alias("phone_number_verified"),
            )
        })
        .collect();
    let known = (Some("rosa@example.org".to_owned()), None, Some("false".to_owned()));
    assert_eq!(seen, [(None, None, None), known]);
}
