//! What reaches threat protection and analytics, and what goes nowhere.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};

use cenote_core::analytics::{AnalyticsEvent, AnalyticsSink};
use cenote_core::testing::{START_MS, TestService};
use cenote_core::threat::{Event, Observation, ThreatEngine, Verdict};
use serde_json::{Value, json};

use crate::world::*;

#[derive(Clone, Debug, PartialEq)]
struct Seen {
    event: Event,
    username: String,
    source_ip: IpAddr,
    device: Option<String>,
    device_trusted: bool,
}

struct Recorder {
    seen: Mutex<Vec<Seen>>,
    verdict: Verdict,
}

impl Recorder {
    fn new(verdict: Verdict) -> Arc<Self> {
        Arc::new(Self { seen: Mutex::new(Vec::new()), verdict })
    }

    fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

impl ThreatEngine for Recorder {
    fn assess(&self, observation: &Observation<'_>) -> Verdict {
        self.seen.lock().unwrap().push(Seen {
            event: observation.event,
            username: observation.username.to_owned(),
            source_ip: observation.source_ip,
            device: observation.device.and_then(|device| device.fields.get("DeviceId").cloned()),
            device_trusted: observation.device_trusted,
        });
        self.verdict
    }
}

#[derive(Default)]
struct Sink(Mutex<Vec<AnalyticsEvent>>);

impl AnalyticsSink for Sink {
    fn record(&self, event: AnalyticsEvent) {
        self.0.lock().unwrap().push(event);
    }
}

/// What the browser script of the client libraries sends.
fn encoded_data(client: &str, pool: &str, username: &str, time_ms: i64) -> String {
    use base64::Engine;
    let payload = json!({
        "contextData": { "DeviceId": "device-1" }, "username": username, "userPoolId": pool,
        "timestamp": time_ms.to_string(),
    })
    .to_string();
    let version = "JS20171115";
    let signature = {
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, client.as_bytes());
        let tag = aws_lc_rs::hmac::sign(&key, format!("{version}{payload}").as_bytes());
        base64::engine::general_purpose::STANDARD.encode(tag.as_ref())
    };
    let outer = json!({ "payload": payload, "signature": signature, "version": version });
    base64::engine::general_purpose::STANDARD.encode(outer.to_string())
}

fn request(world: &World, user_context: &Value) -> Value {
    json!({ "ClientId": world.client, "Username": "alice", "UserContextData": user_context })
}

#[tokio::test]
async fn the_device_is_read_and_trusted_if_everything_fits() {
    let recorder = Recorder::new(Verdict::Allow);
    let world =
        World::with(TestService::builder().threat(Arc::clone(&recorder) as _), json!({}), json!({})).await;
    world.alice().await;
    let good = encoded_data(&world.client, &world.pool, "alice", START_MS);
    for encoded in [
        good.clone(),
        encoded_data(&world.client, &world.pool, "mallory", START_MS),
        encoded_data(&world.client, &world.pool, "alice", START_MS - 11 * 60_000),
        encoded_data("another", &world.pool, "alice", START_MS),
        "not base64!".into(),
    ] {
        let data = json!({ "EncodedData": encoded, "IpAddress": "203.0.113.9" });
        world.service.ok("ForgotPassword", request(&world, &data)).await;
    }
    let seen = recorder.seen();
    let devices: Vec<_> = seen.iter().map(|seen| (seen.device.as_deref(), seen.device_trusted)).collect();
    let device = Some("device-1");
    assert_eq!(devices, [(device, true), (device, false), (device, false), (device, false), (None, false)]);
    assert!(seen.iter().all(|seen| seen.event == Event::ForgotPassword && seen.username == "alice"));
    // A client without a secret is not believed about addresses.
    assert!(seen.iter().all(|seen| seen.source_ip == IpAddr::V4(Ipv4Addr::LOCALHOST)));
}

#[tokio::test]
async fn addresses_are_believed_of_clients_that_may_pass_them_on() {
    for (propagate, expected) in [(true, "203.0.113.9"), (false, "127.0.0.1")] {
        let recorder = Recorder::new(Verdict::Allow);
        let secret = "abcdefghijklmnopqrstuvwxyz123456";
        let world = World::with(
            TestService::builder().threat(Arc::clone(&recorder) as _),
            json!({}),
            json!({ "ClientSecret": secret, "EnablePropagateAdditionalUserContextData": propagate }),
        )
        .await;
        let hash = cenote_crypto::secret_hash::compute("alice", &world.client, &secret.into());
        let request = json!({
            "ClientId": world.client, "Username": "alice", "SecretHash": hash,
            "UserContextData": { "IpAddress": "203.0.113.9" },
        });
        assert_eq!(world.service.fails("ForgotPassword", request).await, unknown());
        assert_eq!(recorder.seen()[0].source_ip, expected.parse::<IpAddr>().unwrap());
    }
}

#[tokio::test]
async fn a_harmless_context_widens_the_limit_and_a_risk_closes_it() {
    let recorder = Recorder::new(Verdict::NoRisk);
    let world =
        World::with(TestService::builder().threat(Arc::clone(&recorder) as _), json!({}), json!({})).await;
    world.alice().await;
    for _ in 0..20 {
        world.forgot("alice").await.unwrap();
    }
    assert_eq!(world.forgot("alice").await, Err(limit()));

    let recorder = Recorder::new(Verdict::Block);
    let world =
        World::with(TestService::builder().threat(Arc::clone(&recorder) as _), json!({}), json!({})).await;
    world.alice().await;
    assert_eq!(world.forgot("alice").await.unwrap_err().0, "NotAuthorizedException");
    assert!(world.service.inbox().await.is_empty());
}

#[tokio::test]
async fn analytics_hear_of_clients_that_want_it() {
    for configured in [true, false] {
        let sink = Arc::new(Sink::default());
        let members = if configured {
            json!({ "AnalyticsConfiguration": {
                "ApplicationArn": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/0123456789abcdef",
            } })
        } else {
            json!({})
        };
        let builder = TestService::builder().analytics(Arc::clone(&sink) as _);
        let world = World::with(builder, json!({}), members).await;
        world.alice().await;
        let request = json!({
            "ClientId": world.client, "Username": "alice", "AnalyticsMetadata": { "AnalyticsEndpointId": "endpoint" },
        });
        world.service.ok("ForgotPassword", request).await;
        let events = sink.0.lock().unwrap();
        assert_eq!(events.len(), usize::from(configured));
        for event in events.iter() {
            assert_eq!((event.operation, event.endpoint_id.as_str()), ("ForgotPassword", "endpoint"));
            assert!(event.sub.is_some());
        }
    }
}
