use cenote_store::testing::TemporaryStore;
use cenote_store::{Change, CommitError, Conflict, Group, Pool, Store, Sub};
use tokio::task::JoinSet;

use crate::samples::*;

fn add(pool: &Pool, group: &str, sub: &str) -> Change {
    Change::AddMember(membership(pool, group, sub))
}

fn remove(pool: &Pool, group: &str, sub: &str) -> Change {
    Change::RemoveMember { pool_id: pool.id.clone(), group_name: group.into(), sub: Sub::new(sub) }
}

fn delete_group(pool: &Pool, name: &str, version: i64) -> Change {
    Change::DeleteGroup { pool_id: pool.id.clone(), name: name.into(), version }
}

async fn groups_of(store: &Store, pool: &Pool, sub: &str) -> Vec<String> {
    let groups = store.list_groups_of_user(&pool.id, &Sub::new(sub), None, 1000).await.unwrap();
    groups.into_iter().map(|group| group.name).collect()
}

async fn members_of(store: &Store, pool: &Pool, group: &str) -> Vec<String> {
    let users = store.list_users_in_group(&pool.id, group, None, 10_000).await.unwrap();
    users.into_iter().map(|user| user.username).collect()
}

pub async fn a_group_is_found_as_it_was_inserted(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    assert_eq!(store.find_group(&pool.id, "ä b").await.unwrap(), None);
    let bare = Group { description: None, role_arn: None, precedence: None, ..group(&pool, "bare") };
    for group in [group(&pool, "ä b"), bare] {
        commit(store, [Change::InsertGroup(group.clone())]).await;
        assert_eq!(store.find_group(&pool.id, &group.name).await.unwrap(), Some(group));
    }
    assert_eq!(store.count_groups(&pool.id).await.unwrap(), 2);
    assert_eq!(store.find_group(&pool.id, "Bare").await.unwrap(), None);
}

pub async fn an_insertion_needs_the_pool_and_a_free_name(store: &TemporaryStore) {
    let missing = pool("eu_a");
    let insert = |pool: &Pool| Change::InsertGroup(group(pool, "g"));
    assert_eq!(conflict(store, [insert(&missing)]).await, Conflict::VersionChanged);
    let (pool, other) = (with_pool(store, "eu_a").await, with_pool(store, "eu_b").await);
    commit(store, [insert(&pool), insert(&other)]).await;
    assert_eq!(conflict(store, [insert(&pool)]).await, Conflict::AlreadyExists);
}

pub async fn an_update_and_a_deletion_need_the_version_that_was_read(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let before = group(&pool, "g");
    assert_eq!(conflict(store, [Change::UpdateGroup(before.clone())]).await, Conflict::VersionChanged);
    commit(store, [Change::InsertGroup(before.clone())]).await;
    let after = Group { precedence: Some(0), description: None, ..before.clone() };
    commit(store, [Change::UpdateGroup(after.clone())]).await;
    let found = store.find_group(&pool.id, "g").await.unwrap();
    assert_eq!(found, Some(Group { version: 2, ..after }));
    assert_eq!(conflict(store, [Change::UpdateGroup(before)]).await, Conflict::VersionChanged);
    assert_eq!(conflict(store, [delete_group(&pool, "g", 1)]).await, Conflict::VersionChanged);
    assert_eq!(store.find_group(&pool.id, "g").await.unwrap(), found);
    commit(store, [delete_group(&pool, "g", 2)]).await;
    assert_eq!(store.find_group(&pool.id, "g").await.unwrap(), None);
    assert_eq!(conflict(store, [delete_group(&pool, "g", 2)]).await, Conflict::VersionChanged);
}

pub async fn groups_are_listed_by_name_within_their_pool(store: &TemporaryStore) {
    let (pool, other) = (with_pool(store, "eu_a").await, with_pool(store, "eu_b").await);
    commit(store, [Change::InsertGroup(group(&other, "elsewhere"))]).await;
    let mut expected = ["b", "B", "a", "ä", "a-", "\u{1F511}", "\u{FF5E}", "ab", "_"];
    commit(store, expected.iter().map(|name| Change::InsertGroup(group(&pool, name)))).await;
    expected.sort_unstable();
    let mut listed: Vec<String> = Vec::new();
    loop {
        let after = listed.last().map(String::as_str);
        let page = store.list_groups(&pool.id, after, 2).await.unwrap();
        assert!(page.len() <= 2);
        if page.is_empty() {
            break;
        }
        listed.extend(page.into_iter().map(|group| group.name));
    }
    assert_eq!(listed, expected);
    assert_eq!(store.count_groups(&pool.id).await.unwrap(), 9);
}

pub async fn a_member_needs_its_user_and_its_group(store: &TemporaryStore) {
    let (pool, other) = (with_pool(store, "eu_a").await, with_pool(store, "eu_b").await);
    commit(store, [insert(&user(&pool, "sub")), Change::InsertGroup(group(&pool, "g"))]).await;
    for change in [add(&pool, "g", "other"), add(&pool, "other", "sub"), add(&other, "g", "sub")] {
        assert_eq!(conflict(store, [change]).await, Conflict::VersionChanged);
    }
    commit(store, [add(&pool, "g", "sub")]).await;
    assert_eq!(groups_of(store, &pool, "sub").await, ["g"]);
    // What was refused does not show when the other half comes.
    commit(store, [insert(&user(&pool, "other")), Change::InsertGroup(group(&pool, "other"))]).await;
    assert_eq!(groups_of(store, &pool, "sub").await, ["g"]);
    assert_eq!(members_of(store, &pool, "g").await, ["sub"]);
}

