//! The disk that takes the backup fails, and the one that takes the restored database.

use std::path::Path;

use cenote_durability::disk::{EIO, ENOSPC};
use cenote_durability::server::Setup;

use crate::support::{Groups, Site, site};

/// Runs a command with the failing disk under another directory. Returns its exit code and what it said.
fn run(site: &Site, directory: &Path, rules: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let mut setup: Setup = site.setup.clone();
    for (name, value) in &mut setup.environment {
        if *name == "DISK_FAULTS_DIRECTORY" {
            directory.clone_into(value);
        }
    }
    site.disk.fails(rules).unwrap();
    let mut command = setup.command(arguments).unwrap();
    let output = command.stderr(std::process::Stdio::piped()).output().unwrap();
    site.disk.recovers().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_backup_that_fails_leaves_nothing_behind_and_hurts_nobody() {
    let site = site();
    let server = site.setup.start().unwrap();
    let mut groups = Groups::create(&server);
    groups.make().unwrap();
    let folder = site.directory.path().join("backups");
    std::fs::create_dir(&folder).unwrap();
    let out = folder.join("backup.db").to_string_lossy().into_owned();
    let backup = ["backup", "--data-dir", "data", "--out", &out, "--verify"];
    for (rules, word) in [
        (format!("write error={ENOSPC} after=1"), "full"),
        (format!("write error={ENOSPC} after=30000"), "full"),
        (format!("write error={EIO} after=50000"), "I/O error"),
        (format!("sync error={EIO}"), "os error"),
        (format!("rename error={EIO}"), "os error"),
        (format!("write error={ENOSPC} file=.sha256.partial"), "os error"),
    ] {
        let (code, said) = run(&site, &folder, &rules, &backup);
        assert!(code == Some(1) && said.contains(word), "{rules}: {code:?} {said}");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0, "{rules}");
        groups.make().unwrap();
    }
    let (code, said) = run(&site, &folder, "", &backup);
    assert_eq!(code, Some(0), "{said}");
    groups.check();
    let in_backup = groups.made.len();
    groups.make().unwrap();
    assert!(server.stop().unwrap().success());

    // What can't be restored leaves what is there as it is.
    // Absolute, as the library needs it.
    let data = site.setup.data().to_string_lossy().into_owned();
    let restore = ["restore", "--from", &out, "--data-dir", &data, "--force"];
    for rules in [
        format!("write error={ENOSPC} after=30000"),
        format!("sync error={EIO}"),
        format!("rename error={EIO}"),
    ] {
        let (code, said) = run(&site, &site.setup.data(), &rules, &restore);
        assert_eq!(code, Some(1), "{rules}: {said}");
        let server = site.setup.start().unwrap();
        groups.reconnect(&server);
        groups.check();
        assert!(server.stop().unwrap().success());
    }
    let (code, said) = run(&site, &site.setup.data(), "", &restore);
    assert_eq!(code, Some(0), "{said}");
    let server = site.setup.start().unwrap();
    groups.reconnect(&server);
    groups.made.truncate(in_backup);
    assert_eq!(groups.list(), groups.made);
    assert!(server.stop().unwrap().success());
}
