//! `cenote check-config`.

use clap::Args;
use serde_json::json;

use super::{Failure, Sources, master_key, print, print_either, serve};
use crate::config::Layers;

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
    let problems: Vec<String> = match serve::safe_config(&args.sources) {
        Err(problems) => problems.0.into_iter().map(|problem| problem.0).collect(),
        Ok(config) => {
            let tls = config.tls.files().map(|(certificate, key)| crate::http::acceptor(certificate, key));
            let tls = tls.and_then(|result| result.err().map(|error| error.to_string()));
            let keys = master_key::load(&config.keys).err().map(|error| error.to_string());
            tls.into_iter().chain(keys).collect()
        }
    };
    if problems.is_empty() {
        return print_either(args.json, &json!({ "ok": true, "problems": [] }), "the configuration is fine");
    }
    if args.json {
        print(json!({ "ok": false, "problems": problems }))?;
        return Err("the configuration has problems".into());
    }
    Err(format!("the configuration has problems:\n- {}", problems.join("\n- ")).into())
}
