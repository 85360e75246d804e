//! Lost connections, stricter isolation, and instances that start together.

use std::time::Duration;

use cenote_store::testing::postgres::empty_database;
use cenote_store::testing::temporary_postgres;
use cenote_store::{Change, CommitError, MigrationMode, PostgresOptions, Store, StoreError};
use tokio::task::JoinSet;

use crate::samples::*;

/// Runs statements beside the store.
pub async fn administer(options: &PostgresOptions, sql: &str) {
    let (client, connection) = tokio_postgres::connect(&options.url, tokio_postgres::NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    client.batch_execute(sql).await.unwrap();
    drop(client);
    connection.await.unwrap().unwrap();
}

const CUT_EVERYBODY_OFF: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
    WHERE datname = current_database() AND pid <> pg_backend_pid()";

#[tokio::test]
async fn a_dead_connection_is_replaced() {
    let Some(store) = temporary_postgres().await else { return };
    let options = store.postgres_options().unwrap();
    let pool = with_pool(&store, "eu_a").await;
    for number in 0..5 {
        administer(&options, CUT_EVERYBODY_OFF).await;
        assert_eq!(store.find_pool(&pool.id).await.unwrap().as_ref(), Some(&pool));
        administer(&options, CUT_EVERYBODY_OFF).await;
        commit(&store, [insert(&full_user(&pool, &number.to_string()))]).await;
    }
}

/// How many connections a store with this name has.
async fn connections_named(options: &PostgresOptions, name: &str) -> i64 {
    let (client, connection) = tokio_postgres::connect(&options.url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let sql = "SELECT count(*) FROM pg_stat_activity \
        WHERE datname = current_database() AND application_name = $1";
    client.query_one(sql, &[&name]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_by_key_share_a_quarter_of_the_connections() {
    let Some(store) = temporary_postgres().await else { return };
    let options = store.postgres_options().unwrap();
    let pool = with_pool(&store, "eu_a").await;
    let users: Vec<_> = (0..64).map(|number| full_user(&pool, &number.to_string())).collect();
    commit(&store, users.iter().map(insert)).await;
    let url = format!("{}&application_name=reader", options.url);
    let reader = PostgresOptions { url, max_connections: 8, ..options.clone() };
    let reader = Store::open_postgres(reader).await.unwrap();
    let read_all = async || {
        let mut tasks = JoinSet::new();
        for user in &users {
            let (reader, user) = (reader.clone(), user.clone());
            tasks.spawn(async move { assert_eq!(find(&reader, &user).await.unwrap(), user) });
        }
        tasks.join_all().await;
    };
    // They are opened one by one.
    for user in &users[..4] {
        find(&reader, user).await.unwrap();
    }
    read_all().await;
    assert_eq!(connections_named(&options, "reader").await, 2);
    // Lost under many reads at once, they are replaced.
    for _ in 0..3 {
        administer(&options, CUT_EVERYBODY_OFF).await;
        read_all().await;
        assert!(connections_named(&options, "reader").await <= 8);
    }
    commit(&reader, [insert(&full_user(&pool, "64"))]).await;
    reader.close().await;
    assert!(matches!(reader.find_pool(&pool.id).await, Err(StoreError::Unavailable { .. })));
}

/// Lets nobody in to the database of a store, or everybody again.
struct Door {
    database: String,
    administrator: tokio_postgres::Client,
}

impl Door {
    async fn of(options: &PostgresOptions) -> Self {
        let mut config: tokio_postgres::Config = options.url.parse().unwrap();
        let database = config.get_dbname().unwrap().to_owned();
        let (administrator, connection) =
            config.dbname("postgres").connect(tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        Self { database, administrator }
    }

    async fn shut(&self) {
        let out = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = ";
        self.allow(false).await;
        self.administrator.batch_execute(&format!("{out}'{}'", self.database)).await.unwrap();
    }

    async fn allow(&self, allowed: bool) {
        let sql = format!("ALTER DATABASE {} ALLOW_CONNECTIONS {allowed}", self.database);
        self.administrator.batch_execute(&sql).await.unwrap();
    }
}

#[tokio::test]
async fn whoever_comes_while_the_server_is_away_waits_for_it() {
    let Some(store) = temporary_postgres().await else { return };
    let options = store.postgres_options().unwrap();
    let pool = with_pool(&store, "eu_a").await;
    let patient = PostgresOptions { failover_wait: Duration::from_secs(300), ..options.clone() };
    let patient = Store::open_postgres(patient).await.unwrap();
    let door = Door::of(&options).await;
    door.shut().await;
    let mark = |name: &str| vec![Change::MarkSessionUsed(used_session(name, 1))];
    let (reader, writer, id) = (patient.clone(), patient.clone(), pool.id.clone());
    let reading = tokio::spawn(async move { reader.find_pool(&id).await });
    let writing = [mark("alone"), [mark("first"), mark("second")].concat()].map(|set| {
        let writer = writer.clone();
        tokio::spawn(async move { writer.commit(set).await })
    });
    // Those who do not wait are refused meanwhile.
    for _ in 0..20 {
        assert!(matches!(store.find_pool(&pool.id).await, Err(StoreError::Unavailable { .. })));
        let refused = store.commit(mark("refused")).await;
        assert!(matches!(refused, Err(CommitError::Store(StoreError::Unavailable { .. }))), "{refused:?}");
    }
    assert!(!reading.is_finished() && writing.iter().all(|one| !one.is_finished()));
    door.allow(true).await;
    assert_eq!(reading.await.unwrap().unwrap().as_ref(), Some(&pool));
    for one in writing {
        one.await.unwrap().unwrap();
    }
    for (name, there) in [("alone", true), ("first", true), ("second", true), ("refused", false)] {
        assert_eq!(store.is_session_used(name).await.unwrap(), there, "{name}");
    }
    // A store that is closed waits for nobody.
    door.shut().await;
    let reader = patient.clone();
    let reading = tokio::spawn(async move { reader.find_pool(&pool.id).await });
    assert!(store.ping().await.is_err());
    patient.close().await;
    assert!(matches!(reading.await.unwrap(), Err(StoreError::Unavailable { .. })));
}

#[tokio::test]
async fn a_server_that_only_reads_is_not_believed() {
    let Some(store) = temporary_postgres().await else { return };
    let options = store.postgres_options().unwrap();
    let pool = with_pool(&store, "eu_a").await;
    let door = Door::of(&options).await;
    let only_reads = async |on: &str| {
        let sql = format!("ALTER DATABASE {} SET default_transaction_read_only = {on}", door.database);
        door.administrator.batch_execute(&sql).await.unwrap();
        door.shut().await;
        door.allow(true).await;
    };
    only_reads("on").await;
    let read = store.find_pool(&pool.id).await;
    assert!(matches!(read, Err(StoreError::Unavailable { .. })), "{read:?}");
    only_reads("off").await;
    assert_eq!(store.find_pool(&pool.id).await.unwrap().as_ref(), Some(&pool));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_connections_leave_every_set_whole_or_absent() {
    let Some(store) = temporary_postgres().await else { return };
    let options = store.postgres_options().unwrap();
    let pool = with_pool(&store, "eu_a").await;
    let mut tasks = JoinSet::new();
    for task in 0..8 {
        let (store, pool) = (store.store.clone(), pool.clone());
        tasks.spawn(async move {
            let mut outcomes = Vec::new();
            for round in 0..40 {
                let name = format!("{task}-{round}");
                let set =
                    vec![insert(&full_user(&pool, &name)), Change::MarkSessionUsed(used_session(&name, 1))];
                outcomes.push((name, store.commit(set).await));
            }
            outcomes
        });
    }
    for _ in 0..10 {
        administer(&options, CUT_EVERYBODY_OFF).await;
    }
    let outcomes: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
    assert!(store.statistics().retries > 0, "nobody was cut off");
    for (name, outcome) in outcomes {
        let written = find(&store, &user(&pool, &name)).await.is_some();
        assert_eq!(store.is_session_used(&name).await.unwrap(), written, "{name}");
        match outcome {
            Ok(()) => assert!(written, "{name} was acknowledged and is lost"),
            // Twice in a row.
            Err(CommitError::Store(StoreError::Unavailable { .. })) => assert!(!written, "{name}"),
            Err(other) => panic!("{other}"),
        }
    }
}

#[tokio::test]
async fn the_victim_of_a_deadlock_is_run_again() {
    let Some(store) = temporary_postgres().await else { return };
    let options = store.postgres_options().unwrap();
    // The other one waits for as long as it takes, so that the deadlock is found from this side.
    let found = format!("{}&options=-cdeadlock_timeout%3D1s", options.url);
    let victim = Store::open_postgres(PostgresOptions { url: found, ..options.clone() }).await.unwrap();
    let pool = with_pool(&store, "eu_a").await;
    let users = [user(&pool, "first"), user(&pool, "second")];
    commit(&store, users.iter().map(insert)).await;
    let other = format!("{}&options=-cdeadlock_timeout%3D600s", options.url);
    let (other, connection) = tokio_postgres::connect(&other, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let lock = async |sub: &str| {
        let sql = format!("SELECT 1 FROM users WHERE sub = '{sub}' FOR UPDATE");
        other.batch_execute(&sql).await.unwrap();
    };
    other.batch_execute("BEGIN").await.unwrap();
    lock("second").await;
    let set = users.iter().map(|before| {
        let mut after = before.clone();
        after.lockout.failures += 1;
        update(before, &after)
    });
    let set: Vec<_> = set.collect();
    let writing = tokio::spawn({
        let victim = victim.clone();
        async move { victim.commit(set).await }
    });
    let (watcher, connection) = tokio_postgres::connect(&options.url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let waiting =
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while watcher.query(waiting, &[]).await.unwrap().is_empty() {}
    lock("first").await;
    other.batch_execute("COMMIT").await.unwrap();
    writing.await.unwrap().unwrap();
    assert_eq!(victim.statistics().retries, 1);
    for user in &users {
        assert_eq!(find(&store, user).await.unwrap().lockout.failures, 1);
    }
}

#[tokio::test]
async fn who_waits_too_long_for_a_lock_is_refused_and_nothing_is_changed() {
    let Some(store) = temporary_postgres().await else { return };
    let options = store.postgres_options().unwrap();
    let hasty = PostgresOptions { patience: Duration::from_secs(2), ..options.clone() };
    let hasty = Store::open_postgres(hasty).await.unwrap();
    let pool = with_pool(&store, "eu_a").await;
    let before = user(&pool, "locked");
    commit(&store, [insert(&before)]).await;
    let (other, connection) = tokio_postgres::connect(&options.url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    other.batch_execute("BEGIN; SELECT 1 FROM users WHERE sub = 'locked' FOR UPDATE").await.unwrap();
    let mut after = before.clone();
    after.lockout.failures += 1;
    for set in [vec![update(&before, &after)], vec![update(&before, &after), Change::ClearInbox]] {
        let outcome = hasty.commit(set).await;
        assert!(matches!(outcome, Err(CommitError::Store(StoreError::Unavailable { .. }))), "{outcome:?}");
    }
    assert_eq!((hasty.statistics().retries, hasty.statistics().resolved), (0, 0));
    other.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(find(&store, &before).await, Some(before.clone()));
    commit(&hasty, [update(&before, &after)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_are_as_many_as_connections_and_do_not_stay_for_ever() {
    let Some(store) = temporary_postgres().await else { return };
    let options = store.postgres_options().unwrap();
    let mut tasks = JoinSet::new();
    for task in 0..32 {
        let store = store.store.clone();
        tasks.spawn(async move {
            for round in 0..5 {
                commit(&store, [Change::MarkSessionUsed(used_session(&format!("{task}-{round}"), 1))]).await;
            }
        });
    }
    tasks.join_all().await;
    let (client, connection) = tokio_postgres::connect(&options.url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let count =
        async || client.query_one("SELECT COUNT(*) FROM writers", &[]).await.unwrap().get::<_, i64>(0);
    assert!((1..=8).contains(&count().await), "{}", count().await);
    // A start a day later clears up, also what is in use: it comes back.
    client.batch_execute("UPDATE writers SET used_ms = used_ms - 86400001").await.unwrap();
    let other = store.open_again().await.unwrap();
    assert_eq!(count().await, 0);
    commit(&store, [Change::MarkSessionUsed(used_session("more", 1))]).await;
    commit(&other, [Change::MarkSessionUsed(used_session("others", 1))]).await;
    assert_eq!(count().await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serialization_failures_are_retried() {
    let Some(store) = temporary_postgres().await else { return };
    let options = store.postgres_options().unwrap();
    administer(
        &options,
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = serializable', \
         current_database()); END $$",
    )
    .await;
    let strict = store.open_again().await.unwrap();
    crate::samples::with_pool(&strict, "eu_a").await;
    let pool = pool("eu_a");
    let mut tasks = JoinSet::new();
    for task in 0..6 {
        let (store, pool) = (strict.clone(), pool.clone());
        tasks.spawn(async move {
            for round in 0..10 {
                let insertion = insert(&full_user(&pool, &format!("{task}-{round}")));
                // Every set bumps the same counter.
                let key = Change::InsertAccessKey(access_key(&format!("{task}-{round}")));
                commit(&store, [insertion, key]).await;
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(strict.count_users(&pool.id).await.unwrap(), 60);
    assert_eq!(strict.configuration_generation().await.unwrap(), 61);
    assert!(strict.statistics().retries > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_can_start_together_on_an_empty_database() {
    let Some(options) = empty_database().await else { return };
    let check = PostgresOptions { migrations: MigrationMode::Check, ..options.clone() };
    let unmigrated = Store::open_postgres(check.clone()).await;
    assert!(matches!(unmigrated, Err(StoreError::OlderSchema { found: 0, .. })), "{unmigrated:?}");
    let mut tasks = JoinSet::new();
    for _ in 0..6 {
        tasks.spawn(Store::open_postgres(options.clone()));
    }
    for store in tasks.join_all().await {
        assert_eq!(store.unwrap().configuration_generation().await.unwrap(), 0);
    }
    Store::open_postgres(check).await.unwrap().ping().await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_not_there_is_reported_without_the_password() {
    let options = PostgresOptions {
        // Nothing listens on this port of this machine.
        url: "postgres://user:hunter2@127.0.0.1:1/database".into(),
        max_connections: 1,
        patience: Duration::from_secs(1),
        failover_wait: Duration::ZERO,
        ca_file: None,
        migrations: MigrationMode::Check,
    };
    let error = Store::open_postgres(options).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
    assert!(!error.to_string().contains("hunter2"), "{error}");
}
