//! The log: one line or one JSON object an event, on standard error.
//!
//! Lines are gathered for a moment ([`buffer`]). Names of events are `area.what_happened`. Never logged: bodies, user names,
//! passwords, codes, tokens, client ids, secrets.

mod buffer;
mod text;

use std::panic;

use buffer::Buffer;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::config::{LogFormat, LogLevel, LogSection};

/// Writes out what is gathered when it is dropped; after that every line is written at once.
#[must_use]
#[derive(Debug)]
pub struct Log(Buffer);

impl Drop for Log {
    fn drop(&mut self) {
        self.0.finish();
    }
}

/// Starts logging for the whole process. Call it once, and keep what it returns until the process ends.
pub fn start(section: &LogSection) -> Log {
    let level = match section.level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let filter = filter(level);
    let buffer = Buffer::start(std::io::stderr());
    let layer = tracing_subscriber::fmt::layer().with_writer(buffer.clone());
    let layer = match section.format {
        LogFormat::Text => layer.event_format(text::Text).boxed(),
        LogFormat::Json => layer.json().flatten_event(true).boxed(),
    };
    let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer).with(filter));
    // Where it happened says enough. The text may quote what it happened with. An error is written at once.
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panicked");
    }));
    Log(buffer)
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

    /// Runs itself in a process of its own, whose log and hook nobody else has.
    #[test]
    fn what_a_panic_says_stays_out_of_the_log() {
        const CHILD: &str = "TEST_THAT_PANICS";
        if std::env::var_os(CHILD).is_some() {
            let _log = super::start(&LogSection { format: LogFormat::Json, level: LogLevel::Trace });
            let name = std::hint::black_box("wilhelmina-ü");
            let _ = std::panic::catch_unwind(|| panic!("no user {name}"));
            let _ = std::panic::catch_unwind(|| name[..name.len() - 1].len());
            return;
        }
        let mut itself = std::process::Command::new(std::env::current_exe().unwrap());
        itself.args(["--exact", "--nocapture", "log::tests::what_a_panic_says_stays_out_of_the_log"]);
        let log = String::from_utf8(itself.env(CHILD, "1").output().unwrap().stderr).unwrap();
        assert_eq!(log.matches("\"message\":\"panicked\"").count(), 2, "{log}");
        assert!(log.contains("log.rs:"), "{log}");
        assert!(!log.contains("wilhelmina"), "{log}");
    }

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
