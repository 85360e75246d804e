//! Requests as bytes.

use serde_json::Value;

/// What is sent, and what its answer must hold.
#[derive(Clone, Debug)]
pub struct Request {
    pub bytes: Vec<u8>,
    /// A piece of text in the right answer, which has status 200.
    pub expected: String,
    /// Whom it is about: an index into the operation's users.
    pub user: usize,
    /// Whether the body of its answer is wanted.
    pub keep: bool,
}

impl Request {
    /// A request of the API. Its signature is one that `cenote dev` takes unverified: what a client needs for signing is none
    /// of the server's speed.
    pub fn api(operation: &str, body: &Value) -> Self {
        let body = body.to_string();
        let head = format!(
            "POST / HTTP/1.1\r\nHost: localhost\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=bench/20261123/us-east-1/cognito-idp/aws4_request, SignedHeaders=host;x-amz-date;x-amz-target, Signature=0\r\n\
             X-Amz-Date: 20261123T160000Z\r\nContent-Type: application/x-amz-json-1.1\r\n\
             X-Amz-Target: AWSCognitoIdentityProviderService.{operation}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        Self { bytes: (head + &body).into_bytes(), expected: String::new(), user: 0, keep: false }
    }

    pub fn get(path: &str) -> Self {
        let bytes = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").into_bytes();
        Self { bytes, expected: String::new(), user: 0, keep: false }
    }

    pub fn post(path: &str, body: &Value) -> Self {
        let body = body.to_string();
        let head =
            format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", body.len());
        Self { bytes: (head + &body).into_bytes(), expected: String::new(), user: 0, keep: false }
    }

    #[must_use]
    pub fn expecting(mut self, expected: impl Into<String>) -> Self {
        self.expected = expected.into();
        self
    }

    #[must_use]
    pub fn about(mut self, user: usize) -> Self {
        self.user = user;
        self
    }

    /// Whether an answer with this body is right, as far as can be told in passing; the last ones of each row are looked at
    /// closely.
    pub fn is_answered_by(&self, body: &[u8]) -> bool {
        let expected = self.expected.as_bytes();
        expected.is_empty() || body.windows(expected.len()).any(|piece| piece == expected)
    }
}
