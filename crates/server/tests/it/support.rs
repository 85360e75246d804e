//! A server as a value, and a client that shows every byte.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use cenote::config::Layers;
use cenote::{DevOptions, Mode, Seed, Server, Surroundings};
use cenote_crypto::{KeyRing, MasterKey, SeededRandom};
use cenote_store::Durability;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Any signature will do for `cenote dev`, as long as it looks like one.
pub const ANY_SIGNATURE: (&str, &str) = (
    "Authorization",
    "AWS4-HMAC-SHA256 Credential=test/20261123/eu-west-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=0",
);
/// What such a signature is dated.
pub const ANY_DATE: (&str, &str) = ("X-Amz-Date", "20261123T160000Z");

/// What a test may choose.
#[derive(Default)]
pub struct Builder {
    settings: Vec<String>,
    options: DevOptions,
    serve: bool,
}

impl Builder {
    pub fn set(mut self, assignment: impl Into<String>) -> Self {
        self.settings.push(assignment.into());
        self
    }

    pub fn clock(mut self) -> Self {
        self.options.clock = true;
        self
    }

    pub fn exposed(mut self) -> Self {
        self.options.exposed = true;
        self
    }

    pub fn seed(mut self, text: &str) -> Self {
        self.options.seed = Some(Seed::parse(text).unwrap());
        self
    }

    /// With access keys instead of anybody's.
    pub fn serve(mut self) -> Self {
        self.serve = true;
        self
    }

    pub async fn start(self) -> TestServer {
        let directory = tempfile::tempdir().unwrap();
        let base = [
            "server.listen=127.0.0.1:0".to_owned(),
            format!("store.url=sqlite:{}/cenote.db", directory.path().display()),
        ];
        let defaults = if self.serve { Layers::new() } else { Layers::for_dev() };
        let layers = base.iter().chain(&self.settings).fold(defaults, |layers, one| layers.assignment(one));
        let config = layers.finish().unwrap();
        let mode = if self.serve { Mode::Serve } else { Mode::Dev(self.options) };
        let server = Server::start_in(surroundings(), config, keyring(), mode).await.unwrap();
        TestServer { address: server.address(), server, directory }
    }
}

/// What need not survive a power cut and makes no keys that nobody takes.
pub fn surroundings() -> Surroundings {
    Surroundings { durability: Durability::Off, spare_keys: false, ..Surroundings::default() }
}

pub fn keyring() -> KeyRing {
    KeyRing::new(master_key(), Vec::new())
}

pub fn master_key() -> MasterKey {
    MasterKey::generate(&SeededRandom::new(1))
}

pub struct TestServer {
    pub address: SocketAddr,
    pub server: Server,
    directory: TempDir,
}

impl TestServer {
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub async fn new() -> Self {
        Self::builder().start().await
    }

    /// Where the database is.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// An API call in `dev`.
    pub async fn call(&self, operation: &str, body: &Value) -> Reply {
        self.post(operation, body.to_string().as_bytes(), &[ANY_SIGNATURE, ANY_DATE]).await
    }

    /// An API call that must succeed.
    pub async fn ok(&self, operation: &str, body: &Value) -> Value {
        let reply = self.call(operation, body).await;
        assert_eq!(reply.status, 200, "{operation}: {}", reply.text());
        if reply.body.is_empty() { Value::Null } else { reply.json() }
    }

    pub async fn post(&self, operation: &str, body: &[u8], headers: &[(&str, &str)]) -> Reply {
        let target = format!("AWSCognitoIdentityProviderService.{operation}");
        let mut all = vec![("Content-Type", "application/x-amz-json-1.1"), ("X-Amz-Target", target.as_str())];
        all.extend_from_slice(headers);
        self.request("POST", "/", &all, body).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.request("GET", path, &[], b"").await
    }

