//! `cenote keys`.

use std::path::PathBuf;
use std::sync::Arc;

use cenote_core::clock::Clock as _;
use cenote_core::tokens::key_rotation::{self, Handover, Rotated};
use cenote_crypto::{KeyRing, SystemRandom};
use cenote_store::{Change, Durability, PoolId, Store};
use clap::{Args, Subcommand};
use serde_json::json;

use super::{Failure, Sources, master_key, print, print_either, reseal, say};
use crate::access::{Policy, new_access_key};
use crate::clock::SystemClock;
use crate::config::{Layers, Migrations, Problems, StoreSection};
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
    /// Give pools new signing keys. Running servers follow within a second.
    ///
    /// The new keys are published at once and sign an hour later, when no verifier has an old key document any more. The old
    /// ones stay published until their last token has expired. Run it again whenever you like, from a timer for example.
    #[command(after_help = "Example:\n  cenote keys rotate --pool us-east-1_Example01 --config cenote.toml")]
    Rotate(RotateArgs),
}

#[derive(Debug, Subcommand)]
pub(super) enum MasterCommand {
    /// Write a new master key into a new file that only you can read.
    #[command(after_help = "Example:\n  cenote keys master generate --out master.key")]
    Generate(GenerateArgs),
    /// Seal everything in the database again with the key at the top of the key file. Servers may run meanwhile.
    ///
    /// Before: put the new key below the old one in the key file of every server and restart them, so that all can read it;
    /// then move it to the top and restart them again. After: the old key still opens refresh tokens, sessions, codes and
    /// messages that were made with it, so leave it where it is until the last of them has expired.
    #[command(after_help = "Example:\n  cenote keys master reseal --config cenote.toml")]
    Reseal(ResealArgs),
}

#[derive(Debug, Args)]
pub(super) struct ResealArgs {
    /// Prints JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    sources: Sources,
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

#[derive(Debug, Args)]
pub(super) struct RotateArgs {
    /// The pool.
    #[arg(long, value_name = "ID", required_unless_present = "all_pools", conflicts_with = "all_pools")]
    pool: Option<String>,
    /// Every pool.
    #[arg(long)]
    all_pools: bool,
    /// Sign with the new keys at once: verifiers that keep an old key document refuse new tokens until they fetch another.
    #[arg(long)]
    at_once: bool,
    /// For stolen keys: sign with the new keys at once and remove the old ones, so that every ID and access token until now
    /// is refused. Refresh tokens go on.
    #[arg(long, conflicts_with = "at_once")]
    discard_old: bool,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    sources: Sources,
}

impl RotateArgs {
    fn handover(&self) -> Handover {
        match (self.at_once, self.discard_old) {
            (_, true) => Handover::Discard,
            (true, false) => Handover::AtOnce,
            (false, false) => Handover::Overlap,
        }
    }
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
        KeysCommand::Master(MasterCommand::Reseal(args)) => {
            on_store(&args.sources, async |store, keyring| reseal::run(&store, &keyring, args.json).await)
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
        KeysCommand::Rotate(args) => {
            on_store(&args.sources, async |store, keyring| rotate(&store, &keyring, &args).await)
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
    // The first key may be made before the first start.
    with_store(
        &args.sources,
        |_| {},
        async |store, keyring| {
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
        },
    )
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

async fn rotate(store: &Store, keyring: &KeyRing, args: &RotateArgs) -> Result<(), Failure> {
    let Some(pool) = &args.pool else {
        let (mut after, mut refused) = (None, 0);
        loop {
            let page = store.list_pools(after, 100).await?;
            let Some(last) = page.last() else { break };
            after = Some((last.created_ms, last.id.clone()));
            for pool in &page {
                // One that can't be done must not keep the others from being safe.
                if let Err(reason) = rotate_pool(store, keyring, &pool.id, args).await {
                    say(format_args!("{}: {reason}", pool.id));
                    refused += 1;
                }
            }
        }
        return match refused {
            0 => Ok(()),
            count => Err(format!("{count} pools have no new keys").into()),
        };
    };
    rotate_pool(store, keyring, &PoolId::new(pool.as_str()), args).await
}

async fn rotate_pool(
    store: &Store,
    keyring: &KeyRing,
    pool: &PoolId,
    args: &RotateArgs,
) -> Result<(), Failure> {
    let now_ms = SystemClock.now_ms();
    let rotated = key_rotation::rotate(store, keyring, &SystemRandom, pool, now_ms, args.handover()).await;
    let rotated = rotated.map_err(|error| {
        error.cause.unwrap_or_else(|| error.message.unwrap_or_else(|| error.code.to_string()).into())
    })?;
    let Rotated { access_kid, id_kid, signs_from_ms, removed } = rotated;
    let begin = match (signs_from_ms - now_ms) / 60_000 {
        0 => "sign from now on".to_owned(),
        minutes => format!("sign in {minutes} minutes"),
    };
    print_either(
        args.json,
        &json!({
            "pool": pool.as_str(), "access_kid": access_kid, "id_kid": id_kid, "signs_from_ms": signs_from_ms,
            "removed": removed,
        }),
        format_args!(
            "{pool}: the new keys {access_kid} (access tokens) and {id_kid} (ID tokens) {begin}; {} old ones are gone",
            removed.len()
        ),
    )
}

/// Does something with the configured store. A newer schema than that of the servers that run is theirs to bring.
fn on_store(
    sources: &Sources,
    work: impl AsyncFnOnce(Store, Arc<KeyRing>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    with_store(sources, |store| store.migrations = Migrations::Check, work)
}

fn with_store(
    sources: &Sources,
    change: impl FnOnce(&mut StoreSection),
    work: impl AsyncFnOnce(Store, Arc<KeyRing>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut config = sources.layers(Layers::new(), |layers| layers).finish()?;
    change(&mut config.store);
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
