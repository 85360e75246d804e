//! `cenote keys`.

use std::path::PathBuf;
use std::sync::Arc;

use cenote_core::clock::Clock as _;
use cenote_crypto::{KeyRing, SystemRandom};
use cenote_store::{Change, Durability, Store};
use clap::{Args, Subcommand};
use serde_json::json;

use super::{Failure, Sources, master_key, print, print_either};
use crate::access::{Policy, new_access_key};
use crate::clock::SystemClock;
use crate::config::{Layers, Problems};
use crate::key_check;
use crate::parts::open_store;

#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// The key that seals every secret in the database.
    #[command(subcommand, after_help = "Example:\n  cenote keys master generate --out master.key")]
    Master(MasterCommand),
    /// Make an access key for signed requests. Its secret is printed once.
    #[command(
        after_help = "Example:\n  cenote keys create --name backend --policy policy.json --config cenote.toml"
    )]
    Create(CreateArgs),
    /// List the access keys.
    #[command(after_help = "Example:\n  cenote keys list --config cenote.toml")]
    List(ListArgs),
    /// Delete an access key. Running servers refuse it within a second.
    #[command(after_help = "Example:\n  cenote keys delete AKIAEXAMPLE000000000 --config cenote.toml")]
    Delete(DeleteArgs),
}

#[derive(Debug, Subcommand)]
pub(super) enum MasterCommand {
    /// Write a new master key into a new file that only you can read.
    #[command(after_help = "Example:\n  cenote keys master generate --out master.key")]
    Generate(GenerateArgs),
}

#[derive(Debug, Args)]
pub(super) struct GenerateArgs {
    /// The file; it must not exist yet.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct CreateArgs {
    /// Who uses the key: the user name in its ARN.
    #[arg(long, value_parser = user_name)]
    name: String,
    /// What it may do: an IAM policy document (JSON).
    #[arg(long, value_name = "FILE", required_unless_present = "admin", conflicts_with = "admin")]
    policy: Option<PathBuf>,
    /// It may do everything.
    #[arg(long)]
    admin: bool,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    sources: Sources,
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Prints JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    sources: Sources,
}

#[derive(Debug, Args)]
pub(super) struct DeleteArgs {
    /// The access key id.
    id: String,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    sources: Sources,
}

/// IAM's rule for user names.
fn user_name(text: &str) -> Result<String, String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte);
    if (1..=64).contains(&text.len()) && text.bytes().all(fits) {
        Ok(text.to_owned())
    } else {
        Err("a name has 1 to 64 letters, digits and +=,.@_-".to_owned())
    }
}

pub(super) fn run(command: KeysCommand) -> Result<(), Failure> {
    match command {
        KeysCommand::Master(MasterCommand::Generate(args)) => {
            let id = master_key::create(&args.out)?;
            let path = args.out.display().to_string();
            print_either(
                args.json,
                &json!({ "file": path, "key_id": id }),
                format_args!(
                    "wrote master key {id} to {path}\nkeep a copy in a safe place: without it the database is worthless"
                ),
            )
        }
        KeysCommand::Create(args) => create(&args),
        KeysCommand::List(args) => {
            let sources = args.sources;
            on_store(&sources, async |store, _| list(&store, args.json).await)
        }
        KeysCommand::Delete(args) => {
            let sources = args.sources;
            on_store(&sources, async |store, _| delete(&store, &args.id, args.json).await)
        }
    }
}

fn create(args: &CreateArgs) -> Result<(), Failure> {
    let policy = match &args.policy {
        None => Policy::administrator(),
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .map_err(|error| format!("the policy {} can't be read: {error}", path.display()))?;
            Policy::read(&text).map_err(|error| format!("{} can't be used: {error}", path.display()))?
        }
    };
    Policy::parse(&policy)?;
    on_store(&args.sources, async |store, keyring| {
        let now_ms = SystemClock.now_ms();
        let (key, secret) = new_access_key(&args.name, policy, now_ms, &keyring, &SystemRandom);
        let id = key.id.clone();
        store.commit(vec![Change::InsertAccessKey(key)]).await?;
        let (secret, name) = (secret.expose(), &args.name);
        print_either(
            args.json,
            &json!({ "access_key_id": id, "secret_access_key": secret, "name": name }),
            format_args!(
                "AWS_ACCESS_KEY_ID={id}\nAWS_SECRET_ACCESS_KEY={secret}\n# The secret is not shown again. The key is {name}'s."
            ),
        )
    })
}

async fn list(store: &Store, json: bool) -> Result<(), Failure> {
    let keys = store.list_access_keys().await?;
    if json {
        let keys: Vec<_> = keys
            .iter()
            .map(|key| json!({ "access_key_id": key.id, "name": key.name, "created_ms": key.created_ms, "policy": key.policy }))
            .collect();
        return print(json!({ "access_keys": keys }));
    }
    for key in keys {
        print(format_args!("{}  {}  {}", key.id, key.name, key.policy))?;
    }
    Ok(())
}

async fn delete(store: &Store, id: &str, json: bool) -> Result<(), Failure> {
    let key = store.find_access_key(id).await?.ok_or_else(|| format!("there is no access key {id}"))?;
    store.commit(vec![Change::DeleteAccessKey { id: key.id, version: key.version }]).await?;
    print_either(json, &json!({ "deleted": id }), format_args!("deleted {id}"))
}

/// Does something with the configured store.
fn on_store(
    sources: &Sources,
    work: impl AsyncFnOnce(Store, Arc<KeyRing>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let config = sources.layers(Layers::new(), |layers| layers).finish()?;
    let problems = config.check();
    if !problems.is_empty() {
        return Err(Problems(problems).into());
    }
    let keyring = Arc::new(master_key::load(&config.keys)?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let store = open_store(&config.store, Durability::Full).await?;
        key_check::ensure(&store, &keyring, &SystemRandom).await?;
        let outcome = work(store.clone(), keyring).await;
        store.close().await;
        outcome
    })
}
