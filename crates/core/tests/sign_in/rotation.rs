//! Refresh tokens that change with every use.

use std::sync::Arc;

use cenote_core::testing::{TestService, TestServiceBuilder, WireError, merged};
use cenote_triggers::testing::{FakeAnswer, FakeLambda};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::world::*;

const GRACE: i64 = 30;

async fn rotating(seconds: i64, members: Value) -> World {
    rotating_on(TestService::builder(), seconds, members).await
}

async fn rotating_on(builder: TestServiceBuilder, seconds: i64, members: Value) -> World {
    let front = json!({
        "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"],
        "RefreshTokenRotation": { "Feature": "ENABLED", "RetryGracePeriodSeconds": seconds },
    });
    let client = merged(front, members);
    let world = World::with(builder, json!({}), client).await;
    world.confirmed("alice").await;
    world
}

impl World {
    async fn renew_on(&self, service: &TestService, token: &str) -> Result<Tokens, WireError> {
        let request = json!({ "ClientId": self.client, "RefreshToken": token });
        service.call("GetTokensFromRefreshToken", request).await.map(|answer| Tokens::of(&answer))
    }

    async fn renew(&self, token: &str) -> Result<Tokens, WireError> {
        self.renew_on(&self.service, token).await
    }

    async fn renewed(&self, token: &str) -> Tokens {
        self.renew(token).await.unwrap_or_else(|error| panic!("{error:?}"))
    }

    async fn refused(&self, token: &str) -> WireError {
        self.renew(token).await.err().unwrap_or_else(|| panic!("it was taken"))
    }

    async fn revoke(&self, token: &str) {
        self.service.ok("RevokeToken", json!({ "ClientId": self.client, "Token": token })).await;
    }

    /// Replaces the client's configuration.
    async fn update_client(&self, members: Value) {
        let request = merged(json!({ "UserPoolId": self.pool, "ClientId": self.client }), members);
        self.service.ok("UpdateUserPoolClient", request).await;
    }
}

fn reuse() -> WireError {
    ("RefreshTokenReuseException".into(), "Refresh token reuse detected".into())
}

fn revoked() -> WireError {
    not_authorized("Refresh Token has been revoked")
}

#[tokio::test]
async fn every_refresh_brings_a_new_token_of_the_same_sign_in() {
    let world = rotating(0, json!({})).await;
    let first = world.tokens("alice").await;
    world.service.clock.advance_seconds(600);
    let second = world.renewed(&first.refresh).await;
    let third = world.renewed(&second.refresh).await;
    assert!(third.refresh.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_=.".contains(&byte)));
    for newer in [&second, &third] {
        for (old, new) in [(&first.access, &newer.access), (&first.id, &newer.id)] {
            let (old, new) = (claims(old), claims(new));
            for same in ["origin_jti", "event_id", "auth_time", "sub"] {
                assert_eq!(old[same], new[same], "{same}");
            }
            assert_ne!(old["jti"], new["jti"]);
        }
        assert!(world.get_user(&newer.access).await.is_ok());
    }
    // What came before goes on until it expires.
    assert!(world.get_user(&first.access).await.is_ok());
    let texts = [&first.refresh, &second.refresh, &third.refresh];
    assert!(texts[0] != texts[1] && texts[1] != texts[2]);
}

#[tokio::test]
async fn without_grace_a_token_dies_with_its_use_and_its_family_lives() {
    let world = rotating(0, json!({})).await;
    let first = world.tokens("alice").await;
    let second = world.renewed(&first.refresh).await;
    assert_eq!(world.refused(&first.refresh).await, reuse());
    let third = world.renewed(&second.refresh).await;
    for old in [&first.refresh, &second.refresh] {
        assert_eq!(world.refused(old).await, reuse());
    }
    assert!(world.renew(&third.refresh).await.is_ok());
}

#[tokio::test]
async fn a_retry_replaces_the_newest_token_and_moves_no_deadline() {
    let world = rotating(GRACE, json!({})).await;
    let first = world.tokens("alice").await;
    let lost = world.renewed(&first.refresh).await;
    world.service.clock.advance_seconds(GRACE - 1);
    let retried = world.renewed(&first.refresh).await;
    // The answer that was lost is good for nothing.
    assert_eq!(world.refused(&lost.refresh).await, reuse());
    world.service.clock.advance_seconds(1);
    assert_eq!(world.refused(&first.refresh).await, reuse());
    let next = world.renewed(&retried.refresh).await;
    // The one before has its own grace; the one before that has none.
    world.service.clock.advance_seconds(GRACE - 1);
    assert!(world.renew(&retried.refresh).await.is_ok());
    assert_eq!(world.refused(&next.refresh).await, reuse());
    assert_eq!(world.refused(&first.refresh).await, reuse());
}

#[tokio::test]
async fn the_grace_of_the_rotation_holds_whatever_is_configured_later() {
    let world = rotating(GRACE, json!({})).await;
    let first = world.tokens("alice").await;
    world.renewed(&first.refresh).await;
    world
        .update_client(json!({
            "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"],
            "RefreshTokenRotation": { "Feature": "ENABLED", "RetryGracePeriodSeconds": 60 },
        }))
        .await;
    world.service.clock.advance_seconds(GRACE);
    assert_eq!(world.refused(&first.refresh).await, reuse());
}

