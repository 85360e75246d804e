//! The configuration: one struct per section, one section a file.
//!
//! `cenote.default.toml` names every setting and is loaded first; [`layers`] puts file, environment and command line over
//! it and refuses what it does not know. The `check` functions say what can't work or is not safe.

mod aws;
mod cors;
mod email;
mod files;
mod keys;
mod layers;
mod limits;
mod log;
mod recovery;
mod server;
mod sms;
mod store;
mod tls;
mod tokens;
mod triggers;

use serde::Deserialize;

pub use aws::{AwsSection, IssuerName};
pub use cors::CorsSection;
pub use email::EmailSection;
pub use files::{ensure_private, read_secret};
pub use keys::KeysSection;
pub use layers::{Layers, Problem, Problems};
pub use limits::{AddressRates, LimitsSection, Preset, RequestRates};
pub use log::{LogFormat, LogLevel, LogSection};
pub use recovery::{IneligibleAnswer, RecoverySection};
pub use server::{Network, ServerSection};
pub use sms::SmsSection;
pub use store::{Migrations, StoreSection};
pub use tls::TlsSection;
pub use tokens::TokensSection;
pub use triggers::TriggersSection;

/// Every setting.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub server: ServerSection,
    pub tls: TlsSection,
    pub store: StoreSection,
    pub keys: KeysSection,
    pub aws: AwsSection,
    pub email: EmailSection,
    pub sms: SmsSection,
    pub triggers: TriggersSection,
    pub limits: LimitsSection,
    pub recovery: RecoverySection,
    pub tokens: TokensSection,
    pub cors: CorsSection,
    pub log: LogSection,
}

impl Config {
    /// What can't work, whatever the mode. Reads no file and asks nobody.
    #[must_use]
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        self.server.check(&mut problems);
        self.tls.check(&mut problems);
        self.store.check(&mut problems);
        self.aws.check(&mut problems);
        self.email.check(&mut problems);
        self.sms.check(&mut problems);
        self.triggers.check(&mut problems);
        self.limits.check(&mut problems);
        self.cors.check(&mut problems);
        problems
    }

    /// What `serve` needs beyond [`Self::check`] to be safe: everything that is missing, and every secret file that others
    /// can read.
    #[must_use]
    pub fn check_for_serve(&self, has_master_key_variable: bool) -> Vec<Problem> {
        let mut problems = self.check();
        self.server.check_for_serve(&mut problems);
        self.tls.check_files(&mut problems);
        self.store.check_for_serve(&mut problems);
        self.keys.check_for_serve(has_master_key_variable, &mut problems);
        self.email.check_files(&mut problems);
        self.sms.check_files(&mut problems);
        problems
    }
}

#[cfg(test)]
mod tests;
