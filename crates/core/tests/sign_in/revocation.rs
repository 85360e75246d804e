//! RevokeToken, GlobalSignOut and AdminUserGlobalSignOut.

use cenote_core::testing::TestService;
use serde_json::json;

use crate::world::*;

fn revoked() -> (String, String) {
    not_authorized("Access Token has been revoked")
}

#[tokio::test]
async fn one_sign_in_is_revoked_and_others_stay() {
    let world = World::alice().await;
    let (first, second) = (world.tokens("alice").await, world.tokens("alice").await);
    let request = json!({ "ClientId": world.client, "Token": first.refresh });
    assert_eq!(world.service.ok("RevokeToken", request.clone()).await, json!({}));
    assert_eq!(world.refresh(&first.refresh).await, Err(not_authorized("Refresh Token has been revoked")));
    assert_eq!(world.get_user(&first.access).await, Err(revoked()));
    assert!(world.refresh(&second.refresh).await.is_ok());
    assert!(world.get_user(&second.access).await.is_ok());
    assert_eq!(world.service.ok("RevokeToken", request).await, json!({}));
}

/// The access token lives for a day, though its refresh token is about to expire and the client's tokens live for minutes by
/// now.
#[tokio::test]
async fn what_is_revoked_stays_so_until_its_last_token_has_expired() {
    let members = json!({ "AccessTokenValidity": 24, "RefreshTokenValidity": 1 });
    let world = World::with(TestService::builder(), json!({}), members).await;
    world.confirmed("alice").await;
    let tokens = world.tokens("alice").await;
    let (hour, clock) = (3600, &world.service.clock);
    clock.advance_seconds(24 * hour - 1);
    let access = Tokens::of(&world.refresh(&tokens.refresh).await.unwrap()).access;
    let members = json!({
        "UserPoolId": world.pool, "ClientId": world.client, "AccessTokenValidity": 5,
        "TokenValidityUnits": { "AccessToken": "minutes" },
    });
    world.service.ok("UpdateUserPoolClient", members).await;
    world.service.ok("RevokeToken", json!({ "ClientId": world.client, "Token": tokens.refresh })).await;
    for _ in 0..23 {
        clock.advance_seconds(hour);
        world.service.service.sweep(1000).await.unwrap();
        assert_eq!(world.get_user(&access).await, Err(revoked()));
    }
    clock.advance_seconds(hour);
    assert_eq!(world.get_user(&access).await, Err(not_authorized("Access Token has expired")));
}

#[tokio::test]
async fn what_can_not_be_revoked() {
    let world = World::alice().await;
    let tokens = world.tokens("alice").await;
    for token in [&tokens.access, &tokens.id] {
        let request = json!({ "ClientId": world.client, "Token": token });
        assert_eq!(world.service.fails("RevokeToken", request).await.0, "UnsupportedTokenTypeException");
    }
    let request = json!({ "ClientId": world.client, "Token": "unknown" });
    assert_eq!(world.service.ok("RevokeToken", request).await, json!({}));

    let members = json!({ "EnableTokenRevocation": false });
    let old = World::with(TestService::builder(), json!({}), members).await;
    old.confirmed("alice").await;
    let tokens = old.tokens("alice").await;
    assert!(claims(&tokens.access).get("origin_jti").is_none());
    let request = json!({ "ClientId": old.client, "Token": tokens.refresh });
    assert_eq!(
        old.service.fails("RevokeToken", request).await,
        ("UnsupportedOperationException".into(), "This feature is not enabled for this client".into())
    );

    let secret = "abcdefghijklmnopqrstuvwxyz123456";
    let keeper = World::with(TestService::builder(), json!({}), json!({ "ClientSecret": secret })).await;
    for given in [json!(null), json!("abcdefghijklmnopqrstuvwxyz123457")] {
        let request = json!({ "ClientId": keeper.client, "Token": "unknown", "ClientSecret": given });
        assert_eq!(
            keeper.service.fails("RevokeToken", request).await,
            ("UnauthorizedException".into(), "Invalid client or secret".into())
        );
    }
    let request = json!({ "ClientId": keeper.client, "Token": "unknown", "ClientSecret": secret });
    assert_eq!(keeper.service.ok("RevokeToken", request).await, json!({}));
}

#[tokio::test]
async fn a_global_sign_out_ends_all_and_the_next_sign_in_works_at_once() {
    let world = World::alice().await;
    let (first, second) = (world.tokens("alice").await, world.tokens("alice").await);
    assert_eq!(world.service.ok("GlobalSignOut", json!({ "AccessToken": first.access })).await, json!({}));
    for tokens in [&first, &second] {
        assert_eq!(world.get_user(&tokens.access).await, Err(revoked()));
        assert_eq!(
            world.refresh(&tokens.refresh).await,
            Err(not_authorized("Refresh Token has been revoked"))
        );
    }
    assert_eq!(world.service.fails("GlobalSignOut", json!({ "AccessToken": first.access })).await, revoked());
    // In the same millisecond: the clock stands still.
    let third = world.tokens("alice").await;
    assert!(world.get_user(&third.access).await.is_ok());
    let user = json!({ "UserPoolId": world.pool, "Username": "alice" });
    assert_eq!(world.service.ok("AdminUserGlobalSignOut", user).await, json!({}));
    assert_eq!(world.get_user(&third.access).await, Err(revoked()));
}

#[tokio::test]
async fn another_instance_sees_it_at_once() {
    let world = World::alice().await;
    let tokens = world.tokens("alice").await;
    let other = World {
        service: TestService::builder().start_beside(&world.service),
        pool: world.pool.clone(),
        client: world.client.clone(),
    };
    assert!(other.get_user(&tokens.access).await.is_ok());
    world.service.ok("RevokeToken", json!({ "ClientId": world.client, "Token": tokens.refresh })).await;
    assert_eq!(other.get_user(&tokens.access).await, Err(revoked()));
}

#[tokio::test]
async fn users_and_clients_that_are_gone() {
    let world = World::alice().await;
    let tokens = world.tokens("alice").await;
    world.service.ok("AdminDeleteUser", json!({ "UserPoolId": world.pool, "Username": "alice" })).await;
    assert_eq!(
        world.service.fails("GlobalSignOut", json!({ "AccessToken": tokens.access })).await,
        revoked()
    );
    let request = json!({ "ClientId": "nosuchclient", "Token": tokens.refresh });
    assert_eq!(
        world.service.fails("RevokeToken", request).await,
        ("UnauthorizedException".into(), "Invalid client or secret".into())
    );
}
