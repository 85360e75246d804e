//! Crowds that guess over HTTP at the program itself, killed and started again meanwhile: one instance on SQLite, two on
//! PostgreSQL. What is counted is counted exactly; the rest of the proof is in `core/tests/guessing`.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::Duration;

use cenote_store::testing::postgres::empty_database;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::binary::cenote;
use crate::support::{ANY_DATE, ANY_SIGNATURE, Reply};

const PASSWORD: &str = "Passw0rd!";
const TEMPORARY: &str = "Temp0rary!";

/// A running program; killed when it is dropped.
struct Instance {
    child: Child,
    address: SocketAddr,
}

impl Drop for Instance {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Instances of one service.
struct Service {
    directory: TempDir,
    store: String,
    instances: Vec<Instance>,
    pool: String,
    client: String,
}

impl Service {
    async fn start(store: &str, instances: usize) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let made =
            cenote(directory.path()).args(["keys", "master", "generate", "--out", "master.key"]).output();
        assert!(made.unwrap().status.success());
        let instances = (0..instances).map(|_| start(directory.path(), store)).collect();
        let mut service =
            Self { directory, store: store.into(), instances, pool: String::new(), client: String::new() };
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        service.pool =
            text(&service.ok("CreateUserPool", json!({ "PoolName": "p" })).await["UserPool"]["Id"]);
        let members = json!({
            "UserPoolId": service.pool, "ClientName": "c", "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"],
        });
        service.client =
            text(&service.ok("CreateUserPoolClient", members).await["UserPoolClient"]["ClientId"]);
        service
    }

    /// A kill without warning, and a start on what it left.
    fn restart(&mut self) {
        let count = self.instances.len();
        self.instances.clear();
        self.instances = (0..count).map(|_| start(self.directory.path(), &self.store)).collect();
    }

    async fn ok(&self, operation: &str, body: Value) -> Value {
        let reply = call(self.instances[0].address, operation, &body).await;
        assert_eq!(reply.status, 200, "{operation}: {}", reply.text());
        serde_json::from_slice(&reply.body).unwrap_or_default()
    }

    async fn invited(&self, user: &str) {
        let email = json!([
            { "Name": "email", "Value": format!("{user}@example.org") }, { "Name": "email_verified", "Value": "true" },
        ]);
        let request = json!({
            "UserPoolId": self.pool, "Username": user, "TemporaryPassword": TEMPORARY, "UserAttributes": email,
            "MessageAction": "SUPPRESS",
        });
        self.ok("AdminCreateUser", request).await;
    }

    async fn confirmed(&self, user: &str) {
        self.invited(user).await;
        let request =
            json!({ "UserPoolId": self.pool, "Username": user, "Password": PASSWORD, "Permanent": true });
        self.ok("AdminSetUserPassword", request).await;
    }

    /// Asks for a reset and reads the code.
    async fn reset_code(&self, user: &str) -> String {
        self.ok("ForgotPassword", json!({ "ClientId": self.client, "Username": user })).await;
        let wait = async {
            loop {
                let path = format!("/_cenote/inbox.json?user={user}");
                let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
                let inbox = send(self.instances[0].address, head.as_bytes()).await.json();
                if let Some(code) = inbox["messages"][0]["code"].as_str() {
                    return code.to_owned();
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), wait).await.expect("a message in time")
    }

    fn redemption(&self, user: &str, code: &str) -> Value {
        json!({ "ClientId": self.client, "Username": user, "ConfirmationCode": code, "Password": "N3w-Passw0rd!" })
    }

    fn sign_in(&self, user: &str, password: &str) -> Value {
        let parameters = json!({ "USERNAME": user, "PASSWORD": password });
        json!({ "ClientId": self.client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters })
    }

    /// Everybody at once, each on a connection of its own, spread over the instances: how often each outcome came.
    async fn crowd(&self, operation: &'static str, requests: Vec<Value>) -> BTreeMap<String, usize> {
        let start = Arc::new(Barrier::new(requests.len()));
        let mut calls = JoinSet::new();
        for (number, request) in requests.into_iter().enumerate() {
            let address = self.instances[number % self.instances.len()].address;
            let start = Arc::clone(&start);
            calls.spawn(async move {
                start.wait().await;
                let reply = call(address, operation, &request).await;
                if reply.status == 200 {
                    return "success".to_owned();
                }
                let message = reply.json()["message"].as_str().unwrap_or_default().to_owned();
                format!("{}: {message}", reply.error())
            });
        }
        let mut outcomes = BTreeMap::new();
        for outcome in calls.join_all().await {
            *outcomes.entry(outcome).or_default() += 1;
        }
        outcomes
    }
}

fn start(directory: &Path, store: &str) -> Instance {
    let store = format!("store.url={store}");
    let arguments =
        ["dev", "--listen", "127.0.0.1:0", "--data-dir", "data", "--set", "keys.master_key_file=master.key"];
    let more = ["--set", "server.public_url=http://127.0.0.1:7665", "--set", &store];
    // Nobody reads so many lines of log, and a full pipe would hold the program up.
    let mut child = cenote(directory).args(arguments).args(more).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let address = line.strip_prefix("listening on http://").and_then(|rest| rest.trim().parse().ok());
    Instance { child, address: address.unwrap_or_else(|| panic!("no address: {line}")) }
}

