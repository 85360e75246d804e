//! Keys that sign-ins give out, and their confirmation.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cenote_core::testing::{TestService, text};
use serde_json::{Value, json};

use super::{DEVICE_PASSWORD, Phone, invalid_key, missing, world, world_of};
use crate::world::*;

#[tokio::test]
async fn a_pool_that_keeps_no_devices_names_none() {
    let world = World::alice().await;
    let answer = world.sign_in_with("alice", "us-east-1_0f3c9a52").await.unwrap();
    assert!(answer["AuthenticationResult"].get("NewDeviceMetadata").is_none());
    let tokens = Tokens::of(&answer);
    assert!(claims(&tokens.access).get("device_key").is_none());
    let request = json!({ "AccessToken": tokens.access, "DeviceKey": "us-east-1_0f3c9a52" });
    let refused = (
        "InvalidUserPoolConfigurationException".to_owned(),
        "The user pool is not configured to remember devices.".to_owned(),
    );
    assert_eq!(world.service.call("ConfirmDevice", request).await, Err(refused));
    assert!(world.refresh_with(&tokens.refresh, None).await.is_ok());
}

#[tokio::test]
async fn a_sign_in_without_a_device_gets_a_key() {
    let world = world().await;
    let answer = world.sign_in("alice", PASSWORD).await.unwrap();
    let phone = Phone::new(&answer["AuthenticationResult"], DEVICE_PASSWORD);
    let (region, id) = phone.key.split_once('_').unwrap();
    assert_eq!((region, id.len(), id.matches('-').count()), ("us-east-1", 36, 4));
    assert!(phone.group.starts_with('-') && phone.group.len() == 9, "{}", phone.group);
    assert!(phone.group[1..].bytes().all(|byte| byte.is_ascii_alphanumeric()));
    let tokens = Tokens::of(&answer);
    assert_eq!(claims(&tokens.access)["device_key"], json!(phone.key));
    assert!(claims(&tokens.id).get("device_key").is_none());
    let other = world.sign_in("alice", PASSWORD).await.unwrap();
    assert_ne!(Phone::new(&other["AuthenticationResult"], "").key, phone.key);
    // Nobody knows it before it is confirmed.
    let admin = world.of_user("alice", &phone.key);
    assert_eq!(world.service.fails("AdminGetDevice", admin).await, missing());
    assert_eq!(world.sign_in_with("alice", &phone.key).await, Err(missing()));
    assert_eq!(
        world.refresh_with(&tokens.refresh, Some(&phone.key)).await,
        Err(not_authorized("Invalid Refresh Token."))
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_confirmation() {
    let world = world().await;
    let answer = world.sign_in("alice", PASSWORD).await.unwrap();
    let phone = Phone::new(&answer["AuthenticationResult"], DEVICE_PASSWORD);
    let access = Tokens::of(&answer).access;
    let good = phone.secret(1);
    let confirm = async |key: &str, secret: Value| {
        let request =
            json!({ "AccessToken": access, "DeviceKey": key, "DeviceSecretVerifierConfig": secret });
        world.service.call("ConfirmDevice", request).await
    };
    // Of nobody, and of another sign-in.
    let (other, _) = world.phone("bob").await;
    for key in ["us-east-1_0f3c9a52", &other.key] {
        assert_eq!(confirm(key, good.clone()).await, Err(invalid_key()));
    }
    let negative = STANDARD.encode([0x80; 16]);
    let negative_value = STANDARD.encode([0xff; 384]);
    for (member, value, expected) in [
        ("Salt", json!(negative), "Salt and PasswordVerifier must not be negative."),
        ("PasswordVerifier", json!(negative_value), "Salt and PasswordVerifier must not be negative."),
        ("PasswordVerifier", json!(STANDARD.encode([1])), "Salt or PasswordVerifier is out of range."),
        ("PasswordVerifier", json!(STANDARD.encode([0])), "Salt or PasswordVerifier is out of range."),
        ("PasswordVerifier", json!("not base64"), "PasswordVerifier is not base64."),
        ("Salt", json!("not base64"), "Salt is not base64."),
        ("Salt", Value::Null, "Missing required parameter Salt"),
    ] {
        let mut wrong = good.clone();
        wrong[member] = value;
        assert_eq!(confirm(&phone.key, wrong).await, Err(invalid_parameter(expected)));
    }
    assert_eq!(confirm(&phone.key, good.clone()).await, Ok(json!({ "UserConfirmationNecessary": false })));
    assert_eq!(
        confirm(&phone.key, good).await,
        Err(("DeviceKeyExistsException".into(), "Device already exists.".into()))
    );
    for operation in ["GetDevice", "ForgetDevice"] {
        let told = world.service.fails(operation, json!({ "DeviceKey": phone.key })).await;
        assert_eq!(told, not_authorized("Invalid Access Token"), "{operation}");
    }
}

#[tokio::test]
async fn where_users_are_asked_a_device_is_remembered_by_them() {
    let configuration =
        json!({ "ChallengeRequiredOnNewDevice": true, "DeviceOnlyRememberedOnUserPrompt": true });
    let world = world_of(configuration, TestService::builder(), json!({})).await;
    let answer = world.sign_in("alice", PASSWORD).await.unwrap();
    let phone = Phone::new(&answer["AuthenticationResult"], DEVICE_PASSWORD);
    let tokens = Tokens::of(&answer);
    assert_eq!(world.confirm(&tokens.access, &phone).await, Ok(json!({ "UserConfirmationNecessary": true })));
    let own = json!({ "AccessToken": tokens.access, "DeviceKey": phone.key });
    let listed = async || {
        let list = world.service.ok("ListDevices", json!({ "AccessToken": tokens.access })).await;
        list["Devices"].as_array().unwrap().len()
    };
    let status = async |remembered: &str| {
        let mut request = own.clone();
        request["DeviceRememberedStatus"] = json!(remembered);
        assert_eq!(world.service.ok("UpdateDeviceStatus", request).await, json!({}));
    };
    for _ in 0..2 {
        // Users see what is remembered, administrators everything.
        assert_eq!(listed().await, 0);
        assert_eq!(world.service.fails("GetDevice", own.clone()).await, missing());
        assert!(world.service.call("AdminGetDevice", world.of_user("alice", &phone.key)).await.is_ok());
        // As without a device, but no new one.
        let answer = world.sign_in_with("alice", &phone.key).await.unwrap();
        assert!(answer["AuthenticationResult"].get("NewDeviceMetadata").is_none());
        assert_eq!(claims(&Tokens::of(&answer).access)["device_key"], json!(phone.key));
        status("remembered").await;
        assert_eq!(listed().await, 1);
        assert!(world.service.call("GetDevice", own.clone()).await.is_ok());
        assert_eq!(
            world.sign_in_with("alice", &phone.key).await.unwrap()["ChallengeName"],
            "DEVICE_SRP_AUTH"
        );
        status("not_remembered").await;
    }
    let mut admin = world.of_user("alice", &phone.key);
    admin["DeviceRememberedStatus"] = json!("remembered");
    assert_eq!(world.service.ok("AdminUpdateDeviceStatus", admin).await, json!({}));
    assert_eq!(listed().await, 1);
}

/// The numbers that clients made with the published vectors are taken, and the salt comes back as they send it.
#[tokio::test]
async fn the_published_devices_are_confirmed() {
    let vectors: Value =
        serde_json::from_str(include_str!("../../../../crypto/tests/vectors/srp.json")).unwrap();
    let world = world().await;
    for case in vectors["device_cases"].as_array().unwrap() {
        let answer = world.sign_in("alice", PASSWORD).await.unwrap();
        let key = text(&answer["AuthenticationResult"]["NewDeviceMetadata"]["DeviceKey"]);
        let request = json!({
            "AccessToken": Tokens::of(&answer).access, "DeviceKey": key,
            "DeviceSecretVerifierConfig": case["confirm_device"]["DeviceSecretVerifierConfig"],
        });
        world.service.ok("ConfirmDevice", request).await;
        let asked = world.sign_in_with("alice", &key).await.unwrap();
        let verifier = world.begin_proof("alice", &asked["Session"], &key).await.unwrap();
        assert_eq!(verifier["ChallengeParameters"]["SALT"], case["wire"]["SALT"]);
    }
}
