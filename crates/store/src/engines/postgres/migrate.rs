//! The schema in PostgreSQL. Instances that start together wait for each other at one row of `meta`.

use std::time::Duration;

use deadpool_postgres::{Client, Object, Pool};
use tokio::time::sleep;
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use super::error::{Failure, classify, describe};
use super::{MigrationMode, take};
use crate::error::StoreError;
use crate::migrations::{self, Migration};

const ATTEMPTS: u32 = 10;

pub(super) async fn migrate(pool: &Pool, mode: MigrationMode) -> Result<(), StoreError> {
    let known = migrations::known_version();
    let client = take(pool).await?;
    let found = read_number(&client, migrations::READ_VERSION).await?.unwrap_or_default();
    if found > known {
        let compatible = read_number(&client, migrations::READ_COMPATIBLE_FROM).await?;
        if compatible.is_some_and(|oldest| oldest <= known) {
            tracing::warn!(found, known, "store.newer_schema");
            return Ok(());
        }
        return Err(StoreError::NewerSchema { found, known });
    }
    if found == known {
        return Ok(());
    }
    if mode == MigrationMode::Check {
        return Err(StoreError::OlderSchema { found, known });
    }
    // A step may take its time, and so may waiting for another instance.
    client.batch_execute("SET statement_timeout = 0").await.map_err(|error| failed(&error))?;
    prepare(&client).await?;
    for (version, migration) in migrations::missing(found) {
        apply(&client, version, migration).await?;
    }
    drop(Object::take(client));
    Ok(())
}

/// A number in `meta`; none when it is missing, or the whole table is.
async fn read_number(client: &Client, sql: &str) -> Result<Option<i64>, StoreError> {
    let rows = match client.query(sql, &[]).await {
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => return Ok(None),
        rows => rows.map_err(|error| failed(&error))?,
    };
    let Some(row) = rows.first() else { return Ok(None) };
    let number = row.try_get::<_, &str>(0).ok().and_then(|text| text.parse().ok());
    number.map(Some).ok_or(StoreError::Corrupt { table: "meta", column: "value" })
}

