//! `cenote restore`.

use std::path::PathBuf;

use cenote_crypto::KeyRing;
use cenote_store::{Backup, BackupError};
use clap::Args;
use serde_json::json;

use super::backup::{describe, extend};
use super::database::{DatabaseArgs, shown};
use super::progress::ProgressLine;
use super::{Failure, dev, print_either};
use crate::key_check;

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  cenote restore --from /backups/cenote-2026-11-23.db --config cenote.toml\n  \
                        cenote restore --from copy.db --data-dir .cenote --force\n  \
                        cenote restore --from copy.db --config cenote.toml --verify\n\n\
                        Stop the server first. The master key is not in a backup: the one it was made with is needed too."
)]
pub(super) struct RestoreArgs {
    /// The backup; FILE.sha256 has to be beside it.
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    #[command(flatten)]
    database: DatabaseArgs,
    /// Replaces the database that is there.
    #[arg(long)]
    force: bool,
    /// Only says whether the backup is whole and the master key opens it; restores nothing.
    #[arg(long, conflicts_with = "force")]
    verify: bool,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &RestoreArgs) -> Result<(), Failure> {
    let config = args.database.config()?;
    let database = args.database.path(&config)?;
    let keyring = args.database.keyring(&config)?;
    let mut line = ProgressLine::new();
    let backup = Backup::verify(&args.from, &mut |progress| line.show(progress))?;
    if let Some(keyring) = &keyring {
        check_key(&backup, keyring).map_err(|error| format!("{}: {error}", args.from.display()))?;
    }
    if !args.verify {
        if let Some(directory) = &args.database.data_dir {
            dev::create_data_dir(directory)?;
        }
        backup.restore(&database, args.force, &mut |progress| line.show(progress)).map_err(advise)?;
    }
    drop(line);
    let mut value = json!({
        "file": shown(&args.from),
        "database": shown(&database),
        "restored": !args.verify,
        "key_checked": keyring.is_some(),
    });
    extend(&mut value, backup.manifest());
    let done = match args.verify {
        true => format!("{} is whole", args.from.display()),
        false => format!("restored {}", database.display()),
    };
    let key = match keyring {
        Some(_) => "the master key opens it",
        None => {
            "no master key is configured, so none was checked: start the server with the one that was used before"
        }
    };
    print_either(args.json, &value, format_args!("{done}: {}\n{key}", describe(backup.manifest())))
}

fn check_key(backup: &Backup, keyring: &KeyRing) -> Result<(), Failure> {
    key_check::check(backup.find_meta(key_check::KEY)?.as_deref(), keyring)?;
    Ok(())
}

/// What can be done about it, where this program has a way.
fn advise(error: BackupError) -> Failure {
    match error {
        BackupError::Exists(_) => format!("{error}: add --force to replace it").into(),
        error => error.into(),
    }
}
