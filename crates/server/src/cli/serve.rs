//! `cenote serve`.

use std::path::Path;

use clap::Args;

use super::{Failure, Sources, master_key, run};
use crate::config::{Config, KeysSection, Layers, Problem, Problems, ensure_private};
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
    let config = sources.layers(Layers::new(), |layers| layers).finish()?;
    let problems = problems(sources, &config);
    if problems.is_empty() { Ok(config) } else { Err(Problems(problems)) }
}

/// What is not safe to serve with.
pub(super) fn problems(sources: &Sources, config: &Config) -> Vec<Problem> {
    let mut problems = config.check_for_serve(std::env::var_os(KeysSection::VARIABLE).is_some());
    problems.extend(sources.config.as_deref().and_then(check_config_file));
    problems
}

/// A configuration file that sets secrets must be its owner's alone.
fn check_config_file(path: &Path) -> Option<Problem> {
    // A file that can't be understood was refused before.
    let file = Layers::new().file(path).finish().ok()?;
    let has_password = |url: &str| {
        let user = url.split_once("://").and_then(|(_, rest)| rest.rsplit_once('@')).map(|(user, _)| user);
        user.is_some_and(|user| user.contains(':')) || url.contains("password=")
    };
    let holds_secret = has_password(file.store.url.expose())
        || has_password(file.email.smtp_url.expose())
        || !file.sms.secret.expose().is_empty()
        || !file.sms.bearer_token.expose().is_empty();
    if holds_secret { ensure_private(path).err() } else { None }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_file_with_secrets_is_its_owners_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("cenote.toml");
        let refused = |text: &str, mode: u32| {
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            check_config_file(&path).is_some()
        };
        for secret in [
            "[sms]\nsecret = \"\\u0068unter2\"",
            "[sms]\nbearer_token = \"\"\"\\\n  x\"\"\"",
            "store.url = 'postgres://u:p@h/d'",
            "store.url = 'postgres://h/d?user=u&password=p'",
            "email.smtp_url = \"smtp://u\\u003ap@h\"",
        ] {
            assert!(refused(secret, 0o644), "{secret}");
            assert!(!refused(secret, 0o600), "{secret}");
        }
        for harmless in ["# sms.secret is elsewhere", "store.url = 'sqlite:x'", "email.smtp_url = 'smtp://h'"]
        {
            assert!(!refused(harmless, 0o644), "{harmless}");
        }
    }
}
