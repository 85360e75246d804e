//! Fuzz targets: the decoders of bytes that come from outside. A target takes any bytes and panics when something that must
//! always hold does not; its seeds are what the fuzzer starts from. `cargo xtask fuzz` runs them.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic is how a target reports what it found"
)]

mod targets;

use targets as t;

/// A decoder under test.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    pub name: &'static str,
    /// Feeds the decoder. Panics when what it does is wrong.
    pub run: fn(&[u8]),
    /// Inputs that reach deep.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// Every target. `docs/security.md` says what has none.
pub const TARGETS: &[Target] = &[
    Target { name: "request_body", run: t::request_body::run, seeds: t::request_body::seeds },
    Target { name: "operation", run: t::operation::run, seeds: t::operation::seeds },
    Target { name: "signature", run: t::signature::run, seeds: t::signature::seeds },
    Target { name: "sealed", run: t::sealed::run, seeds: t::sealed::seeds },
    Target { name: "token", run: t::token::run, seeds: t::token::seeds },
    Target { name: "filter", run: t::filter::run, seeds: t::filter::seeds },
    Target { name: "context_data", run: t::context_data::run, seeds: t::context_data::seeds },
    Target { name: "seed_file", run: t::seed_file::run, seeds: t::seed_file::seeds },
    Target { name: "trigger_answer", run: t::trigger_answer::run, seeds: t::trigger_answer::seeds },
    Target { name: "template", run: t::template::run, seeds: t::template::seeds },
    Target { name: "passkey", run: t::passkey::run, seeds: t::passkey::seeds },
    Target { name: "configuration", run: t::configuration::run, seeds: t::configuration::seeds },
    Target { name: "key_file", run: t::key_file::run, seeds: t::key_file::seeds },
    Target { name: "srp", run: t::srp::run, seeds: t::srp::seeds },
    Target { name: "policy", run: t::policy::run, seeds: t::policy::seeds },
    Target { name: "forwarded_for", run: t::forwarded_for::run, seeds: t::forwarded_for::seeds },
    Target { name: "link", run: t::link::run, seeds: t::link::seeds },
    Target { name: "delivery_answer", run: t::delivery_answer::run, seeds: t::delivery_answer::seeds },
];

/// The target of a name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
