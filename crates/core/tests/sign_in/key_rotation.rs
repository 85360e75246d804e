//! New signing keys, while what the old ones signed goes on.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use base64::Engine as _;
use cenote_core::clock::Clock as _;
use cenote_core::testing::TestService;
use cenote_core::tokens::key_rotation::{Handover, Rotated, rotate};
use cenote_core::tokens::keys::jwks_json;
use cenote_store::PoolId;
use serde_json::{Value, json};

use crate::world::*;

const HOUR: i64 = 3600;
const DAY: i64 = 86_400;

fn kid(token: &str) -> String {
    let head = token.split('.').next().unwrap();
    let head = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(head).unwrap();
    let head: Value = serde_json::from_slice(&head).unwrap();
    head["kid"].as_str().unwrap().to_owned()
}

impl World {
    /// As the command does it: by the store, without the server.
    async fn rotate_keys(&self, handover: Handover) -> Result<Rotated, String> {
        let service = &self.service.service;
        let (pool, now_ms) = (PoolId::new(self.pool.as_str()), self.service.clock.now_ms());
        rotate(&service.store, &service.keyring, service.random.as_ref(), &pool, now_ms, handover)
            .await
            .map_err(|error| error.message.unwrap())
    }

    async fn rotated_keys(&self, handover: Handover) -> Rotated {
        let rotated = self.rotate_keys(handover).await.unwrap();
        self.service.service.cache.invalidate();
        rotated
    }

    async fn published(&self) -> BTreeSet<String> {
        published_by(&self.service, &self.pool).await
    }

    async fn kids(&self) -> (String, String) {
        let tokens = self.tokens("alice").await;
        (kid(&tokens.access), kid(&tokens.id))
    }
}

