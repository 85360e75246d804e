//! Single values: the schema's version, the configuration's generation, and what the server keeps once.

use super::{Query, Step, params, text};
use crate::error::StoreError;
use crate::store::Store;

static FIND: Query<String> = Query {
    sql: "SELECT value FROM meta WHERE key = $1",
    decode: |row| {
        let value = row.text(0).ok_or(StoreError::Corrupt { table: "meta", column: "value" })?;
        Ok(text::unescape(value).into_owned())
    },
};

const GENERATION: &str = "configuration_generation";

/// Writes another value each time: SQLite leaves the disk alone when nothing changes.
const TOUCH: &str = "INSERT INTO meta (key, value) VALUES ($1, '1') \
     ON CONFLICT (key) DO UPDATE SET value = CASE meta.value WHEN '1' THEN '2' ELSE '1' END";

impl Store {
    /// Grows with every change set that touches pools, clients, signing keys or access keys. Read it *before* what is to
    /// be cached: while it stands still, so does the rest.
    pub async fn configuration_generation(&self) -> Result<i64, StoreError> {
        self.find_meta(GENERATION)
            .await?
            .and_then(|value| value.parse().ok())
            .ok_or(StoreError::Corrupt { table: "meta", column: "value" })
    }

    pub async fn find_meta(&self, key: &str) -> Result<Option<String>, StoreError> {
        self.find(&FIND, params![key]).await
    }

    /// Stores a value unless the key has one; tells whether it did.
    pub async fn insert_meta_if_absent(&self, key: &str, value: &str) -> Result<bool, StoreError> {
        let step = Step::any(
            "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            params![key, value],
        );
        Ok(self.execute_freely(vec![step]).await? == 1)
    }

    /// Stores a value in place of the one that is there; tells whether that was still `before`.
    pub async fn replace_meta(&self, key: &str, before: &str, after: &str) -> Result<bool, StoreError> {
        let step = Step::any(
            "UPDATE meta SET value = $3 WHERE key = $1 AND value = $2",
            params![key, before, after],
        );
        Ok(self.execute_freely(vec![step]).await? == 1)
    }

    /// Whether the database answers, writes come back, and, if the last one failed, whether it can write again.
    pub async fn ping(&self) -> Result<(), StoreError> {
        if let Some(time) = self.engine.counters().progress.hangs_for() {
            let reason = format!("no commit has come back for {} seconds", time.as_secs());
            return Err(StoreError::unavailable(reason));
        }
        self.configuration_generation().await?;
        if self.engine.counters().is_failing() {
            self.execute_freely(vec![touch("probe")]).await?;
        }
        Ok(())
    }
}

fn touch(key: &str) -> Step {
    Step::any(TOUCH, params![key])
}

pub(super) fn advance_configuration() -> Step {
    Step::any(
        "UPDATE meta SET value = CAST(CAST(value AS BIGINT) + 1 AS TEXT) WHERE key = $1",
        params![GENERATION],
    )
}
