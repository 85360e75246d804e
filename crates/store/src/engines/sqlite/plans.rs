//! Every statement finds its rows by an index, so that its cost does not grow with what else is stored.

use super::Connection;
use crate::engines::Engine;
use crate::testing::temporary_sqlite;
use crate::{
    AccessKey, Change, Client, ClientId, Device, FilterOperation, Group, InboxFilter, Membership, MessageId,
    NameKind, NameSearch, OutboxMessage, Pool, PoolId, Queue, RefreshFamily, Revocation, SessionActivity,
    Store, Sub, UnknownName, UsedSession, User, UserFilter, UserName, UserSession, sql,
};

/// Tables that may be read whole: few rows, or for development only.
const SMALL: [&str; 3] = ["access_keys", "inbox", "outbox"];

#[tokio::test]
async fn no_statement_walks_through_a_table() {
    let temporary = temporary_sqlite().await;
    read_everything(&temporary).await;
    let Engine::Sqlite(engine) = &*temporary.store.engine else { panic!("an embedded store") };
    let mut plans: Vec<_> = engine.readers.idle().iter().flat_map(Connection::plans).collect();
    assert!(plans.len() >= 25, "{}", plans.len());
    let path = temporary.sqlite_options().unwrap().path;
    let mut writer = Connection::open_writer(&path, super::Durability::Off).unwrap();
    for step in sql::compile(&all_changes()).unwrap().into_iter().chain(sql::sweep(1, 1)) {
        writer.statements().run(&step).unwrap();
    }
    plans.extend(writer.plans());
    for (sql, plan) in plans {
        let walks = |line: &String| {
            line.starts_with("SCAN")
                && !["SCAN CONSTANT ROW", "SCAN matched", "SCAN f", "SCAN twin", "SCAN other", "SCAN ranked"]
                    .contains(&line.as_str())
                && !SMALL.iter().any(|table| line.starts_with(&format!("SCAN {table}")))
        };
        assert!(!plan.iter().any(walks), "{sql}\n{plan:#?}");
        // Only prefixes, whose matches are ordered by value, must be sorted.
        let sorts = plan.iter().any(|line| line.contains("TEMP B-TREE")) && !sql.contains(">= $");
        let few = SMALL.iter().any(|table| sql.contains(table)) || sql.contains("FROM signing_keys");
        assert!(!sorts || few || sql.contains("sub = $2"), "{sql}\n{plan:#?}");
    }
}

#[tokio::test]
async fn no_statement_is_planned_twice() {
    let temporary = temporary_sqlite().await;
    for _ in 0..3 {
        read_everything(&temporary).await;
    }
    let Engine::Sqlite(engine) = &*temporary.store.engine else { panic!("an embedded store") };
    let again: Vec<_> = engine.readers.idle().iter().flat_map(Connection::planned_again).collect();
    assert!(again.is_empty(), "{again:#?}");
}

async fn read_everything(store: &Store) {
    let (pool, sub) = (PoolId::new("p"), Sub::new("s"));
    store.find_pool(&pool).await.unwrap();
    store.list_pools(None, 1).await.unwrap();
    store.find_client(&ClientId::new("c")).await.unwrap();
    store.list_clients(&pool, None, 1).await.unwrap();
    store.signing_keys(&pool).await.unwrap();
    store.find_user(&pool, &sub).await.unwrap();
    store.find_token_holder(&pool, &sub, Some("f")).await.unwrap();
    store.find_token_holder_version(&pool, &sub, Some("f")).await.unwrap();
    store.find_users_by_name(&pool, "k").await.unwrap();
    store.find_user_by_name(&pool, NameKind::Email, "k").await.unwrap();
    store.list_users(&pool, None, None, 1).await.unwrap();
    for name in ["sub", "name"] {
        for operation in [FilterOperation::Equal, FilterOperation::StartsWith] {
            let filter = UserFilter { name: name.into(), operation, value: "v".into() };
            store.list_users(&pool, Some(&filter), None, 1).await.unwrap();
        }
    }
    store.count_users(&pool).await.unwrap();
    store.find_group(&pool, "g").await.unwrap();
    store.list_groups(&pool, None, 1).await.unwrap();
    store.count_groups(&pool).await.unwrap();
    store.list_groups_of_user(&pool, &sub, None, 1).await.unwrap();
    store.list_users_in_group(&pool, "g", None, 1).await.unwrap();
    store.find_unknown_name("h", 1).await.unwrap();
    for sub in [None, Some(&sub)] {
        let search =
            NameSearch { pool: &pool, key: "k", sub, name_hash: "h", twin: &Sub::new("t"), now_ms: 1 };
        store.find_named(search).await.unwrap();
    }
    store.is_session_used("s").await.unwrap();
    store.is_revoked(&pool, "f").await.unwrap();
    store.find_refresh_family(&pool, "f").await.unwrap();
    store.find_refresh_holder(&pool, &sub, "f").await.unwrap();
    store.list_user_sessions(&pool, &sub).await.unwrap();
    store.find_device(&pool, &sub, "d").await.unwrap();
    store.list_devices(&pool, &sub, true, None, 1).await.unwrap();
    store.list_devices_of_pool(&pool, None, 1).await.unwrap();
    store.due_messages(Queue::Decoys, 1, 1).await.unwrap();
    store.next_due_ms(Queue::Decoys).await.unwrap();
    store.list_dead_messages(None, 1).await.unwrap();
    store.count_messages().await.unwrap();
    store.list_inbox(&InboxFilter::default(), 1).await.unwrap();
    store.find_access_key("a").await.unwrap();
    store.list_access_keys().await.unwrap();
    store.configuration_generation().await.unwrap();
}

