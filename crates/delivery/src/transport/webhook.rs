//! Text messages through any gateway: one HTTP request each.
//!
//! `POST` to the configured address, `content-type: application/json`, with the body
//! `{"id","poolId","to","body","purpose"}`. `id` is the same at every attempt: the receiver should send a message with an
//! id it knows only once. 2xx means accepted; 4xx refuses for good, except 408 and 429; everything else is tried again.
//!
//! With a bearer token: `authorization: Bearer <token>`. With a signing key:
//! `x-cenote-signature: t=<epoch seconds>,v1=<hex>`, the HMAC-SHA256 of `<epoch seconds>.<request body>` under the key. A
//! receiver should refuse a time more than a few minutes off.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::hmac;
use cenote_crypto::SecretString;
use cenote_store::MessageId;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, USER_AGENT};
use hyper::{Request, StatusCode, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::crypto::aws_lc_rs::default_provider;
use serde::Serialize;
use tokio::time::timeout;

use super::{SendError, SettingsError};
use crate::address::is_deliverable_phone;
use crate::message::Message;

/// As much of an answer is read so that the connection can be used again.
const ANSWER_BYTES: usize = 64 * 1024;

/// How the gateway is reached.
#[derive(Clone, Debug)]
pub struct SmsWebhookSettings {
    /// `https://…`, or `http://…` within a trusted network.
    pub url: String,
    /// Sent as `authorization: Bearer …`.
    pub bearer_token: Option<SecretString>,
    /// Signs each request: `x-cenote-signature`.
    pub signing_key: Option<SecretString>,
    /// The longest time one request may take, connecting included. Keep it below the worker's lease.
    pub timeout: Duration,
}

impl SmsWebhookSettings {
    /// The usual settings: ten seconds, no authentication.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), bearer_token: None, signing_key: None, timeout: Duration::from_secs(10) }
    }
}

/// Sends text messages to one gateway. Clones share connections.
#[derive(Clone)]
pub struct SmsWebhook {
    inner: Arc<Inner>,
}

struct Inner {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    url: Uri,
    authorization: Option<HeaderValue>,
    signing_key: Option<hmac::Key>,
    timeout: Duration,
}

impl fmt::Debug for SmsWebhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmsWebhook").field("host", &self.inner.url.host()).finish_non_exhaustive()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    id: &'a str,
    pool_id: &'a str,
    to: &'a str,
    body: &'a str,
    purpose: &'a str,
}

impl SmsWebhook {
    /// Checks the settings; connects to nobody yet.
    ///
    /// # Errors
    /// When the address or the token is malformed, or the system's certificates cannot be loaded.
    pub fn new(settings: &SmsWebhookSettings) -> Result<Self, SettingsError> {
        let invalid = |what: &str| SettingsError(format!("the SMS webhook {what}"));
        let url: Uri = settings.url.parse().map_err(|_| invalid("address is not a URL"))?;
        let connector = match url.scheme_str() {
            // Plain HTTP must work on machines that have no certificates.
            Some("http") => {
                let tls = rustls::ClientConfig::builder_with_provider(default_provider().into())
                    .with_safe_default_protocol_versions()
                    .map_err(|_| invalid("finds no TLS version to speak"))?
                    .with_root_certificates(rustls::RootCertStore::empty())
                    .with_no_client_auth();
                HttpsConnectorBuilder::new().with_tls_config(tls)
            }
            Some("https") => HttpsConnectorBuilder::new()
                .with_provider_and_native_roots(default_provider())
                .map_err(|_| invalid("finds no certificate authorities on this system"))?,
            _ => return Err(invalid("address must start with https:// or http://")),
        };
        let connector = connector.https_or_http().enable_http1().build();
        if url.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(invalid("address holds a user or password: use the bearer token"));
        }
        let authorization = match &settings.bearer_token {
            None => None,
            Some(token) => {
                let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose()))
                    .map_err(|_| invalid("token holds characters that no header can carry"))?;
                value.set_sensitive(true);
                Some(value)
            }
        };
        let client = Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connector);
        let signing_key = settings
            .signing_key
            .as_ref()
            .map(|key| hmac::Key::new(hmac::HMAC_SHA256, key.expose().as_bytes()));
        Ok(Self {
            inner: Arc::new(Inner { client, url, authorization, signing_key, timeout: settings.timeout }),
        })
    }

    pub(super) async fn send(&self, id: &MessageId, message: &Message, now_ms: i64) -> Result<(), SendError> {
        if !is_deliverable_phone(&message.to) {
            return Err(SendError::Permanent("the destination number is malformed".to_owned()));
        }
        let request = self.inner.request(id, message, now_ms)?;
        let exchange = async {
            let response = self.inner.client.request(request).await.map_err(|error| {
                let what = if error.is_connect() { "is not available" } else { "broke the connection" };
                SendError::Temporary(format!("the SMS gateway {what}"))
            })?;
            let status = response.status();
            // Only the status counts. Reading the rest lets the connection be used again.
            let _ = Limited::new(response.into_body(), ANSWER_BYTES).collect().await;
            judge(status)
        };
        match timeout(self.inner.timeout, exchange).await {
            Ok(outcome) => outcome,
            Err(_) => Err(SendError::Temporary("the SMS gateway took too long".to_owned())),
        }
    }
}

