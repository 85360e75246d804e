//! What every request can see of the server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cenote_core::Service;
use cenote_delivery::DeliveryStatistics;

use crate::access::Access;
use crate::clock::OffsetClock;
use crate::config::Config;
use crate::http::{BodyBudget, Cors};
use crate::metrics::Metrics;
use crate::rates::Rates;
use crate::request_ids::RequestIds;
use crate::seed::Seed;

/// A running server, but for its sockets.
#[derive(Debug)]
pub(crate) struct Site {
    pub config: Config,
    pub service: Arc<Service>,
    pub access: Access,
    pub rates: Rates,
    pub cors: Cors,
    pub bodies: BodyBudget,
    pub request_ids: RequestIds,
    pub metrics: Metrics,
    pub delivery: Arc<DeliveryStatistics>,
    /// `cenote dev`: the inbox is open, and documents are not cached.
    pub dev: bool,
    /// `/_cenote/` is closed to whoever asks under a name that is not ours.
    pub guards_host: bool,
    /// `cenote dev --clock` only.
    pub time_travel: Option<TimeTravel>,
    pub leaving: Leaving,
}

/// Whether the server was told to stop: then nobody new should come, and who is here should not stay.
#[derive(Debug, Default)]
pub(crate) struct Leaving(AtomicBool);

impl Leaving {
    pub(crate) fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn has_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What test suites may do to the server.
#[derive(Debug)]
pub(crate) struct TimeTravel {
    pub clock: Arc<OffsetClock>,
    pub seed: Option<Seed>,
}
