//! What the worker counts, for the metrics of the server.

use std::sync::atomic::{AtomicU64, Ordering};

use cenote_store::Channel;

/// Counters of one channel since the process started. They only grow.
#[derive(Debug, Default)]
pub struct ChannelStatistics {
    /// Messages a mail server or gateway accepted, or the inbox took.
    pub sent: AtomicU64,
    /// Attempts that failed and will be repeated.
    pub failed_temporarily: AtomicU64,
    /// Messages given up: refused for good, or out of attempts.
    pub dead: AtomicU64,
    /// Messages dropped because their code had expired.
    pub expired: AtomicU64,
}

/// Counters of every channel.
#[derive(Debug, Default)]
pub struct DeliveryStatistics {
    pub email: ChannelStatistics,
    pub sms: ChannelStatistics,
}

impl DeliveryStatistics {
    /// The counters of `channel`.
    #[must_use]
    pub fn channel(&self, channel: Channel) -> &ChannelStatistics {
        match channel {
            Channel::Email => &self.email,
            Channel::Sms => &self.sms,
        }
    }
}

pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