impl Inner {
    fn request(
        &self,
        id: &MessageId,
        message: &Message,
        now_ms: i64,
    ) -> Result<Request<Full<Bytes>>, SendError> {
        let malformed = || SendError::Permanent("the request to the SMS gateway cannot be made".to_owned());
        let body = serde_json::to_vec(&Body {
            id: id.as_str(),
            pool_id: &message.pool_id,
            to: &message.to,
            body: &message.body,
            purpose: &message.purpose,
        })
        .map_err(|_| malformed())?;
        let mut request = Request::post(&self.url)
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, concat!("cenote/", env!("CARGO_PKG_VERSION")));
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        if let Some(key) = &self.signing_key {
            request = request.header("x-cenote-signature", signature(key, now_ms.div_euclid(1_000), &body));
        }
        request.body(Full::new(Bytes::from(body))).map_err(|_| malformed())
    }
}

fn signature(key: &hmac::Key, seconds: i64, body: &[u8]) -> String {
    let mut context = hmac::Context::with_key(key);
    context.update(format!("{seconds}.").as_bytes());
    context.update(body);
    let hex: String = context.sign().as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={seconds},v1={hex}")
}

fn judge(status: StatusCode) -> Result<(), SendError> {
    if status.is_success() {
        return Ok(());
    }
    let reason = format!("the SMS gateway answered {}", status.as_u16());
    match status {
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => Err(SendError::Temporary(reason)),
        refused if refused.is_client_error() => Err(SendError::Permanent(reason)),
        _ => Err(SendError::Temporary(reason)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_hmac_sha256_of_time_and_body() {
        // Computed with: printf '1795000000.{"id":"1"}' | openssl dgst -sha256 -hmac key
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"key");
        assert_eq!(
            signature(&key, 1_795_000_000, br#"{"id":"1"}"#),
            "t=1795000000,v1=9e98fe2313c516a928f11276930915d74eb14073a672add2e5e36a296dae1364"
        );
    }

    #[test]
    fn settings_are_checked_and_debug_shows_no_secret() {
        for url in ["", "sms.example.org", "ftp://sms.example.org", "https://u:p@sms.example.org"] {
            assert!(SmsWebhook::new(&SmsWebhookSettings::new(url)).is_err(), "{url}");
        }
        let settings = SmsWebhookSettings {
            bearer_token: Some("hunter2".into()),
            signing_key: Some("hunter3".into()),
            ..SmsWebhookSettings::new("http://127.0.0.1:1/sms?key=hunter4")
        };
        let text = format!("{:?}", SmsWebhook::new(&settings).unwrap());
        assert!(!text.contains("hunter"));
        let split = SmsWebhookSettings { bearer_token: Some("a\nb".into()), ..settings };
        assert!(SmsWebhook::new(&split).is_err());
    }
}
