//! What analytics are told. The engine comes later; until then nobody listens.

use cenote_model::types::AnalyticsMetadataType;

use crate::clients::Client;
use crate::context::Context;

/// Something a user did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnalyticsEvent {
    pub operation: &'static str,
    pub client_id: String,
    /// The endpoint of the caller's choice.
    pub endpoint_id: String,
    /// Absent for a user that does not exist.
    pub sub: Option<String>,
    pub now_ms: i64,
}

/// Takes events.
pub trait AnalyticsSink: Send + Sync + 'static {
    /// Must not block.
    fn record(&self, event: AnalyticsEvent);
}

/// Nobody listens.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoAnalytics;

impl AnalyticsSink for NoAnalytics {
    fn record(&self, _: AnalyticsEvent) {}
}

/// Passes on what the caller said, if the client has analytics configured.
pub fn record(
    context: &Context,
    operation: &'static str,
    client: &Client,
    metadata: Option<&AnalyticsMetadataType>,
    sub: Option<&str>,
) {
    let Some(endpoint_id) = metadata.and_then(|metadata| metadata.analytics_endpoint_id.clone()) else {
        return;
    };
    if client.configuration.analytics_configuration.is_none() {
        return;
    }
    context.analytics.record(AnalyticsEvent {
        operation,
        client_id: client.record.id.as_str().to_owned(),
        endpoint_id,
        sub: sub.map(str::to_owned),
        now_ms: context.now_ms,
    });
}
