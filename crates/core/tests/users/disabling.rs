//! AdminDisableUser and AdminEnableUser.

use cenote_core::testing::text;
use serde_json::json;

use crate::world::*;

#[tokio::test]
async fn tokens_die_for_good() {
    let world = World::new().await;
    world.rosa().await;
    let tokens = world.sign_in("rosa", PASSWORD).await.unwrap()["AuthenticationResult"].clone();
    let (access, refresh) = (text(&tokens["AccessToken"]), text(&tokens["RefreshToken"]));
    world.service.clock.advance_seconds(60);
    assert_eq!(world.service.ok("AdminDisableUser", world.admin("rosa", json!({}))).await, json!({}));
    let user = world.user("rosa").await;
    assert_eq!((&user["Enabled"], &user["UserStatus"]), (&json!(false), &json!("CONFIRMED")));
    assert_ne!(user["UserCreateDate"], user["UserLastModifiedDate"]);
    assert_eq!(world.sign_in("rosa", PASSWORD).await, Err(unauthorized("User is disabled.")));
    let refused = world.service.fails("GetUser", json!({ "AccessToken": access })).await;
    assert_eq!(refused, unauthorized("User is disabled."));

    assert_eq!(world.service.ok("AdminEnableUser", world.admin("rosa", json!({}))).await, json!({}));
    assert_eq!(world.user("rosa").await["Enabled"], true);
    let refused = world.service.fails("GetUser", json!({ "AccessToken": access })).await;
    assert_eq!(refused, unauthorized("Access Token has been revoked"));
    let request = json!({
        "ClientId": world.client, "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": { "REFRESH_TOKEN": refresh },
    });
    let (code, _) = world.service.fails("InitiateAuth", request).await;
    assert_eq!(code, "NotAuthorizedException");
    let token = world.token("rosa").await;
    world.service.ok("GetUser", json!({ "AccessToken": token })).await;
}

#[tokio::test]
async fn once_more_changes_nothing() {
    let world = World::new().await;
    let token = world.rosa().await;
    world.service.clock.advance_seconds(60);
    let before = world.user("rosa").await;
    world.service.ok("AdminEnableUser", world.admin("rosa", json!({}))).await;
    assert_eq!(world.user("rosa").await, before);
    world.service.ok("GetUser", json!({ "AccessToken": token })).await;
    world.disable("rosa").await;
    let before = world.user("rosa").await;
    world.service.clock.advance_seconds(60);
    world.disable("rosa").await;
    assert_eq!(world.user("rosa").await, before);
}
