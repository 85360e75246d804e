use cenote_store::testing::TemporaryStore;
use cenote_store::{Change, CommitError, StoreError};

use crate::samples::*;

pub async fn everything_is_there_after_reopening(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let user = full_user(&pool, "sub");
    commit(store, [insert(&user), Change::AppendMessage(message(&pool, "m", 1))]).await;
    store.close().await;
    let again = store.open_again().await.unwrap();
    assert_eq!(again.find_pool(&pool.id).await.unwrap(), Some(pool.clone()));
    assert_eq!(find(&again, &user).await, Some(user.clone()));
    assert_eq!(again.pending_messages().await.unwrap(), [message(&pool, "m", 1)]);
    drop(again);
    let once_more = store.open_again().await.unwrap();
    assert_eq!(find(&once_more, &user).await, Some(user));
}

pub async fn a_closed_store_refuses(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    store.close().await;
    let read = store.find_pool(&pool.id).await;
    assert!(matches!(read, Err(StoreError::Unavailable { .. })), "{read:?}");
    let list = store.list_pools(None, 1).await;
    assert!(matches!(list, Err(StoreError::Unavailable { .. })), "{list:?}");
    let write = store.commit(vec![Change::ClearInbox]).await;
    assert!(matches!(write, Err(CommitError::Store(StoreError::Unavailable { .. }))), "{write:?}");
    store.close().await;
}

pub async fn a_newer_schema_is_refused(store: &TemporaryStore) {
    let sql = "UPDATE meta SET value = '1000000' WHERE key = 'schema_version'";
    store.close().await;
    if let Some(options) = store.sqlite_options() {
        rusqlite::Connection::open(options.path).unwrap().execute(sql, []).unwrap();
    }
    if let Some(options) = store.postgres_options() {
        // What a later release declares, when this one would do harm.
        let declare = "UPDATE meta SET value = '1000000' WHERE key = 'schema_compatible_from'";
        crate::postgres_only::administer(&options, &format!("{sql}; {declare}")).await;
    }
    let refused = store.open_again().await;
    assert!(matches!(refused, Err(StoreError::NewerSchema { found: 1_000_000, .. })), "{refused:?}");
}

pub async fn opening_again_changes_nothing(store: &TemporaryStore) {
    with_pool(store, "eu_a").await;
    let generation = store.configuration_generation().await.unwrap();
    // Two at a time, as instances do that share a database.
    let again = store.open_again().await.unwrap();
    assert_eq!(again.configuration_generation().await.unwrap(), generation);
    with_pool(&again, "eu_b").await;
    assert!(store.configuration_generation().await.unwrap() > generation);
    assert_eq!(store.list_pools(None, 10).await.unwrap().len(), 2);
}
