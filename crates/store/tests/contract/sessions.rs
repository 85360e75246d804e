use cenote_store::testing::TemporaryStore;
use cenote_store::{Change, Conflict, Pool, UnknownName, User};

use crate::samples::*;

pub async fn a_session_is_used_once(store: &TemporaryStore) {
    assert!(!store.is_session_used("s").await.unwrap());
    commit(store, [Change::MarkSessionUsed(used_session("s", 5))]).await;
    assert!(store.is_session_used("s").await.unwrap());
    let again = Change::MarkSessionUsed(used_session("s", 9));
    assert_eq!(conflict(store, [again]).await, Conflict::SessionUsed);
    let twice = ["t", "t"].map(|id| Change::MarkSessionUsed(used_session(id, 5)));
    assert_eq!(conflict(store, twice).await, Conflict::SessionUsed);
    assert!(!store.is_session_used("t").await.unwrap());
}

pub async fn revoking_twice_keeps_the_later_expiry(store: &TemporaryStore) {
    let (pool, other) = (pool("eu_a"), pool("eu_b"));
    for expiry in [10, 30, 20] {
        commit(store, [Change::Revoke(revocation(&pool, "f", expiry))]).await;
    }
    assert!(store.is_revoked(&pool.id, "f").await.unwrap());
    assert!(!store.is_revoked(&other.id, "f").await.unwrap());
    assert!(!store.is_revoked(&pool.id, "g").await.unwrap());
    assert_eq!(store.sweep(29, 10).await.unwrap(), 0);
    assert!(store.is_revoked(&pool.id, "f").await.unwrap());
    assert_eq!(store.sweep(30, 10).await.unwrap(), 1);
    assert!(!store.is_revoked(&pool.id, "f").await.unwrap());
}

pub async fn a_token_holder_is_found_with_what_was_revoked(store: &TemporaryStore) {
    let (pool, other) = (with_pool(store, "eu_a").await, with_pool(store, "eu_b").await);
    let user = full_user(&pool, "sub");
    commit(store, [insert(&user)]).await;
    let find = async |pool: &Pool, family| {
        let found = store.find_token_holder(&pool.id, &user.sub, family).await.unwrap();
        let version = store.find_token_holder_version(&pool.id, &user.sub, family).await.unwrap();
        assert_eq!(found.as_ref().map(|(user, revoked)| (user.version, *revoked)), version);
        found
    };
    commit(store, [Change::Revoke(revocation(&other, "f", 5))]).await;
    assert_eq!(find(&pool, Some("f")).await, Some((user.clone(), false)));
    commit(store, [Change::Revoke(revocation(&pool, "f", 5))]).await;
    assert_eq!(find(&pool, Some("f")).await, Some((user.clone(), true)));
    assert_eq!(find(&pool, Some("g")).await, Some((user.clone(), false)));
    assert_eq!(find(&pool, None).await, Some((user.clone(), false)));
    assert_eq!(find(&other, Some("f")).await, None);
    let changed = User { enabled: !user.enabled, ..user.clone() };
    commit(store, [update(&user, &changed)]).await;
    let changed = User { version: 2, ..changed };
    assert_eq!(find(&pool, Some("f")).await, Some((changed.clone(), true)));
    commit(store, [delete(&changed)]).await;
    assert_eq!(find(&pool, Some("f")).await, None);
}

pub async fn a_sweep_removes_what_has_expired_in_portions(store: &TemporaryStore) {
    let pool = pool("eu_a");
    for number in 0..5 {
        let text = number.to_string();
        commit(
            store,
            [
                Change::MarkSessionUsed(used_session(&text, number)),
                Change::Revoke(revocation(&pool, &text, number)),
                put(&unknown_name(&pool, &text)),
            ],
        )
        .await;
    }
    // Sessions and revocations 0 to 3, the oldest first.
    assert_eq!(store.sweep(3, 3).await.unwrap(), 6);
    assert!(!store.is_session_used("2").await.unwrap());
    assert!(store.is_session_used("3").await.unwrap());
    assert_eq!(store.sweep(3, 3).await.unwrap(), 2);
    assert_eq!(store.sweep(3, 3).await.unwrap(), 0);
    assert!(store.is_session_used("4").await.unwrap());
    assert!(store.is_revoked(&pool.id, "4").await.unwrap());
    let [last, first] = [2 * UnknownName::PERIOD_MS - 1, 2 * UnknownName::PERIOD_MS];
    assert_eq!(store.sweep(last, 100).await.unwrap(), 2);
    assert!(store.find_unknown_name("0", last).await.unwrap().is_some());
    assert_eq!(store.sweep(first, 3).await.unwrap(), 3);
    assert_eq!(store.sweep(first, 3).await.unwrap(), 2);
    assert!(store.find_unknown_name("0", last).await.unwrap().is_none());
}
