//! The program itself.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// The program, with nothing of this environment that could be a setting.
pub fn cenote(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cenote"));
    command.current_dir(directory).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CENOTE_")) {
        command.env_remove(name);
    }
    command
}

/// A running `cenote`; killed when it is dropped.
pub struct Program {
    child: Child,
    pub address: SocketAddr,
}

impl Program {
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.strip_prefix("listening on http://").and_then(|rest| rest.trim().parse().ok());
        let Some(address) = address else {
            let mut log = String::new();
            child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
            panic!("no address in {line:?}: {log}");
        };
        Self { child, address }
    }

    pub fn call(&self, operation: &str, body: &Value) -> (u16, Value) {
        let (signature, date) = (crate::support::ANY_SIGNATURE, crate::support::ANY_DATE);
        let (body, mut stream) = (body.to_string(), TcpStream::connect(self.address).unwrap());
        write!(
            stream,
            "POST / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nX-Amz-Target: AWSCognitoIdentityProviderService.{operation}\r\n\
             {}: {}\r\n{}: {}\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            signature.0,
            signature.1,
            date.0,
            date.1,
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap_or_default())
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal, waits, and returns the exit status and what was written to standard error.
    pub fn stop(mut self, signal: &str) -> (Option<i32>, String) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        (self.child.wait().unwrap().code(), log)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn dev_starts_from_nothing_and_finds_its_data_again() {
    let directory = tempfile::tempdir().unwrap();
    let start = || Program::start(cenote(directory.path()).args(["dev", "--listen", "127.0.0.1:0"]));
    let program = start();
    let (status, pool) = program.call("CreateUserPool", &json!({ "PoolName": "kept" }));
    assert_eq!(status, 200, "{pool}");
    let (code, log) = program.stop("-TERM");
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("NOT FOR PRODUCTION"), "{log}");

    let mode =
        |path: &str| std::fs::metadata(directory.path().join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(".cenote"), 0o700);
    assert_eq!(mode(".cenote/master.key"), 0o600);

    let program = start();
    let (_, pools) = program.call("ListUserPools", &json!({ "MaxResults": 1 }));
    assert_eq!(pools["UserPools"][0]["Name"], "kept");
    assert_eq!(program.stop("-INT").0, Some(0));
}

#[test]
fn who_is_told_to_end_while_starting_ends() {
    let directory = tempfile::tempdir().unwrap();
    // A database that takes connections and says nothing.
    let database = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!(
        "store.url=postgres://cenote@{}/cenote?sslmode=disable&connect_timeout=600",
        database.local_addr().unwrap()
    );
    for signal in ["-TERM", "-INT"] {
        let settings = ["--set", &url, "--set", "store.timeout_ms=600000"];
        let mut command = cenote(directory.path());
        let mut child = command.args(["dev", "--listen", "127.0.0.1:0"]).args(settings).spawn().unwrap();
        let _asked = database.accept().unwrap();
        let pid = child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        let limit = Instant::now() + Duration::from_secs(60);
        let status = loop {
            match child.try_wait().unwrap() {
                Some(status) => break status,
                None if Instant::now() > limit => {
                    child.kill().unwrap();
                    panic!("{signal}: it does not end");
                }
                None => std::thread::park_timeout(Duration::from_millis(5)),
            }
        };
        let mut log = String::new();
        child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        assert_eq!(status.code(), Some(0), "{log}");
    }
}

