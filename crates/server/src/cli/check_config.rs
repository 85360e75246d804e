//! `cenote check-config`.

use clap::Args;
use serde_json::json;

use super::{Failure, Sources, master_key, print, print_either, serve};
use crate::config::{KeysSection, Layers};
use crate::parts;

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cenote check-config --config /etc/cenote/cenote.toml")]
pub(super) struct CheckConfigArgs {
    #[command(flatten)]
    sources: Sources,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
    /// Prints every setting with its default and what it means, and checks nothing.
    #[arg(long)]
    defaults: bool,
}

/// Checks everything that can be known without starting.
pub(super) fn run(args: &CheckConfigArgs) -> Result<(), Failure> {
    if args.defaults {
        return print(Layers::DEFAULTS.trim_end());
    }
    let problems = problems(&args.sources)?;
    if problems.is_empty() {
        return print_either(args.json, &json!({ "ok": true, "problems": [] }), "the configuration is fine");
    }
    if args.json {
        print(json!({ "ok": false, "problems": problems }))?;
        return Err("the configuration has problems".into());
    }
    Err(format!("the configuration has problems:\n- {}", problems.join("\n- ")).into())
}

/// Everything that `serve` would refuse.
fn problems(sources: &Sources) -> Result<Vec<String>, Failure> {
    let config = match sources.layers(Layers::new(), |layers| layers).finish() {
        Ok(config) => config,
        Err(problems) => return Ok(problems.0.into_iter().map(|problem| problem.0).collect()),
    };
    let found = serve::problems(sources, &config);
    let mut problems: Vec<String> = found.into_iter().map(|problem| problem.0).collect();
    // Transports begin to look after their connections as soon as they are made.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for (section, error) in runtime.block_on(async { parts::check(&config) }) {
        // What is said of a section's settings already need not be said in other words.
        if !problems.iter().any(|problem| problem.contains(&format!("`{section}."))) {
            problems.push(error.to_string());
        }
    }
    let has_key =
        std::env::var_os(KeysSection::VARIABLE).is_some() || !config.keys.master_key_file.is_empty();
    if has_key {
        problems.extend(master_key::load(&config.keys).err().map(|error| error.to_string()));
    }
    let mut said = std::collections::HashSet::new();
    problems.retain(|problem| said.insert(problem.clone()));
    Ok(problems)
}
