//! What the tests of invocations share.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use cenote_triggers::pre_sign_up::{PreSignUpRequest, PreSignUpResponse, PreSignUpSource};
use cenote_triggers::testing::{FakeAnswer, FakeLambda};
use cenote_triggers::{Caller, Invoker, StringMap, TriggerError, TriggerSettings, aws_sdk_version};

pub const ARN: &str = "arn:aws:lambda:eu-central-1:123456789012:function:trigger";

/// 2026-03-01T12:34:56Z.
pub const NOW_MS: i64 = 1_772_368_496_789;

pub fn caller() -> Caller {
    Caller {
        region: "eu-central-1".to_owned(),
        user_pool_id: "eu-central-1_a1B2c3D4e".to_owned(),
        user_name: "rosa".to_owned(),
        client_id: Some("5q0rclient".to_owned()),
        aws_sdk_version: aws_sdk_version(None),
    }
}

pub fn map<const N: usize>(entries: [(&str, &str); N]) -> StringMap {
    entries.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// With a time limit that only tests of time reach.
pub fn settings(endpoint: impl Into<String>) -> TriggerSettings {
    TriggerSettings {
        endpoint: Some(endpoint.into()),
        timeout: Duration::from_secs(60),
        throttle_pause: Duration::from_millis(1),
        ..TriggerSettings::new("us-east-1")
    }
}

pub fn invoker(settings: TriggerSettings) -> Invoker {
    Invoker::new(settings, Arc::new(|| NOW_MS)).unwrap()
}

pub fn sign_up() -> PreSignUpRequest {
    PreSignUpRequest {
        source: PreSignUpSource::SignUp,
        user_attributes: map([("email", "rosa@example.org")]),
        validation_data: None,
        client_metadata: None,
    }
}

/// Stops tokio's clock until the result is dropped; only an answer of [`in_turn`] that hangs moves it. (The clock of a
/// paused runtime would move by itself whenever the test waits for the network, but not beside a blocking task.)
#[must_use]
pub fn stop_clock() -> mpsc::Sender<()> {
    tokio::time::pause();
    let (running, dropped) = mpsc::channel();
    tokio::task::spawn_blocking(move || dropped.recv());
    running
}

/// Gives each of `answers` once, then the last again and again. While one hangs, five seconds pass.
pub async fn in_turn<const N: usize>(answers: [FakeAnswer; N]) -> FakeLambda {
    let calls = AtomicUsize::new(0);
    FakeLambda::start(move |_| {
        let answer = answers[calls.fetch_add(1, Ordering::Relaxed).min(N - 1)].clone();
        if matches!(answer, FakeAnswer::Hang) {
            tokio::spawn(tokio::time::advance(Duration::from_millis(5001)));
        }
        answer
    })
    .await
    .unwrap()
}

/// Runs PreSignUp once against a function that always gives `answer`; returns the outcome and the number of attempts.
pub async fn sign_up_against(answer: FakeAnswer) -> (Result<PreSignUpResponse, TriggerError>, usize) {
    let lambda = FakeLambda::start(move |_| answer.clone()).await.unwrap();
    let result = invoker(settings(lambda.url())).invoke(ARN, &caller(), &sign_up()).await;
    (result, lambda.requests().len())
}

pub fn raw(status: u16, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> FakeAnswer {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    FakeAnswer::Raw { status, headers, body: body.into() }
}
