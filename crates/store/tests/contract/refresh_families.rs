use cenote_store::testing::TemporaryStore;
use cenote_store::{Change, Conflict, RefreshFamily, Sub};

use crate::samples::*;

fn put(family: &RefreshFamily) -> Change {
    Change::PutRefreshFamily(family.clone())
}

pub async fn a_family_is_found_as_it_was_put(store: &TemporaryStore) {
    let (pool, other) = (with_pool(store, "eu_a").await, with_pool(store, "eu_b").await);
    let user = user(&pool, "sub");
    commit(store, [insert(&user)]).await;
    assert_eq!(store.find_refresh_family(&pool.id, "f").await.unwrap(), (false, None));
    let first = refresh_family(&user, "f", 10);
    commit(store, [put(&first)]).await;
    let first = RefreshFamily { version: 1, ..first };
    assert_eq!(store.find_refresh_family(&pool.id, "f").await.unwrap(), (false, Some(first.clone())));
    assert_eq!(store.find_refresh_family(&other.id, "f").await.unwrap(), (false, None));
    assert_eq!(store.find_refresh_family(&pool.id, "g").await.unwrap(), (false, None));
    let second = RefreshFamily { current: "newer".into(), previous: "current".into(), ..first };
    commit(store, [put(&second)]).await;
    let second = RefreshFamily { version: 2, ..second };
    assert_eq!(store.find_refresh_family(&pool.id, "f").await.unwrap(), (false, Some(second.clone())));
    commit(store, [Change::Revoke(revocation(&other, "f", 5))]).await;
    assert_eq!(store.find_refresh_family(&pool.id, "f").await.unwrap(), (false, Some(second.clone())));
    commit(store, [Change::Revoke(revocation(&pool, "f", 5))]).await;
    assert_eq!(store.find_refresh_family(&pool.id, "f").await.unwrap(), (true, Some(second.clone())));
    let find = async |sub: &str, family: &str| {
        store.find_refresh_holder(&pool.id, &Sub::new(sub), family).await.unwrap()
    };
    assert_eq!(find("sub", "f").await, Some((user.clone(), true, Some(second))));
    assert_eq!(find("sub", "g").await, Some((user.clone(), false, None)));
    assert_eq!(find("other", "f").await, None);
}

pub async fn a_family_needs_its_user_and_its_version(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let user = user(&pool, "sub");
    let family = refresh_family(&user, "f", 10);
    assert_eq!(conflict(store, [put(&family)]).await, Conflict::VersionChanged);
    commit(store, [insert(&user), put(&family)]).await;
    for version in [0, 2] {
        let other = RefreshFamily { version, ..family.clone() };
        assert_eq!(conflict(store, [put(&other)]).await, Conflict::VersionChanged);
    }
    let family = RefreshFamily { version: 1, ..family };
    commit(store, [put(&family)]).await;
    commit(store, [delete(&user)]).await;
    assert_eq!(store.find_refresh_family(&pool.id, "f").await.unwrap(), (false, None));
    let family = RefreshFamily { version: 2, ..family };
    assert_eq!(conflict(store, [put(&family)]).await, Conflict::VersionChanged);
}

pub async fn families_go_with_their_user_or_when_they_expire(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let (gone, kept) = (user(&pool, "gone"), user(&pool, "kept"));
    commit(store, [insert(&gone), insert(&kept)]).await;
    for (user, family) in [(&gone, "g1"), (&gone, "g2"), (&kept, "k1"), (&kept, "k2")] {
        let expires = if family == "k2" { 20 } else { 10 };
        commit(store, [put(&refresh_family(user, family, expires))]).await;
    }
    let there = async || {
        let mut there = Vec::new();
        for family in ["g1", "g2", "k1", "k2"] {
            if store.find_refresh_family(&pool.id, family).await.unwrap().1.is_some() {
                there.push(family);
            }
        }
        there
    };
    commit(store, [delete(&gone)]).await;
    assert_eq!(there().await, ["k1", "k2"]);
    assert_eq!(store.sweep(9, 10).await.unwrap(), 0);
    assert_eq!(store.sweep(10, 10).await.unwrap(), 1);
    assert_eq!(there().await, ["k2"]);
}
