//! What functions hear of devices.

use cenote_core::testing::{TestService, text};
use cenote_triggers::testing::{FakeAnswer, FakeLambda};
use serde_json::json;

use super::{always, missing, world_of};
use crate::custom::{functions, one_question};
use crate::world::*;

#[tokio::test]
async fn triggers_hear_of_new_devices_and_of_proofs() {
    let lambda = FakeLambda::start(|_| FakeAnswer::Echo).await.unwrap();
    let functions =
        json!({ "LambdaConfig": { "PostAuthentication": FUNCTION, "PreTokenGeneration": FUNCTION } });
    let world = world_of(always(), TestService::builder().lambda(&lambda.url()), functions).await;
    let (phone, _) = world.phone("alice").await;
    let asked = world.sign_in_with("alice", &phone.key).await.unwrap();
    world.proved(&asked, "alice", &phone).await.unwrap();
    let events = lambda.events();
    let sources: Vec<String> = events.iter().map(|event| text(&event["triggerSource"])).collect();
    assert_eq!(
        sources,
        [
            "PostAuthentication_Authentication",
            "TokenGeneration_Authentication",
            "PostAuthentication_Authentication",
            "TokenGeneration_AuthenticateDevice",
        ]
    );
    assert_eq!(events[0]["request"]["newDeviceUsed"], true);
    assert_eq!(events[2]["request"]["newDeviceUsed"], false);
}

#[tokio::test]
async fn in_a_custom_sign_in_the_device_comes_last() {
    let lambda = FakeLambda::start(one_question).await.unwrap();
    let functions = json!({ "LambdaConfig": functions() });
    let world = world_of(always(), TestService::builder().lambda(&lambda.url()), functions).await;
    let (phone, _) = world.phone("alice").await;
    let unknown = json!({ "USERNAME": "alice", "DEVICE_KEY": "us-east-1_0f3c9a52" });
    assert_eq!(world.flow("CUSTOM_AUTH", unknown).await, Err(missing()));
    let parameters = json!({ "USERNAME": "alice", "DEVICE_KEY": phone.key });
    let challenge = world.flow("CUSTOM_AUTH", parameters).await.unwrap();
    assert_eq!(challenge["ChallengeName"], "CUSTOM_CHALLENGE");
    let answers = json!({ "USERNAME": "alice", "ANSWER": "anything" });
    let asked = world.answer_device("CUSTOM_CHALLENGE", &challenge["Session"], answers).await.unwrap();
    let before = lambda.events().len();
    let answer = world.proved(&asked, "alice", &phone).await.unwrap();
    assert!(answer["AuthenticationResult"].is_object());
    assert_eq!(lambda.events().len(), before, "the functions were asked again");
}