pub async fn adding_and_removing_twice_is_no_conflict(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    commit(store, [insert(&user(&pool, "sub")), Change::InsertGroup(group(&pool, "g"))]).await;
    commit(store, [add(&pool, "g", "sub"), add(&pool, "g", "sub")]).await;
    assert_eq!(members_of(store, &pool, "g").await, ["sub"]);
    commit(store, [remove(&pool, "g", "sub"), remove(&pool, "g", "sub"), remove(&pool, "x", "y")]).await;
    assert_eq!(members_of(store, &pool, "g").await, [""; 0]);
    assert_eq!(groups_of(store, &pool, "sub").await, [""; 0]);
}

pub async fn members_are_listed_from_both_sides(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    for name in ["1", "2", "3"] {
        commit(store, [insert(&user(&pool, name)), Change::InsertGroup(group(&pool, name))]).await;
    }
    for (group, sub) in [("1", "1"), ("1", "2"), ("1", "3"), ("2", "1"), ("3", "1"), ("3", "3")] {
        commit(store, [add(&pool, group, sub)]).await;
    }
    assert_eq!(members_of(store, &pool, "1").await, ["1", "2", "3"]);
    assert_eq!(members_of(store, &pool, "3").await, ["1", "3"]);
    assert_eq!(groups_of(store, &pool, "1").await, ["1", "2", "3"]);
    assert_eq!(groups_of(store, &pool, "2").await, ["1"]);
    let page = store.list_groups_of_user(&pool.id, &Sub::new("1"), Some("1"), 1).await.unwrap();
    assert_eq!(page, [group(&pool, "2")]);
    let page = store.list_users_in_group(&pool.id, "1", Some(&Sub::new("1")), 1).await.unwrap();
    assert_eq!(page, [user(&pool, "2")]);
}

pub async fn a_deletion_takes_the_memberships(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    for name in ["1", "2"] {
        commit(store, [insert(&user(&pool, name)), Change::InsertGroup(group(&pool, name))]).await;
    }
    for (group, sub) in [("1", "1"), ("1", "2"), ("2", "1"), ("2", "2")] {
        commit(store, [add(&pool, group, sub)]).await;
    }
    commit(store, [delete(&user(&pool, "1")), delete_group(&pool, "1", 1)]).await;
    assert_eq!(members_of(store, &pool, "2").await, ["2"]);
    assert_eq!(groups_of(store, &pool, "2").await, ["2"]);
    // Nothing of the old ones is there when their names are used again.
    commit(store, [insert(&user(&pool, "1")), Change::InsertGroup(group(&pool, "1"))]).await;
    assert_eq!(members_of(store, &pool, "1").await, [""; 0]);
    assert_eq!(groups_of(store, &pool, "1").await, [""; 0]);
}

pub async fn a_large_group_shrinks_in_portions(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    commit(store, ["g", "kept"].map(|name| Change::InsertGroup(group(&pool, name)))).await;
    for number in 10..35 {
        let sub = number.to_string();
        commit(store, [insert(&user(&pool, &sub)), add(&pool, "g", &sub), add(&pool, "kept", &sub)]).await;
    }
    for (gone, left) in [(10, 15), (5, 10), (0, 10)] {
        assert_eq!(store.shrink_group(&pool.id, "g", 10).await.unwrap(), gone);
        assert_eq!(members_of(store, &pool, "g").await.len(), left);
    }
    assert_eq!(members_of(store, &pool, "kept").await.len(), 25);
    commit(store, [delete_group(&pool, "g", 1), Change::InsertGroup(group(&pool, "g"))]).await;
    assert_eq!(members_of(store, &pool, "g").await, [""; 0]);
}

/// Whoever deletes and whoever adds at the same time: either the addition is refused, or it is deleted too.
pub async fn no_membership_survives_its_user_or_its_group(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    for round in 0..10 {
        let mut tasks = JoinSet::new();
        commit(store, [insert(&user(&pool, "sub")), Change::InsertGroup(group(&pool, "g"))]).await;
        let gone = if round % 2 == 0 { delete(&user(&pool, "sub")) } else { delete_group(&pool, "g", 1) };
        for number in 0..8 {
            let (store, change) = (store.store.clone(), add(&pool, "g", "sub"));
            let gone = (number == 3).then(|| gone.clone());
            tasks.spawn(async move { store.commit(vec![gone.unwrap_or(change)]).await });
        }
        let outcomes = tasks.join_all().await;
        for outcome in outcomes {
            assert!(
                matches!(outcome, Ok(()) | Err(CommitError::Conflict(Conflict::VersionChanged))),
                "{outcome:?}"
            );
        }
        let back = match gone {
            Change::DeleteGroup { .. } => Change::InsertGroup(group(&pool, "g")),
            _ => insert(&user(&pool, "sub")),
        };
        commit(store, [back]).await;
        assert_eq!(members_of(store, &pool, "g").await, [""; 0]);
        commit(store, [delete(&user(&pool, "sub")), delete_group(&pool, "g", 1)]).await;
    }
}
