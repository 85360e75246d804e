use cenote_store::testing::TemporaryStore;
use cenote_store::{Change, ClientId, Conflict};

use crate::samples::*;

pub async fn a_client_is_found_as_it_was_inserted(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let client = client(&pool, "client");
    commit(store, [Change::InsertClient(client.clone())]).await;
    assert_eq!(store.find_client(&client.id).await.unwrap(), Some(client.clone()));
    assert_eq!(store.find_client(&ClientId::new("other")).await.unwrap(), None);
    // The id is taken in every pool.
    let mut other = client;
    other.pool_id = with_pool(store, "eu_b").await.id;
    assert_eq!(conflict(store, [Change::InsertClient(other)]).await, Conflict::AlreadyExists);
}

pub async fn clients_and_keys_need_their_pool(store: &TemporaryStore) {
    let missing = pool("eu_a");
    let insertion = Change::InsertClient(client(&missing, "client"));
    assert_eq!(conflict(store, [insertion]).await, Conflict::VersionChanged);
    let insertion = Change::InsertSigningKey(signing_key(&missing, "kid", 1));
    assert_eq!(conflict(store, [insertion]).await, Conflict::VersionChanged);
    assert_eq!(store.find_client(&ClientId::new("client")).await.unwrap(), None);
}

pub async fn an_update_and_a_deletion_need_the_version_that_was_read(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let mut client = client(&pool, "client");
    commit(store, [Change::InsertClient(client.clone())]).await;
    client.secrets.clear();
    commit(store, [Change::UpdateClient(client.clone())]).await;
    assert_eq!(conflict(store, [Change::UpdateClient(client.clone())]).await, Conflict::VersionChanged);
    let delete = |version| Change::DeleteClient { id: ClientId::new("client"), version };
    assert_eq!(conflict(store, [delete(1)]).await, Conflict::VersionChanged);
    client.version = 2;
    assert_eq!(store.find_client(&client.id).await.unwrap(), Some(client.clone()));
    commit(store, [delete(2)]).await;
    assert_eq!(store.find_client(&client.id).await.unwrap(), None);
    assert_eq!(conflict(store, [Change::UpdateClient(client)]).await, Conflict::VersionChanged);
}

pub async fn clients_are_listed_within_their_pool(store: &TemporaryStore) {
    let (one, two) = (with_pool(store, "eu_a").await, with_pool(store, "eu_b").await);
    commit(store, [Change::InsertClient(client(&two, "other"))]).await;
    let mut all = Vec::new();
    for number in 0..7 {
        let mut client = client(&one, &format!("client{number}"));
        client.created_ms = 1000 - number / 2;
        commit(store, [Change::InsertClient(client.clone())]).await;
        all.push(client);
    }
    all.sort_by_key(|client| (client.created_ms, client.id.clone()));
    let first = store.list_clients(&one.id, None, 3).await.unwrap();
    let after = Some((first[2].created_ms, first[2].id.clone()));
    let rest = store.list_clients(&one.id, after, 100).await.unwrap();
    assert_eq!([first, rest].concat(), all);
}

pub async fn signing_keys_are_listed_oldest_first(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let other = with_pool(store, "eu_b").await;
    let keys = [signing_key(&pool, "b", 1), signing_key(&pool, "a", 2), signing_key(&pool, "c", 2)];
    for key in keys.iter().rev() {
        commit(store, [Change::InsertSigningKey(key.clone())]).await;
    }
    commit(store, [Change::InsertSigningKey(signing_key(&other, "a", 1))]).await;
    assert_eq!(store.signing_keys(&pool.id).await.unwrap(), keys);
    let again = Change::InsertSigningKey(keys[0].clone());
    assert_eq!(conflict(store, [again]).await, Conflict::AlreadyExists);
    let delete = |kid: &str| Change::DeleteSigningKey { pool_id: pool.id.clone(), kid: kid.into() };
    commit(store, [delete("a")]).await;
    assert_eq!(conflict(store, [delete("a")]).await, Conflict::VersionChanged);
    assert_eq!(store.signing_keys(&pool.id).await.unwrap(), [keys[0].clone(), keys[2].clone()]);
    assert_eq!(store.signing_keys(&other.id).await.unwrap().len(), 1);
}
