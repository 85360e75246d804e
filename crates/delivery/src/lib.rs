//! Messages to users: templates, the outbox worker, its transports, and the inbox of `cenote dev`.
//!
//! Core renders a [`Message`], seals it with [`seal`] and appends it in the same change set as the code it carries. The
//! [`Worker`] of any instance delivers it, tries again with growing delays, and drops it when its code has expired. A
//! message is sent at least once: a crash between the mail server's answer and the deletion of the row repeats it.
//!
//! | module | holds |
//! | --- | --- |
//! | [`template`], [`defaults`] | placeholders, limits, our own texts |
//! | [`address`] | what is known about a destination without contacting anyone |
//! | [`message`] | a message and its sealed form in the outbox |
//! | [`transport`] | SMTP and the webhook for text messages |
//! | [`worker`], [`retry`], [`statistics`] | delivery |
//! | [`inbox`] | page and JSON of every message in `cenote dev` |

pub mod address;
pub mod defaults;
pub mod inbox;
pub mod message;
pub mod retry;
pub mod statistics;
pub mod template;
mod text_alternative;
pub mod transport;
pub mod worker;

pub use message::{ContentError, Message, new_message_id, seal, seal_decoy, unseal};
pub use statistics::DeliveryStatistics;
pub use text_alternative::html_to_text;
pub use transport::{
    EmailTransport, SettingsError, SmsTransport, SmsWebhook, SmsWebhookSettings, SmtpSettings, SmtpTransport,
    Transports,
};
pub use worker::{Clock, Delivered, Worker, WorkerSettings};
