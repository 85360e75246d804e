use std::time::Duration;

use aws_lc_rs::hmac;
use cenote_store::{Channel, MessageId};

use super::fake_gateway::FakeGateway;
use super::{SendError, SmsWebhook, SmsWebhookSettings};
use crate::message::Message;
use crate::message::tests::mail;

const NOW_MS: i64 = 1_795_000_000_999;

fn text_message() -> Message {
    Message {
        channel: Channel::Sms,
        to: "+15555550100".to_owned(),
        subject: None,
        body: "Your code is 123456.".to_owned(),
        ..mail()
    }
}

async fn send(webhook: &SmsWebhook) -> Result<(), SendError> {
    webhook.send(&MessageId::new("1795000000000-abcdefghijkl"), &text_message(), NOW_MS).await
}

#[tokio::test]
async fn the_request_is_signed_and_complete() {
    let gateway = FakeGateway::start(&[202]).await;
    let webhook = SmsWebhook::new(&SmsWebhookSettings {
        bearer_token: Some("token-1".into()),
        signing_key: Some("signing-key".into()),
        ..SmsWebhookSettings::new(gateway.url())
    })
    .unwrap();
    send(&webhook).await.unwrap();
    send(&webhook).await.unwrap();
    assert_eq!(gateway.connections(), 1);
    let request = &gateway.requests()[0];
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/sms?tenant=1"));
    assert_eq!(request.headers["content-type"], "application/json");
    assert_eq!(request.headers["authorization"], "Bearer token-1");
    let body: serde_json::Value = serde_json::from_str(&request.body).unwrap();
    let expected = serde_json::json!({
        "id": "1795000000000-abcdefghijkl",
        "poolId": "us-east-1_Example01",
        "to": "+15555550100",
        "body": "Your code is 123456.",
        "purpose": "SignUp",
    });
    assert_eq!(body, expected);

    let (time, signature) = request.headers["x-cenote-signature"].split_once(",v1=").unwrap();
    assert_eq!(time, "t=1795000000");
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"signing-key");
    let expected = hmac::sign(&key, format!("1795000000.{}", request.body).as_bytes());
    let expected: String = expected.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(signature, expected);
}

#[tokio::test]
async fn without_secrets_there_are_no_such_headers() {
    let gateway = FakeGateway::start(&[200]).await;
    send(&SmsWebhook::new(&SmsWebhookSettings::new(gateway.url())).unwrap()).await.unwrap();
    let headers = &gateway.requests()[0].headers;
    assert!(!headers.contains_key("authorization") && !headers.contains_key("x-cenote-signature"));
}

#[tokio::test]
async fn statuses_decide() {
    let statuses = [200, 204, 400, 401, 404, 422, 408, 429, 500, 502, 503, 301];
    let gateway = FakeGateway::start(&statuses).await;
    let webhook = SmsWebhook::new(&SmsWebhookSettings::new(gateway.url())).unwrap();
    for status in statuses {
        let reason = format!("the SMS gateway answered {status}");
        let expected = match status {
            200..=299 => Ok(()),
            400 | 401 | 404 | 422 => Err(SendError::Permanent(reason)),
            _ => Err(SendError::Temporary(reason)),
        };
        assert_eq!(send(&webhook).await, expected);
    }
}

#[tokio::test]
async fn silence_and_absence_are_temporary() {
    let gateway = FakeGateway::start_with_answers(&[200], 0).await;
    let webhook = SmsWebhook::new(&SmsWebhookSettings {
        timeout: Duration::from_millis(100),
        ..SmsWebhookSettings::new(gateway.url())
    })
    .unwrap();
    assert_eq!(send(&webhook).await, Err(SendError::Temporary("the SMS gateway took too long".to_owned())));
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = SmsWebhook::new(&SmsWebhookSettings::new(format!("http://{free}/"))).unwrap();
    assert_eq!(send(&nobody).await, Err(SendError::Temporary("the SMS gateway is not available".to_owned())));
}

#[tokio::test]
async fn malformed_numbers_never_leave() {
    let gateway = FakeGateway::start(&[200]).await;
    let webhook = SmsWebhook::new(&SmsWebhookSettings::new(gateway.url())).unwrap();
    let broken = Message { to: "15555550100".to_owned(), ..text_message() };
    let refused = webhook.send(&MessageId::new("1"), &broken, NOW_MS).await;
    assert_eq!(refused, Err(SendError::Permanent("the destination number is malformed".to_owned())));
    assert!(gateway.requests().is_empty());
}
