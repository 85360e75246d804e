//! `cenote serve` refuses to start unsafe, and says what to do. `check-config` says the same without starting.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::binary::{Program, cenote, stderr};

const GOOD: &str = r#"
[server]
listen = "127.0.0.1:0"
public_url = "https://auth.example.com"
[store]
url = "sqlite:cenote.db"
[keys]
master_key_file = "master.key"
"#;

/// A folder with a configuration that is fine, and its master key.
fn installation() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    generate(directory.path(), "master.key");
    std::fs::write(directory.path().join("cenote.toml"), GOOD).unwrap();
    directory
}

fn generate(directory: &Path, name: &str) {
    let output = cenote(directory).args(["keys", "master", "generate", "--out", name]).output().unwrap();
    assert!(output.status.success());
}

/// What is said when it can't start.
fn refusal(directory: &Path, more: &[&str]) -> String {
    let output = cenote(directory).args(["serve", "--config", "cenote.toml"]).args(more).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert_eq!(output.stdout, b"");
    stderr(&output)
}

#[test]
fn a_good_configuration_starts() {
    let directory = installation();
    let program = Program::start(cenote(directory.path()).args(["serve", "--config", "cenote.toml"]));
    let (status, answer) = program.call("ListUserPools", &serde_json::json!({ "MaxResults": 1 }));
    assert_eq!((status, answer["__type"].as_str()), (400, Some("UnrecognizedClientException")));
    assert_eq!(program.stop("-TERM").0, Some(0));
}

#[test]
fn everything_that_is_missing_is_said_at_once() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("cenote.toml"), "").unwrap();
    let text = refusal(directory.path(), &[]);
    for needed in ["`server.public_url` is not set", "`store.url` is not set", "cenote keys master generate"]
    {
        assert!(text.contains(needed), "{text}");
    }
}

#[test]
fn unknown_settings_are_refused() {
    let directory = installation();
    std::fs::write(directory.path().join("cenote.toml"), format!("{GOOD}\n[log]\nlevle = \"info\"\n"))
        .unwrap();
    assert!(
        refusal(directory.path(), &[])
            .contains("cenote.toml: there is no setting `log.levle`. `log` has: format, level")
    );
}

