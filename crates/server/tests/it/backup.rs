//! `cenote backup` and `cenote restore`, beside a running server and under a new one.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::binary::{Program, cenote, stderr};

const SEED: &str = "pools: [{ Id: us-east-1_Example01, PoolName: p, Clients: [{ ClientId: exampleclient, ClientName: web, \
                    ExplicitAuthFlows: [ALLOW_USER_PASSWORD_AUTH, ALLOW_REFRESH_TOKEN_AUTH] }] }]";
const POOL: &str = "us-east-1_Example01";

struct Run {
    code: Option<i32>,
    output: String,
    error: String,
}

impl Run {
    fn json(&self) -> Value {
        assert_eq!(self.code, Some(0), "{}", self.error);
        serde_json::from_str(&self.output).unwrap()
    }

    /// That it failed, and why.
    fn failure(&self, reason: &str) {
        assert_eq!(self.code, Some(1), "{} {}", self.output, self.error);
        assert!(self.error.contains(reason), "{}", self.error);
    }
}

fn run(directory: &Path, arguments: &str) -> Run {
    let output = cenote(directory).args(arguments.split(' ')).output().unwrap();
    Run {
        code: output.status.code(),
        error: stderr(&output),
        output: String::from_utf8(output.stdout).unwrap(),
    }
}

fn dev(directory: &Path, data: &str) -> Program {
    let arguments = ["dev", "--listen", "127.0.0.1:0", "--seed", "seed.yaml", "--data-dir", data];
    Program::start(cenote(directory).args(arguments))
}

/// A server on `data` in a new directory, with a user `rosa`.
fn with_rosa() -> (TempDir, Program) {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("seed.yaml"), SEED).unwrap();
    let program = dev(directory.path(), "data");
    let user = json!({ "UserPoolId": POOL, "Username": "rosa", "MessageAction": "SUPPRESS" });
    assert_eq!(program.call("AdminCreateUser", &user).0, 200);
    let password =
        json!({ "UserPoolId": POOL, "Username": "rosa", "Password": "Passw0rd!", "Permanent": true });
    assert_eq!(program.call("AdminSetUserPassword", &password).0, 200);
    (directory, program)
}

