//! Devices that are forgotten, and what ends with them.

use serde_json::{Value, json};

use super::{invalid_key, missing, world};
use crate::srp::client;
use crate::world::*;

#[tokio::test]
async fn a_forgotten_device_is_forgotten() {
    let world = world().await;
    let (phone, tokens) = world.phone("alice").await;
    let asked = world.sign_in_with("alice", &phone.key).await.unwrap();
    let half = world.begin_proof("alice", &asked["Session"], &phone.key).await.unwrap();
    let own = json!({ "AccessToken": tokens.access, "DeviceKey": phone.key });
    assert_eq!(world.service.ok("ForgetDevice", own.clone()).await, Value::Null);
    for operation in ["ForgetDevice", "GetDevice", "UpdateDeviceStatus"] {
        assert_eq!(world.service.fails(operation, own.clone()).await, missing(), "{operation}");
    }
    // A sign-in that was under way does not end.
    let proof = world.device_proof(&half["ChallengeParameters"], &phone);
    assert_eq!(world.prove_device(proof).await, Err(missing()));
    assert_eq!(world.begin_proof("alice", &asked["Session"], &phone.key).await, Err(missing()));
    let refused = Err(not_authorized("Invalid Refresh Token."));
    assert_eq!(world.refresh_with(&tokens.refresh, Some(&phone.key)).await, refused);
    // The access token still names it, and does not bring it back.
    assert_eq!(world.confirm(&tokens.access, &phone).await, Err(invalid_key()));
    assert_eq!(world.refresh_with(&tokens.refresh, Some(&phone.key)).await, refused);
    assert!(world.get_user(&tokens.access).await.is_ok());
}

/// As amazon-cognito-identity-js does: it drops the key and sends the same proof again.
#[tokio::test]
async fn a_client_whose_device_was_forgotten_answers_once_more_without_it() {
    let world = world().await;
    let (phone, _) = world.phone("alice").await;
    world.service.ok("AdminForgetDevice", world.of_user("alice", &phone.key)).await;
    let parameters = json!({ "USERNAME": "alice", "SRP_A": client().public_hex(), "DEVICE_KEY": phone.key });
    let question = world.flow("USER_SRP_AUTH", parameters).await.unwrap()["ChallengeParameters"].clone();
    let mut answers = world.answers(&question, PASSWORD, &world.now());
    answers["DEVICE_KEY"] = json!(phone.key);
    assert_eq!(world.prove(answers.clone()).await, Err(missing()));
    answers["DEVICE_KEY"] = Value::Null;
    let answer = world.prove(answers).await.unwrap();
    assert!(answer["AuthenticationResult"]["NewDeviceMetadata"].is_object());
}

#[tokio::test]
async fn refresh_tokens_are_their_devices() {
    let world = world().await;
    let (phone, tokens) = world.phone("alice").await;
    let (other, _) = world.phone("alice").await;
    let refused = Err(not_authorized("Invalid Refresh Token."));
    assert_eq!(world.refresh_with(&tokens.refresh, None).await, refused);
    assert_eq!(world.refresh_with(&tokens.refresh, Some(&other.key)).await, refused);
    let refreshed = world.refresh_with(&tokens.refresh, Some(&phone.key)).await.unwrap();
    assert_eq!(claims(&Tokens::of(&refreshed).access)["device_key"], json!(phone.key));
    assert!(refreshed["AuthenticationResult"].get("NewDeviceMetadata").is_none());
}

#[tokio::test]
async fn devices_go_with_their_user() {
    let world = world().await;
    let (phone, _) = world.phone("alice").await;
    let user = json!({ "UserPoolId": world.pool, "Username": "alice" });
    world.service.ok("AdminDeleteUser", user).await;
    world.confirmed("alice").await;
    assert_eq!(world.sign_in_with("alice", &phone.key).await, Err(missing()));
    let list = json!({ "UserPoolId": world.pool, "Username": "alice" });
    assert_eq!(world.service.ok("AdminListDevices", list).await["Devices"], json!([]));
}
