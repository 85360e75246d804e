//! How messages leave: SMTP, a webhook for text messages, or the inbox of `cenote dev`.

#[cfg(test)]
pub(crate) mod fake_gateway;
#[cfg(test)]
pub(crate) mod fake_smtp;
mod mail;
mod smtp;
#[cfg(test)]
mod smtp_tests;
mod smtp_url;
mod webhook;
#[cfg(test)]
mod webhook_tests;

use cenote_store::{Channel, MessageId};

pub use smtp::{SmtpSettings, SmtpTransport};
pub(crate) use smtp_url::percent_decode;
pub use webhook::{SmsWebhook, SmsWebhookSettings};

use crate::message::Message;

/// Why a transport cannot be set up from its settings. Names no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SettingsError(pub(crate) String);

/// Why a message was not accepted. The texts go to the log and to the dead letters: they hold no address and no content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Trying again is no use.
    #[error("{0}")]
    Permanent(String),
    /// It may work later.
    #[error("{0}")]
    Temporary(String),
}

/// Where mails go.
#[derive(Clone, Debug)]
pub enum EmailTransport {
    Smtp(SmtpTransport),
    /// The page and JSON endpoint of `cenote dev`.
    Inbox,
    /// No sender is configured.
    None,
}

/// Where text messages go.
#[derive(Clone, Debug)]
pub enum SmsTransport {
    Webhook(SmsWebhook),
    /// The page and JSON endpoint of `cenote dev`.
    Inbox,
    /// No sender is configured.
    None,
}

/// The transport of each channel. Clones share connections.
#[derive(Clone, Debug)]
pub struct Transports {
    pub email: EmailTransport,
    pub sms: SmsTransport,
}

impl Transports {
    /// Everything goes to the inbox.
    #[must_use]
    pub const fn inbox() -> Self {
        Self { email: EmailTransport::Inbox, sms: SmsTransport::Inbox }
    }

    /// Whether messages of this channel can be sent at all. Core answers at once when they cannot.
    #[must_use]
    pub const fn can_send(&self, channel: Channel) -> bool {
        match channel {
            Channel::Email => !matches!(self.email, EmailTransport::None),
            Channel::Sms => !matches!(self.sms, SmsTransport::None),
        }
    }

    /// Whether messages of this channel stay in the store, for the inbox.
    #[must_use]
    pub const fn is_inbox(&self, channel: Channel) -> bool {
        match channel {
            Channel::Email => matches!(self.email, EmailTransport::Inbox),
            Channel::Sms => matches!(self.sms, SmsTransport::Inbox),
        }
    }

    /// Hands the message to the mail server or gateway. `now_ms` becomes its date.
    ///
    /// # Errors
    /// When it was not accepted, or it is not known whether it was.
    pub async fn send(&self, id: &MessageId, message: &Message, now_ms: i64) -> Result<(), SendError> {
        match (message.channel, &self.email, &self.sms) {
            (Channel::Email, EmailTransport::Smtp(smtp), _) => smtp.send(id, message, now_ms).await,
            (Channel::Sms, _, SmsTransport::Webhook(webhook)) => webhook.send(id, message, now_ms).await,
            // The worker serves inboxes itself, so only a channel without sender is left. It may get one, and until
            // then the message waits.
            _ => Err(SendError::Temporary("no sender is configured for this channel".to_owned())),
        }
    }
}
