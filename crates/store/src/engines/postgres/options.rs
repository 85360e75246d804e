//! Where the database is and how it is reached.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};

use super::tls::MakeTls;
use crate::error::StoreError;

/// How PostgreSQL is reached.
#[derive(Clone)]
pub struct PostgresOptions {
    /// `postgres://user:password@host:port,host:port/database?…`, or libpq's `key=value` form.
    ///
    /// `sslmode` is `disable`, `require` or `verify-full`. The two last are the same here: the certificate is always
    /// verified. Without it the connection is encrypted unless the server is this machine.
    pub url: String,
    pub max_connections: usize,
    /// How long the server may take for an answer, before its connection is given up.
    pub patience: Duration,
    /// How long reads and changes wait for a server that is away, and are tried again, before they fail.
    pub failover_wait: Duration,
    /// The authorities, as PEM, that the server's certificate must come from; the system's when missing.
    pub ca_file: Option<PathBuf>,
    pub migrations: MigrationMode,
}

/// What opening a database does about its schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MigrationMode {
    /// Brings it up to date.
    Apply,
    /// Fails with [`StoreError::OlderSchema`] when it is not up to date, and writes nothing.
    Check,
}

impl fmt::Debug for PostgresOptions {
    /// Without the URL, which may have a password in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresOptions")
            .field("max_connections", &self.max_connections)
            .field("patience", &self.patience)
            .field("failover_wait", &self.failover_wait)
            .field("ca_file", &self.ca_file)
            .field("migrations", &self.migrations)
            .finish_non_exhaustive()
    }
}

impl PostgresOptions {
    /// Whether the URL and the file of authorities can be used at all. Asks nobody.
    ///
    /// # Errors
    /// [`StoreError`] with what is wrong with them.
    pub fn check(&self) -> Result<(), StoreError> {
        self.connection().map(drop)
    }

    /// The driver's configuration, and what encrypts.
    pub(super) fn connection(&self) -> Result<(Config, Option<MakeTls>), StoreError> {
        // The driver knows neither of the two modes that verify; with ours `require` does.
        let url = self
            .url
            .replace("sslmode=verify-full", "sslmode=require")
            .replace("sslmode=verify-ca", "sslmode=require");
        let mut config: Config = url.parse().map_err(|_| {
            StoreError::configuration("the database's URL is not one, or has an option that is not known")
        })?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(StoreError::configuration("the database's URL has no host"));
        }
        let encrypted = match config.get_ssl_mode() {
            SslMode::Disable => false,
            SslMode::Require => true,
            _ => !is_this_machine(&config),
        };
        config.ssl_mode(if encrypted { SslMode::Require } else { SslMode::Disable });
        set_defaults(&mut config);
        let tls = if encrypted { Some(MakeTls::new(self.ca_file.as_deref())?) } else { None };
        Ok((config, tls))
    }
}

/// Finds the primary, and notices a dead one within seconds. One name may lead to several servers too; what a replica says
/// may be out of date.
fn set_defaults(config: &mut Config) {
    config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(Duration::from_secs(3));
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(Duration::from_secs(5));
    }
    if config.get_keepalives_interval().is_none() {
        config.keepalives_idle(Duration::from_secs(5)).keepalives_interval(Duration::from_secs(2));
    }
    if config.get_application_name().is_none() {
        config.application_name("cenote");
    }
}

fn is_this_machine(config: &Config) -> bool {
    let hosts = config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    });
    hosts && config.get_hostaddrs().iter().all(IpAddr::is_loopback)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(url: &str) -> Result<(Config, bool), StoreError> {
        let options = PostgresOptions {
            url: url.into(),
            max_connections: 1,
            patience: Duration::from_secs(1),
            failover_wait: Duration::ZERO,
            ca_file: None,
            migrations: MigrationMode::Check,
        };
        options.connection().map(|(config, tls)| (config, tls.is_some()))
    }

    #[test]
    fn only_this_machine_is_reached_in_the_clear_unless_told_otherwise() {
        for (url, encrypted) in [
            ("postgres://u:p@localhost/d", false),
            ("postgres://u:p@127.0.0.1/d", false),
            ("postgres://u@%2Frun%2Fpostgresql/d", false),
            ("postgres://u:p@db.example.org/d", true),
            ("postgres://u:p@db.example.org/d?sslmode=prefer", true),
            ("postgres://u:p@localhost,db.example.org/d", true),
            ("host=localhost hostaddr=192.0.2.1 user=u", true),
            ("postgres://u:p@db.example.org/d?sslmode=disable", false),
            ("postgres://u:p@localhost/d?sslmode=verify-full", true),
            ("host=localhost user=u sslmode=verify-full", true),
        ] {
            assert_eq!(connection(url).unwrap().1, encrypted, "{url}");
        }
    }

    #[test]
    fn only_a_server_that_can_be_written_will_do() {
        let (config, _) = connection("postgres://u@one:5433,two:5434/d").unwrap();
        assert_eq!(config.get_hosts().len(), 2);
        assert_eq!(config.get_ports(), [5433, 5434]);
        for url in [
            "postgres://u@one,two/d",
            "postgres://u@one/d",
            "postgres://u@one/d?target_session_attrs=any",
            "postgres://u@one/d?target_session_attrs=read-only",
        ] {
            let (config, _) = connection(url).unwrap();
            assert_eq!(config.get_target_session_attrs(), TargetSessionAttrs::ReadWrite, "{url}");
        }
    }

    #[test]
    fn nothing_of_the_url_is_repeated() {
        for url in ["postgres://u:hunter2@host/d?what=hunter2", "hunter2", "postgres://u:hunter2@"] {
            let error = connection(url).unwrap_err();
            assert!(matches!(error, StoreError::Configuration { .. }), "{error}");
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
        let options = PostgresOptions {
            url: "postgres://u:hunter2@host".into(),
            max_connections: 1,
            patience: Duration::from_secs(1),
            failover_wait: Duration::ZERO,
            ca_file: None,
            migrations: MigrationMode::Apply,
        };
        assert!(!format!("{options:?}").contains("hunter2"));
    }
}
