//! The signature of an invocation, recomputed from AWS's description of Signature Version 4.

use std::fmt::Write as _;

use crate::common::{ARN, caller, invoker, settings, sign_up};
use aws_lc_rs::{digest, hmac};
use cenote_triggers::testing::{FakeAnswer, FakeLambda, FakeRequest};
use cenote_triggers::{Credentials, TriggerSettings};

const SECRET: &str = "secret/access+key";

async fn signed_request(session_token: Option<&str>, emulated: bool) -> FakeRequest {
    let lambda = FakeLambda::start(|_| FakeAnswer::Echo).await.unwrap();
    let url = if emulated { lambda.emulator_url() } else { lambda.url() };
    let credentials = Credentials::new("AKIDEXAMPLE", SECRET, session_token.map(str::to_owned));
    let settings = TriggerSettings { credentials: Some(credentials), ..settings(url) };
    invoker(settings).invoke(ARN, &caller(), &sign_up()).await.unwrap();
    lambda.requests().remove(0)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn sha256(data: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, data).as_ref())
}

fn mac(key: &[u8], data: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), data.as_bytes()).as_ref().to_vec()
}

fn expected_authorization(request: &FakeRequest) -> String {
    let header = |name: &str| request.headers[name].to_str().unwrap();
    let scope = "20260301/eu-central-1/lambda/aws4_request";
    let mut names = vec!["content-type", "host", "x-amz-date", "x-amz-invocation-type", "x-amz-log-type"];
    if request.headers.contains_key("x-amz-security-token") {
        names.push("x-amz-security-token");
    }
    names.sort_unstable();
    let headers: String = names.iter().map(|name| format!("{name}:{}\n", header(name))).collect();
    let names = names.join(";");
    // The path is encoded once more than on the wire.
    let path = request.path.replace('%', "%25");
    let canonical = format!("POST\n{path}\n\n{headers}\n{names}\n{}", sha256(&request.body));
    let to_sign =
        format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{}", header("x-amz-date"), sha256(canonical.as_bytes()));
    let mut key = format!("AWS4{SECRET}").into_bytes();
    for part in scope.split('/') {
        key = mac(&key, part);
    }
    let signature = hex(&mac(&key, &to_sign));
    format!("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{scope}, SignedHeaders={names}, Signature={signature}")
}

#[tokio::test]
async fn with_lasting_credentials() {
    let request = signed_request(None, false).await;
    assert_eq!(request.headers["x-amz-date"], "20260301T123456Z");
    assert!(!request.headers.contains_key("x-amz-security-token"));
    assert_eq!(request.headers["authorization"], expected_authorization(&request));
}

#[tokio::test]
async fn with_temporary_credentials() {
    let request = signed_request(Some("session token"), false).await;
    assert_eq!(request.headers["x-amz-security-token"], "session token");
    assert_eq!(request.headers["authorization"], expected_authorization(&request));
}

#[tokio::test]
async fn of_a_call_to_an_emulator() {
    let request = signed_request(None, true).await;
    assert_eq!(request.headers["authorization"], expected_authorization(&request));
}

#[tokio::test]
async fn credentials_that_fit_no_header_fail_the_call() {
    let lambda = FakeLambda::start(|_| FakeAnswer::Echo).await.unwrap();
    let credentials = Credentials::new("AKID\nEXAMPLE", SECRET, None);
    let settings = TriggerSettings { credentials: Some(credentials), ..settings(lambda.url()) };
    let error = invoker(settings).invoke(ARN, &caller(), &sign_up()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "PreSignUp invocation failed due to error Unable to reach the Lambda endpoint."
    );
    assert!(lambda.requests().is_empty());
}
