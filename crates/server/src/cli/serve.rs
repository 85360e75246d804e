//! `cenote serve`.

use std::path::Path;

use clap::Args;

use super::{Failure, Sources, master_key, run};
use crate::config::{Config, KeysSection, Problem, Problems, ensure_private};
use crate::server::Mode;

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cenote serve --config /etc/cenote/cenote.toml")]
pub(super) struct ServeArgs {
    #[command(flatten)]
    sources: Sources,
}

pub(super) fn run(args: &ServeArgs) -> Result<(), Failure> {
    let config = safe_config(&args.sources)?;
    let keyring = master_key::load(&config.keys)?;
    run::until_told(config, keyring, Mode::Serve)
}

/// The configuration, if it is safe to serve with.
pub(super) fn safe_config(sources: &Sources) -> Result<Config, Problems> {
    let config = sources.layers(|layers| layers).finish()?;
    let mut problems = config.check_for_serve(std::env::var_os(KeysSection::VARIABLE).is_some());
    if let Some(path) = &sources.config {
        problems.extend(check_config_file(path, &config));
    }
    if problems.is_empty() { Ok(config) } else { Err(Problems(problems)) }
}

/// A configuration file with secrets in it must be its owner's alone.
fn check_config_file(path: &Path, config: &Config) -> Option<Problem> {
    let text = std::fs::read_to_string(path).ok()?;
    let written = |secret: &str| !secret.is_empty() && text.contains(secret);
    let has_password = |url: &str| {
        let user = url.split_once("://").and_then(|(_, rest)| rest.rsplit_once('@')).map(|(user, _)| user);
        user.is_some_and(|user| user.contains(':')) || url.contains("password=")
    };
    let url = |url: &str| has_password(url) && written(url);
    let holds_secret = url(config.store.url.expose())
        || url(config.email.smtp_url.expose())
        || written(config.sms.secret.expose())
        || written(config.sms.bearer_token.expose());
    if holds_secret { ensure_private(path).err() } else { None }
}
