use std::collections::BTreeSet;

use cenote_store::testing::TemporaryStore;
use cenote_store::{Conflict, NameKind, Pool, User, UserName};

use crate::samples::*;

fn named<const N: usize>(pool: &Pool, sub: &str, names: [UserName; N]) -> User {
    User { names: BTreeSet::from(names), ..user(pool, sub) }
}

pub async fn a_name_has_one_owner_in_its_pool(store: &TemporaryStore) {
    let (pool, other) = (with_pool(store, "eu_a").await, with_pool(store, "eu_b").await);
    let kinds = [NameKind::Username, NameKind::Email, NameKind::PhoneNumber, NameKind::PreferredUsername];
    for kind in kinds {
        let owner = named(&pool, &format!("owner of {}", kind.as_str()), [name(kind, "key")]);
        commit(store, [insert(&owner)]).await;
        let thief = named(&pool, "thief", [name(kind, "key"), name(kind, "another")]);
        assert_eq!(conflict(store, [insert(&thief)]).await, Conflict::NameTaken(kind));
        assert_eq!(find(store, &thief).await, None);
        assert!(store.find_user_by_name(&pool.id, kind, "another").await.unwrap().is_none());
        let found = store.find_user_by_name(&pool.id, kind, "key").await.unwrap();
        assert_eq!(found, Some(owner));
    }
    commit(store, [insert(&named(&other, "elsewhere", [name(NameKind::Email, "key")]))]).await;
}

pub async fn one_key_can_be_names_of_several_kinds(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let preferred = named(&pool, "1", [name(NameKind::PreferredUsername, "key")]);
    let both = named(&pool, "2", [name(NameKind::Email, "key"), name(NameKind::Username, "key")]);
    commit(store, [insert(&preferred), insert(&both)]).await;
    assert_eq!(
        store.find_users_by_name(&pool.id, "key").await.unwrap(),
        [
            (NameKind::Username, both.clone()),
            (NameKind::Email, both),
            (NameKind::PreferredUsername, preferred)
        ]
    );
}

pub async fn an_update_claims_and_releases(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let kept = name(NameKind::Username, "kept");
    let before = named(&pool, "1", [kept.clone(), name(NameKind::Email, "old")]);
    let after = named(&pool, "1", [kept, name(NameKind::Email, "new")]);
    commit(store, [insert(&before)]).await;
    commit(store, [update(&before, &after)]).await;
    let after = User { version: 2, ..after };
    assert!(store.find_users_by_name(&pool.id, "old").await.unwrap().is_empty());
    for key in ["kept", "new"] {
        assert_eq!(store.find_users_by_name(&pool.id, key).await.unwrap()[0].1, after);
    }
    let other = named(&pool, "2", [name(NameKind::Email, "old")]);
    commit(store, [insert(&other)]).await;
    // Taken by now: the update as a whole is refused.
    assert_eq!(conflict(store, [update(&after, &before)]).await, Conflict::NameTaken(NameKind::Email));
    assert_eq!(find(store, &after).await, Some(after));
}

pub async fn released_names_are_free_within_the_same_set(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let email = || name(NameKind::Email, "shared");
    let owner = named(&pool, "1", [email()]);
    commit(store, [insert(&owner)]).await;
    // A confirmed address moves to the one who has proved it.
    let heir = named(&pool, "2", [email()]);
    let bereft = named(&pool, "1", []);
    commit(store, [update(&owner, &bereft), insert(&heir)]).await;
    assert_eq!(
        store.find_user_by_name(&pool.id, NameKind::Email, "shared").await.unwrap(),
        Some(heir.clone())
    );
    commit(store, [delete(&heir), insert(&named(&pool, "3", [email()]))]).await;
    let found = store.find_user_by_name(&pool.id, NameKind::Email, "shared").await.unwrap();
    assert_eq!(found.map(|user| user.sub.as_str().to_owned()).as_deref(), Some("3"));
}

pub async fn a_name_that_did_not_become_free_is_taken(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let owner = named(&pool, "1", [name(NameKind::Email, "shared")]);
    commit(store, [insert(&owner)]).await;
    // The order within a set counts: the claim comes before the release.
    let heir = insert(&named(&pool, "2", [name(NameKind::Email, "shared")]));
    let taken = Conflict::NameTaken(NameKind::Email);
    assert_eq!(conflict(store, [heir, delete(&owner)]).await, taken);
    assert_eq!(find(store, &owner).await, Some(owner));
}

pub async fn keys_are_compared_exactly(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let long = "x".repeat(5000);
    let keys = [
        "name",
        "Name",
        "name ",
        "näme",
        "na\u{308}me",
        "name\0",
        "name\u{1}",
        "name\u{1}\u{1}",
        "%",
        "_",
        "\u{10FFFF}",
        "ß",
        "ss",
        &long,
        &long[1..],
    ];
    for (number, key) in keys.iter().enumerate() {
        commit(store, [insert(&named(&pool, &number.to_string(), [name(NameKind::Username, key)]))]).await;
    }
    for (number, key) in keys.iter().enumerate() {
        let found = store.find_user_by_name(&pool.id, NameKind::Username, key).await.unwrap().unwrap();
        assert_eq!(found.sub.as_str(), number.to_string());
        assert_eq!(store.find_users_by_name(&pool.id, key).await.unwrap().len(), 1);
    }
    assert!(store.find_users_by_name(&pool.id, "NAME").await.unwrap().is_empty());
}
