//! What threat protection and analytics are told of sign-ups, and what threat protection may stop.

use std::sync::{Arc, Mutex};

use cenote_core::analytics::{AnalyticsEvent, AnalyticsSink};
use cenote_core::testing::TestService;
use cenote_core::threat::{Event, Observation, ThreatEngine, Verdict};
use serde_json::json;

use crate::world::*;

struct Listener {
    verdict: Verdict,
    seen: Mutex<Vec<(Event, String)>>,
    events: Mutex<Vec<AnalyticsEvent>>,
}

impl Listener {
    fn new(verdict: Verdict) -> Arc<Self> {
        Arc::new(Self { verdict, seen: Mutex::default(), events: Mutex::default() })
    }
}

impl ThreatEngine for Listener {
    fn assess(&self, observation: &Observation<'_>) -> Verdict {
        self.seen.lock().unwrap().push((observation.event, observation.username.to_owned()));
        self.verdict
    }
}

impl AnalyticsSink for Listener {
    fn record(&self, event: AnalyticsEvent) {
        self.events.lock().unwrap().push(event);
    }
}

#[tokio::test]
async fn each_operation_is_observed_once_and_recorded() {
    let listener = Listener::new(Verdict::Allow);
    let builder = TestService::builder().threat(listener.clone()).analytics(listener.clone());
    let world = World::with(
        builder,
        json!({ "AutoVerifiedAttributes": ["email"] }),
        json!({ "AnalyticsConfiguration": {
            "ApplicationArn": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/0123456789abcdef0123456789abcdef",
        } }),
    )
    .await;
    let metadata = json!({ "AnalyticsEndpointId": "endpoint" });
    let members = json!({
        "Password": PASSWORD, "AnalyticsMetadata": metadata,
        "UserAttributes": attributes(&[("email", "rosa@example.org")]),
        "UserContextData": { "EncodedData": "nonsense", "IpAddress": "192.0.2.1" },
    });
    let answer = world.service.ok("SignUp", world.public("rosa", members)).await;
    let request = world.public("rosa", json!({ "AnalyticsMetadata": metadata }));
    world.service.ok("ResendConfirmationCode", request).await;
    let code = world.messages("ResendCode").await[0].code.clone().unwrap();
    let request = world.public("rosa", json!({ "AnalyticsMetadata": metadata, "ConfirmationCode": code }));
    world.service.ok("ConfirmSignUp", request).await;
    let rosa = |event| (event, "rosa".to_owned());
    assert_eq!(
        *listener.seen.lock().unwrap(),
        [rosa(Event::SignUp), rosa(Event::ResendCode), rosa(Event::ConfirmSignUp)]
    );
    let events = listener.events.lock().unwrap();
    let operations: Vec<_> = events.iter().map(|event| event.operation).collect();
    assert_eq!(operations, ["SignUp", "ResendConfirmationCode", "ConfirmSignUp"]);
    for event in events.iter() {
        assert_eq!(
            (event.endpoint_id.as_str(), event.sub.as_deref()),
            ("endpoint", answer["UserSub"].as_str())
        );
    }
}

#[tokio::test]
async fn what_is_blocked_changes_nothing() {
    let listener = Listener::new(Verdict::Block);
    let world = World::with(
        TestService::builder().threat(listener.clone()),
        json!({ "AutoVerifiedAttributes": ["email"] }),
        json!({}),
    )
    .await;
    let refused = unauthorized("Unable to process the request due to security reasons.");
    assert_eq!(world.sign_up("rosa", &[]).await, Err(refused.clone()));
    assert!(world.does_not_exist("rosa").await);
    for (operation, members) in
        [("ResendConfirmationCode", json!({})), ("ConfirmSignUp", json!({ "ConfirmationCode": "123456" }))]
    {
        assert_eq!(world.service.fails(operation, world.public("nobody", members)).await, refused);
    }
}