    pub async fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let mut bytes = self.head(method, path, headers, body.len()).into_bytes();
        bytes.extend_from_slice(body);
        self.send(&bytes).await
    }

    pub fn head(&self, method: &str, path: &str, headers: &[(&str, &str)], length: usize) -> String {
        let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.address);
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!("Content-Length: {length}\r\n\r\n"));
        text
    }

    /// The newest message to an address (percent-encoded), once the worker has delivered it.
    pub async fn message_to(&self, address: &str) -> Value {
        let wait = async {
            loop {
                let list = self.get(&format!("/_cenote/inbox.json?to={address}")).await.json();
                if let Some(message) = list["messages"].get(0) {
                    return message.clone();
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), wait).await.expect("a message in time")
    }

    /// Sends bytes as they are and reads until the server closes.
    pub async fn send(&self, bytes: &[u8]) -> Reply {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        // A server that has heard enough may close before everything is written.
        let _ = stream.write_all(bytes).await;
        Reply::read(&mut stream).await
    }

    /// An API call signed with an access key, as an SDK does it.
    pub async fn signed(&self, key: &(String, String), operation: &str, body: &Value) -> Reply {
        let body = body.to_string().into_bytes();
        let headers = self.sign(key, operation, &body, self.now());
        self.post_signed(operation, &body, &headers).await
    }

    pub async fn post_signed(&self, operation: &str, body: &[u8], headers: &[(String, String)]) -> Reply {
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.post(operation, body, &headers).await
    }

    /// The headers that sign a call.
    pub fn sign(
        &self,
        key: &(String, String),
        operation: &str,
        body: &[u8],
        time: SystemTime,
    ) -> Vec<(String, String)> {
        self.sign_for("cognito-idp", key, operation, body, time)
    }

    pub fn sign_for(
        &self,
        service: &str,
        key: &(String, String),
        operation: &str,
        body: &[u8],
        time: SystemTime,
    ) -> Vec<(String, String)> {
        sign_request(self.address, service, key, operation, body, time)
    }

    /// The server's time.
    pub fn now(&self) -> SystemTime {
        let now_ms = self.server.service().clock.now_ms();
        SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(now_ms).unwrap())
    }
}

/// The headers that sign a call of a server at this address.
pub fn sign_request(
    address: SocketAddr,
    service: &str,
    key: &(String, String),
    operation: &str,
    body: &[u8],
    time: SystemTime,
) -> Vec<(String, String)> {
    let identity = Credentials::new(&key.0, &key.1, None, None, "test").into();
    let params = SigningParams::builder()
        .identity(&identity)
        .region("eu-west-1")
        .name(service)
        .time(time)
        .settings(SigningSettings::default())
        .build()
        .unwrap();
    let target = format!("AWSCognitoIdentityProviderService.{operation}");
    let host = address.to_string();
    let headers = [
        ("host", host.as_str()),
        ("content-type", "application/x-amz-json-1.1"),
        ("x-amz-target", target.as_str()),
    ];
    let url = format!("http://{host}/");
    let request = SignableRequest::new("POST", &url, headers.into_iter(), SignableBody::Bytes(body)).unwrap();
    let (instructions, _) = sign(request, &params.into()).unwrap().into_parts();
    instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// An answer, byte by byte.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub async fn read(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> Self {
        let mut bytes = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut bytes)).await;
        // After a body that was not read to its end the connection may be reset once the answer is out.
        let _ = read.expect("an answer in time");
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("a complete head");
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines.map(|line| line.split_once(": ").unwrap_or((line, "")));
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { status, headers, body: bytes[end + 4..].to_vec() }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|header| header.0.eq_ignore_ascii_case(name)).map(|header| header.1.as_str())
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The type of an error.
    pub fn error(&self) -> String {
        self.json()["__type"].as_str().unwrap_or_default().to_owned()
    }

    /// Everything, with what differs each time masked.
    pub fn shown(&self) -> String {
        let mut text = format!("{}\n", self.status);
        for (name, value) in &self.headers {
            let value = match name.as_str() {
                "date" => "(date)",
                "x-amzn-requestid" => {
                    assert!(is_lower_case_uuid(value), "{value}");
                    "(uuid)"
                }
                _ => value,
            };
            text.push_str(&format!("{name}: {value}\n"));
        }
        format!("{text}\n{}", self.text())
    }
}

fn is_lower_case_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && text.chars().all(|one| one == '-' || one.is_ascii_digit() || ('a'..='f').contains(&one))
}