fn all_changes() -> Vec<Change> {
    let text = || "x".to_owned();
    let pool: Pool = from_json(r#"{"id":"x","created_ms":1,"modified_ms":1,"configuration":{},"secret":""}"#);
    let client: Client = from_json(
        r#"{"id":"x","pool_id":"x","created_ms":1,"modified_ms":1,"configuration":{},"secrets":[]}"#,
    );
    let key: AccessKey = from_json(r#"{"id":"x","created_ms":1,"name":"x","secret":"","policy":{}}"#);
    let message: OutboxMessage = from_json(
        r#"{"id":"x","pool_id":"x","created_ms":1,"due_ms":1,"expires_ms":1,"attempts":0,"state":"Pending",
            "channel":"SMS","last_error":null,"content":""}"#,
    );
    let user = |name: &str| {
        let name = UserName { kind: NameKind::Email, key: name.into() };
        Box::new(User { names: [name].into(), ..User::default() })
    };
    vec![
        Change::UpdatePool(pool.clone()),
        Change::InsertPool(pool),
        Change::UpdateClient(client.clone()),
        Change::InsertClient(client),
        Change::DeleteClient { id: ClientId::new("x"), version: 1 },
        Change::InsertUser(user("a")),
        Change::update_user(&user("a"), &user("b")),
        Change::InsertGroup(Group::default()),
        Change::UpdateGroup(Group::default()),
        Change::AddMember(Membership::default()),
        Change::RemoveMember { pool_id: PoolId::new("x"), group_name: text(), sub: Sub::new("x") },
        Change::DeleteGroup { pool_id: PoolId::new("x"), name: text(), version: 1 },
        Change::DeleteUser(user("b")),
        Change::PutUnknownName { name: Box::default(), now_ms: 1 },
        Change::PutUnknownName {
            name: Box::new(UnknownName { version: 1, ..UnknownName::default() }),
            now_ms: 1,
        },
        Change::PutUnknownName {
            name: Box::new(UnknownName { version: 2, ..UnknownName::default() }),
            now_ms: UnknownName::PERIOD_MS,
        },
        Change::UpdateMessage(message),
        Change::DeleteMessage { id: MessageId::new("x"), version: 1 },
        Change::MarkSessionUsed(UsedSession { id: text(), expires_ms: 1 }),
        Change::Revoke(Revocation { pool_id: PoolId::new("x"), family: text(), expires_ms: 1 }),
        Change::InsertUserSession(UserSession::default()),
        Change::TouchUserSession {
            pool_id: PoolId::new("x"),
            sub: Sub::new("x"),
            id: text(),
            activity: SessionActivity::default(),
        },
        Change::DeleteUserSession { pool_id: PoolId::new("x"), sub: Sub::new("x"), id: text() },
        Change::PutRefreshFamily(RefreshFamily::default()),
        Change::PutRefreshFamily(RefreshFamily { version: 1, ..RefreshFamily::default() }),
        Change::DeleteSigningKey { pool_id: PoolId::new("x"), kid: text() },
        Change::InsertDevice(Device::default()),
        Change::UpdateDevice(Device::default()),
        Change::DeleteDevice { pool_id: PoolId::new("x"), sub: Sub::new("x"), key: text() },
        Change::InsertAccessKey(key),
        Change::DeleteAccessKey { id: text(), version: 1 },
        Change::DeletePool { id: PoolId::new("x"), version: 1 },
    ]
}

fn from_json<T: serde::de::DeserializeOwned>(json: &str) -> T {
    serde_json::from_str(json).unwrap()
}
