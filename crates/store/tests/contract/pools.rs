use cenote_store::testing::TemporaryStore;
use cenote_store::{Change, Conflict, InboxFilter, NameKind, PoolId, Store};

use crate::samples::*;

pub async fn a_pool_is_found_as_it_was_inserted(store: &TemporaryStore) {
    assert_eq!(store.find_pool(&PoolId::new("eu_none")).await.unwrap(), None);
    let pool = with_pool(store, "eu_a").await;
    assert_eq!(store.find_pool(&pool.id).await.unwrap(), Some(pool));
}

pub async fn an_insertion_needs_a_free_key(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let mut other = pool.clone();
    other.modified_ms = 9;
    assert_eq!(conflict(store, [Change::InsertPool(other)]).await, Conflict::AlreadyExists);
    assert_eq!(store.find_pool(&pool.id).await.unwrap(), Some(pool));
}

pub async fn an_update_needs_the_version_that_was_read(store: &TemporaryStore) {
    let mut pool = with_pool(store, "eu_a").await;
    pool.modified_ms = 3000;
    commit(store, [Change::UpdatePool(pool.clone())]).await;
    assert_eq!(conflict(store, [Change::UpdatePool(pool.clone())]).await, Conflict::VersionChanged);
    pool.version = 2;
    assert_eq!(store.find_pool(&pool.id).await.unwrap(), Some(pool.clone()));
    pool.id = PoolId::new("eu_other");
    assert_eq!(conflict(store, [Change::UpdatePool(pool)]).await, Conflict::VersionChanged);
}

pub async fn a_deletion_takes_everything_in_the_pool_and_nothing_else(store: &TemporaryStore) {
    let (gone, kept) = (with_pool(store, "eu_gone").await, with_pool(store, "eu_kept").await);
    for pool in [&gone, &kept] {
        let id = pool.id.as_str();
        commit(
            store,
            [
                Change::InsertClient(client(pool, &format!("client-{id}"))),
                Change::InsertSigningKey(signing_key(pool, "kid", 1)),
                insert(&full_user(pool, "sub")),
                Change::InsertGroup(group(pool, "group")),
                Change::AddMember(membership(pool, "group", "sub")),
                Change::Revoke(revocation(pool, "family", i64::MAX)),
                Change::InsertUserSession(user_session(&full_user(pool, "sub"), "s", i64::MAX)),
                Change::PutRefreshFamily(refresh_family(&full_user(pool, "sub"), "family", i64::MAX)),
                Change::InsertDevice(device(&full_user(pool, "sub"), "key")),
                Change::AppendMessage(message(pool, &format!("out-{id}"), 1)),
                Change::InsertInboxMessage(inbox_message(pool, &format!("in-{id}"), "user", "to")),
            ],
        )
        .await;
    }
    assert_eq!(counts(store, &gone.id).await, [1; 13]);
    commit(store, [Change::DeletePool { id: gone.id.clone(), version: 1 }]).await;
    assert_eq!(counts(store, &gone.id).await, [0; 13]);
    assert_eq!(counts(store, &kept.id).await, [1; 13]);
    assert_eq!(store.find_pool(&gone.id).await.unwrap(), None);
    // A pool with the same id starts empty: names are free, and filters find nothing.
    with_pool(store, "eu_gone").await;
    assert_eq!(counts(store, &gone.id).await, [0; 13]);
    let again = [insert(&full_user(&gone, "sub")), Change::InsertGroup(group(&gone, "group"))];
    commit(store, again).await;
    assert_eq!(store.list_users_in_group(&gone.id, "group", None, 100).await.unwrap(), []);
}