#[test]
fn key_files_that_others_can_read_are_refused() {
    let directory = installation();
    let open = |name: &str, mode| {
        std::fs::set_permissions(directory.path().join(name), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    open("master.key", 0o640);
    assert!(refusal(directory.path(), &[]).contains("run `chmod 600 master.key`"));
    open("master.key", 0o600);
    // A configuration file with a password in it is such a file as well.
    let text =
        format!("{GOOD}\n[email]\nfrom = \"a@example.com\"\nsmtp_url = \"smtps://u:p@mail.example.com\"\n");
    std::fs::write(directory.path().join("cenote.toml"), text).unwrap();
    open("cenote.toml", 0o644);
    let text = refusal(directory.path(), &[]);
    assert!(text.contains("run `chmod 600 cenote.toml`"), "{text}");
    assert!(!text.contains("u:p"));
    open("cenote.toml", 0o600);
    let output = cenote(directory.path()).args(["check-config", "--config", "cenote.toml"]).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
}

#[test]
fn a_wrong_master_key_is_noticed() {
    let directory = installation();
    let program = Program::start(cenote(directory.path()).args(["serve", "--config", "cenote.toml"]));
    drop(program);
    generate(directory.path(), "other.key");
    let text = refusal(directory.path(), &["--set", "keys.master_key_file=other.key"]);
    assert!(text.contains("made with another master key"), "{text}");
}

#[test]
fn a_new_master_key_may_stand_above_the_old_one() {
    let directory = installation();
    let start = || Program::start(cenote(directory.path()).args(["serve", "--config", "cenote.toml"]));
    drop(start());
    generate(directory.path(), "new.key");
    let read = |name: &str| std::fs::read_to_string(directory.path().join(name)).unwrap();
    let both = format!("{}{}", read("new.key"), read("master.key"));
    std::fs::write(directory.path().join("master.key"), both).unwrap();
    assert_eq!(start().stop("-TERM").0, Some(0));
}

#[test]
fn a_broken_master_key_is_noticed() {
    let directory = installation();
    std::fs::write(directory.path().join("master.key"), "c2hvcnQ=\n").unwrap();
    assert!(refusal(directory.path(), &[]).contains("a key has 32"));
}

#[test]
fn the_environment_can_hold_the_master_key() {
    let directory = installation();
    let key = std::fs::read_to_string(directory.path().join("master.key")).unwrap();
    let mut command = cenote(directory.path());
    command.env("CENOTE_MASTER_KEY", key).args(["serve", "--config", "cenote.toml"]);
    let output = command.output().unwrap();
    assert!(stderr(&output).contains("are both set: keep one"), "{}", stderr(&output));
    command.args(["--set", "keys.master_key_file="]);
    assert_eq!(Program::start(&mut command).stop("-TERM").0, Some(0));
}

#[test]
fn plain_http_beyond_this_machine_needs_a_word() {
    let directory = installation();
    let plain = ["--set", "server.public_url=http://auth.example.com"];
    assert!(refusal(directory.path(), &plain).contains("server.allow_plain_http = true"));
}

#[test]
fn an_address_in_use_is_named() {
    let directory = installation();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let text = refusal(directory.path(), &["--set", &format!("server.listen={address}")]);
    assert!(text.contains(&format!("{address} can't be listened on")), "{text}");
}

#[test]
fn a_database_of_a_later_release_is_left_alone() {
    let directory = installation();
    drop(Program::start(cenote(directory.path()).args(["serve", "--config", "cenote.toml"])));
    let database = rusqlite::Connection::open(directory.path().join("cenote.db")).unwrap();
    let changed = database.execute("UPDATE meta SET value = '999' WHERE key = 'schema_version'", []).unwrap();
    assert_eq!(changed, 1);
    drop(database);
    let text = refusal(directory.path(), &[]);
    assert!(text.contains("schema version 999") && text.contains("use a later release"), "{text}");
}

#[test]
fn check_config_says_all_of_it_as_json_too() {
    let directory = installation();
    let check = |more: &[&str]| {
        cenote(directory.path())
            .args(["check-config", "--config", "cenote.toml"])
            .args(more)
            .output()
            .unwrap()
    };
    let output = check(&[]);
    assert_eq!(
        (output.status.code(), output.stdout.as_slice()),
        (Some(0), &b"the configuration is fine\n"[..])
    );
    let output = check(&["--json", "--set", "log.level=loud", "--set", "cors.origins=*"]);
    assert_eq!(output.status.code(), Some(1));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["ok"], false);
    assert_eq!(answer["problems"].as_array().unwrap().len(), 2);
    let output = check(&["--set", "tls.certificate_file=none.pem", "--set", "tls.key_file=none.pem"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("none.pem can't be read"), "{}", stderr(&output));
}

#[test]
fn check_config_finds_what_serve_would_trip_over() {
    let directory = installation();
    std::fs::write(directory.path().join("empty.pem"), "").unwrap();
    std::fs::set_permissions(directory.path().join("empty.pem"), std::fs::Permissions::from_mode(0o600))
        .unwrap();
    let more = r#"
        [store]
        url = "postgres://u@h/d?no_such_option=1"
        [tls]
        certificate_file = "empty.pem"
        key_file = "empty.pem"
        [email]
        smtp_url = "smtp://mail.example.com?tls=perhaps"
        from = "nobody"
        [sms]
        webhook_url = "https://"
        secret = "x"
        [triggers]
        endpoint = "https://"
        "#;
    let text = GOOD.replace("[store]\nurl = \"sqlite:cenote.db\"\n", "") + more;
    let path = directory.path().join("cenote.toml");
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let output = cenote(directory.path())
        .args(["check-config", "--config", "cenote.toml", "--json"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let problems = answer["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 5, "{problems:#?}");

    let elsewhere = "sqlite:nowhere/cenote.db";
    let output = cenote(directory.path())
        .args(["check-config", "--set", &format!("store.url={elsewhere}")])
        .output()
        .unwrap();
    assert!(stderr(&output).contains("its folder has to exist"), "{}", stderr(&output));
}
