use cenote_store::testing::TemporaryStore;
use cenote_store::{Attempts, Change, CommitError, Conflict, StoreError, Sub, UnknownUser, User};

use crate::samples::*;

pub async fn a_user_is_found_as_it_was_inserted(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let user = full_user(&pool, "sub");
    commit(store, [insert(&user)]).await;
    assert_eq!(find(store, &user).await, Some(user.clone()));
    for name in &user.names {
        let found = store.find_user_by_name(&pool.id, name.kind, &name.key).await.unwrap();
        assert_eq!(found.as_ref(), Some(&user));
        let all = store.find_users_by_name(&pool.id, &name.key).await.unwrap();
        assert_eq!(all, [(name.kind, user.clone())]);
    }
    assert_eq!(store.count_users(&pool.id).await.unwrap(), 1);
}

pub async fn an_insertion_needs_the_pool_and_a_free_sub(store: &TemporaryStore) {
    let missing = pool("eu_a");
    assert_eq!(conflict(store, [insert(&user(&missing, "sub"))]).await, Conflict::VersionChanged);
    let pool = with_pool(store, "eu_a").await;
    let first = user(&pool, "sub");
    commit(store, [insert(&first)]).await;
    let mut second = full_user(&pool, "sub");
    second.names.clear();
    assert_eq!(conflict(store, [insert(&second)]).await, Conflict::AlreadyExists);
    assert_eq!(find(store, &first).await, Some(first));
}

pub async fn an_update_needs_the_version_that_was_read(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let before = user(&pool, "sub");
    assert_eq!(conflict(store, [update(&before, &before)]).await, Conflict::VersionChanged);
    commit(store, [insert(&before)]).await;
    let after = full_user(&pool, "sub");
    commit(store, [update(&before, &after)]).await;
    assert_eq!(find(store, &before).await, Some(User { version: 2, ..after.clone() }));
    assert_eq!(conflict(store, [update(&before, &before)]).await, Conflict::VersionChanged);
    // The version in `after` does not matter, the one in `before` does.
    let before = User { version: 2, ..after };
    commit(store, [update(&before, &User { version: 17, enabled: false, ..before.clone() })]).await;
    assert_eq!(find(store, &before).await, Some(User { version: 3, enabled: false, ..before }));
}

pub async fn an_update_must_be_of_the_same_user(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let (one, two) = (user(&pool, "one"), user(&pool, "two"));
    commit(store, [insert(&one), insert(&two)]).await;
    let refused = store.commit(vec![update(&one, &two)]).await;
    assert!(matches!(refused, Err(CommitError::Store(StoreError::Internal { .. }))), "{refused:?}");
    assert_eq!(find(store, &one).await, Some(one));
}

pub async fn a_deletion_needs_the_version_that_was_read(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let user = full_user(&pool, "sub");
    commit(store, [insert(&user)]).await;
    let stale = User { version: 2, ..user.clone() };
    assert_eq!(conflict(store, [delete(&stale)]).await, Conflict::VersionChanged);
    assert_eq!(find(store, &user).await, Some(user.clone()));
    commit(store, [delete(&user)]).await;
    assert_eq!(find(store, &user).await, None);
    assert_eq!(conflict(store, [delete(&user)]).await, Conflict::VersionChanged);
    assert_eq!(conflict(store, [update(&user, &user)]).await, Conflict::VersionChanged);
    // Its names are free again.
    for name in &user.names {
        assert!(store.find_users_by_name(&pool.id, &name.key).await.unwrap().is_empty());
    }
    commit(store, [insert(&User { sub: Sub::new("heir"), ..user })]).await;
}

pub async fn users_are_listed_by_time_then_sub(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let other = with_pool(store, "eu_b").await;
    commit(store, [insert(&user(&other, "elsewhere"))]).await;
    let mut expected = Vec::new();
    for (sub, time) in [("b", 2), ("a", 2), ("C", 2), ("ä", 2), ("d", 1), ("e", -1), ("f", i64::MAX)] {
        let user = User { created_ms: time, ..user(&pool, sub) };
        commit(store, [insert(&user)]).await;
        expected.push((time, sub));
    }
    expected.sort_unstable();
    let expected: Vec<_> = expected.into_iter().map(|(_, sub)| sub).collect();
    assert_eq!(subs(store, &pool, None).await, expected);
    assert!(store.list_users(&pool.id, None, None, 0).await.unwrap().is_empty());
}

pub async fn pages_stay_true_while_users_come_and_go(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let at = |sub: String, time| User { created_ms: time, ..user(&pool, &sub) };
    for number in 0..20 {
        commit(store, [insert(&at(format!("old{number:02}"), 100 + number / 3))]).await;
    }
    let mut seen: Vec<String> = Vec::new();
    let mut after: Option<(i64, Sub)> = None;
    let mut round = 0;
    loop {
        let page = store.list_users(&pool.id, None, after.clone(), 3).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some((last.created_ms, last.sub.clone()));
        seen.extend(page.iter().map(|user| user.sub.as_str().to_owned()));
        // One comes before the position, and the user at the position goes.
        commit(store, [insert(&at(format!("early{round}"), 50)), delete(last)]).await;
        round += 1;
    }
    assert_eq!(seen, (0..20).map(|number| format!("old{number:02}")).collect::<Vec<_>>());
}

pub async fn unknown_users_are_remembered(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let mut unknown = unknown_user(&pool, "hash");
    assert_eq!(store.find_unknown_user(&pool.id, "hash").await.unwrap(), None);
    commit(store, [Change::PutUnknownUser(unknown.clone())]).await;
    assert_eq!(conflict(store, [Change::PutUnknownUser(unknown.clone())]).await, Conflict::VersionChanged);
    unknown.version = 1;
    assert_eq!(store.find_unknown_user(&pool.id, "hash").await.unwrap(), Some(unknown.clone()));
    unknown.user.attempts = Attempts::default();
    commit(store, [Change::PutUnknownUser(unknown.clone())]).await;
    assert_eq!(conflict(store, [Change::PutUnknownUser(unknown.clone())]).await, Conflict::VersionChanged);
    unknown.version = 2;
    assert_eq!(store.find_unknown_user(&pool.id, "hash").await.unwrap(), Some(unknown.clone()));
    // What is stored stays: when it is swept does not change.
    let kept = UnknownUser { expiry_is_stored: true, ..unknown.clone() };
    commit(store, [Change::PutUnknownUser(kept.clone())]).await;
    assert_eq!(conflict(store, [Change::PutUnknownUser(kept)]).await, Conflict::VersionChanged);
    assert_eq!(store.sweep(unknown.expires_ms - 1, 100).await.unwrap(), 0);
    assert_eq!(store.sweep(unknown.expires_ms, 100).await.unwrap(), 1);
    assert_eq!(store.find_unknown_user(&pool.id, "hash").await.unwrap(), None);
}
