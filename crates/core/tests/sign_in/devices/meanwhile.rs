//! What happens to the user between the question to a device and its proof.

use cenote_store::{Change, Device, PoolId};
use serde_json::{Value, json};

use super::*;

#[tokio::test]
async fn whoever_was_changed_by_an_administrator_meanwhile_starts_over() {
    let password = json!({ "Password": "An0ther-one", "Permanent": true });
    let revoked = not_authorized("Invalid session for the user.");
    let reset = ("PasswordResetRequiredException".into(), "Password reset required for the user".into());
    let cases: [(&str, Value, WireError); 5] = [
        ("AdminResetUserPassword", json!({}), reset),
        ("AdminUserGlobalSignOut", json!({}), revoked.clone()),
        ("AdminSetUserPassword", password, revoked.clone()),
        ("AdminDisableUser", json!({}), revoked.clone()),
        ("AdminDeleteUser", json!({}), revoked),
    ];
    for (operation, members, expected) in cases {
        let world = world().await;
        let (phone, _) = world.phone("alice").await;
        let waiting = world.sign_in_with("alice", &phone.key).await.unwrap();
        let begun = world.sign_in_with("alice", &phone.key).await.unwrap();
        let question = world.begin_proof("alice", &begun["Session"], &phone.key).await.unwrap();
        world.service.clock.advance_seconds(1);
        let mut request = json!({ "UserPoolId": world.pool, "Username": "alice" });
        request.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        world.service.ok(operation, request).await;
        let refused = world.begin_proof("alice", &waiting["Session"], &phone.key).await;
        assert_eq!(refused, Err(expected.clone()), "{operation}");
        let proof = world.device_proof(&question["ChallengeParameters"], &phone);
        assert_eq!(world.prove_device(proof).await, Err(expected), "{operation}");
    }
}

/// The pool stops keeping devices: the proof of one opens nothing that the password alone does not.
#[tokio::test]
async fn a_pool_that_keeps_no_devices_any_more_asks_for_the_second_factor() {
    let world = world().await;
    let (phone, _) = world.phone("alice").await;
    world.require_second_factor().await;
    let asked = world.sign_in_with("alice", &phone.key).await.unwrap();
    assert_eq!(asked["ChallengeName"], "DEVICE_SRP_AUTH");
    let question = world.begin_proof("alice", &asked["Session"], &phone.key).await.unwrap();
    let off = json!({
        "UserPoolId": world.pool, "MfaConfiguration": "ON",
        "AutoVerifiedAttributes": ["email"],
    });
    world.service.ok("UpdateUserPool", off).await;
    let proof = world.device_proof(&question["ChallengeParameters"], &phone);
    let answer = world.prove_device(proof).await.unwrap();
    assert_eq!(answer["ChallengeName"], "MFA_SETUP");
}

/// A client that sends no session goes on with the sign-in that waits: its own, from where it began.
#[tokio::test]
async fn a_sign_in_that_waits_is_its_clients_and_its_addresss() {
    let mut world = world().await;
    let (phone, _) = world.phone("alice").await;
    assert!(world.sign_in_with("alice", &phone.key).await.is_ok());
    let own = world.client.clone();
    world.client = world.service.client(&world.pool, json!({ "ExplicitAuthFlows": FLOWS })).await;
    assert_eq!(world.begin_proof("alice", &Value::Null, &phone.key).await, Err(invalid_session()));
    world.client = own;
    let here = world.service.caller.source_ip;
    world.service.caller.source_ip = "192.0.2.7".parse().unwrap();
    assert_eq!(world.begin_proof("alice", &Value::Null, &phone.key).await, Err(invalid_session()));
    world.service.caller.source_ip = here;
    assert!(world.begin_proof("alice", &Value::Null, &phone.key).await.is_ok());
}

/// What waits in the row of a device is worth nothing to whoever reads the row, or moves it.
#[tokio::test]
async fn a_sign_in_that_waits_is_sealed_for_its_device() {
    let world = world().await;
    let (phone, _) = world.phone("alice").await;
    let (other, _) = world.phone("alice").await;
    world.sign_in_with("alice", &phone.key).await.unwrap();
    world.sign_in_with("alice", &other.key).await.unwrap();
    let store = &world.service.service.store;
    let devices = store.list_devices_of_pool(&PoolId::new(&world.pool), None, 2).await.unwrap();
    let [first, second] = devices.try_into().unwrap();
    let waits = |device: &Device| device.waiting.clone().unwrap().session;
    let stolen = json!(waits(&first).0);
    for key in [&phone.key, &other.key] {
        assert_eq!(world.begin_proof("alice", &stolen, key).await, Err(invalid_session()));
    }
    let mut moved = second.clone();
    moved.waiting.as_mut().unwrap().session = waits(&first);
    store.commit(vec![Change::UpdateDevice(moved)]).await.unwrap();
    assert_eq!(world.begin_proof("alice", &Value::Null, &second.key).await, Err(invalid_session()));
    assert!(world.begin_proof("alice", &Value::Null, &first.key).await.is_ok());
}

/// One that need not prove itself is named by the tokens alone: when it is gone by then, they name another.
#[tokio::test]
async fn a_device_that_is_forgotten_before_the_code_does_not_spoil_it() {
    let recovery = json!({ "RecoveryMechanisms": [{ "Name": "admin_only", "Priority": 1 }] });
    let pool = json!({ "AccountRecoverySetting": recovery });
    let world = world_of(always(), TestService::builder(), pool).await;
    let (phone, _) = world.phone("alice").await;
    let mut status = world.of_user("alice", &phone.key);
    status["DeviceRememberedStatus"] = json!("not_remembered");
    world.service.ok("AdminUpdateDeviceStatus", status).await;
    let required = json!({ "UserPoolId": world.pool, "MfaConfiguration": "ON", "EmailMfaConfiguration": {} });
    world.service.ok("SetUserPoolMfaConfig", required).await;
    let asked = world.sign_in_with("alice", &phone.key).await.unwrap();
    assert_eq!(asked["ChallengeName"], "EMAIL_OTP");
    let code = world.service.code_sent_to("alice@test.com").await;
    world.service.ok("AdminForgetDevice", world.of_user("alice", &phone.key)).await;
    let answers = json!({ "USERNAME": "alice", "EMAIL_OTP_CODE": code });
    let answer = world.answer_device("EMAIL_OTP", &asked["Session"], answers).await.unwrap();
    let new = &answer["AuthenticationResult"]["NewDeviceMetadata"]["DeviceKey"];
    assert_ne!(new, &json!(phone.key));
    assert_eq!(&claims(&Tokens::of(&answer).access)["device_key"], new);
}
