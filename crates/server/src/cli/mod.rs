//! The command line.

mod backup;
mod check_config;
mod database;
mod dev;
mod keys;
mod master_key;
mod progress;
mod reseal;
mod restore;
mod run;
mod serve;

use std::fmt::Display;
use std::io::Write as _;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use serde_json::Value;

use crate::config::Layers;

/// A self-hosted identity server that speaks the Amazon Cognito user pools API.
#[derive(Debug, Parser)]
#[command(name = "cenote", version, after_help = "Example:\n  cenote dev --seed pools.yaml")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run on a laptop or in CI: no configuration, readable messages, any credentials. Never for production.
    Dev(dev::DevArgs),
    /// Run for real.
    Serve(serve::ServeArgs),
    /// Say everything that is wrong with a configuration.
    CheckConfig(check_config::CheckConfigArgs),
    /// Make and list master keys and access keys.
    #[command(subcommand, after_help = "Example:\n  cenote keys master generate --out master.key")]
    Keys(keys::KeysCommand),
    /// Copy the embedded database while a server runs on it.
    Backup(backup::BackupArgs),
    /// Put a backup in the place of the embedded database.
    Restore(restore::RestoreArgs),
}

/// The configuration a command works with.
#[derive(Debug, Args)]
struct Sources {
    /// Configuration file (TOML); `cenote check-config --defaults` prints every setting.
    #[arg(long, value_name = "FILE")]
    config: Option<std::path::PathBuf>,
    /// Overrides one setting; may be given many times.
    #[arg(long = "set", value_name = "SECTION.KEY=VALUE")]
    set: Vec<String>,
}

impl Sources {
    /// Over the defaults file and environment, over them what `flags` adds, and `--set`.
    fn layers(&self, mut layers: Layers, flags: impl FnOnce(Layers) -> Layers) -> Layers {
        if let Some(path) = &self.config {
            layers = layers.file(path);
        }
        // Names and values that are no text can't be meant for us.
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        layers = flags(layers.environment(variables));
        self.set.iter().fold(layers, |layers, assignment| layers.assignment(assignment))
    }
}

/// Why a command failed, in words; what was already written stays.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Runs the program. 0: done. 1: failed, the reason is on standard error. 2: wrong usage.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let outcome = match cli.command {
        Command::Dev(args) => dev::run(args),
        Command::Serve(args) => serve::run(&args),
        Command::CheckConfig(args) => check_config::run(&args),
        Command::Keys(command) => keys::run(command),
        Command::Backup(args) => backup::run(&args),
        Command::Restore(args) => restore::run(&args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            say(format_args!("cenote: {failure}"));
            ExitCode::FAILURE
        }
    }
}

/// One line on standard error.
fn say(line: impl Display) {
    // Nobody is left to hear about it if this fails.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// One line on standard output.
fn print(line: impl Display) -> Result<(), Failure> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{line}")?;
    output.flush()?;
    Ok(())
}

/// JSON for tools, or a text for people.
fn print_either(json: bool, value: &Value, text: impl Display) -> Result<(), Failure> {
    if json { print(value) } else { print(text) }
}
