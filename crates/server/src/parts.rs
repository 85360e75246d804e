//! What a server is put together from, each made of its section of the configuration.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use cenote_delivery::{
    EmailTransport, SmsTransport, SmsWebhook, SmsWebhookSettings, SmtpSettings, SmtpTransport,
};
use cenote_store::{Durability, MigrationMode, PostgresOptions, SqliteOptions, Store};
use cenote_triggers::{Credentials, Invoker, TriggerSettings};

use crate::config::{Config, Migrations, Problem, StoreSection};
use crate::http::acceptor;
use crate::server::StartError;

enum Engine {
    Sqlite { path: PathBuf, readers: usize },
    Postgres(PostgresOptions),
}

fn engine(section: &StoreSection) -> Result<Engine, Problem> {
    let url =
        section.url()?.ok_or_else(|| Problem("`store.url` is not set: which database is meant?".into()))?;
    let connections = usize::try_from(section.connections).unwrap_or(usize::MAX);
    Ok(match url.expose().strip_prefix("sqlite:") {
        Some(path) => Engine::Sqlite { path: PathBuf::from(path), readers: connections },
        None => Engine::Postgres(PostgresOptions {
            url: url.expose().clone(),
            max_connections: connections,
            patience: Duration::from_millis(section.timeout_ms),
            failover_wait: Duration::from_millis(section.failover_wait_ms),
            ca_file: Some(PathBuf::from(&section.ca_file)).filter(|path| !path.as_os_str().is_empty()),
            migrations: match section.migrations {
                Migrations::Apply => MigrationMode::Apply,
                Migrations::Check => MigrationMode::Check,
            },
        }),
    })
}

/// Opens the configured store and brings its schema up to date.
pub(crate) async fn open_store(section: &StoreSection, durability: Durability) -> Result<Store, StartError> {
    Ok(match engine(section)? {
        Engine::Sqlite { path, readers } => Store::open_sqlite(SqliteOptions { path, durability, readers })?,
        Engine::Postgres(options) => Store::open_postgres(options).await?,
    })
}

/// Whether the store could be opened, as far as that can be known without opening it.
fn check_store(section: &StoreSection) -> Result<(), StartError> {
    match engine(section)? {
        Engine::Postgres(options) => Ok(options.check()?),
        Engine::Sqlite { path, .. } => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            let folder = folder.unwrap_or(Path::new("."));
            if path.as_os_str().is_empty() || path.is_dir() || !folder.is_dir() {
                let text = format!("{} can't be a database: its folder has to exist", path.display());
                return Err(Problem(text).into());
            }
            Ok(())
        }
    }
}

/// How mail leaves.
pub(crate) fn email(config: &Config, dev: bool) -> Result<EmailTransport, StartError> {
    Ok(match config.email.smtp_url()? {
        Some(url) => {
            let mut settings = SmtpSettings::new(url.expose(), config.email.from.as_str());
            settings.certificate_authorities = read_if_set(&config.email.ca_file)?;
            EmailTransport::Smtp(SmtpTransport::new(&settings)?)
        }
        None if dev => EmailTransport::Inbox,
        None => EmailTransport::None,
    })
}

/// How text messages leave.
pub(crate) fn sms(config: &Config, dev: bool) -> Result<SmsTransport, StartError> {
    if config.sms.webhook_url.is_empty() {
        return Ok(if dev { SmsTransport::Inbox } else { SmsTransport::None });
    }
    let mut settings = SmsWebhookSettings::new(config.sms.webhook_url.as_str());
    settings.signing_key = config.sms.secret()?;
    settings.bearer_token = config.sms.bearer_token()?;
    Ok(SmsTransport::Webhook(SmsWebhook::new(&settings)?))
}

fn read_if_set(file: &str) -> Result<Option<Vec<u8>>, Problem> {
    if file.is_empty() {
        return Ok(None);
    }
    std::fs::read(file).map(Some).map_err(|error| Problem(format!("{file} can't be read: {error}")))
}

/// What calls functions.
pub(crate) fn invoker(config: &Config, clock: cenote_triggers::Clock) -> Result<Invoker, StartError> {
    let section = &config.triggers;
    let mut settings = TriggerSettings::new(config.aws.region.as_str());
    settings.endpoint = Some(section.endpoint.clone()).filter(|endpoint| !endpoint.is_empty());
    settings.endpoints = section.endpoints.clone();
    settings.credentials = Credentials::from_environment(|name| std::env::var(name).ok());
    settings.timeout = Duration::from_millis(section.timeout_ms);
    settings.attempts = section.attempts;
    settings.allow_private_networks = section.allow_private_networks;
    Invoker::new(settings, clock).map_err(|error| StartError::Triggers(error.to_string()))
}

/// What `serve` would refuse of the configuration, with the section it is in. Opens no store and asks nobody, but needs a
/// runtime.
pub(crate) fn check(config: &Config) -> Vec<(&'static str, StartError)> {
    let tls = config.tls.files().map(|(certificate, key)| acceptor(certificate, key));
    let tls = tls.and_then(Result::err).map(StartError::from);
    let parts = [
        ("store", check_store(&config.store).err()),
        ("tls", tls),
        ("email", email(config, false).err()),
        ("sms", sms(config, false).err()),
        ("triggers", invoker(config, Arc::new(|| 0)).err()),
    ];
    parts.into_iter().filter_map(|(section, error)| Some((section, error?))).collect()
}
