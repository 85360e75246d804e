//! Counters for Prometheus.

use std::sync::OnceLock;
use std::sync::atomic::Ordering;
use std::time::Duration;

use cenote_delivery::DeliveryStatistics;
use cenote_model::Operation;
use cenote_store::{MessageCount, Statistics};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::own::within_patience;
use crate::rates::Refusals;
use crate::record::Subject;
use crate::site::Site;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    operation: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfOperation {
    operation: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Delivery {
    channel: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Refusal {
    scope: &'static str,
    category: &'static str,
}

/// The outcome of a request that is no error.
pub(crate) const SUCCESS: &str = "ok";

type Histograms = Family<OfOperation, Histogram, fn() -> Histogram>;

/// What is counted where it happens.
#[derive(Debug)]
pub(crate) struct Metrics {
    requests: Family<Outcome, Counter>,
    durations: Histograms,
    /// The series of what succeeds, by operation, found once.
    successes: [OnceLock<(Counter, Histogram)>; Operation::ALL.len()],
    in_flight: Gauge,
    connections: Gauge,
    connections_refused: Counter,
    registry: Registry,
}

/// Counts as long as it lives.
#[derive(Debug)]
pub(crate) struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Metrics {
    pub(crate) fn new() -> Self {
        // From a quarter of a millisecond to four seconds.
        let histogram: fn() -> Histogram =
            || Histogram::new((0..15).map(|step| 0.000_25 * f64::from(1 << step)));
        let metrics = Self {
            requests: Family::default(),
            durations: Family::new_with_constructor(histogram),
            successes: [const { OnceLock::new() }; Operation::ALL.len()],
            in_flight: Gauge::default(),
            connections: Gauge::default(),
            connections_refused: Counter::default(),
            registry: Registry::default(),
        };
        metrics.registered()
    }

    fn registered(mut self) -> Self {
        let registry = self.registry.sub_registry_with_prefix("cenote");
        registry.register("requests", "Requests by operation and outcome", self.requests.clone());
        registry.register_with_unit(
            "request_duration",
            "Time from the headers to the answer",
            Unit::Seconds,
            self.durations.clone(),
        );
        registry.register(
            "requests_in_flight",
            "API requests that are being answered",
            self.in_flight.clone(),
        );
        registry.register("connections", "Open connections", self.connections.clone());
        registry.register(
            "connections_refused",
            "Connections beyond what one address may have",
            self.connections_refused.clone(),
        );
        registry.register(
            "build",
            "The running release",
            Info::new([("version", env!("CARGO_PKG_VERSION"))]),
        );
        self
    }

    pub(crate) fn request_started(&self) -> InFlight {
        self.in_flight.inc();
        InFlight(self.in_flight.clone())
    }

    /// `outcome` is [`SUCCESS`] or the code of the error.
    pub(crate) fn request_finished(&self, subject: Subject, outcome: &'static str, duration: Duration) {
        let name = subject.name();
        let find = || {
            let requests = self.requests.get_or_create_owned(&Outcome { operation: name, outcome });
            (requests, self.durations.get_or_create_owned(&OfOperation { operation: name }))
        };
        let known = match subject {
            Subject::Operation(operation) if outcome == SUCCESS => self.successes.get(operation as usize),
            _ => None,
        };
        let found;
        let (requests, durations) = match known {
            Some(known) => known.get_or_init(find),
            None => {
                found = find();
                &found
            }
        };
        requests.inc();
        durations.observe(duration.as_secs_f64());
    }

    /// Completes when no request is being answered.
    pub(crate) async fn idle(&self) {
        while self.in_flight.get() > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// An address had as many as it may.
    pub(crate) fn connection_refused(&self) {
        self.connections_refused.inc();
    }

    pub(crate) fn connection_opened(&self) -> InFlight {
        self.connections.inc();
        InFlight(self.connections.clone())
    }
}

/// Everything, in Prometheus' text form. Without the outbox's numbers when the store can't be read.
pub(crate) async fn text(site: &Site) -> String {
    let outbox = within_patience(site.service.store.count_messages()).await.ok().and_then(Result::ok);
    let mut registry = Registry::default();
    register_store(registry.sub_registry_with_prefix("cenote_store"), site.service.store.statistics());
    if let Some(count) = outbox {
        register_outbox(registry.sub_registry_with_prefix("cenote_outbox"), &count);
    }
    register_deliveries(registry.sub_registry_with_prefix("cenote"), &site.delivery);
    register_refusals(registry.sub_registry_with_prefix("cenote"), &site.rates.refusals);

    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = encode_registry(&mut text, &site.metrics.registry);
    let _ = encode_registry(&mut text, &registry);
    let _ = encode_eof(&mut text);
    text
}

fn counter(value: u64) -> Counter {
    let counter = Counter::default();
    counter.inc_by(value);
    counter
}

fn gauge(value: i64) -> Gauge {
    let gauge = Gauge::default();
    gauge.set(value);
    gauge
}

fn register_store(registry: &mut Registry, statistics: Statistics) {
    registry.register("commits", "Change sets that were acknowledged", counter(statistics.commits));
    registry.register("batches", "Transactions that wrote them", counter(statistics.batches));
    registry.register("conflicts", "Change sets refused by a precondition", counter(statistics.conflicts));
    registry.register(
        "failures",
        "Change sets that failed or whose outcome is unknown",
        counter(statistics.failures),
    );
    registry.register("retries", "Transactions that were run again", counter(statistics.retries));
    let resolved = "Commits whose answer was lost and whose outcome was found out";
    registry.register("resolved", resolved, counter(statistics.resolved));
}

fn register_outbox(registry: &mut Registry, count: &MessageCount) {
    registry.register("pending", "Messages that wait for delivery", gauge(count.pending));
    registry.register("dead", "Messages that were given up and are kept for the operator", gauge(count.dead));
}

fn register_deliveries(registry: &mut Registry, statistics: &DeliveryStatistics) {
    let deliveries = Family::<Delivery, Counter>::default();
    for (channel, of_channel) in [("email", &statistics.email), ("sms", &statistics.sms)] {
        for (outcome, count) in [
            ("sent", &of_channel.sent),
            ("failed_temporarily", &of_channel.failed_temporarily),
            ("dead", &of_channel.dead),
            ("expired", &of_channel.expired),
        ] {
            deliveries.get_or_create(&Delivery { channel, outcome }).inc_by(count.load(Ordering::Relaxed));
        }
    }
    registry.register("deliveries", "Attempts to deliver a message, by channel and outcome", deliveries);
}

fn register_refusals(registry: &mut Registry, refusals: &Refusals) {
    let family = Family::<Refusal, Counter>::default();
    for (scope, category, count) in refusals.counts().filter(|(_, _, count)| *count > 0) {
        family.get_or_create(&Refusal { scope, category }).inc_by(count);
    }
    registry.register("rate_refusals", "Requests over a rate, by whose it was and quota category", family);
}