/// How much there is of everything that belongs to a pool.
async fn counts(store: &Store, id: &PoolId) -> [usize; 13] {
    let filter = cenote_store::UserFilter {
        name: "email".into(),
        operation: cenote_store::FilterOperation::StartsWith,
        value: String::new(),
    };
    let due = store.pending_messages().await.unwrap();
    let inbox = InboxFilter { pool: Some(id.clone()), ..InboxFilter::default() };
    [
        store.list_clients(id, None, 100).await.unwrap().len(),
        store.signing_keys(id).await.unwrap().len(),
        usize::try_from(store.count_users(id).await.unwrap()).unwrap(),
        usize::from(store.find_user_by_name(id, NameKind::Username, "sub").await.unwrap().is_some()),
        store.list_users(id, Some(&filter), None, 100).await.unwrap().len(),
        store.list_groups(id, None, 100).await.unwrap().len(),
        // Membership of a user and a group that are gone would show as soon as they are back.
        store.list_groups_of_user(id, &cenote_store::Sub::new("sub"), None, 100).await.unwrap().len(),
        usize::from(store.is_revoked(id, "family").await.unwrap()),
        usize::from(store.find_refresh_family(id, "family").await.unwrap().1.is_some()),
        store.list_user_sessions(id, &cenote_store::Sub::new("sub")).await.unwrap().len(),
        usize::from(store.find_device(id, &cenote_store::Sub::new("sub"), "key").await.unwrap().is_some()),
        due.iter().filter(|message| message.pool_id == *id).count(),
        store.list_inbox(&inbox, 100).await.unwrap().len(),
    ]
}

pub async fn a_large_pool_goes_in_portions(store: &TemporaryStore) {
    let (pool, kept) = (with_pool(store, "eu_a").await, with_pool(store, "eu_kept").await);
    for start in [0, 400, 800] {
        commit(store, (start..start + 400).map(|number| insert(&full_user(&pool, &number.to_string()))))
            .await;
    }
    commit(store, [insert(&full_user(&kept, "1"))]).await;
    commit(store, [Change::DeletePool { id: pool.id.clone(), version: 1 }]).await;
    assert_eq!(store.find_pool(&pool.id).await.unwrap(), None);
    let left = async || store.list_users(&pool.id, None, None, 10_000).await.unwrap().len();
    let mut users = left().await;
    assert_eq!((users, store.count_users(&pool.id).await.unwrap()), (700, 0));
    // Nobody comes in while it goes, and no other pool takes its place.
    assert_eq!(conflict(store, [insert(&user(&pool, "new"))]).await, Conflict::VersionChanged);
    assert_eq!(conflict(store, [Change::InsertPool(pool.clone())]).await, Conflict::AlreadyExists);
    while store.sweep(0, 300).await.unwrap() > 0 {
        let left = left().await;
        assert!(users - left <= 300, "{users} {left}");
        users = left;
    }
    assert_eq!(users, 0);
    commit(store, [Change::InsertPool(pool.clone())]).await;
    assert_eq!(counts(store, &pool.id).await, [0; 13]);
    commit(store, (0..10).map(|number| insert(&full_user(&pool, &number.to_string())))).await;
    assert_eq!(subs(store, &kept, None).await, ["1"]);
}

pub async fn a_deletion_needs_the_version_that_was_read(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let user = user(&pool, "sub");
    commit(store, [insert(&user)]).await;
    for (id, version) in [("eu_a", 2), ("eu_b", 1)] {
        let change = Change::DeletePool { id: PoolId::new(id), version };
        assert_eq!(conflict(store, [change]).await, Conflict::VersionChanged);
    }
    assert_eq!(find(store, &user).await, Some(user));
}

pub async fn pools_are_listed_by_time_then_id(store: &TemporaryStore) {
    let mut all = Vec::new();
    for (id, time) in [("eu_b", 5), ("eu_Z", 5), ("eu_a", 7), ("eu_é", 5), ("eu_c", -3), ("eu_a_", 5)] {
        let mut pool = pool(id);
        pool.created_ms = time;
        commit(store, [Change::InsertPool(pool.clone())]).await;
        all.push(pool);
    }
    all.sort_by(|a, b| (a.created_ms, a.id.as_str()).cmp(&(b.created_ms, b.id.as_str())));
    assert_eq!(store.list_pools(None, 100).await.unwrap(), all);
    let mut paged = Vec::new();
    loop {
        let after = paged.last().map(|last: &cenote_store::Pool| (last.created_ms, last.id.clone()));
        let page = store.list_pools(after, 2).await.unwrap();
        assert!(page.len() <= 2);
        if page.is_empty() {
            break;
        }
        paged.extend(page);
    }
    assert_eq!(paged, all);
}