#[tokio::test]
async fn a_rotated_token_lives_no_longer_than_the_first_would_have() {
    let members = json!({ "RefreshTokenValidity": 2, "TokenValidityUnits": { "RefreshToken": "hours" } });
    let world = rotating(60, members).await;
    let mut token = world.tokens("alice").await.refresh;
    for seconds in [3000, 3000, 1199] {
        world.service.clock.advance_seconds(seconds);
        token = world.renewed(&token).await.refresh;
    }
    world.service.clock.advance_seconds(1);
    assert_eq!(world.refused(&token).await, not_authorized("Refresh Token has expired"));
}

#[tokio::test]
async fn any_token_of_a_family_revokes_all_of_it() {
    for turn in 0..3 {
        let world = rotating(GRACE, json!({})).await;
        let other = world.tokens("alice").await;
        let first = world.tokens("alice").await;
        let second = world.renewed(&first.refresh).await;
        let third = world.renewed(&second.refresh).await;
        let family = [&first, &second, &third];
        world.revoke(&family[turn].refresh).await;
        for member in family {
            assert_eq!(world.refused(&member.refresh).await, revoked());
            assert_eq!(
                world.get_user(&member.access).await,
                Err(not_authorized("Access Token has been revoked"))
            );
        }
        assert!(world.renew(&other.refresh).await.is_ok());
    }
}

#[tokio::test]
async fn a_rotated_token_is_of_its_client_alone() {
    let world = rotating(GRACE, json!({})).await;
    let first = world.tokens("alice").await;
    let second = world.renewed(&first.refresh).await;
    let members = json!({
        "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"],
        "RefreshTokenRotation": { "Feature": "ENABLED", "RetryGracePeriodSeconds": GRACE },
    });
    let other = world.service.client(&world.pool, members).await;
    for token in [&first, &second] {
        let request = json!({ "ClientId": other, "RefreshToken": token.refresh });
        assert_eq!(
            world.service.fails("GetTokensFromRefreshToken", request).await,
            not_authorized("Invalid Refresh Token")
        );
        // Nor does the other client revoke what is not its own.
        world.service.ok("RevokeToken", json!({ "ClientId": other, "Token": token.refresh })).await;
    }
    assert!(world.renew(&second.refresh).await.is_ok());
}

#[tokio::test]
async fn what_ends_a_user_ends_the_family() {
    let world = rotating(GRACE, json!({})).await;
    let user = json!({ "UserPoolId": world.pool, "Username": "alice" });
    let first = world.tokens("alice").await;
    let second = world.renewed(&first.refresh).await;
    world.service.ok("AdminUserGlobalSignOut", user.clone()).await;
    for member in [&first, &second] {
        assert_eq!(world.refused(&member.refresh).await, revoked());
    }
    let token = world.renewed(&world.tokens("alice").await.refresh).await.refresh;
    world.service.ok("AdminDisableUser", user.clone()).await;
    assert_eq!(world.refused(&token).await, not_authorized("User is disabled."));
    world.service.ok("AdminDeleteUser", user).await;
    assert_eq!(
        world.refused(&token).await,
        not_authorized("The user has been deleted for the associated refresh token")
    );
}