#[test]
fn dev_stays_on_this_machine_unless_exposed() {
    let directory = tempfile::tempdir().unwrap();
    let output = cenote(directory.path()).args(["dev", "--listen", "0.0.0.0:0"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("add --expose"), "{}", stderr(&output));
    let program = Program::start(cenote(directory.path()).args(["dev", "--listen", "0.0.0.0:0", "--expose"]));
    assert!(program.stop("-TERM").1.contains("OTHER MACHINES"));
}

#[test]
#[cfg(target_os = "linux")]
fn connections_are_as_many_as_there_are_descriptors_for() {
    let directory = tempfile::tempdir().unwrap();
    let program = cenote(directory.path());
    let mut shell = Command::new("sh");
    shell.current_dir(directory.path()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CENOTE_")) {
        shell.env_remove(name);
    }
    shell.args(["-c", "ulimit -S -n 64 && ulimit -H -n 150 && exec \"$0\" dev --listen 127.0.0.1:0"]);
    let program = Program::start(shell.arg(program.get_program()));
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", program.child.id())).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    assert_eq!(line.split_whitespace().collect::<Vec<_>>()[3..5], ["150", "150"]);
    let (_, log) = program.stop("-TERM");
    assert!(log.contains("server.too_few_descriptors wanted=10000 possible=50"), "{log}");
}

#[test]
fn dev_takes_a_seed_and_a_fixed_code() {
    let directory = tempfile::tempdir().unwrap();
    let seed = "pools: [{ Id: us-east-1_Example01, PoolName: p, AutoVerifiedAttributes: [email], \
                Clients: [{ ClientId: exampleclient, ClientName: web }] }, { PoolName: other }]";
    std::fs::write(directory.path().join("seed.yaml"), seed).unwrap();
    let program = Program::start(cenote(directory.path()).args([
        "dev",
        "--listen",
        "127.0.0.1:0",
        "--seed",
        "seed.yaml",
        "--fixed-code",
        "123456",
        "--data-dir",
        "data/here",
        "--region",
        "eu-central-1",
    ]));
    let pools = program.call("ListUserPools", &json!({ "MaxResults": 60 })).1;
    let mut ids: Vec<&str> =
        pools["UserPools"].as_array().unwrap().iter().map(|pool| pool["Id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    assert!(ids[0].starts_with("eu-central-1_"), "{ids:?}");
    assert_eq!(ids[1], "us-east-1_Example01");
    let attributes = json!([{ "Name": "email", "Value": "a@example.com" }]);
    let sign_up = json!({ "ClientId": "exampleclient", "Username": "a", "Password": "Passw0rd!", "UserAttributes": attributes });
    assert_eq!(program.call("SignUp", &sign_up).0, 200);
    let confirm = json!({ "ClientId": "exampleclient", "Username": "a", "ConfirmationCode": "123456" });
    assert_eq!(program.call("ConfirmSignUp", &confirm).0, 200);
    assert!(directory.path().join("data/here/cenote.db").exists());
}

#[test]
fn the_log_keeps_secrets() {
    let directory = tempfile::tempdir().unwrap();
    let program = Program::start(cenote(directory.path()).args([
        "dev",
        "--listen",
        "127.0.0.1:0",
        "--log",
        "json",
        "--set",
        "log.level=trace",
    ]));
    let pool =
        program.call("CreateUserPool", &json!({ "PoolName": "p", "AutoVerifiedAttributes": ["email"] })).1;
    let pool = pool["UserPool"]["Id"].as_str().unwrap().to_owned();
    let client = program.call(
        "CreateUserPoolClient",
        &json!({ "UserPoolId": pool, "ClientName": "c", "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"] }),
    );
    let client = client.1["UserPoolClient"]["ClientId"].as_str().unwrap().to_owned();
    let (name, password, address) = ("wilhelmina", "Xyzzy-Plugh-1!", "wilhelmina@secret.example");
    let attributes = json!([{ "Name": "email", "Value": address }]);
    let sign_up =
        json!({ "ClientId": client, "Username": name, "Password": password, "UserAttributes": attributes });
    assert_eq!(program.call("SignUp", &sign_up).0, 200);
    program.call(
        "ConfirmSignUp",
        &json!({ "ClientId": client, "Username": name, "ConfirmationCode": "987654" }),
    );
    assert_eq!(program.call("AdminConfirmSignUp", &json!({ "UserPoolId": pool, "Username": name })).0, 200);
    let parameters = json!({ "USERNAME": name, "PASSWORD": password });
    let tokens = program
        .call(
            "InitiateAuth",
            &json!({ "ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters }),
        )
        .1;
    let tokens = tokens["AuthenticationResult"].clone();
    program.call("GetUser", &json!({ "AccessToken": tokens["AccessToken"] }));
    program.call("ForgotPassword", &json!({ "ClientId": client, "Username": name }));
    program.call(
        "SignUp",
        &json!({ "ClientId": client, "Username": name, "Password": "Fr0tz-Gnusto!" , "UserAttributes": 5 }),
    );
    program.call("SignUp", &json!({ "ClientId": client, "Username": "\u{1}", "Password": "x" }));

    let (code, log) = program.stop("-TERM");
    assert_eq!(code, Some(0));
    for secret in [name, password, address, &client, "987654", "Fr0tz", "eyJ", "Credential="] {
        assert!(!log.contains(secret), "{secret} in the log:\n{log}");
    }
    for token in ["AccessToken", "IdToken", "RefreshToken"] {
        assert!(!log.contains(tokens[token].as_str().unwrap()), "{token}");
    }
    let lines: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let request =
        lines.iter().find(|line| line["operation"] == "AdminConfirmSignUp").expect("a line for each request");
    assert_eq!(request["pool_id"], pool);
    assert_eq!(request["outcome"], "ok");
    assert_eq!(request["status"], 200);
    assert!(request["duration_ms"].is_number() && request["body_bytes"].is_number());
    assert_eq!(request["request_id"].as_str().unwrap().len(), 36);
    let count = lines.iter().filter(|line| line["message"] == "request").count();
    assert_eq!(count, 10);
}

#[test]
fn usage_is_explained() {
    let directory = tempfile::tempdir().unwrap();
    for arguments in [
        &["--help"][..],
        &["dev", "--help"],
        &["serve", "--help"],
        &["check-config", "--help"],
        &["keys", "--help"],
        &["keys", "master", "--help"],
        &["keys", "master", "generate", "--help"],
        &["keys", "master", "reseal", "--help"],
        &["keys", "create", "--help"],
        &["keys", "list", "--help"],
        &["keys", "delete", "--help"],
        &["keys", "rotate", "--help"],
    ] {
        let output = cenote(directory.path()).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("Example:\n  cenote "), "{arguments:?}: {text}");
    }
    for arguments in [
        &["brew"][..],
        &["dev", "--nonsense"],
        &["dev", "--fixed-code", "12"],
        &["keys", "create"],
        &["keys", "rotate"],
        &[],
    ] {
        let output = cenote(directory.path()).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn keys_are_made_listed_used_and_deleted() {
    let directory = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let output = cenote(directory.path()).args(arguments).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout.clone()).unwrap(), stderr(&output))
    };
    let (code, text, _) = run(&["keys", "master", "generate", "--out", "master.key", "--json"]);
    assert_eq!(code, Some(0));
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["file"], "master.key");
    let mode = std::fs::metadata(directory.path().join("master.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let before = std::fs::read(directory.path().join("master.key")).unwrap();
    let (code, _, error) = run(&["keys", "master", "generate", "--out", "master.key"]);
    assert_eq!(code, Some(1));
    assert!(error.contains("exists already"), "{error}");
    assert_eq!(std::fs::read(directory.path().join("master.key")).unwrap(), before);

    std::fs::write(
        directory.path().join("cenote.toml"),
        "store.url = \"sqlite:cenote.db\"\nkeys.master_key_file = \"master.key\"\n",
    )
    .unwrap();
    std::fs::write(
        directory.path().join("bad.json"),
        "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\",\"Condition\":{}}}",
    )
    .unwrap();
    let (code, _, error) =
        run(&["keys", "create", "--name", "x", "--policy", "bad.json", "--config", "cenote.toml"]);
    assert_eq!(code, Some(1));
    assert!(error.contains("Condition"), "{error}");
    std::fs::write(
        directory.path().join("twice.json"),
        "{\"Statement\":{\"Effect\":\"Deny\",\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}}",
    )
    .unwrap();
    let (code, _, error) =
        run(&["keys", "create", "--name", "x", "--policy", "twice.json", "--config", "cenote.toml"]);
    assert_eq!(code, Some(1));
    assert!(error.contains("Effect is there twice"), "{error}");
    let (code, text, error) =
        run(&["keys", "create", "--name", "backend", "--admin", "--json", "--config", "cenote.toml"]);
    assert_eq!(code, Some(0), "{error}");
    let key: Value = serde_json::from_str(&text).unwrap();
    let id = key["access_key_id"].as_str().unwrap();
    assert_eq!((id.len(), &id[..4]), (20, "AKIA"));
    assert_eq!(key["secret_access_key"].as_str().unwrap().len(), 40);
    let (_, text, _) = run(&["keys", "list", "--json", "--config", "cenote.toml"]);
    let list: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(list["access_keys"][0]["name"], "backend");
    assert!(!text.contains(key["secret_access_key"].as_str().unwrap()));
    assert_eq!(run(&["keys", "delete", id, "--config", "cenote.toml"]).0, Some(0));
    assert_eq!(run(&["keys", "delete", id, "--config", "cenote.toml"]).0, Some(1));
    let (_, text, _) = run(&["keys", "list", "--config", "cenote.toml"]);
    assert_eq!(text, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_not_what_migrates_a_database() {
    let Some(options) = cenote_store::testing::postgres::empty_database().await else { return };
    let directory = tempfile::tempdir().unwrap();
    let url = format!("store.url={}", options.url);
    let run = |arguments: &[&str]| {
        let mut command = cenote(directory.path());
        command.args(arguments).args(["--set", &url, "--set", "keys.master_key_file=master.key"]);
        let output = command.output().unwrap();
        (output.status.code(), stderr(&output))
    };
    let made = cenote(directory.path()).args(["keys", "master", "generate", "--out", "master.key"]).output();
    assert!(made.unwrap().status.success());
    for command in [["list", "--json"].as_slice(), &["delete", "AKIAX"], &["rotate", "--all-pools"]] {
        let (code, error) = run(&[["keys"].as_slice(), command].concat());
        assert_eq!(code, Some(1), "{command:?}");
        assert!(error.contains("start a server with store.migrations"), "{command:?}: {error}");
    }
    // The first key may be there before the first server.
    let (code, error) = run(&["keys", "create", "--name", "first", "--admin"]);
    assert_eq!(code, Some(0), "{error}");
    assert_eq!(run(&["keys", "list"]).0, Some(0));
}

#[test]
fn signing_keys_are_rotated_beside_a_running_server() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(
        directory.path().join("seed.json"),
        json!({ "pools": [{
            "Id": "us-east-1_Example01", "PoolName": "example",
            "Clients": [{
                "ClientId": "exampleclientid00000000000", "ClientName": "web",
                "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"],
            }],
            "Users": [{ "Username": "alice", "Password": "Passw0rd!" }],
        }] })
        .to_string(),
    )
    .unwrap();
    let program = Program::start(cenote(directory.path()).args([
        "dev",
        "--listen",
        "127.0.0.1:0",
        "--data-dir",
        "data",
        "--seed",
        "seed.json",
    ]));
    let sign_in = || {
        let (_, answer) = program.call(
            "InitiateAuth",
            &json!({
                "ClientId": "exampleclientid00000000000", "AuthFlow": "USER_PASSWORD_AUTH",
                "AuthParameters": { "USERNAME": "alice", "PASSWORD": "Passw0rd!" },
            }),
        );
        answer["AuthenticationResult"]["AccessToken"].as_str().unwrap().to_owned()
    };
    let head = |token: &str| token.split('.').next().unwrap().to_owned();
    let get_user = |token: &str| program.call("GetUser", &json!({ "AccessToken": token })).0;
    let rotate = |arguments: &[&str]| {
        let output = cenote(directory.path())
            .args(["keys", "rotate", "--json"])
            .args([
                "--set",
                "store.url=sqlite:data/cenote.db",
                "--set",
                "keys.master_key_file=data/master.key",
            ])
            .args(arguments)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let old = sign_in();
    assert_eq!(get_user(&old), 200);
    let rotated = rotate(&["--pool", "us-east-1_Example01", "--at-once"]);
    assert_eq!(rotated["removed"], json!([]));
    let started = Instant::now();
    let new = loop {
        let token = sign_in();
        if head(&token) != head(&old) {
            break token;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "the server does not follow");
    };
    assert_eq!((get_user(&old), get_user(&new)), (200, 200));
    let rotated = rotate(&["--all-pools", "--discard-old"]);
    assert_eq!(rotated["removed"].as_array().unwrap().len(), 4);
    while get_user(&old) == 200 || get_user(&new) == 200 {
        assert!(started.elapsed() < Duration::from_secs(60), "the server does not follow");
    }
    assert_eq!(get_user(&sign_in()), 200);
}
