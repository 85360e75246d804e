//! A database on a throw-away PostgreSQL.

use tokio::runtime::{Builder, Runtime};
use tokio_postgres::NoTls;

use crate::Failure;

#[derive(Debug)]
pub struct Database {
    runtime: Runtime,
    url: String,
}

impl Database {
    /// An empty one.
    ///
    /// # Errors
    /// When PostgreSQL is not installed.
    pub fn create() -> Result<Self, Failure> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let options = runtime.block_on(cenote_store::testing::postgres::empty_database());
        Ok(Self { runtime, url: options.ok_or("PostgreSQL is not installed")?.url })
    }

    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Waits until nobody is connected: PostgreSQL may still commit what a killed process has sent.
    ///
    /// # Errors
    /// When somebody stays.
    pub fn settle(&self) -> Result<(), Failure> {
        let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
        self.runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(&self.url, NoTls).await?;
            let connection = tokio::spawn(connection);
            let mut left: i64 = 1;
            for _ in 0..3000 {
                left = client.query_one(others, &[]).await?.get(0);
                if left == 0 {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            drop(client);
            connection.await??;
            if left == 0 { Ok(()) } else { Err("connections of the killed process stay open".into()) }
        })
    }
}
