//! `cenote dev`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{Failure, Sources, master_key, run, say};
use crate::config::{Layers, Problems};
use crate::seed::Seed;
use crate::server::{DevOptions, Mode};

/// The sender of mails when `--smtp` is given and nothing names one.
const SENDER: &str = "Cenote <no-reply@example.com>";

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cenote dev --seed pools.yaml --listen 127.0.0.1:0")]
pub(super) struct DevArgs {
    /// Where to listen; port 0 picks a free one [default: 127.0.0.1:7665]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Where the data is kept; made if it is not there.
    #[arg(long, value_name = "DIR", default_value = ".cenote")]
    data_dir: PathBuf,
    /// Pools, clients and users that are there from the start (JSON or YAML).
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// For pools created by callers whose signature names no region [default: us-east-1]
    #[arg(long)]
    region: Option<String>,
    /// Sends mails to this server (smtp://HOST:PORT) instead of the inbox.
    #[arg(long, value_name = "URL")]
    smtp: Option<String>,
    /// Where Lambda functions are invoked.
    #[arg(long, value_name = "URL")]
    lambda_endpoint: Option<String>,
    /// Opens /_cenote/clock and /_cenote/reset for test suites.
    #[arg(long)]
    clock: bool,
    /// Every code that is made is this one.
    #[arg(long, value_name = "CODE", value_parser = six_digits)]
    fixed_code: Option<String>,
    /// text or json [default: text]
    #[arg(long, value_name = "FORMAT", value_parser = ["text", "json"])]
    log: Option<String>,
    /// Allows --listen beyond this machine, for containers. Whoever reaches the port can do anything.
    #[arg(long)]
    expose: bool,
    #[command(flatten)]
    sources: Sources,
}

fn six_digits(text: &str) -> Result<String, String> {
    if text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(text.to_owned())
    } else {
        Err("a code has six digits".to_owned())
    }
}

pub(super) fn run(args: DevArgs) -> Result<(), Failure> {
    let mut config = args
        .sources
        .layers(Layers::for_dev(), |mut layers| {
            let flags = [
                ("--listen", "server.listen", args.listen.map(|address| address.to_string())),
                ("--region", "aws.region", args.region.clone()),
                ("--smtp", "email.smtp_url", args.smtp.clone()),
                ("--lambda-endpoint", "triggers.endpoint", args.lambda_endpoint.clone()),
                ("--log", "log.format", args.log.clone()),
            ];
            for (flag, path, value) in flags {
                if let Some(value) = value {
                    layers = layers.value(flag, path, value);
                }
            }
            layers
        })
        .finish()?;
    if config.email.from.is_empty() {
        config.email.from = SENDER.to_owned();
    }
    let problems = config.check();
    if !problems.is_empty() {
        return Err(Problems(problems).into());
    }
    let listen = config.server.listen;
    if !listen.ip().is_loopback() && !args.expose {
        return Err(format!(
            "{listen} can be reached from other machines, and `cenote dev` lets everybody do everything: add --expose if \
             that is what you want"
        )
        .into());
    }
    let seed = args.seed.as_deref().map(Seed::read).transpose()?;
    create_data_dir(&args.data_dir)?;
    let keyring = if std::env::var_os(crate::config::KeysSection::VARIABLE).is_some()
        || !config.keys.master_key_file.is_empty()
    {
        master_key::load(&config.keys)?
    } else {
        master_key::load_or_create(&args.data_dir.join("master.key"))?
    };
    if config.store.url()?.is_none() {
        let path = args.data_dir.join("cenote.db");
        config.store.url = format!("sqlite:{}", path.display()).into();
    }
    banner(&args, !listen.ip().is_loopback());
    let options = DevOptions { clock: args.clock, seed, fixed_code: args.fixed_code, exposed: args.expose };
    run::until_told(config, keyring, Mode::Dev(options))
}

/// A folder that only its owner can look into.
pub(super) fn create_data_dir(path: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|error| format!("the data folder {} can't be made: {error}", path.display()).into())
}

fn banner(args: &DevArgs, exposed: bool) {
    say("+--------------------------------------------------------------------------+");
    say("|  cenote dev: NOT FOR PRODUCTION. Any credentials are accepted, and       |");
    say("|  everybody who reaches the port can read every message and every code.   |");
    if exposed {
        say("|  EXPOSED: the port can be reached from OTHER MACHINES.                   |");
    }
    if args.fixed_code.is_some() {
        say("|  FIXED CODE: every confirmation code is known.                           |");
    }
    say("+--------------------------------------------------------------------------+");
    say(format_args!("data folder: {}", args.data_dir.display()));
}
