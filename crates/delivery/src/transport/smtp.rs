//! SMTP with STARTTLS or implicit TLS, authentication and a few kept connections.
//!
//! The pool is our own because a connection may only be used again after a whole, successful exchange: lettre's keeps a
//! connection that was dropped half-way through a mail, whose next command would then be read as part of that mail.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cenote_store::MessageId;
use lettre::Address;
use lettre::address::Envelope;
use lettre::message::Mailbox;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use tokio::time::{Instant, timeout};

use super::mail::{compose, parse_mailbox};
use super::smtp_url::{SmtpTls, SmtpUrl};
use super::{SendError, SettingsError};
use crate::message::Message;

/// How mail servers are reached.
#[derive(Clone)]
pub struct SmtpSettings {
    /// `smtp://user:password@host:587?tls=required|opportunistic|none&hello=name` or `smtps://…`, user and password
    /// percent-encoded. Without `tls` it is `required`, or `none` for loopback addresses.
    pub url: String,
    /// The sender when a pool names none: `address` or `Name <address>`.
    pub from: String,
    /// Certificates in PEM that are trusted besides those of the system, for mail servers with a private authority.
    pub certificate_authorities: Option<Vec<u8>>,
    /// The longest time one mail may take, connecting included. Keep it below the worker's lease.
    pub timeout: Duration,
    /// How many idle connections are kept.
    pub idle_connections: usize,
    /// How long a connection is kept without use. Servers close them after about five minutes.
    pub idle_timeout: Duration,
}

impl SmtpSettings {
    /// The usual settings: 20 seconds, four idle connections for a minute.
    #[must_use]
    pub fn new(url: impl Into<String>, from: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            from: from.into(),
            certificate_authorities: None,
            timeout: Duration::from_secs(20),
            idle_connections: 4,
            idle_timeout: Duration::from_secs(60),
        }
    }
}

impl fmt::Debug for SmtpSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpSettings").field("from", &self.from).finish_non_exhaustive()
    }
}

/// Sends mails to one mail server. Clones share connections.
#[derive(Clone)]
pub struct SmtpTransport {
    inner: Arc<Inner>,
}

struct Inner {
    url: SmtpUrl,
    tls: Option<TlsParameters>,
    hello: ClientId,
    from: Mailbox,
    timeout: Duration,
    idle_connections: usize,
    idle_timeout: Duration,
    idle: Mutex<Vec<(AsyncSmtpConnection, Instant)>>,
}

impl fmt::Debug for SmtpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpTransport")
            .field("host", &self.inner.url.host)
            .field("port", &self.inner.url.port)
            .field("tls", &self.inner.url.tls)
            .finish_non_exhaustive()
    }
}

impl SmtpTransport {
    /// Checks the settings; connects to nobody yet.
    ///
    /// # Errors
    /// When the URL or the sender is malformed, or TLS is wanted and the system's certificates cannot be loaded.
    pub fn new(settings: &SmtpSettings) -> Result<Self, SettingsError> {
        let url = SmtpUrl::parse(&settings.url)?;
        let from = parse_mailbox(&settings.from)
            .ok_or_else(|| SettingsError("the sender is neither an address nor Name <address>".to_owned()))?;
        let tls = match url.tls {
            SmtpTls::None => None,
            _ => Some(tls_parameters(&url.host, settings.certificate_authorities.as_deref())?),
        };
        let hello = url.hello.clone().map_or_else(ClientId::default, ClientId::Domain);
        Ok(Self {
            inner: Arc::new(Inner {
                url,
                tls,
                hello,
                from,
                timeout: settings.timeout,
                idle_connections: settings.idle_connections,
                idle_timeout: settings.idle_timeout,
                idle: Mutex::new(Vec::new()),
            }),
        })
    }

    pub(super) async fn send(&self, id: &MessageId, message: &Message, now_ms: i64) -> Result<(), SendError> {
        let mail = compose(id, message, &self.inner.from, now_ms)?;
        // Everything waits somewhere in here, and a connection left behind half-way is closed, never kept.
        match timeout(self.inner.timeout, self.inner.transfer(mail.envelope(), &mail.formatted())).await {
            Ok(outcome) => outcome,
            Err(_) => Err(SendError::Temporary("the mail server took too long".to_owned())),
        }
    }
}

