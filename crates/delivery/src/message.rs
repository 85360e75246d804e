//! A message to a user, and how it is kept until it has been delivered.

use std::fmt;

use cenote_crypto::{KeyRing, Purpose, RandomSource, Secret, UnsealError, random::base32hex_lower};
use cenote_store::{Channel, MessageId, MessageState, OutboxMessage, PoolId, Sealed};
use serde::{Deserialize, Serialize};

/// A rendered message. Everything but channel and purpose is confidential.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The user pool it is sent for.
    pub pool_id: String,
    /// The stored name of the user.
    pub username: String,
    pub channel: Channel,
    /// One address or phone number; see [`crate::address`].
    pub to: String,
    /// `address` or `Name <address>`; the sender of the server when none. Mails only.
    pub from: Option<String>,
    /// In the form of `from`. Mails only.
    pub reply_to: Option<String>,
    /// Plain text. Mails only.
    pub subject: Option<String>,
    /// HTML for mails, plain text for text messages.
    pub body: String,
    /// The code or temporary password in the body, for the inbox.
    pub code: Option<String>,
    /// The suffix of the trigger source: `SignUp`, `ForgotPassword`, …
    pub purpose: String,
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("channel", &self.channel)
            .field("purpose", &self.purpose)
            .finish_non_exhaustive()
    }
}

/// Why the content of an outbox message cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContentError {
    /// The key ring does not open it.
    #[error(transparent)]
    Sealed(#[from] UnsealError),
    /// It opened, but is no message of this version.
    #[error("the content is not a message")]
    Format,
}

/// A new id: 13 digits of epoch milliseconds, a dash, 12 random characters. Sorts by time of creation.
#[must_use]
pub fn new_message_id(now_ms: i64, random: &dyn RandomSource) -> MessageId {
    MessageId::new(format!("{:013}-{}", now_ms.max(0), base32hex_lower(random, 12)))
}

/// Makes the outbox message to append in the change set of the code it carries. Due at once; dropped when it is still
/// undelivered at `expires_ms`, the end of its code.
#[must_use]
pub fn seal(
    message: &Message,
    now_ms: i64,
    expires_ms: i64,
    keyring: &KeyRing,
    random: &dyn RandomSource,
) -> OutboxMessage {
    let id = new_message_id(now_ms, random);
    // A struct of texts always serialises; if it ever did not, the empty content would end as a dead letter.
    let plaintext = Secret::new(serde_json::to_vec(message).unwrap_or_default());
    let content = keyring.seal_text(
        Purpose::OutboxMessage,
        &[&message.pool_id, id.as_str()],
        plaintext.expose(),
        random,
    );
    OutboxMessage {
        id,
        pool_id: PoolId::new(message.pool_id.clone()),
        version: 0,
        created_ms: now_ms,
        due_ms: now_ms,
        expires_ms,
        attempts: 0,
        state: MessageState::Pending,
        channel: message.channel,
        decoy: false,
        last_error: None,
        content: Sealed(content),
    }
}

/// The same for nobody: as much work and as large a row, which the worker drops.
#[must_use]
pub fn seal_decoy(
    message: &Message,
    now_ms: i64,
    expires_ms: i64,
    keyring: &KeyRing,
    random: &dyn RandomSource,
) -> OutboxMessage {
    OutboxMessage { decoy: true, ..seal(message, now_ms, expires_ms, keyring, random) }
}

/// Opens an outbox message.
///
/// # Errors
/// When its master key is gone, or the row is not what was written.
pub fn unseal(outbox: &OutboxMessage, keyring: &KeyRing) -> Result<Message, ContentError> {
    let context = [outbox.pool_id.as_str(), outbox.id.as_str()];
    let plaintext = keyring.unseal_text(Purpose::OutboxMessage, &context, &outbox.content.0)?;
    serde_json::from_slice(plaintext.expose()).map_err(|_| ContentError::Format)
}

#[cfg(test)]
pub(crate) mod tests {
    use cenote_crypto::{MasterKey, SeededRandom};

    use super::*;

    pub(crate) fn mail() -> Message {
        Message {
            pool_id: "us-east-1_Example01".to_owned(),
            username: "rosa".to_owned(),
            channel: Channel::Email,
            to: "rosa@example.org".to_owned(),
            from: None,
            reply_to: None,
            subject: Some("Your verification code".to_owned()),
            body: "Your code is <b>123456</b>.".to_owned(),
            code: Some("123456".to_owned()),
            purpose: "SignUp".to_owned(),
        }
    }

    pub(crate) fn keyring(seed: u64) -> KeyRing {
        KeyRing::new(MasterKey::generate(&SeededRandom::new(seed)), Vec::new())
    }

    #[test]
    fn a_message_comes_back_as_it_was() {
        let ring = keyring(1);
        let outbox = seal(&mail(), 1_000, 61_000, &ring, &SeededRandom::new(2));
        assert_eq!((outbox.due_ms, outbox.expires_ms, outbox.attempts), (1_000, 61_000, 0));
        assert_eq!(unseal(&outbox, &ring), Ok(mail()));
    }

    #[test]
    fn content_opens_in_its_own_row_only() {
        let ring = keyring(1);
        let random = SeededRandom::new(2);
        let outbox = seal(&mail(), 1_000, 61_000, &ring, &random);
        let rejected = Err(ContentError::Sealed(UnsealError::Rejected));
        let moved = OutboxMessage { id: new_message_id(1_000, &random), ..outbox.clone() };
        assert_eq!(unseal(&moved, &ring), rejected);
        let moved = OutboxMessage { pool_id: PoolId::new("us-east-1_Other"), ..outbox.clone() };
        assert_eq!(unseal(&moved, &ring), rejected);
        assert!(matches!(
            unseal(&outbox, &keyring(9)),
            Err(ContentError::Sealed(UnsealError::UnknownKey(_)))
        ));
    }

    #[test]
    fn ids_sort_by_time() {
        let random = SeededRandom::new(3);
        let ids: Vec<_> = [0, 999, 1_000, 1_795_000_000_000].map(|now| new_message_id(now, &random)).into();
        assert!(ids.is_sorted());
        assert_eq!(ids[3].as_str().len(), 26);
        assert!(ids[3].as_str().starts_with("1795000000000-"));
    }

    #[test]
    fn debug_shows_channel_and_purpose_only() {
        let text = format!("{:?}", mail());
        assert_eq!(text, "Message { channel: Email, purpose: \"SignUp\", .. }");
    }
}