pub async fn the_generation_grows_with_configuration_only(store: &TemporaryStore) {
    let generation = async || store.configuration_generation().await.unwrap();
    let start = generation().await;
    let mut pool = with_pool(store, "eu_a").await;
    pool.version = 2;
    let mut client = client(&pool, "client");
    client.version = 2;
    let configuration = [
        Change::UpdatePool(cenote_store::Pool { version: 1, ..pool.clone() }),
        Change::InsertClient(client.clone()),
        Change::UpdateClient(cenote_store::Client { version: 1, ..client.clone() }),
        Change::DeleteClient { id: client.id.clone(), version: 2 },
        Change::InsertSigningKey(signing_key(&pool, "kid", 1)),
        Change::DeleteSigningKey { pool_id: pool.id.clone(), kid: "kid".into() },
        Change::InsertAccessKey(access_key("AKIA")),
        Change::DeleteAccessKey { id: "AKIA".into(), version: 1 },
    ];
    let mut last = generation().await;
    assert!(last > start);
    for change in configuration {
        commit(store, [change.clone()]).await;
        let next = generation().await;
        assert!(next > last, "{change:?}");
        last = next;
    }
    let before = user(&pool, "sub");
    let others = [
        insert(&before),
        update(&before, &full_user(&pool, "sub")),
        Change::PutRefreshFamily(refresh_family(&before, "f", 1)),
        Change::InsertUserSession(user_session(&before, "s", 1)),
        touch(&before, "s", 5),
        Change::DeleteUserSession { pool_id: pool.id.clone(), sub: before.sub.clone(), id: "s".into() },
        delete(&cenote_store::User { version: 2, ..full_user(&pool, "sub") }),
        Change::InsertGroup(group(&pool, "group")),
        Change::DeleteGroup { pool_id: pool.id.clone(), name: "group".into(), version: 1 },
        put(&unknown_name(&pool, "hash")),
        Change::AppendMessage(message(&pool, "m", 1)),
        Change::UpdateMessage(message(&pool, "m", 2)),
        Change::DeleteMessage { id: cenote_store::MessageId::new("m"), version: 2 },
        Change::InsertInboxMessage(inbox_message(&pool, "i", "u", "t")),
        Change::ClearInbox,
        Change::MarkSessionUsed(used_session("s", 1)),
        Change::Revoke(revocation(&pool, "f", 1)),
    ];
    for change in others {
        commit(store, [change]).await;
    }
    // A set that is refused moves nothing.
    conflict(store, [Change::InsertAccessKey(access_key("AKIB")), Change::InsertPool(pool.clone())]).await;
    assert_eq!(generation().await, last);
    commit(store, [Change::DeletePool { id: pool.id, version: 2 }]).await;
    assert!(generation().await > last);
}

pub async fn access_keys_come_and_go(store: &TemporaryStore) {
    let (one, mut two) = (access_key("AKIB"), access_key("AKIA"));
    two.created_ms = 2;
    commit(store, [Change::InsertAccessKey(two.clone()), Change::InsertAccessKey(one.clone())]).await;
    assert_eq!(conflict(store, [Change::InsertAccessKey(one.clone())]).await, Conflict::AlreadyExists);
    assert_eq!(store.find_access_key("AKIB").await.unwrap(), Some(one.clone()));
    assert_eq!(store.list_access_keys().await.unwrap(), [one, two.clone()]);
    let delete = |version| Change::DeleteAccessKey { id: "AKIB".into(), version };
    assert_eq!(conflict(store, [delete(2)]).await, Conflict::VersionChanged);
    commit(store, [delete(1)]).await;
    assert_eq!(conflict(store, [delete(1)]).await, Conflict::VersionChanged);
    assert_eq!(store.find_access_key("AKIB").await.unwrap(), None);
    assert_eq!(store.list_access_keys().await.unwrap(), [two]);
}

pub async fn a_value_of_meta_is_stored_once(store: &TemporaryStore) {
    store.ping().await.unwrap();
    assert_eq!(store.find_meta("check").await.unwrap(), None);
    let value = "\u{0}\u{1}\u{2} ä";
    assert!(store.insert_meta_if_absent("check", value).await.unwrap());
    assert!(!store.insert_meta_if_absent("check", "other").await.unwrap());
    assert_eq!(store.find_meta("check").await.unwrap().as_deref(), Some(value));
    assert!(!store.replace_meta("check", "other", "new").await.unwrap());
    assert!(store.replace_meta("check", value, "\u{0} new").await.unwrap());
    assert_eq!(store.find_meta("check").await.unwrap().as_deref(), Some("\u{0} new"));
    assert!(!store.replace_meta("missing", value, "new").await.unwrap());
}
