//! What an access token must be to be believed.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cenote_core::testing::TestService;
use serde_json::json;

use crate::world::*;

#[tokio::test]
async fn tokens_that_are_none() {
    let world = World::alice().await;
    let tokens = world.tokens("alice").await;
    let invalid = not_authorized("Invalid Access Token");
    for bad in ["garbage", "a.b.c", tokens.id.as_str(), tokens.refresh.as_str()] {
        assert_eq!(world.get_user(bad).await, Err(invalid.clone()), "{bad}");
    }
}

#[tokio::test]
async fn a_changed_token_has_another_signature() {
    let world = World::alice().await;
    let tokens = world.tokens("alice").await;
    let parts: Vec<&str> = tokens.access.split('.').collect();
    let mut changed = claims(&tokens.access);
    changed["username"] = json!("mallory");
    let payload = URL_SAFE_NO_PAD.encode(changed.to_string());
    assert_eq!(
        world.get_user(&format!("{}.{payload}.{}", parts[0], parts[2])).await,
        Err(not_authorized("Could not verify signature for Access Token"))
    );
    let unsigned = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
    assert_eq!(
        world.get_user(&format!("{unsigned}.{}.AAAA", parts[1])).await,
        Err(not_authorized("Invalid Access Token"))
    );
}

#[tokio::test]
async fn tokens_of_another_pool_say_nothing_here() {
    let world = World::with(TestService::builder().own_keys(), json!({}), json!({})).await;
    world.confirmed("alice").await;
    let tokens = world.tokens("alice").await;
    let parts: Vec<&str> = tokens.access.split('.').collect();
    let other = world.service.pool(json!({})).await;
    let mut moved = claims(&tokens.access);
    moved["iss"] = json!(moved["iss"].as_str().unwrap().replace(&world.pool, &other));
    let payload = URL_SAFE_NO_PAD.encode(moved.to_string());
    assert_eq!(
        world.get_user(&format!("{}.{payload}.{}", parts[0], parts[2])).await,
        Err(not_authorized("Invalid Access Token"))
    );
}

#[tokio::test]
async fn tokens_expire() {
    let world = World::alice().await;
    let tokens = world.tokens("alice").await;
    world.service.clock.advance_seconds(3599);
    assert!(world.get_user(&tokens.access).await.is_ok());
    world.service.clock.advance_seconds(1);
    assert_eq!(world.get_user(&tokens.access).await, Err(not_authorized("Access Token has expired")));
}

#[tokio::test]
async fn the_client_and_the_user_must_still_be_there() {
    let world = World::alice().await;
    let tokens = world.tokens("alice").await;
    let user = json!({ "UserPoolId": world.pool, "Username": "alice" });
    world.service.ok("AdminDisableUser", user.clone()).await;
    assert_eq!(world.get_user(&tokens.access).await, Err(not_authorized("User is disabled.")));
    world.service.ok("AdminEnableUser", user.clone()).await;
    assert_eq!(world.get_user(&tokens.access).await, Err(not_authorized("Access Token has been revoked")));
    let tokens = world.tokens("alice").await;
    world.service.ok("AdminDeleteUser", user).await;
    assert_eq!(
        world.get_user(&tokens.access).await,
        Err(("UserNotFoundException".into(), "User does not exist.".into()))
    );
    world.confirmed("bob").await;
    let tokens = world.tokens("bob").await;
    world
        .service
        .ok("DeleteUserPoolClient", json!({ "UserPoolId": world.pool, "ClientId": world.client }))
        .await;
    assert_eq!(
        world.get_user(&tokens.access).await,
        Err((
            "ResourceNotFoundException".into(),
            format!("User pool client {} does not exist.", world.client)
        ))
    );
}
