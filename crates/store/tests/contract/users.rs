use cenote_store::testing::TemporaryStore;
use cenote_store::{
    Attempts, Change, CommitError, Conflict, NameKind, NameSearch, Named, StoreError, Sub, UnknownName, User,
    UserName,
};

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

pub async fn unknown_names_are_remembered(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let mut name = unknown_name(&pool, "hash");
    let find = async |now_ms| store.find_unknown_name("hash", now_ms).await.unwrap();
    assert_eq!(find(100).await, None);
    commit(store, [put(&name)]).await;
    assert_eq!(conflict(store, [put(&name)]).await, Conflict::VersionChanged);
    name.version = 1;
    assert_eq!(find(100).await, Some(name.clone()));
    name.attempts = Attempts::default();
    commit(store, [put(&name)]).await;
    assert_eq!(conflict(store, [put(&name)]).await, Conflict::VersionChanged);
    name.version = 2;
    assert_eq!(find(100).await, Some(name.clone()));
    assert_eq!(store.find_unknown_name("other", 100).await.unwrap(), None);
}

pub async fn an_unknown_name_moves_on_with_time(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let [first, second, third] = [0, 1, 2].map(|period| period * UnknownName::PERIOD_MS);
    let find = async |now_ms| store.find_unknown_name("hash", now_ms).await.unwrap();
    let mut name = unknown_name(&pool, "hash");
    commit(store, [put(&name)]).await;
    name.version = 1;
    assert_eq!(find(third - 1).await, Some(name.clone()));
    assert_eq!(find(third).await, None);
    let at = |name: &UnknownName, now_ms| Change::PutUnknownName { name: Box::new(name.clone()), now_ms };
    commit(store, [at(&name, second)]).await;
    // Who did not see it there has to look again, by whatever clock.
    assert_eq!(conflict(store, [at(&name, first)]).await, Conflict::VersionChanged);
    assert_eq!(conflict(store, [at(&name, second)]).await, Conflict::VersionChanged);
    (name.version, name.period) = (2, 1);
    for now_ms in [first, second, third, third + UnknownName::PERIOD_MS - 1] {
        assert_eq!(find(now_ms).await, Some(name.clone()), "{now_ms}");
    }
    assert_eq!(find(third + UnknownName::PERIOD_MS).await, None);
    // A slower clock leaves it there.
    commit(store, [at(&name, first)]).await;
    name.version = 3;
    assert_eq!(find(first).await, Some(name.clone()));
    assert_eq!(store.sweep(third + UnknownName::PERIOD_MS - 1, 100).await.unwrap(), 0);
    assert_eq!(store.sweep(third + UnknownName::PERIOD_MS, 100).await.unwrap(), 1);
    assert_eq!(find(second).await, None);
}

/// Two that were written at the turn of a period by different clocks: the later one counts, and the earlier can't be moved over
/// it.
pub async fn of_two_rows_of_one_unknown_name_the_later_counts(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let early = unknown_name(&pool, "hash");
    let late = UnknownName { attempts: Attempts::default(), ..early.clone() };
    let at = |name: &UnknownName, now_ms| Change::PutUnknownName { name: Box::new(name.clone()), now_ms };
    commit(store, [at(&early, 0), at(&late, UnknownName::PERIOD_MS)]).await;
    let stored = UnknownName { version: 1, period: 1, ..late };
    for now_ms in [0, UnknownName::PERIOD_MS] {
        assert_eq!(store.find_unknown_name("hash", now_ms).await.unwrap(), Some(stored.clone()));
    }
    let moved = at(&UnknownName { version: 1, ..early }, UnknownName::PERIOD_MS);
    assert_eq!(conflict(store, [moved]).await, Conflict::VersionChanged);
}

/// One search tells users from names that nobody has, in the order in which names of different kinds lead to users.
pub async fn a_name_leads_to_a_user_or_to_what_is_remembered(store: &TemporaryStore) {
    let (pool, other) = (with_pool(store, "eu_a").await, with_pool(store, "eu_b").await);
    let search = async |key: &str, sub: Option<&str>, twin: &str| {
        let (sub, twin) = (sub.map(Sub::new), Sub::new(twin));
        let (pool, name_hash) = (&pool.id, "hash");
        let search = NameSearch { pool, key, sub: sub.as_ref(), name_hash, twin: &twin, now_ms: 100 };
        store.find_named(search).await.unwrap()
    };
    // In a pool without users, and beside the users of another one.
    commit(store, [insert(&full_user(&other, "m"))]).await;
    assert_eq!(search("x", None, "m").await, Named::Nobody(None));
    let name = unknown_name(&pool, "hash");
    commit(store, [put(&name)]).await;
    let remembered = Named::Nobody(Some(Box::new(UnknownName { version: 1, ..name })));
    assert_eq!(search("x", None, "m").await, remembered);
    let user = |sub: &str, kinds: &[NameKind]| {
        let names = kinds.iter().map(|kind| UserName { kind: *kind, key: "x".into() }).collect();
        User { names, ..full_user(&pool, sub) }
    };
    let [first, second, third, fourth, by_sub] = [
        user("e", &[NameKind::Username]),
        user("d", &[NameKind::Email]),
        user("c", &[NameKind::PhoneNumber]),
        user("b", &[NameKind::PreferredUsername]),
        user("a", &[]),
    ];
    for (added, with_sub) in [(&by_sub, &by_sub), (&fourth, &by_sub), (&third, &by_sub), (&second, &by_sub)] {
        commit(store, [insert(added)]).await;
        let expected = if added.names.is_empty() { remembered.clone() } else { of(added) };
        assert_eq!(search("x", None, "m").await, expected);
        assert_eq!(search("x", Some("a"), "m").await, of(with_sub));
        assert_eq!(search("x", Some("b0"), "m").await, expected);
    }
    commit(store, [insert(&first)]).await;
    assert_eq!(search("x", Some("a"), "m").await, of(&first));
    // Whose row is read makes no difference.
    for twin in ["", "a", "b", "bb", "zzz"] {
        assert_eq!(search("y", None, twin).await, remembered);
        assert_eq!(search("y", Some("zz"), twin).await, remembered);
        assert_eq!(search("x", None, twin).await, of(&first));
    }
}

fn of(user: &User) -> Named {
    Named::User(Box::new(user.clone()))
}