async fn call(address: SocketAddr, operation: &str, body: &Value) -> Reply {
    let body = body.to_string();
    let head = format!(
        "POST / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{}: {}\r\n{}: {}\r\n\
         X-Amz-Target: AWSCognitoIdentityProviderService.{operation}\r\nContent-Length: {}\r\n\r\n{body}",
        ANY_SIGNATURE.0,
        ANY_SIGNATURE.1,
        ANY_DATE.0,
        ANY_DATE.1,
        body.len(),
    );
    send(address, head.as_bytes()).await
}

async fn send(address: SocketAddr, bytes: &[u8]) -> Reply {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    Reply::read(&mut stream).await
}

fn other_than(code: &str, number: usize) -> String {
    format!("{:06}", (code.parse::<usize>().unwrap() + 1 + number) % 1_000_000)
}

/// With `CENOTE_LONG=1` a multitude.
fn people() -> usize {
    if std::env::var("CENOTE_LONG").is_ok_and(|long| long == "1") { 2_000 } else { 200 }
}

fn count(outcomes: &BTreeMap<String, usize>, start: &str) -> usize {
    outcomes.iter().filter(|(outcome, _)| outcome.starts_with(start)).map(|(_, count)| count).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_gets_the_budget_of_one_on_sqlite() {
    crowds(Service::start("sqlite:cenote.db", 1).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_gets_the_budget_of_one_on_two_instances_over_postgres() {
    if let Some(options) = empty_database().await {
        crowds(Service::start(&options.url, 2).await).await;
    }
}

async fn crowds(mut service: Service) {
    let people = people();

    service.confirmed("alice").await;
    let code = service.reset_code("alice").await;
    let wrong = |service: &Service, user: &str, code: &str, count: usize| -> Vec<Value> {
        (0..count).map(|number| service.redemption(user, &other_than(code, number))).collect()
    };
    let outcomes = service.crowd("ConfirmForgotPassword", wrong(&service, "alice", &code, people)).await;
    assert_eq!(count(&outcomes, "CodeMismatchException"), 5, "{outcomes:?}");
    assert_eq!(count(&outcomes, "LimitExceededException"), people - 5, "{outcomes:?}");
    service.restart();
    let outcomes = service.crowd("ConfirmForgotPassword", vec![service.redemption("alice", &code); 4]).await;
    assert_eq!(count(&outcomes, "LimitExceededException"), 4, "{outcomes:?}");

    // Two guesses are left when the crowd comes; some of it know the code.
    service.confirmed("bob").await;
    let code = service.reset_code("bob").await;
    let outcomes = service.crowd("ConfirmForgotPassword", wrong(&service, "bob", &code, 3)).await;
    assert_eq!(count(&outcomes, "CodeMismatchException"), 3, "{outcomes:?}");
    service.restart();
    let mut guesses = wrong(&service, "bob", &code, people);
    for right in guesses.iter_mut().skip(5).step_by(10) {
        *right = service.redemption("bob", &code);
    }
    let outcomes = service.crowd("ConfirmForgotPassword", guesses).await;
    let (won, compared) = (count(&outcomes, "success"), count(&outcomes, "CodeMismatchException"));
    assert!(won + compared <= 2 && won <= 1 && (won == 1 || compared == 2), "{outcomes:?}");

    service.invited("carla").await;
    let challenge = service.ok("InitiateAuth", service.sign_in("carla", TEMPORARY)).await;
    let answers = (0..20)
        .map(|number| {
            let chosen = json!({ "USERNAME": "carla", "NEW_PASSWORD": format!("Chosen-by-{number}") });
            json!({
                "ClientId": service.client, "ChallengeName": "NEW_PASSWORD_REQUIRED",
                "Session": challenge["Session"], "ChallengeResponses": chosen,
            })
        })
        .collect();
    let outcomes = service.crowd("RespondToAuthChallenge", answers).await;
    assert_eq!(count(&outcomes, "success"), 1, "{outcomes:?}");
    assert_eq!(count(&outcomes, "NotAuthorizedException: Invalid session"), 19, "{outcomes:?}");

    service.confirmed("dora").await;
    let guesses = (0..people / 2).map(|number| service.sign_in("dora", &format!("Wr0ng-{number}"))).collect();
    let outcomes = service.crowd("InitiateAuth", guesses).await;
    let compared = count(&outcomes, "NotAuthorizedException: Incorrect username or password.");
    // The clock is the system's here: each lock that ends meanwhile, after one second, then two, four, leaves one guess more.
    assert!((5..=9).contains(&compared), "{outcomes:?}");
    assert_eq!(count(&outcomes, "NotAuthorizedException: Password attempts exceeded"), people / 2 - compared);
}
