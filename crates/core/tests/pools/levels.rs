//! The names of the levels of authentication.

use cenote_core::testing::TestService;
use serde_json::{Value, json};

use crate::{describe, invalid, refused};

fn named(names: [&str; 4]) -> Value {
    let mut levels = json!({});
    for (number, name) in names.into_iter().enumerate() {
        levels[format!("Level{}", number + 1)] = json!({ "AcrValue": name });
    }
    levels
}

const DEFAULT: [&str; 4] =
    ["urn:cognito:loa:1", "urn:cognito:loa:2", "urn:cognito:loa:3", "urn:cognito:loa:4"];

#[tokio::test]
async fn every_pool_shows_the_names_of_all_four() {
    let service = TestService::new().await;
    for members in [json!({}), json!({ "AcrConfiguration": {} }), json!({ "UserPoolTier": "LITE" })] {
        let request = json!({ "PoolName": "pool" });
        let mut request: Value = request;
        request.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        let made = service.ok("CreateUserPool", request).await["UserPool"].clone();
        assert_eq!(made["AcrConfiguration"], named(DEFAULT), "{members}");
        let pool = made["Id"].as_str().unwrap();
        assert_eq!(describe(&service, pool).await["AcrConfiguration"], named(DEFAULT), "{members}");
    }
}

#[tokio::test]
async fn an_update_replaces_the_names_or_keeps_them() {
    let service = TestService::new().await;
    let some = json!({ "Level2": { "AcrValue": "two" }, "Level3": { "AcrValue": "urn:x:3" } });
    let pool = service.pool(json!({ "AcrConfiguration": some })).await;
    let shown = async || describe(&service, &pool).await["AcrConfiguration"].clone();
    let [one, _, _, four] = DEFAULT;
    assert_eq!(shown().await, named([one, "two", "urn:x:3", four]));
    service.ok("UpdateUserPool", json!({ "UserPoolId": pool })).await;
    assert_eq!(shown().await, named([one, "two", "urn:x:3", four]));
    // What was shown may be sent back.
    let back = json!({ "UserPoolId": pool, "AcrConfiguration": shown().await });
    service.ok("UpdateUserPool", back).await;
    assert_eq!(shown().await, named([one, "two", "urn:x:3", four]));
    let gold = json!({ "Level4": { "AcrValue": "gold" } });
    service.ok("UpdateUserPool", json!({ "UserPoolId": pool, "AcrConfiguration": gold })).await;
    assert_eq!(shown().await, named([one, DEFAULT[1], DEFAULT[2], "gold"]));
    // All four at once may take each other's names.
    let reversed = named([four, DEFAULT[2], DEFAULT[1], one]);
    service.ok("UpdateUserPool", json!({ "UserPoolId": pool, "AcrConfiguration": reversed })).await;
    assert_eq!(shown().await, reversed);
    service.ok("UpdateUserPool", json!({ "UserPoolId": pool, "AcrConfiguration": {} })).await;
    assert_eq!(shown().await, named(DEFAULT));
}

#[tokio::test]
async fn names_are_what_a_list_can_hold() {
    let service = TestService::new().await;
    let longest = "x".repeat(64);
    for name in ["!", "urn:x~y#z", longest.as_str()] {
        service.pool(json!({ "AcrConfiguration": { "Level1": { "AcrValue": name } } })).await;
    }
    let too_long = "x".repeat(65);
    for name in ["", "a b", "a\"b", "a\\b", "é", too_long.as_str()] {
        let (code, message) =
            refused(&service, json!({ "AcrConfiguration": { "Level1": { "AcrValue": name } } })).await;
        assert_eq!(code, "InvalidParameterException", "{name}");
        assert!(message.contains("'acrConfiguration.Level1.member.acrValue'"), "{message}");
    }
    for levels in [json!({ "Level5": { "AcrValue": "a" } }), json!({ "Level1": {} })] {
        assert_eq!(
            refused(&service, json!({ "AcrConfiguration": levels })).await.0,
            "InvalidParameterException"
        );
    }
    let same = json!({ "AcrConfiguration": { "Level1": { "AcrValue": DEFAULT[1] } } });
    assert_eq!(refused(&service, same).await, invalid("AcrValue must be unique across all levels."));
}

#[tokio::test]
async fn the_tier_does_not_go_down_below_a_name() {
    let service = TestService::new().await;
    let pool = service.pool(json!({ "AcrConfiguration": { "Level4": { "AcrValue": "gold" } } })).await;
    let down = json!({ "UserPoolId": pool, "UserPoolTier": "LITE" });
    let (code, message) = service.fails("UpdateUserPool", down.clone()).await;
    assert_eq!(code, "TierChangeNotAllowedException");
    assert!(message.ends_with(": Custom ACR Values"), "{message}");
    let mut without = down;
    without["AcrConfiguration"] = json!({});
    service.ok("UpdateUserPool", without).await;
}