async fn published_by(service: &TestService, pool: &str) -> BTreeSet<String> {
    let pool = service.service.context(service.caller.clone()).get_pool(pool).await.unwrap();
    let keys = pool.keys(&service.service).await.unwrap();
    let document: Value = serde_json::from_str(&jwks_json(&keys)).unwrap();
    document["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

fn new(rotated: &Rotated) -> (String, String) {
    (rotated.access_kid.clone(), rotated.id_kid.clone())
}

fn set<const N: usize>(pairs: [&(String, String); N]) -> BTreeSet<String> {
    pairs.into_iter().flat_map(|(access, id)| [access.clone(), id.clone()]).collect()
}

#[tokio::test]
async fn new_keys_are_published_before_they_sign_and_old_ones_until_their_tokens_expire() {
    let members = json!({ "AccessTokenValidity": 24 });
    let world = World::with(TestService::builder(), json!({}), members).await;
    world.confirmed("alice").await;
    let old = world.kids().await;
    assert_eq!(world.published().await, set([&old]));
    let rotated = world.rotated_keys(Handover::Overlap).await;
    assert_eq!(rotated.signs_from_ms, world.service.clock.now_ms() + HOUR * 1000);
    let new = new(&rotated);
    assert_eq!(world.published().await, set([&old, &new]));
    world.service.clock.advance_seconds(HOUR - 1);
    assert_eq!(world.kids().await, old);
    let last = world.tokens("alice").await.access;
    assert!(world.get_user(&last).await.is_ok());
    // Nothing tells the server: the time has come.
    world.service.clock.advance_seconds(1);
    assert_eq!(world.kids().await, new);
    let first = world.tokens("alice").await.access;
    for token in [&last, &first] {
        assert!(world.get_user(token).await.is_ok());
    }
    world.service.clock.advance_seconds(DAY - 2);
    assert!(world.get_user(&last).await.is_ok());
    assert_eq!(world.published().await, set([&old, &new]));
    world.service.clock.advance_seconds(1);
    assert_eq!(world.get_user(&last).await, Err(not_authorized("Access Token has expired")));
    world.service.clock.advance_seconds(301);
    assert_eq!(world.published().await, set([&new]));
    assert_eq!(world.get_user(&last).await, Err(not_authorized("Invalid Access Token")));
    // The next rotation clears the store.
    let again = world.rotated_keys(Handover::AtOnce).await;
    assert_eq!(BTreeSet::from_iter(again.removed), set([&old]));
}

#[tokio::test]
async fn refresh_tokens_outlive_the_keys() {
    let world = World::alice().await;
    let tokens = world.tokens("alice").await;
    let rotated = world.rotated_keys(Handover::Discard).await;
    assert_eq!(rotated.removed.len(), 2);
    assert_eq!(world.published().await, set([&new(&rotated)]));
    assert_eq!(world.get_user(&tokens.access).await, Err(not_authorized("Invalid Access Token")));
    let refreshed = Tokens::of(&world.refresh(&tokens.refresh).await.unwrap());
    assert_eq!(kid(&refreshed.access), rotated.access_kid);
    assert_eq!(claims(&refreshed.access)["origin_jti"], claims(&tokens.access)["origin_jti"]);
    assert!(world.get_user(&refreshed.access).await.is_ok());
}

#[tokio::test]
async fn one_rotation_at_a_time_unless_it_must_be_at_once() {
    let world = World::alice().await;
    let old = world.kids().await;
    let pending = world.rotated_keys(Handover::Overlap).await;
    assert_eq!(
        world.rotate_keys(Handover::Overlap).await,
        Err("the keys of the last rotation have not begun to sign yet".into())
    );
    world.service.clock.advance_seconds(1);
    let urgent = world.rotated_keys(Handover::AtOnce).await;
    assert_eq!(BTreeSet::from_iter(urgent.removed.clone()), set([&new(&pending)]));
    assert_eq!(world.published().await, set([&old, &new(&urgent)]));
    assert_eq!(world.kids().await, new(&urgent));
    world.service.clock.advance_seconds(2 * HOUR);
    assert_eq!(world.kids().await, new(&urgent));
    let missing = World { pool: "us-east-1_nothing00".into(), ..world };
    assert_eq!(
        missing.rotate_keys(Handover::Overlap).await,
        Err("User pool us-east-1_nothing00 does not exist.".into())
    );
}

#[tokio::test]
async fn clocks_may_differ() {
    let world = World::alice().await;
    let behind = world.service.clock.now_ms();
    let service = &world.service.service;
    let pool = PoolId::new(world.pool.as_str());
    let rotate_at = async |now_ms: i64, handover| {
        let random = service.random.as_ref();
        let rotated =
            rotate(&service.store, &service.keyring, random, &pool, now_ms, handover).await.unwrap();
        service.cache.invalidate();
        rotated
    };
    // By a machine whose clock is behind, keys sign after the ones before all the same.
    world.service.clock.advance_seconds(60);
    let first = rotate_at(behind - 1000, Handover::AtOnce).await;
    assert_eq!(world.kids().await, new(&first));
    // By one whose clock is ahead, and nothing else is left to sign with.
    let second = rotate_at(behind + 120_000, Handover::Discard).await;
    assert_eq!(world.published().await, set([&new(&second)]));
    assert_eq!(world.kids().await, new(&second));
}

#[tokio::test]
async fn a_token_signed_by_a_pending_key_of_the_other_use_is_refused() {
    let world = World::alice().await;
    world.rotated_keys(Handover::Overlap).await;
    world.service.clock.advance_seconds(HOUR);
    let pool =
        world.service.service.context(world.service.caller.clone()).get_pool(&world.pool).await.unwrap();
    let keys = pool.keys(&world.service.service).await.unwrap();
    let payload = world.tokens("alice").await.access;
    let payload = payload.split('.').nth(1).unwrap();
    let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap();
    assert!(world.get_user(&keys.access.sign(&payload)).await.is_ok());
    assert_eq!(world.get_user(&keys.id.sign(&payload)).await, Err(not_authorized("Invalid Access Token")));
}

async fn every_instance(store: cenote_store::testing::TemporaryStore) {
    let world = World::with(TestService::builder().store(store), json!({}), json!({})).await;
    world.confirmed("alice").await;
    let other = TestService::builder().start_beside(&world.service);
    let token = world.tokens("alice").await.access;
    let by_other = async || other.call("GetUser", json!({ "AccessToken": token })).await;
    assert!(by_other().await.is_ok() && by_other().await.is_ok());
    // By the command, which no instance is told of.
    let rotated = world.rotate_keys(Handover::Discard).await.unwrap();
    let started = Instant::now();
    while by_other().await.is_ok() || world.get_user(&token).await.is_ok() {
        assert!(started.elapsed() < Duration::from_secs(20), "an instance still takes the old key");
        tokio::task::yield_now().await;
    }
    assert_eq!(by_other().await, Err(not_authorized("Invalid Access Token")));
    assert_eq!(published_by(&other, &world.pool).await, set([&new(&rotated)]));
    let newer = world.tokens("alice").await.access;
    assert_eq!(kid(&newer), rotated.access_kid);
    assert!(other.call("GetUser", json!({ "AccessToken": newer })).await.is_ok());
}

#[tokio::test]
async fn every_instance_follows() {
    every_instance(cenote_store::testing::temporary_sqlite().await).await;
}

#[tokio::test]
async fn every_instance_follows_on_postgresql() {
    if let Some(store) = cenote_store::testing::temporary_postgres().await {
        every_instance(store).await;
    }
}
