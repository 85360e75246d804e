//! `cenote serve` as an operator runs it: with a master key, an access key, a mail server, an SMS gateway and functions.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command};
use std::time::SystemTime;

use cenote_triggers::testing::{FakeAnswer, FakeLambda};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::post::Post;
use crate::binary::{cenote, stderr};
use crate::support::{Reply, sign_request};

/// What the operator keeps secret beside the master key.
pub const SMS_SECRET: &str = "operators-sms-signing-secret-5b1f";
pub const SMS_BEARER: &str = "operators-sms-bearer-token-9c2e";
/// What the functions write into messages and errors.
pub const RENDERED: &str = "Rendered-by-a-function-7d31";
/// The answer that the functions want, and what they keep for themselves.
pub const ANSWER: &str = "Answer-that-is-right-5d90";
pub const PRIVATE: &str = "Private-to-a-function-8e41";
pub const METADATA: &str = "Metadata-of-a-function-2c77";

pub struct Served {
    directory: TempDir,
    child: Option<Child>,
    pub address: SocketAddr,
    pub key: (String, String),
    pub post: Post,
    _functions: FakeLambda,
}

impl Served {
    pub async fn start(store: &str, log_format: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let post = Post::start();
        let functions = FakeLambda::start(|event| answer(&event)).await.unwrap();
        let config = format!(
            "server.listen = \"127.0.0.1:0\"\nserver.public_url = \"http://127.0.0.1:7665\"\nstore.url = \"{store}\"\n\
             keys.master_key_file = \"master.key\"\nlog.level = \"trace\"\nlog.format = \"{log_format}\"\n\
             email.smtp_url = \"smtp://{}?tls=none\"\nemail.from = \"no-reply@example.com\"\n\
             sms.webhook_url = \"http://{}/\"\nsms.secret = \"{SMS_SECRET}\"\nsms.bearer_token = \"{SMS_BEARER}\"\n\
             triggers.endpoint = \"{}\"\nlimits.request_rates = \"none\"\n",
            post.mail,
            post.gateway,
            functions.url(),
        );
        let file = directory.path().join("cenote.toml");
        std::fs::write(&file, config).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        output(directory.path(), &["keys", "master", "generate", "--out", "master.key"]);
        let key = output(
            directory.path(),
            &["keys", "create", "--name", "backend", "--admin", "--json", "--config", "cenote.toml"],
        );
        let key: Value = serde_json::from_str(&key).unwrap();
        let member = |name: &str| key[name].as_str().unwrap().to_owned();
        let key = (member("access_key_id"), member("secret_access_key"));
        let log = File::create(directory.path().join("log")).unwrap();
        let mut child =
            cenote(directory.path()).args(["serve", "--config", "cenote.toml"]).stderr(log).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.strip_prefix("listening on http://").and_then(|rest| rest.trim().parse().ok());
        let log = || std::fs::read_to_string(directory.path().join("log")).unwrap();
        let address = address.unwrap_or_else(|| panic!("no address: {line}{}", log()));
        Self { directory, child: Some(child), address, key, post, _functions: functions }
    }

    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// A subcommand beside the server.
    pub fn run(&self, arguments: &[&str]) {
        output(self.directory(), arguments);
    }

    /// Ends it politely: its log, and the folder with its files.
    pub fn stop(mut self) -> (String, TempDir) {
        let mut child = self.child.take().unwrap();
        assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(0));
        let log = std::fs::read_to_string(self.directory.path().join("log")).unwrap();
        let empty = tempfile::tempdir().unwrap();
        (log, std::mem::replace(&mut self.directory, empty))
    }

    pub async fn send(&self, bytes: &[u8]) -> Reply {
        Reply::read(&mut self.write(bytes).await).await
    }

    /// Sends what may get no answer.
    pub async fn write(&self, bytes: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        // A server that has heard enough may close before everything is written.
        let _ = stream.write_all(bytes).await;
        stream
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(self.head("GET", path, &[], 0).as_bytes()).await
    }

    pub fn head(&self, method: &str, path: &str, headers: &[(&str, &str)], length: usize) -> String {
        let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.address);
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!("Content-Length: {length}\r\n\r\n"));
        text
    }

    /// A signed request; operations that need no signature take no notice of it.
    pub async fn post(&self, operation: &str, body: &[u8], more: &[(&str, &str)]) -> Reply {
        let signed = sign_request(self.address, "cognito-idp", &self.key, operation, body, now());
        let target = format!("AWSCognitoIdentityProviderService.{operation}");
        let mut headers =
            vec![("Content-Type", "application/x-amz-json-1.1"), ("X-Amz-Target", target.as_str())];
        headers.extend(signed.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        headers.extend_from_slice(more);
        let mut bytes = self.head("POST", "/", &headers, body.len()).into_bytes();
        bytes.extend_from_slice(body);
        self.send(&bytes).await
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the program under test lives by the system's clock")]
pub fn now() -> SystemTime {
    SystemTime::now()
}

/// What a subcommand that succeeds prints.
pub fn output(directory: &Path, arguments: &[&str]) -> String {
    let output = cenote(directory).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// Functions that say more than they should.
fn answer(event: &Value) -> FakeAnswer {
    let user = event["userName"].as_str().unwrap_or_default();
    let source = event["triggerSource"].as_str().unwrap_or_default();
    if user.contains("unwanted") || source.starts_with("UserMigration") && user != "migrated-person" {
        return FakeAnswer::FunctionError { message: format!("{RENDERED}: no to {event}") };
    }
    if user.contains("garbled") {
        return FakeAnswer::Raw {
            status: 200,
            headers: Vec::new(),
            body: format!("{RENDERED} {user}").into_bytes(),
        };
    }
    if source.starts_with("UserMigration") {
        let attributes = json!({ "email": "migrated@people.example", "email_verified": "true" });
        return FakeAnswer::Response(json!({ "userAttributes": attributes, "finalUserStatus": "CONFIRMED" }));
    }
    if source.starts_with("CustomMessage") {
        let text = format!("{RENDERED} for {{username}}: {{####}}");
        return FakeAnswer::Response(
            json!({ "emailMessage": text, "smsMessage": text, "emailSubject": RENDERED }),
        );
    }
    match source {
        "DefineAuthChallenge_Authentication" => {
            let last = event["request"]["session"].as_array().and_then(|session| session.last());
            let is_last = |name: &str| last.is_some_and(|last| last["challengeName"] == name);
            let next = if is_last("SRP_A") { "PASSWORD_VERIFIER" } else { "CUSTOM_CHALLENGE" };
            let done =
                is_last("CUSTOM_CHALLENGE") && last.is_some_and(|last| last["challengeResult"] == true);
            FakeAnswer::Response(json!({ "challengeName": next, "issueTokens": done }))
        }
        "CreateAuthChallenge_Authentication" => FakeAnswer::Response(json!({
            "publicChallengeParameters": { "question": "Question-of-a-function" },
            "privateChallengeParameters": { "answer": ANSWER, "note": PRIVATE }, "challengeMetadata": METADATA,
        })),
        "VerifyAuthChallengeResponse_Authentication" => {
            let request = &event["request"];
            let right = request["privateChallengeParameters"]["answer"] == request["challengeAnswer"];
            FakeAnswer::Response(json!({ "answerCorrect": right }))
        }
        _ => FakeAnswer::Echo,
    }
}
