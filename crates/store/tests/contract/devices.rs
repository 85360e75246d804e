use cenote_store::testing::TemporaryStore;
use cenote_store::{Change, Conflict, Device};

use crate::samples::*;

pub async fn a_device_is_found_as_it_was_written(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let (one, two) = (user(&pool, "1"), user(&pool, "2"));
    let insert_device = |device: &Device| Change::InsertDevice(device.clone());
    let first = device(&one, "k1");
    assert_eq!(conflict(store, [insert_device(&first)]).await, Conflict::VersionChanged);
    commit(store, [insert(&one), insert(&two), insert_device(&first), insert_device(&device(&two, "k1"))])
        .await;
    assert_eq!(conflict(store, [insert_device(&first)]).await, Conflict::AlreadyExists);
    let find = async || store.find_device(&pool.id, &one.sub, "k1").await.unwrap();
    let stored = Device { version: 1, ..first };
    assert_eq!(find().await, Some(stored.clone()));
    assert_eq!(store.find_device(&pool.id, &one.sub, "k2").await.unwrap(), None);
    let changed = Device { remembered: true, authenticated_ms: 9, waiting: None, ..stored.clone() };
    commit(store, [Change::UpdateDevice(changed.clone())]).await;
    assert_eq!(conflict(store, [Change::UpdateDevice(changed.clone())]).await, Conflict::VersionChanged);
    assert_eq!(find().await, Some(Device { version: 2, ..changed }));
    let forget = Change::DeleteDevice { pool_id: pool.id.clone(), sub: one.sub.clone(), key: "k1".into() };
    commit(store, [forget.clone()]).await;
    assert_eq!(conflict(store, [forget]).await, Conflict::VersionChanged);
    assert_eq!(find().await, None);
    assert!(store.find_device(&pool.id, &two.sub, "k1").await.unwrap().is_some());
}

pub async fn devices_are_listed_by_key_and_go_with_their_user(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let (gone, kept) = (user(&pool, "gone"), user(&pool, "kept"));
    commit(store, [insert(&gone), insert(&kept)]).await;
    for user in [&gone, &kept] {
        for (key, remembered) in [("b", true), ("c", true), ("a", false)] {
            commit(store, [Change::InsertDevice(Device { remembered, ..device(user, key) })]).await;
        }
    }
    let list = async |user: &cenote_store::User, only_remembered, after| {
        let devices = store.list_devices(&pool.id, &user.sub, only_remembered, after, 2).await.unwrap();
        devices.into_iter().map(|device| device.key).collect::<Vec<_>>()
    };
    assert_eq!(list(&kept, false, None).await, ["a", "b"]);
    assert_eq!(list(&kept, false, Some("b")).await, ["c"]);
    assert_eq!(list(&kept, true, None).await, ["b", "c"]);
    let of_pool = async |after: Option<&(cenote_store::Sub, String)>| {
        let devices = store.list_devices_of_pool(&pool.id, after.cloned(), 4).await.unwrap();
        devices.into_iter().map(|device| (device.sub, device.key)).collect::<Vec<_>>()
    };
    let first = of_pool(None).await;
    let both = [&gone.sub, &kept.sub].map(|sub| ["a", "b", "c"].map(|key| (sub.clone(), key.to_owned())));
    assert_eq!(first, both.concat()[..4]);
    assert_eq!(of_pool(first.last()).await, both.concat()[4..]);
    commit(store, [delete(&gone)]).await;
    assert!(list(&gone, false, None).await.is_empty());
    assert_eq!(list(&kept, true, None).await.len(), 2);
}
