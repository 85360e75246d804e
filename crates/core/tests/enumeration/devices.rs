//! DEVICE_KEY, wherever somebody without the password can send one.

use cenote_core::testing::TestService;
use cenote_triggers::testing::{FakeAnswer, FakeLambda};
use serde_json::json;

use crate::compare;
use crate::world::{World, one_after_the_other};

/// A device that nobody has.
const KEY: &str = "us-east-1_0b9a2f6e-7d64-4a51-9c0a-5e2b7f1d8a90";

#[tokio::test]
async fn nobody_stands_out_by_a_device() {
    let _turn = one_after_the_other().await;
    let function = "arn:aws:lambda:us-east-1:123456789012:function:auth";
    let lambda = FakeLambda::start(|_| FakeAnswer::Echo).await.unwrap();
    let members = json!({
        "DeviceConfiguration": { "ChallengeRequiredOnNewDevice": true, "DeviceOnlyRememberedOnUserPrompt": false },
        "LambdaConfig": {
            "DefineAuthChallenge": function, "CreateAuthChallenge": function, "VerifyAuthChallengeResponse": function,
        },
    });
    let world = World::populated_on(TestService::builder().lambda(&lambda.url()), members).await;
    let flow = |flow: &'static str, name: &str, more: serde_json::Value| {
        let mut parameters = json!({ "USERNAME": name, "DEVICE_KEY": KEY });
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "ClientId": world.client, "AuthFlow": flow, "AuthParameters": parameters })
    };
    let password = json!({ "PASSWORD": "Wrong-1pass" });
    compare(&world, "InitiateAuth", 7, |name| flow("USER_PASSWORD_AUTH", name, password.clone())).await;
    world.service.clock.advance_seconds(3600);
    let custom = |name: &str| flow("CUSTOM_AUTH", name, json!({}));
    compare(&world, "InitiateAuth", 2, custom).await;
    let proof = |name: &str| {
        json!({
            "ClientId": world.client, "ChallengeName": "DEVICE_SRP_AUTH",
            "ChallengeResponses": { "USERNAME": name, "DEVICE_KEY": KEY, "SRP_A": "abcdef" },
        })
    };
    compare(&world, "RespondToAuthChallenge", 2, proof).await;
    // The device was looked for.
    assert_eq!(world.service.fails("InitiateAuth", custom("alice")).await.0, "ResourceNotFoundException");
    let refused = world.service.fails("RespondToAuthChallenge", proof("alice")).await;
    assert_eq!(refused.1, "Invalid session for the user.");
}
