use cenote_store::testing::TemporaryStore;
use cenote_store::{Change, Conflict, UnknownUser};

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

pub async fn a_sweep_removes_what_has_expired_in_portions(store: &TemporaryStore) {
    let pool = pool("eu_a");
    for number in 0..5 {
        let text = number.to_string();
        let unknown = UnknownUser { expires_ms: 10, ..unknown_user(&pool, &text) };
        commit(
            store,
            [
                Change::MarkSessionUsed(used_session(&text, number)),
                Change::Revoke(revocation(&pool, &text, number)),
                Change::PutUnknownUser(unknown),
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
    assert!(store.find_unknown_user(&pool.id, "0").await.unwrap().is_some());
    assert_eq!(store.sweep(10, 100).await.unwrap(), 7);
    assert!(store.find_unknown_user(&pool.id, "0").await.unwrap().is_none());
}