impl Inner {
    async fn transfer(&self, envelope: &Envelope, mail: &[u8]) -> Result<(), SendError> {
        let mut connection = match self.take_idle().await {
            Some(connection) => connection,
            // Refusals here concern the server's or our configuration, not this mail: it can be repaired in time.
            None => self.connect().await?,
        };
        connection.send(envelope, mail).await.map_err(|error| classify(&error, envelope.to()))?;
        self.keep(connection);
        Ok(())
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, SendError> {
        let refused =
            |error: &Error| SendError::Temporary(describe("the mail server is not available", error));
        let implicit = if self.url.tls == SmtpTls::Implicit { self.tls.clone() } else { None };
        let address = (self.url.host.as_str(), self.url.port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(address, Some(self.timeout), &self.hello, implicit, None)
                .await
                .map_err(|error| refused(&error))?;
        if let Some(tls) = &self.tls
            && (self.url.tls == SmtpTls::Required
                || (self.url.tls == SmtpTls::Opportunistic && connection.can_starttls()))
        {
            if !connection.can_starttls() {
                return Err(SendError::Temporary("the mail server offers no STARTTLS".to_owned()));
            }
            connection.starttls(tls.clone(), &self.hello).await.map_err(|error| refused(&error))?;
        }
        if let Some((user, password)) = &self.url.credentials {
            if self.url.tls == SmtpTls::Opportunistic && !connection.is_encrypted() {
                return Err(SendError::Temporary(
                    "the mail server offers no STARTTLS, and without it the password is not sent".to_owned(),
                ));
            }
            let credentials = Credentials::new(user.expose().clone(), password.expose().clone());
            connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await.map_err(|error| {
                SendError::Temporary(describe("the mail server refused user and password", &error))
            })?;
        }
        Ok(connection)
    }

    /// A kept connection that still answers.
    async fn take_idle(&self) -> Option<AsyncSmtpConnection> {
        loop {
            let (mut connection, since) = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
            if since.elapsed() < self.idle_timeout && connection.test_connected().await {
                return Some(connection);
            }
        }
    }

    fn keep(&self, connection: AsyncSmtpConnection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < self.idle_connections {
            idle.push((connection, Instant::now()));
        }
    }
}

fn tls_parameters(host: &str, authorities: Option<&[u8]>) -> Result<TlsParameters, SettingsError> {
    let failed = |error: Error| SettingsError(format!("TLS for mail cannot be set up: {error}"));
    let mut parameters = TlsParameters::builder(host.to_owned());
    if let Some(authorities) = authorities {
        parameters = parameters.add_root_certificate(Certificate::from_pem(authorities).map_err(failed)?);
    }
    parameters.build().map_err(failed)
}

/// What a failure between MAIL FROM and the end of the mail means.
fn classify(error: &Error, to: &[Address]) -> SendError {
    let needs_smtputf8 = to.iter().any(|address| !AsRef::<str>::as_ref(address).is_ascii());
    if error.is_permanent() {
        SendError::Permanent(describe("the mail server refused the message", error))
    } else if error.is_client() && needs_smtputf8 {
        SendError::Permanent("the mail server takes no international addresses".to_owned())
    } else if error.is_transient() {
        SendError::Temporary(describe("the mail server refused the message for now", error))
    } else {
        SendError::Temporary(describe("the connection to the mail server failed", error))
    }
}

/// The text with the server's status codes. The rest of its answer usually repeats the address and stays out.
fn describe(what: &str, error: &Error) -> String {
    let Some(status) = error.status() else {
        let kind = if error.is_tls() { " (TLS)" } else { "" };
        return format!("{what}{kind}");
    };
    let answer = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    match answer.split_whitespace().next().filter(|word| is_enhanced_status(word)) {
        Some(enhanced) => format!("{what} ({status} {enhanced})"),
        None => format!("{what} ({status})"),
    }
}

/// A status code of RFC 3463: `5.1.1`.
fn is_enhanced_status(word: &str) -> bool {
    let numbers: Vec<&str> = word.split('.').collect();
    matches!(numbers.as_slice(), ["2" | "4" | "5", ..])
        && numbers.len() == 3
        && numbers.iter().all(|number| {
            (1..=3).contains(&number.len()) && number.bytes().all(|digit| digit.is_ascii_digit())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_checked_and_debug_shows_no_password() {
        let transport =
            SmtpTransport::new(&SmtpSettings::new("smtp://u:hunter2@localhost:25", "Id <id@example.org>"))
                .unwrap();
        assert!(!format!("{transport:?}").contains("hunter2"));
        assert!(SmtpTransport::new(&SmtpSettings::new("smtp://localhost", "nobody")).is_err());
        assert!(SmtpTransport::new(&SmtpSettings::new("localhost", "id@example.org")).is_err());
    }

    #[test]
    fn only_status_codes_are_taken_from_answers() {
        assert!(is_enhanced_status("5.1.1") && is_enhanced_status("4.7.128"));
        for word in ["", "5", "5.1", "5.1.1.1", "1.2.3", "5..1", "5.a.1", "rosa@example.org", "5.1234.1"] {
            assert!(!is_enhanced_status(word), "{word}");
        }
    }
}
