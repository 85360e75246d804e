//! The embedded database that `backup` and `restore` are about.

use std::path::{Path, PathBuf};

use cenote_crypto::KeyRing;
use clap::Args;

use super::{Failure, Sources, master_key};
use crate::config::{Config, KeysSection, Layers, Problems};

#[derive(Debug, Args)]
pub(super) struct DatabaseArgs {
    /// The data folder of `cenote dev`, instead of a configuration.
    #[arg(long, value_name = "DIR", conflicts_with = "config")]
    pub(super) data_dir: Option<PathBuf>,
    #[command(flatten)]
    sources: Sources,
}

impl DatabaseArgs {
    pub(super) fn config(&self) -> Result<Config, Failure> {
        let config = self.sources.layers(Layers::new(), |layers| layers).finish()?;
        let problems = config.check();
        if problems.is_empty() { Ok(config) } else { Err(Problems(problems).into()) }
    }

    /// Where the database is: as `serve` and `dev` would find it.
    pub(super) fn path(&self, config: &Config) -> Result<PathBuf, Failure> {
        match (config.store.url()?, &self.data_dir) {
            (Some(url), _) => match url.expose().strip_prefix("sqlite:") {
                Some(path) => Ok(PathBuf::from(path)),
                None => Err("the data is in PostgreSQL, which has its own tools for this: pg_dump and pg_restore, or base \
                             backups with an archive of its log to get back to any moment"
                    .into()),
            },
            (None, Some(directory)) => Ok(directory.join("cenote.db")),
            (None, None) => Err("which database is meant? Give --config FILE or --data-dir DIR".into()),
        }
    }

    /// The key ring, if one is configured or lies in the data folder.
    pub(super) fn keyring(&self, config: &Config) -> Result<Option<KeyRing>, Failure> {
        let configured = !config.keys.master_key_file.is_empty();
        if configured || std::env::var_os(KeysSection::VARIABLE).is_some() {
            return master_key::load(&config.keys).map(Some);
        }
        let file = self.data_dir.as_deref().map(|directory| directory.join("master.key"));
        file.as_deref().filter(|file| file.exists()).map(master_key::read).transpose()
    }
}

/// A path for JSON.
pub(super) fn shown(path: &Path) -> String {
    path.display().to_string()
}