#[tokio::test]
async fn only_a_rotation_writes() {
    let commits = |world: &World| world.service.service.store.statistics().commits;
    let plain = World::alice().await;
    let token = plain.tokens("alice").await.refresh;
    let before = commits(&plain);
    plain.refresh(&token).await.unwrap();
    plain.renewed(&token).await;
    assert_eq!(commits(&plain), before);

    let world = rotating(GRACE, json!({})).await;
    let before = commits(&world);
    let token = world.tokens("alice").await.refresh;
    assert_eq!(commits(&world), before);
    world.renewed(&token).await;
    assert_eq!(commits(&world), before + 1);
    assert_eq!(world.refused("garbage").await, not_authorized("Invalid Refresh Token"));
    assert_eq!(commits(&world), before + 1);
}

#[tokio::test]
async fn rotation_can_be_switched_on_and_off() {
    let world = World::alice().await;
    let first = world.tokens("alice").await;
    world.refresh(&first.refresh).await.unwrap();
    world
        .update_client(json!({
            "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"],
            "RefreshTokenRotation": { "Feature": "ENABLED", "RetryGracePeriodSeconds": 0 },
        }))
        .await;
    let second = world.renewed(&first.refresh).await;
    let flows = json!(["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]);
    let off = json!({ "Feature": "DISABLED", "RetryGracePeriodSeconds": 0 });
    world.update_client(json!({ "ExplicitAuthFlows": flows, "RefreshTokenRotation": off })).await;
    // What was rotated out stays out, whichever way it comes.
    assert_eq!(world.refused(&first.refresh).await, reuse());
    assert_eq!(world.refresh(&first.refresh).await, Err(revoked()));
    for _ in 0..2 {
        let answer = world.refresh(&second.refresh).await.unwrap();
        assert!(answer["AuthenticationResult"].get("RefreshToken").is_none());
        assert_eq!(claims(&Tokens::of(&answer).access)["origin_jti"], claims(&first.access)["origin_jti"]);
        assert_eq!(world.renewed(&second.refresh).await.refresh, "");
    }
}

#[tokio::test]
async fn a_client_that_rotates_names_the_family_even_if_it_revokes_nothing() {
    let world = rotating(0, json!({ "EnableTokenRevocation": false })).await;
    let first = world.tokens("alice").await;
    let second = world.renewed(&first.refresh).await;
    let family = claims(&first.id)["origin_jti"].clone();
    assert!(family.is_string());
    assert!(claims(&first.id)["jti"].is_string());
    assert!(claims(&first.access).get("origin_jti").is_none());
    assert_eq!(claims(&second.id)["origin_jti"], family);
    assert_eq!(claims(&second.access)["origin_jti"], family);
    assert!(world.get_user(&second.access).await.is_ok());
}

#[tokio::test]
async fn metadata_reaches_the_function_and_its_refusal_rotates_nothing() {
    let lambda = FakeLambda::start(|event| match event["request"]["clientMetadata"]["k"].clone() {
        Value::Null => FakeAnswer::FunctionError { message: "no".into() },
        value => FakeAnswer::Response(
            json!({ "claimsOverrideDetails": { "claimsToAddOrOverride": { "seen": value } } }),
        ),
    });
    let lambda = lambda.await.unwrap();
    let world = rotating_on(TestService::builder().lambda(&lambda.url()), 0, json!({})).await;
    let token = world.tokens("alice").await.refresh;
    let configuration = json!({ "PreTokenGeneration": FUNCTION });
    let request = json!({ "UserPoolId": world.pool, "LambdaConfig": configuration });
    world.service.ok("UpdateUserPool", request).await;
    assert_eq!(world.refused(&token).await.0, "UserLambdaValidationException");
    let request = json!({ "ClientId": world.client, "RefreshToken": token, "ClientMetadata": { "k": "v" } });
    let renewed = Tokens::of(&world.service.ok("GetTokensFromRefreshToken", request).await);
    assert_eq!(claims(&renewed.id)["seen"], "v");
    assert_eq!(lambda.events()[1]["triggerSource"], "TokenGeneration_RefreshTokens");
    let request = json!({ "UserPoolId": world.pool, "LambdaConfig": {} });
    world.service.ok("UpdateUserPool", request).await;
    assert_eq!(world.refused(&token).await, reuse());
}

#[tokio::test]
async fn reuse_ends_the_sign_in_where_the_operator_wants_it() {
    let builder = TestService::builder().settings(|settings| settings.reuse_revokes = true);
    let world = rotating_on(builder, GRACE, json!({})).await;
    let other = world.tokens("alice").await;
    let first = world.tokens("alice").await;
    let second = world.renewed(&first.refresh).await;
    // A retry in time is none.
    let third = world.renewed(&first.refresh).await;
    assert_eq!(world.refused(&second.refresh).await, reuse());
    for token in [&first, &second, &third] {
        assert_eq!(world.refused(&token.refresh).await, revoked());
        assert!(world.get_user(&token.access).await.is_err());
    }
    assert!(world.renew(&other.refresh).await.is_ok());
}

/// Refreshes the same token many times at once, on two instances: the new tokens.
async fn race(world: &Arc<World>, other: &Arc<TestService>, token: &str) -> Vec<String> {
    let mut calls = JoinSet::new();
    for number in 0..12 {
        let (world, other, token) = (Arc::clone(world), Arc::clone(other), token.to_owned());
        calls.spawn(async move {
            let service = if number % 2 == 0 { &world.service } else { &*other };
            world.renew_on(service, &token).await
        });
    }
    let outcomes = calls.join_all().await.into_iter();
    outcomes
        .filter_map(|outcome| match outcome {
            Ok(tokens) => Some(tokens.refresh),
            Err(error) => {
                assert_eq!(error, reuse());
                None
            }
        })
        .collect()
}

async fn races(store: cenote_store::testing::TemporaryStore) {
    let world = Arc::new(rotating_on(TestService::builder().store(store), 0, json!({})).await);
    let other = Arc::new(TestService::builder().start_beside(&world.service));
    let mut token = world.tokens("alice").await.refresh;
    for _ in 0..4 {
        // Nobody else has a good token afterwards.
        let good = race(&world, &other, &token).await;
        assert_eq!(good.len(), 1);
        token.clone_from(good.first().unwrap());
    }
    world
        .update_client(json!({
            "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"],
            "RefreshTokenRotation": { "Feature": "ENABLED", "RetryGracePeriodSeconds": GRACE },
        }))
        .await;
    other.service.cache.invalidate();
    for _ in 0..4 {
        // In grace everybody is answered, and one of the tokens is the newest.
        let good = race(&world, &other, &token).await;
        assert_eq!(good.len(), 12);
        world.service.clock.advance_seconds(GRACE);
        let mut newest = Vec::new();
        for token in good {
            match world.renew(&token).await {
                Ok(tokens) => newest.push(tokens.refresh),
                Err(error) => assert_eq!(error, reuse()),
            }
        }
        assert_eq!(newest.len(), 1);
        token.clone_from(newest.first().unwrap());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_many_at_once_gets_the_next_token() {
    races(cenote_store::testing::temporary_sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_many_at_once_gets_the_next_token_on_postgresql() {
    if let Some(store) = cenote_store::testing::temporary_postgres().await {
        races(store).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_refresh_outlives_a_revocation_beside_it() {
    let world = rotating(GRACE, json!({})).await;
    for _ in 0..8 {
        let token = world.tokens("alice").await.refresh;
        let (outcome, ()) = tokio::join!(world.renew(&token), world.revoke(&token));
        if let Ok(tokens) = outcome {
            assert_eq!(world.refused(&tokens.refresh).await, revoked());
            assert!(world.get_user(&tokens.access).await.is_err());
        }
    }
}
