//! The log: one line or one JSON object an event, on standard error.
//!
//! Names of events are `area.what_happened`. Never logged: bodies, user names, passwords, codes, tokens, client ids, secrets.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::config::{LogFormat, LogLevel, LogSection};

/// Starts logging for the whole process. A second call changes nothing.
pub fn start(section: &LogSection) {
    let level = match section.level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let filter = filter(level);
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let layer = match section.format {
        LogFormat::Text => layer.with_ansi(false).boxed(),
        LogFormat::Json => layer.json().flatten_event(true).boxed(),
    };
    let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer).with(filter));
}

/// What is heard of whom.
fn filter(level: LevelFilter) -> Targets {
    Targets::new()
        // What libraries say below a warning may hold headers and queries, and with them secrets.
        .with_default(level.min(LevelFilter::WARN))
        // Clients that break HTTP/2 are none of our trouble.
        .with_target("h2", LevelFilter::ERROR)
        .with_target("cenote", level)
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn libraries_are_heard_when_something_is_wrong() {
        let filter = filter(LevelFilter::TRACE);
        let heard = |target: &str, level: Level| filter.would_enable(target, &level);
        assert!(heard("cenote::request", Level::TRACE) && heard("cenote_delivery", Level::DEBUG));
        assert!(heard("hyper", Level::WARN) && !heard("hyper", Level::INFO));
        assert!(heard("h2::codec", Level::ERROR) && !heard("h2::codec", Level::WARN));
        assert!(!super::filter(LevelFilter::ERROR).would_enable("hyper", &Level::WARN));
    }
}