/// Makes the row that guards the steps. Here two instances can get in each other's way: PostgreSQL then reports what `IF NOT
/// EXISTS` should have prevented.
async fn prepare(client: &Client) -> Result<(), StoreError> {
    let sql = format!("{}; {}", schema(migrations::META), migrations::INITIAL_VERSION);
    let mut attempt = 0;
    while let Err(error) = client.batch_execute(&sql).await {
        attempt += 1;
        if attempt == ATTEMPTS || error.as_db_error().is_none() {
            return Err(failed(&error));
        }
        sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// Applies one step in a transaction, unless somebody else has meanwhile.
async fn apply(client: &Client, version: i64, migration: &Migration) -> Result<(), StoreError> {
    let applied = async {
        client.batch_execute(&format!("BEGIN; {}", migrations::LOCK_VERSION)).await?;
        let rows = client.query(migrations::READ_VERSION, &[]).await?;
        let found = rows.first().and_then(|row| row.try_get::<_, &str>(0).ok()?.parse::<i64>().ok());
        if found.is_some_and(|found| found < version) {
            client.batch_execute(&schema(migration.sql)).await?;
            client.execute(migrations::WRITE_VERSION, &[&version.to_string()]).await?;
            let compatible_from = migration.compatible_from.to_string();
            client.execute(migrations::WRITE_COMPATIBLE_FROM, &[&compatible_from]).await?;
        }
        client.batch_execute("COMMIT").await
    };
    if let Err(error) = applied.await {
        // What failed is what counts; if this does too, the connection is gone and the transaction with it.
        let _ = client.batch_execute("ROLLBACK").await;
        return Err(failed(&error));
    }
    Ok(())
}

fn failed(error: &Error) -> StoreError {
    match classify(error) {
        Failure::Lost(reason) | Failure::Again(reason) => StoreError::unavailable(reason),
        Failure::Other(_) => {
            StoreError::configuration(format!("the schema can't be brought up to date: {}", describe(error)))
        }
    }
}

/// A migration in PostgreSQL's dialect. The collation orders text by code point, as SQLite does.
pub(super) fn schema(sql: &str) -> String {
    sql.replace("{text}", "TEXT COLLATE \"C\"").replace("{bigint}", "BIGINT").replace("{clustered}", "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::Engine;
    use crate::store::Store;
    use crate::testing::postgres::{empty_database, temporary_postgres};

    async fn describe(client: &Client) -> Vec<String> {
        let sql = "SELECT concat_ws(' ', table_name, column_name, data_type, collation_name, is_nullable) \
                   FROM information_schema.columns WHERE table_schema = 'public' \
                   UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1";
        client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
    }

    /// What a later release leaves: its version, and the oldest whose release it goes with.
    async fn write_versions(client: &Client, version: i64, compatible_from: i64) {
        client.execute(migrations::WRITE_VERSION, &[&version.to_string()]).await.unwrap();
        let compatible_from = compatible_from.to_string();
        client.execute(migrations::WRITE_COMPATIBLE_FROM, &[&compatible_from]).await.unwrap();
    }

    #[tokio::test]
    async fn a_newer_schema_is_used_when_it_was_declared_compatible_and_left_as_it_is() {
        let Some(temporary) = temporary_postgres().await else { return };
        let Engine::Postgres(engine) = &*temporary.store.engine else { panic!("not PostgreSQL") };
        let client = engine.shared.client().await.unwrap();
        let known = migrations::known_version();
        let declared = read_number(&client, migrations::READ_COMPATIBLE_FROM).await.unwrap();
        assert_eq!(declared, Some(migrations::MIGRATIONS.last().unwrap().compatible_from));
        write_versions(&client, known + 2, known).await;
        temporary.open_again().await.unwrap().ping().await.unwrap();
        assert_eq!(read_number(&client, migrations::READ_VERSION).await.unwrap(), Some(known + 2));
        write_versions(&client, known + 2, known + 1).await;
        let refused = temporary.open_again().await.err();
        assert_eq!(refused, Some(StoreError::NewerSchema { found: known + 2, known }));
    }

    #[test]
    fn what_a_step_is_compatible_with_does_not_get_older() {
        let mut oldest = 0;
        for (version, migration) in migrations::missing(0) {
            assert!((oldest..=version).contains(&migration.compatible_from), "{version}");
            oldest = migration.compatible_from;
        }
    }

    #[tokio::test]
    async fn users_of_older_releases_are_counted() {
        let Some(temporary) = temporary_postgres().await else { return };
        let Engine::Postgres(engine) = &*temporary.store.engine else { panic!("not PostgreSQL") };
        let client = engine.shared.client().await.unwrap();
        let before = "DROP TABLE user_counts; UPDATE meta SET value = '4' WHERE key = 'schema_version'; \
            INSERT INTO pools VALUES ('p', 1, 1, ''), ('q', 1, 1, ''); \
            INSERT INTO users VALUES ('p', '1-aa', 1, 1, ''), ('p', '2-aa', 1, 1, ''), ('p', '3-ab', 1, 1, ''), \
                ('q', '1-aa', 1, 1, ''), ('q', 'a', 1, 1, ''), ('deleted', '1-aa', 1, 1, '');";
        client.batch_execute(before).await.unwrap();
        temporary.open_again().await.unwrap();
        let sql = "SELECT string_agg(pool_id || part || users, ',' ORDER BY pool_id, part) FROM user_counts";
        let counts: String = client.query_one(sql, &[]).await.unwrap().get(0);
        assert_eq!(counts, "paa2,pab1,qa1,qaa1");
    }

    #[tokio::test]
    async fn every_step_is_harmless_when_applied_twice_and_a_fresh_install_is_their_sum() {
        let Some(options) = empty_database().await else { return };
        let fresh = Store::open_postgres(options).await.unwrap();
        let Engine::Postgres(fresh) = &*fresh.engine else { panic!("not PostgreSQL") };
        let client = fresh.shared.client().await.unwrap();
        let sum = describe(&client).await;
        assert!(sum.len() > 50, "{sum:#?}");
        client.batch_execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public").await.unwrap();
        prepare(&client).await.unwrap();
        for (_, migration) in migrations::missing(0) {
            client.batch_execute(&schema(migration.sql)).await.unwrap();
            let once = describe(&client).await;
            client.batch_execute(&schema(migration.sql)).await.unwrap();
            assert_eq!(describe(&client).await, once);
        }
        assert_eq!(describe(&client).await, sum);
    }
}
