//! Refresh tokens.

use cenote_core::testing::TestService;
use serde_json::json;

use crate::world::*;

#[tokio::test]
async fn a_refresh_keeps_the_sign_in_and_brings_no_new_refresh_token() {
    let world = World::alice().await;
    let first = world.tokens("alice").await;
    assert!(first.refresh.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_=.".contains(&byte)));
    world.service.clock.advance_seconds(600);
    for flow in ["REFRESH_TOKEN_AUTH", "REFRESH_TOKEN"] {
        let answer = world.flow(flow, json!({ "REFRESH_TOKEN": first.refresh })).await.unwrap();
        assert!(answer["AuthenticationResult"].get("RefreshToken").is_none());
        let second = Tokens::of(&answer);
        for (old, new) in [(&first.access, &second.access), (&first.id, &second.id)] {
            let (old, new) = (claims(old), claims(new));
            for same in ["origin_jti", "event_id", "auth_time", "sub"] {
                assert_eq!(old[same], new[same], "{same}");
            }
            assert_ne!(old["jti"], new["jti"]);
            assert_eq!(new["iat"].as_i64().unwrap() - old["iat"].as_i64().unwrap(), 600);
        }
    }
}

#[tokio::test]
async fn attributes_are_read_afresh() {
    let world = World::alice().await;
    let tokens = world.tokens("alice").await;
    world
        .service
        .ok(
            "AdminUpdateUserAttributes",
            json!({
                "UserPoolId": world.pool, "Username": "alice",
                "UserAttributes": [{ "Name": "name", "Value": "Alice" }],
            }),
        )
        .await;
    let refreshed = Tokens::of(&world.refresh(&tokens.refresh).await.unwrap());
    assert_eq!(claims(&refreshed.id)["name"], "Alice");
    assert!(claims(&tokens.id).get("name").is_none());
}

#[tokio::test]
async fn what_is_wrong_with_a_token_is_said() {
    let world = World::alice().await;
    let tokens = world.tokens("alice").await;
    let invalid = not_authorized("Invalid Refresh Token");
    for bad in ["garbage", tokens.access.as_str(), &tokens.refresh[1..]] {
        assert_eq!(world.refresh(bad).await, Err(invalid.clone()));
    }
    let members = json!({ "ExplicitAuthFlows": ["ALLOW_REFRESH_TOKEN_AUTH"] });
    let other = World {
        client: world.service.client(&world.pool, members).await,
        pool: world.pool.clone(),
        service: world.service,
    };
    assert_eq!(other.refresh(&tokens.refresh).await, Err(invalid));
}

#[tokio::test]
async fn tokens_expire_when_the_client_says() {
    for (seconds, members) in [
        (30 * 86_400, json!({})),
        (30 * 86_400, json!({ "RefreshTokenValidity": 0 })),
        (2 * 3600, json!({ "RefreshTokenValidity": 2, "TokenValidityUnits": { "RefreshToken": "hours" } })),
    ] {
        let world = World::with(TestService::builder(), json!({}), members).await;
        world.confirmed("alice").await;
        let tokens = world.tokens("alice").await;
        world.service.clock.advance_seconds(seconds - 1);
        assert!(world.refresh(&tokens.refresh).await.is_ok());
        world.service.clock.advance_seconds(1);
        assert_eq!(world.refresh(&tokens.refresh).await, Err(not_authorized("Refresh Token has expired")));
    }
}

#[tokio::test]
async fn users_that_are_gone_or_disabled() {
    let world = World::alice().await;
    let tokens = world.tokens("alice").await;
    let user = json!({ "UserPoolId": world.pool, "Username": "alice" });
    world.service.ok("AdminDisableUser", user.clone()).await;
    assert_eq!(world.refresh(&tokens.refresh).await, Err(not_authorized("User is disabled.")));
    // Enabling revives nothing.
    world.service.ok("AdminEnableUser", user.clone()).await;
    assert_eq!(world.refresh(&tokens.refresh).await, Err(not_authorized("Refresh Token has been revoked")));
    let tokens = world.tokens("alice").await;
    world.service.ok("AdminDeleteUser", user).await;
    assert_eq!(
        world.refresh(&tokens.refresh).await,
        Err(not_authorized("The user has been deleted for the associated refresh token"))
    );
    world.confirmed("alice").await;
    assert_eq!(
        world.refresh(&tokens.refresh).await,
        Err(not_authorized("The user has been deleted for the associated refresh token"))
    );
}

#[tokio::test]
async fn a_rotating_client_needs_the_other_operation() {
    let members = json!({
        "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"],
        "RefreshTokenRotation": { "Feature": "ENABLED", "RetryGracePeriodSeconds": 10 },
    });
    let world = World::with(TestService::builder(), json!({}), members).await;
    world.confirmed("alice").await;
    let tokens = world.tokens("alice").await;
    assert_eq!(
        world.refresh(&tokens.refresh).await,
        Err((
            "UnsupportedOperationException".into(),
            "This API does not support refresh token rotation".into()
        ))
    );
}

#[tokio::test]
async fn the_newer_operation_refreshes_too() {
    let world = World::alice().await;
    let first = world.tokens("alice").await;
    let request = json!({ "ClientId": world.client, "RefreshToken": first.refresh, "ClientSecret": "ignoredwhenthereisnone000" });
    let answer = world.service.ok("GetTokensFromRefreshToken", request).await;
    assert!(answer["AuthenticationResult"].get("RefreshToken").is_none());
    assert_eq!(claims(&Tokens::of(&answer).access)["origin_jti"], claims(&first.access)["origin_jti"]);

    let secret = "abcdefghijklmnopqrstuvwxyz123456";
    let keeper = World::with(TestService::builder(), json!({}), json!({ "ClientSecret": secret })).await;
    let id = keeper.client.clone();
    let request = |secret: serde_json::Value| json!({ "ClientId": id, "RefreshToken": "garbage", "ClientSecret": secret });
    assert_eq!(
        keeper.service.fails("GetTokensFromRefreshToken", request(json!(null))).await,
        not_authorized(&format!("Client {id} is configured for secret but secret was not received"))
    );
    assert_eq!(
        keeper
            .service
            .fails("GetTokensFromRefreshToken", request(json!("abcdefghijklmnopqrstuvwxyz123457")))
            .await,
        not_authorized(&format!("Unable to verify secret hash for client {id}"))
    );
    assert_eq!(
        keeper.service.fails("GetTokensFromRefreshToken", request(json!(secret))).await,
        not_authorized("Invalid Refresh Token")
    );
}
