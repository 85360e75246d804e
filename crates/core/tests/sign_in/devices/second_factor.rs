//! A device in the place of a second factor.

use cenote_core::testing::TestService;
use serde_json::json;

use super::{missing, withheld, world, world_of};
use crate::world::*;

#[tokio::test]
async fn a_remembered_device_takes_the_place_of_a_second_factor() {
    let world = world().await;
    let (phone, tokens) = world.phone("alice").await;
    world.require_second_factor().await;
    assert!(withheld(&world.sign_in("alice", PASSWORD).await));
    let asked = world.sign_in_with("alice", &phone.key).await.unwrap();
    assert!(world.proved(&asked, "alice", &phone).await.unwrap()["AuthenticationResult"].is_object());
    // Not one that is forgotten meanwhile, and not one that is not remembered any more.
    let asked = world.sign_in_with("alice", &phone.key).await.unwrap();
    let half = world.begin_proof("alice", &asked["Session"], &phone.key).await.unwrap();
    let mut request = json!({ "AccessToken": tokens.access, "DeviceKey": phone.key });
    request["DeviceRememberedStatus"] = json!("not_remembered");
    world.service.ok("UpdateDeviceStatus", request).await;
    let proof = world.device_proof(&half["ChallengeParameters"], &phone);
    assert_eq!(world.prove_device(proof).await, Err(missing()));
    let answer = world.sign_in_with("alice", &phone.key).await;
    assert!(withheld(&answer));
    assert_ne!(answer.unwrap_or_default()["ChallengeName"], "DEVICE_SRP_AUTH");
}

#[tokio::test]
async fn a_device_takes_no_place_where_the_pool_does_not_say_so() {
    let configuration =
        json!({ "ChallengeRequiredOnNewDevice": false, "DeviceOnlyRememberedOnUserPrompt": false });
    let world = world_of(configuration, TestService::builder(), json!({})).await;
    let (phone, _) = world.phone("alice").await;
    // Without a second factor it is asked for its proof all the same.
    let early = world.sign_in_with("alice", &phone.key).await.unwrap();
    assert_eq!(early["ChallengeName"], "DEVICE_SRP_AUTH");
    world.require_second_factor().await;
    let answer = world.sign_in_with("alice", &phone.key).await;
    assert!(withheld(&answer));
    assert_ne!(answer.unwrap_or_default()["ChallengeName"], "DEVICE_SRP_AUTH");
    // Nor does a proof that was asked for before.
    assert!(withheld(&world.proved(&early, "alice", &phone).await));
}
