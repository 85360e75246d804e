//! AdminConfirmSignUp.

use serde_json::json;

use crate::world::*;

#[tokio::test]
async fn it_confirms_without_verifying() {
    let (lambda, _) = Answers::lambda().await;
    let pool =
        json!({ "AutoVerifiedAttributes": ["email"], "LambdaConfig": { "PostConfirmation": FUNCTION } });
    let world = World::with(triggered(&lambda), pool, json!({})).await;
    let sub = world.unconfirmed("rosa", &[("email", "rosa@example.org")]).await;
    let code = world.service.code_sent_to("rosa@example.org").await;
    let request = world.admin("rosa", json!({ "ClientMetadata": { "a": "b" } }));
    assert_eq!(world.service.ok("AdminConfirmSignUp", request.clone()).await, json!({}));
    assert_eq!(world.status("rosa").await, "CONFIRMED");
    assert_eq!(world.attribute("rosa", "email_verified").await.as_deref(), Some("false"));
    let event = &lambda.events()[0];
    assert_eq!(event["triggerSource"], "PostConfirmation_ConfirmSignUp");
    assert_eq!(event["callerContext"]["clientId"], "CLIENT_ID_NOT_APPLICABLE");
    assert_eq!(
        event["request"],
        json!({
            "userAttributes": {
                "cognito:user_status": "CONFIRMED", "email": "rosa@example.org", "email_verified": "false",
                "sub": sub,
            },
            "clientMetadata": { "a": "b" },
        })
    );
    let again = Err(unauthorized("User cannot be confirmed. Current status is CONFIRMED"));
    assert_eq!(world.service.call("AdminConfirmSignUp", request).await, again);
    assert_eq!(world.confirm("rosa", &code).await, again);
    assert_eq!(lambda.events().len(), 1);
}

#[tokio::test]
async fn it_is_for_those_who_signed_up() {
    let world = World::new().await;
    world.service.ok("AdminCreateUser", world.admin("rosa", json!({}))).await;
    assert_eq!(
        world.service.fails("AdminConfirmSignUp", world.admin("rosa", json!({}))).await,
        unauthorized("User cannot be confirmed. Current status is FORCE_CHANGE_PASSWORD")
    );
}

#[tokio::test]
async fn its_trigger_undoes_nothing() {
    let (lambda, answers) = Answers::lambda().await;
    let world = World::with(
        triggered(&lambda),
        json!({ "LambdaConfig": { "PostConfirmation": FUNCTION } }),
        json!({}),
    )
    .await;
    world.unconfirmed("rosa", &[]).await;
    answers.fail();
    assert_eq!(
        world.service.fails("AdminConfirmSignUp", world.admin("rosa", json!({}))).await,
        error("UserLambdaValidationException", "PostConfirmation failed with error no.")
    );
    assert_eq!(world.status("rosa").await, "CONFIRMED");
}
