//! What threat protection and analytics are told of sign-ins.

use std::sync::{Arc, Mutex};

use cenote_core::analytics::{AnalyticsEvent, AnalyticsSink};
use cenote_core::testing::{TestService, merged};
use cenote_core::threat::{Event, Observation, ThreatEngine, Verdict};
use serde_json::json;

use crate::world::*;

#[derive(Default)]
struct Listener {
    /// User names and addresses.
    seen: Mutex<Vec<(String, String)>>,
    recorded: Mutex<Vec<&'static str>>,
}

impl ThreatEngine for Listener {
    fn assess(&self, observation: &Observation<'_>) -> Verdict {
        assert_eq!(observation.event, Event::SignIn);
        let seen = (observation.username.to_owned(), observation.source_ip.to_string());
        self.seen.lock().unwrap().push(seen);
        if observation.username == "mallory" { Verdict::Block } else { Verdict::Allow }
    }
}

impl AnalyticsSink for Listener {
    fn record(&self, event: AnalyticsEvent) {
        self.recorded.lock().unwrap().push(event.operation);
    }
}

#[tokio::test]
async fn every_step_of_both_sides_is_told() {
    let listener = Arc::new(Listener::default());
    let builder = TestService::builder().threat(listener.clone()).analytics(listener.clone());
    let arn = "arn:aws:mobiletargeting:us-east-1:123456789012:apps/0123456789abcdef0123456789abcdef";
    let client = json!({ "AnalyticsConfiguration": { "ApplicationArn": arn } });
    let world = World::with(builder, json!({}), client).await;
    world.invited("alice").await;
    world.invited("bob").await;
    let both =
        json!({ "ClientId": world.client, "AnalyticsMetadata": { "AnalyticsEndpointId": "endpoint" } });
    let public = merged(both.clone(), json!({ "UserContextData": { "IpAddress": "192.0.2.1" } }));
    let admin = json!({
        "UserPoolId": world.pool,
        "ContextData": {
            "IpAddress": "192.0.2.2", "ServerName": "example.org", "ServerPath": "/", "HttpHeaders": [],
        },
    });
    let admin = merged(both, admin);
    for (prefix, flow, username, request) in
        [("", "USER_PASSWORD_AUTH", "alice", &public), ("Admin", "ADMIN_USER_PASSWORD_AUTH", "bob", &admin)]
    {
        let start = |username: &str| {
            let parameters = json!({ "USERNAME": username, "PASSWORD": TEMPORARY });
            merged(request.clone(), json!({ "AuthFlow": flow, "AuthParameters": parameters }))
        };
        let (initiate, respond) =
            (format!("{prefix}InitiateAuth"), format!("{prefix}RespondToAuthChallenge"));
        let asked = world.service.ok(&initiate, start(username)).await;
        let answer = |username: &str| {
            let responses = json!({ "USERNAME": username, "NEW_PASSWORD": PASSWORD });
            let answer = json!({
                "ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": asked["Session"],
                "ChallengeResponses": responses,
            });
            merged(request.clone(), answer)
        };
        let refused = not_authorized("Unable to process the request due to security reasons.");
        assert_eq!(world.service.fails(&initiate, start("mallory")).await, refused);
        assert_eq!(world.service.fails(&respond, answer("mallory")).await, refused);
        world.service.ok(&respond, answer(username)).await;
    }
    // What a public client says of its address does not count; what a back end says does.
    let seen = |username: &str, address: &str| (username.to_owned(), address.to_owned());
    let of = |username: &str, address: &str| {
        let mallory = || seen("mallory", address);
        vec![seen(username, address), mallory(), mallory(), seen(username, address)]
    };
    let expected = [of("alice", "127.0.0.1"), of("bob", "192.0.2.2")].concat();
    assert_eq!(*listener.seen.lock().unwrap(), expected);
    let operations =
        ["InitiateAuth", "RespondToAuthChallenge", "AdminInitiateAuth", "AdminRespondToAuthChallenge"];
    assert_eq!(*listener.recorded.lock().unwrap(), operations);
}
