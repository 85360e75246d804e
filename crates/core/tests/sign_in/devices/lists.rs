//! Devices, shown and listed.

use cenote_core::testing::text;
use serde_json::{Value, json};

use super::world;

#[tokio::test]
async fn devices_are_shown_with_their_attributes_and_dates() {
    let world = world().await;
    let (phone, tokens) = world.phone("alice").await;
    let shown = async || {
        let request = json!({ "AccessToken": tokens.access, "DeviceKey": phone.key });
        world.service.ok("GetDevice", request).await["Device"].clone()
    };
    let device = shown().await;
    let attribute = |device: &Value, name: &str| {
        let attributes = device["DeviceAttributes"].as_array().unwrap();
        attributes.iter().find(|one| one["Name"] == name).map(|one| text(&one["Value"]))
    };
    let owner = format!("alice.{}", world.pool);
    for (name, value) in [
        ("device_status", "valid".to_owned()),
        ("device_name", "phone".into()),
        ("last_ip_used", "127.0.0.1".into()),
        ("dev:device_remembered_status", "remembered".into()),
        ("dev:device_owner", owner.clone()),
        (
            "dev:device_arn",
            format!("arn:aws:cognito-idp:us-east-1:000000000000:owner/{owner}/device/{}", phone.key),
        ),
        ("dev:device_sdk", "aws-sdk-unknown-unknown".into()),
    ] {
        assert_eq!(attribute(&device, name), Some(value), "{name}");
    }
    let created = device["DeviceCreateDate"].as_f64().unwrap();
    assert_eq!(device["DeviceLastAuthenticatedDate"].as_f64().unwrap(), created.floor());
    assert_eq!(device["DeviceLastModifiedDate"], device["DeviceCreateDate"]);
    world.service.clock.advance_seconds(60);
    let asked = world.sign_in_with("alice", &phone.key).await.unwrap();
    world.proved(&asked, "alice", &phone).await.unwrap();
    let later = shown().await;
    assert_eq!(later["DeviceLastAuthenticatedDate"].as_f64().unwrap(), created.floor() + 60.0);
    assert_eq!(later["DeviceLastModifiedDate"], device["DeviceLastModifiedDate"]);
    assert_eq!(world.service.ok("AdminGetDevice", world.of_user("alice", &phone.key)).await["Device"], later);
}

#[tokio::test]
async fn lists_go_on_by_key() {
    let world = world().await;
    let mut keys = Vec::new();
    let mut access = String::new();
    for _ in 0..3 {
        let (phone, tokens) = world.phone("alice").await;
        keys.push(phone.key);
        access = tokens.access;
    }
    world.phone("bob").await;
    keys.sort();
    for (operation, mut request) in [
        ("ListDevices", json!({ "AccessToken": access, "Limit": 2 })),
        ("AdminListDevices", json!({ "UserPoolId": world.pool, "Username": "alice", "Limit": 2 })),
    ] {
        let mut seen = Vec::new();
        loop {
            let page = world.service.ok(operation, request.clone()).await;
            let devices = page["Devices"].as_array().unwrap();
            assert!(devices.len() <= 2);
            seen.extend(devices.iter().map(|device| text(&device["DeviceKey"])));
            match page.get("PaginationToken") {
                Some(token) => request["PaginationToken"] = token.clone(),
                None => break,
            }
        }
        assert_eq!(seen, keys, "{operation}");
    }
}
