//! The triggers around a sign-in.

use cenote_core::testing::TestService;
use cenote_triggers::testing::{FakeAnswer, FakeLambda};
use serde_json::{Value, json};

use crate::world::*;

async fn world(lambda: &FakeLambda, configuration: Value, client: Value) -> World {
    World::with(
        TestService::builder().lambda(&lambda.url()),
        json!({ "LambdaConfig": configuration }),
        client,
    )
    .await
}

#[tokio::test]
async fn metadata_of_a_flow_reaches_only_the_trigger_before_the_password() {
    let lambda = FakeLambda::start(|_| FakeAnswer::Echo).await.unwrap();
    let configuration = json!({ "PreAuthentication": FUNCTION, "PostAuthentication": FUNCTION, "PreTokenGeneration": FUNCTION });
    let world = world(&lambda, configuration, json!({})).await;
    world.confirmed("alice").await;
    world
        .service
        .ok(
            "InitiateAuth",
            json!({
                "ClientId": world.client, "AuthFlow": "USER_PASSWORD_AUTH", "ClientMetadata": { "a": "b" },
                "AuthParameters": { "USERNAME": "alice", "PASSWORD": PASSWORD },
            }),
        )
        .await;
    let events = lambda.events();
    let sources: Vec<&str> = events.iter().map(|event| event["triggerSource"].as_str().unwrap()).collect();
    assert_eq!(
        sources,
        [
            "PreAuthentication_Authentication",
            "PostAuthentication_Authentication",
            "TokenGeneration_Authentication"
        ]
    );
    assert_eq!(events[0]["request"]["validationData"], json!({ "a": "b" }));
    for event in &events[1..] {
        assert!(event["request"].get("clientMetadata").is_none(), "{event}");
    }
    assert_eq!(events[1]["request"]["newDeviceUsed"], json!(false));
}

#[tokio::test]
async fn the_trigger_before_the_password_can_refuse() {
    let lambda =
        FakeLambda::start(|_| FakeAnswer::FunctionError { message: "not today".into() }).await.unwrap();
    let world = world(&lambda, json!({ "PreAuthentication": FUNCTION }), json!({})).await;
    world.confirmed("alice").await;
    for password in [PASSWORD, "Wrong-1pass"] {
        assert_eq!(
            world.sign_in("alice", password).await,
            Err((
                "UserLambdaValidationException".into(),
                "PreAuthentication failed with error not today.".into()
            ))
        );
    }
}

#[tokio::test]
async fn hidden_users_run_the_trigger_too() {
    let lambda = FakeLambda::start(|_| FakeAnswer::Echo).await.unwrap();
    let members = json!({
        "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"], "PreventUserExistenceErrors": "ENABLED",
    });
    let world = world(&lambda, json!({ "PreAuthentication": FUNCTION }), members).await;
    assert_eq!(world.sign_in("nobody", PASSWORD).await, Err(incorrect()));
    let event = &lambda.events()[0];
    assert_eq!(event["request"]["userNotFound"], json!(true));
    assert_eq!(event["userName"], "nobody");
}

#[tokio::test]
async fn a_function_changes_claims_of_the_id_token() {
    let lambda = FakeLambda::start(|_| {
        FakeAnswer::Response(json!({ "claimsOverrideDetails": {
            "claimsToAddOrOverride": { "tenant": "blue", "sub": "forged", "email": "shown@test.com" },
            "claimsToSuppress": ["email_verified", "iss"],
            "groupOverrideDetails": { "groupsToOverride": ["admins"], "preferredRole": "arn:aws:iam::1:role/r" },
        } }))
    })
    .await
    .unwrap();
    let world = world(&lambda, json!({ "PreTokenGeneration": FUNCTION }), json!({})).await;
    world.confirmed("alice").await;
    let tokens = world.tokens("alice").await;
    let (id, access) = (claims(&tokens.id), claims(&tokens.access));
    assert_eq!((&id["tenant"], &id["email"]), (&json!("blue"), &json!("shown@test.com")));
    assert_eq!(id["sub"], access["sub"]);
    assert!(id.get("email_verified").is_none() && id["iss"].is_string());
    assert_eq!((&id["cognito:groups"], &access["cognito:groups"]), (&json!(["admins"]), &json!(["admins"])));
    assert_eq!(id["cognito:preferred_role"], "arn:aws:iam::1:role/r");
    assert!(access.get("tenant").is_none());
}

#[tokio::test]
async fn a_newer_function_changes_both_tokens() {
    let lambda = FakeLambda::start(|_| {
        FakeAnswer::Response(json!({ "claimsAndScopeOverrideDetails": {
            "idTokenGeneration": { "claimsToAddOrOverride": { "flags": ["a", 1] } },
            "accessTokenGeneration": {
                "claimsToAddOrOverride": { "level": 7, "client_id": "forged" }, "scopesToAdd": ["orders/read"],
            },
        } }))
    })
    .await
    .unwrap();
    let configuration =
        json!({ "PreTokenGenerationConfig": { "LambdaVersion": "V2_0", "LambdaArn": FUNCTION } });
    let world = world(&lambda, configuration, json!({})).await;
    world.confirmed("alice").await;
    let tokens = world.tokens("alice").await;
    assert_eq!(claims(&tokens.id)["flags"], json!(["a", 1]));
    let access = claims(&tokens.access);
    assert_eq!(access["level"], 7);
    assert_eq!(access["client_id"], world.client.as_str());
    assert_eq!(access["scope"], "aws.cognito.signin.user.admin orders/read");
    assert_eq!(lambda.events()[0]["version"], "2");
    assert!(world.get_user(&tokens.access).await.is_ok());
}

#[tokio::test]
async fn a_token_without_its_scope_opens_nothing() {
    let lambda = FakeLambda::start(|_| {
        FakeAnswer::Response(json!({ "claimsAndScopeOverrideDetails": {
            "accessTokenGeneration": { "scopesToSuppress": ["aws.cognito.signin.user.admin"] },
        } }))
    })
    .await
    .unwrap();
    let configuration =
        json!({ "PreTokenGenerationConfig": { "LambdaVersion": "V2_0", "LambdaArn": FUNCTION } });
    let world = world(&lambda, configuration, json!({})).await;
    world.confirmed("alice").await;
    let tokens = world.tokens("alice").await;
    assert_eq!(
        world.get_user(&tokens.access).await,
        Err(not_authorized("Access Token does not have required scopes"))
    );
}
