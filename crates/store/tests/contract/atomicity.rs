use cenote_store::testing::TemporaryStore;
use cenote_store::{Change, ChangeSet, Conflict, InboxFilter, NameKind, User};

use crate::samples::*;

pub async fn a_conflict_at_the_end_undoes_everything(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let (kept, changed) = (full_user(&pool, "kept"), full_user(&pool, "changed"));
    commit(
        store,
        [
            insert(&kept),
            insert(&changed),
            Change::InsertClient(client(&pool, "client")),
            Change::AppendMessage(message(&pool, "m", 1)),
            Change::MarkSessionUsed(used_session("used", 1)),
        ],
    )
    .await;
    let generation = store.configuration_generation().await.unwrap();
    let mut after = user(&pool, "changed");
    after.attributes.insert("name".into(), "new".into());
    let changes: ChangeSet = vec![
        Change::UpdatePool(pool.clone()),
        Change::InsertPool(crate::samples::pool("eu_b")),
        Change::DeleteClient { id: client(&pool, "client").id, version: 1 },
        Change::InsertClient(client(&pool, "another")),
        Change::InsertSigningKey(signing_key(&pool, "kid", 1)),
        insert(&full_user(&pool, "new")),
        update(&changed, &after),
        delete(&kept),
        put(&unknown_name(&pool, "hash")),
        Change::UpdateMessage(message(&pool, "m", 9)),
        Change::AppendMessage(message(&pool, "n", 1)),
        Change::InsertInboxMessage(inbox_message(&pool, "i", "u", "t")),
        Change::MarkSessionUsed(used_session("unused", 1)),
        Change::Revoke(revocation(&pool, "family", 1)),
        Change::InsertAccessKey(access_key("AKIA")),
        Change::MarkSessionUsed(used_session("used", 1)),
    ];
    assert_eq!(conflict(store, changes.clone()).await, Conflict::SessionUsed);
    assert_eq!(store.find_pool(&pool.id).await.unwrap(), Some(pool.clone()));
    assert_eq!(store.list_pools(None, 10).await.unwrap().len(), 1);
    assert_eq!(store.list_clients(&pool.id, None, 10).await.unwrap(), [client(&pool, "client")]);
    assert!(store.signing_keys(&pool.id).await.unwrap().is_empty());
    assert_eq!(subs(store, &pool, None).await, ["changed", "kept"]);
    assert_eq!(find(store, &changed).await, Some(changed.clone()));
    for name in changed.names.iter().chain(&kept.names) {
        assert!(store.find_user_by_name(&pool.id, name.kind, &name.key).await.unwrap().is_some());
    }
    assert!(store.find_user_by_name(&pool.id, NameKind::Username, "new").await.unwrap().is_none());
    assert!(store.find_unknown_name("hash", 100).await.unwrap().is_none());
    assert_eq!(store.pending_messages().await.unwrap(), [message(&pool, "m", 1)]);
    assert!(store.list_inbox(&InboxFilter::default(), 10).await.unwrap().is_empty());
    assert!(!store.is_session_used("unused").await.unwrap());
    assert!(!store.is_revoked(&pool.id, "family").await.unwrap());
    assert!(store.list_access_keys().await.unwrap().is_empty());
    assert_eq!(store.configuration_generation().await.unwrap(), generation);
    // Without the last change all of it is done.
    commit(store, changes.into_iter().take(15)).await;
    assert_eq!(subs(store, &pool, None).await, ["changed", "new"]);
}

pub async fn the_first_conflict_is_reported(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let user = full_user(&pool, "sub");
    commit(store, [insert(&user), Change::MarkSessionUsed(used_session("s", 1))]).await;
    let used = || Change::MarkSessionUsed(used_session("s", 1));
    let exists = || Change::InsertPool(pool.clone());
    let stale = || delete(&User { version: 9, ..user.clone() });
    let taken = || insert(&User { sub: cenote_store::Sub::new("other"), ..user.clone() });
    for (changes, expected) in [
        ([used(), exists(), stale(), taken()], Conflict::SessionUsed),
        ([exists(), stale(), taken(), used()], Conflict::AlreadyExists),
        ([stale(), taken(), used(), exists()], Conflict::VersionChanged),
        ([taken(), used(), exists(), stale()], Conflict::NameTaken(NameKind::Username)),
    ] {
        assert_eq!(conflict(store, changes).await, expected);
    }
}

pub async fn later_changes_see_earlier_ones(store: &TemporaryStore) {
    let pool = pool("eu_a");
    let first = user(&pool, "sub");
    let second = full_user(&pool, "sub");
    commit(
        store,
        [
            Change::InsertPool(pool.clone()),
            insert(&first),
            update(&first, &second),
            update(&User { version: 2, ..second.clone() }, &first),
            Change::UpdatePool(pool.clone()),
        ],
    )
    .await;
    assert_eq!(find(store, &first).await, Some(User { version: 3, ..first }));
    assert_eq!(store.find_pool(&pool.id).await.unwrap().unwrap().version, 2);
}

pub async fn nothing_at_all_is_a_success(store: &TemporaryStore) {
    commit(store, []).await;
    assert_eq!(store.statistics().batches, 0);
}

pub async fn a_large_set_commits_whole(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let users: Vec<_> = (0..500).map(|number| user(&pool, &format!("{number:04}"))).collect();
    commit(store, users.iter().map(insert)).await;
    assert_eq!(store.count_users(&pool.id).await.unwrap(), 500);
    let mut changes: ChangeSet = users.iter().map(delete).collect();
    changes.push(Change::InsertPool(pool.clone()));
    assert_eq!(conflict(store, changes).await, Conflict::AlreadyExists);
    assert_eq!(store.count_users(&pool.id).await.unwrap(), 500);
}
