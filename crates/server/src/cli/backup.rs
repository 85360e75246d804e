//! `cenote backup`.

use std::path::PathBuf;

use cenote_core::clock::Clock as _;
use cenote_store::{Backup, BackupManifest};
use clap::Args;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::database::{DatabaseArgs, shown};
use super::progress::{ProgressLine, size};
use super::{Failure, print_either};
use crate::clock::SystemClock;

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  cenote backup --config cenote.toml --out /backups/cenote-2026-11-23.db --verify\n  \
                        cenote backup --data-dir .cenote --out copy.db --json\n\n\
                        Servers may run meanwhile. The master key is not in a backup: keep a copy of it elsewhere."
)]
pub(super) struct BackupArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// The file to write; it must not exist yet. Its checksum goes to FILE.sha256 beside it.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Reads the backup again: its checksum, every table and index.
    #[arg(long)]
    verify: bool,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &BackupArgs) -> Result<(), Failure> {
    let database = args.database.path(&args.database.config()?)?;
    let created = OffsetDateTime::from_unix_timestamp(SystemClock.now_ms() / 1000)?.format(&Rfc3339)?;
    let mut line = ProgressLine::new();
    let manifest = Backup::create(&database, &args.out, &created, &mut |progress| line.show(progress))?;
    if args.verify {
        Backup::verify(&args.out, &mut |progress| line.show(progress))
            .map_err(|error| format!("the backup was written and can't be relied on: {error}"))?;
    }
    drop(line);
    let mut value = json!({
        "file": shown(&args.out),
        "manifest": shown(&Backup::manifest_path(&args.out)),
        "verified": args.verify,
    });
    extend(&mut value, &manifest);
    let verified = if args.verify { ", verified" } else { "" };
    let text = format!(
        "wrote {}: {}{verified}\nthe master key is not in it: keep a copy of that somewhere else",
        args.out.display(),
        describe(&manifest),
    );
    print_either(args.json, &value, text)
}

/// What is in a backup, for people.
pub(super) fn describe(manifest: &BackupManifest) -> String {
    let BackupManifest { schema_version, created, bytes, pools, users, .. } = manifest;
    format!("{pools} pools, {users} users, {}, schema {schema_version}, begun {created}", size(*bytes))
}

/// Adds what is in a backup to what tools are told.
pub(super) fn extend(value: &mut Value, manifest: &BackupManifest) {
    if let (Value::Object(value), Ok(Value::Object(manifest))) = (value, serde_json::to_value(manifest)) {
        value.extend(manifest);
    }
}
