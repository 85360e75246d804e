use cenote_crypto::SecretString;
use serde::Deserialize;

use super::Problem;
use super::files::{check_both, check_private, either};

/// `[store]`: where the state is kept.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreSection {
    pub url: SecretString,
    pub url_file: String,
    pub connections: u32,
    pub timeout_ms: u64,
    pub failover_wait_ms: u64,
    pub ca_file: String,
    pub migrations: Migrations,
}

/// What a start does about an older schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Migrations {
    Apply,
    Check,
}

impl StoreSection {
    /// The URL, if there is one.
    ///
    /// # Errors
    /// When its file can't be read.
    pub fn url(&self) -> Result<Option<SecretString>, Problem> {
        either(&self.url, &self.url_file)
    }

    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        check_both("store.url", &self.url, &self.url_file, problems);
        let url = self.url.expose();
        let known = ["sqlite:", "postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme));
        if !url.is_empty() && !known {
            problems.push(Problem("`store.url` has to start with sqlite: or postgres://".into()));
        }
        if url == "sqlite:" {
            problems.push(Problem("`store.url` names no file: write sqlite:PATH".into()));
        }
        if self.connections == 0 {
            problems.push(Problem("`store.connections` has to be at least 1".into()));
        }
        if self.timeout_ms < 100 {
            problems.push(Problem("`store.timeout_ms` has to be at least 100".into()));
        }
    }

    pub(super) fn check_for_serve(&self, problems: &mut Vec<Problem>) {
        if self.url.expose().is_empty() && self.url_file.is_empty() {
            problems.push(Problem(
                "`store.url` is not set: write sqlite:PATH for one server, postgres://… for several".into(),
            ));
        }
        check_private(&self.url_file, problems);
    }
}