fn signs_in(program: &Program) -> bool {
    let parameters = json!({ "USERNAME": "rosa", "PASSWORD": "Passw0rd!" });
    let sign_in = json!({ "ClientId": "exampleclient", "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters });
    let (status, answer) = program.call("InitiateAuth", &sign_in);
    status == 200 && answer["AuthenticationResult"]["AccessToken"].is_string()
}

#[test]
fn a_backup_made_while_serving_is_restored_under_a_new_server() {
    let (directory, program) = with_rosa();
    let path = directory.path();
    let client = |program: &Program, operation: &str, body: &mut Value| {
        body["UserPoolId"] = POOL.into();
        program.call(operation, body)
    };
    // Somebody writes before, during and after.
    let (acknowledge, acknowledged) = channel();
    let stop = AtomicBool::new(false);
    let (before, made) = std::thread::scope(|scope| {
        scope.spawn(|| {
            // Owned, so that the channel ends with it.
            let acknowledge = acknowledge;
            for number in 0.. {
                let mut body = json!({ "ClientName": format!("client-{number}") });
                let (status, answer) = client(&program, "CreateUserPoolClient", &mut body);
                assert_eq!(status, 200, "{answer}");
                let id = answer["UserPoolClient"]["ClientId"].as_str().unwrap().to_owned();
                if acknowledge.send(id).is_err() || stop.load(Ordering::Relaxed) {
                    return;
                }
            }
        });
        let mut before: Vec<String> = acknowledged.iter().take(20).collect();
        before.extend(acknowledged.try_iter());
        let made = run(path, "backup --data-dir data --out backup.db --verify --json");
        // The server goes on as if nothing was.
        acknowledged.recv().unwrap();
        stop.store(true, Ordering::Relaxed);
        (before, made)
    });
    let made = made.json();
    assert_eq!((&made["file"], &made["manifest"]), (&json!("backup.db"), &json!("backup.db.sha256")));
    assert_eq!((&made["verified"], &made["pools"], &made["users"]), (&json!(true), &json!(1), &json!(1)));
    assert_eq!(made["bytes"], path.join("backup.db").metadata().unwrap().len());
    assert!(made["created"].as_str().unwrap().ends_with('Z'), "{made}");
    for name in ["backup.db", "backup.db.sha256"] {
        let mode = path.join(name).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    drop(program);

    std::fs::create_dir(path.join("new")).unwrap();
    std::fs::copy(path.join("data/master.key"), path.join("new/master.key")).unwrap();
    let restored = run(path, "restore --from backup.db --data-dir new --json").json();
    assert_eq!((&restored["restored"], &restored["key_checked"]), (&json!(true), &json!(true)));
    assert_eq!((&restored["database"], &restored["sha256"]), (&json!("new/cenote.db"), &made["sha256"]));
    assert_eq!(path.join("new/cenote.db").metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let program = dev(path, "new");
    assert!(signs_in(&program));
    for id in before {
        let (status, answer) = client(&program, "DescribeUserPoolClient", &mut json!({ "ClientId": id }));
        assert_eq!(status, 200, "{answer}");
    }
}

#[test]
fn nothing_is_overwritten_by_accident() {
    let (directory, program) = with_rosa();
    let path = directory.path();
    let made = run(path, "backup --data-dir data --out backup.db");
    assert_eq!(made.code, Some(0), "{}", made.error);
    assert!(
        made.output.contains("1 users") && made.output.contains("master key is not in it"),
        "{}",
        made.output
    );
    run(path, "backup --data-dir data --out backup.db").failure("backup.db exists already");

    // Another user, who is not in the backup.
    let user = json!({ "UserPoolId": POOL, "Username": "maria", "MessageAction": "SUPPRESS" });
    assert_eq!(program.call("AdminCreateUser", &user).0, 200);
    run(path, "restore --from backup.db --data-dir data").failure("add --force");
    run(path, "restore --from backup.db --data-dir data --force").failure("stop the server first");
    let maria = |program: &Program| {
        program.call("AdminGetUser", &json!({ "UserPoolId": POOL, "Username": "maria" })).0
    };
    assert_eq!(maria(&program), 200);
    assert_eq!(program.stop("-TERM").0, Some(0));
    run(path, "restore --from backup.db --data-dir data").failure("add --force");
    let program = dev(path, "data");
    assert_eq!(maria(&program), 200);
    // Not even after a kill, with its log still there.
    drop(program);
    run(path, "restore --from backup.db --data-dir data").failure("add --force");
    let restored = run(path, "restore --from backup.db --data-dir data --force");
    assert_eq!(restored.code, Some(0), "{}", restored.error);
    assert!(restored.output.contains("the master key opens it"), "{}", restored.output);
    let program = dev(path, "data");
    assert_eq!((maria(&program), signs_in(&program)), (400, true));
}

#[test]
fn a_backup_needs_its_key_and_every_byte() {
    let (directory, program) = with_rosa();
    let path = directory.path();
    run(path, "backup --data-dir data --out backup.db --json").json();
    drop(program);
    assert_eq!(run(path, "keys master generate --out other.key").code, Some(0));
    std::fs::write(
        path.join("other.toml"),
        "store.url = \"sqlite:o.db\"\nkeys.master_key_file = \"other.key\"\n",
    )
    .unwrap();
    run(path, "restore --from backup.db --config other.toml").failure("another master key");
    run(path, "restore --from backup.db --config other.toml --verify").failure("another master key");
    assert!(!path.join("o.db").exists());

    std::fs::write(
        path.join("own.toml"),
        "store.url = \"sqlite:o.db\"\nkeys.master_key_file = \"data/master.key\"\n",
    )
    .unwrap();
    let verified = run(path, "restore --from backup.db --config own.toml --verify --json").json();
    assert_eq!((&verified["restored"], &verified["key_checked"]), (&json!(false), &json!(true)));
    assert!(!path.join("o.db").exists());

    let bytes = std::fs::read(path.join("backup.db")).unwrap();
    let mut changed = bytes.clone();
    changed[bytes.len() / 2] ^= 1;
    for damaged in [&changed[..], &bytes[..bytes.len() - 4096]] {
        std::fs::write(path.join("backup.db"), damaged).unwrap();
        run(path, "restore --from backup.db --config own.toml").failure("backup.db is damaged");
        assert!(!path.join("o.db").exists());
    }
    std::fs::write(path.join("backup.db"), bytes).unwrap();
    // Without a key there is nothing to check it with, and that is said.
    let restored = run(path, "restore --from backup.db --data-dir elsewhere");
    assert!(restored.output.contains("none was checked"), "{} {}", restored.output, restored.error);
    assert_eq!(path.join("elsewhere").metadata().unwrap().permissions().mode() & 0o777, 0o700);
    std::fs::remove_file(path.join("backup.db.sha256")).unwrap();
    run(path, "restore --from backup.db --config own.toml").failure("no file backup.db.sha256");
}

#[test]
fn postgres_has_its_own_tools() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let url = "--set store.url=postgres://cenote@db.example/cenote";
    run(path, &format!("backup --out backup.db {url}")).failure("pg_dump");
    run(path, &format!("restore --from backup.db {url}")).failure("pg_dump");
    run(path, "backup --out backup.db").failure("which database is meant?");
    run(path, "backup --out backup.db --data-dir nowhere").failure("no file nowhere/cenote.db");
    run(path, "restore --from backup.db --data-dir nowhere").failure("no file backup.db");
    assert_eq!(std::fs::read_dir(path).unwrap().count(), 0);
}

#[test]
fn usage_is_explained() {
    let directory = tempfile::tempdir().unwrap();
    for command in ["backup", "restore"] {
        let help = run(directory.path(), &format!("{command} --help"));
        assert_eq!(help.code, Some(0));
        assert!(help.output.contains(&format!("Example:\n  cenote {command} ")), "{}", help.output);
        assert_eq!(run(directory.path(), command).code, Some(2));
    }
    for wrong in [
        "backup --out x --data-dir y --config z",
        "restore --from x --data-dir y --config z",
        "restore --from x --data-dir y --verify --force",
    ] {
        assert_eq!(run(directory.path(), wrong).code, Some(2), "{wrong}");
    }
}
