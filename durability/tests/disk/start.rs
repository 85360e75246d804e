//! The disk fails while the server starts, and while it brings an older schema up to date.

use cenote_durability::disk::{EIO, ENOSPC, EROFS};

use crate::support::{Groups, Site, site};

/// A start that can't be is refused with a clear word, and leaves nothing behind that a later one stumbles over.
fn refuses(site: &Site, rules: &str, words: &[&str]) -> bool {
    let before = site.setup.log().len();
    site.disk.fails(rules).unwrap();
    let outcome = site.setup.try_start().unwrap();
    site.disk.recovers().unwrap();
    match outcome {
        Ok(server) => {
            server.kill().unwrap();
            false
        }
        Err(status) => {
            let log = site.setup.log();
            let said = log.get(before..).unwrap_or_default();
            assert_eq!(status.code(), Some(1), "{rules}: {said}");
            assert!(words.iter().any(|word| said.contains(word)), "{rules}: {said}");
            true
        }
    }
}

/// Places in what a first start writes.
fn places() -> impl Iterator<Item = u64> {
    [1, 40, 90, 300, 5_000, 9_000, 40_000, 100_000, 150_000, 200_000, 250_000, 300_000].into_iter()
}

#[test]
fn a_first_start_on_a_failing_disk() {
    let mut refused = 0;
    for (error, word) in [(ENOSPC, "full"), (EIO, "I/O error")] {
        for after in places() {
            let site = site();
            let words = [word, "os error"];
            refused += usize::from(refuses(&site, &format!("write error={error} after={after}"), &words));
            let server = site.setup.start().unwrap();
            let mut groups = Groups::create(&server);
            groups.make().unwrap();
            assert!(server.stop().unwrap().success());
        }
    }
    assert!(refused > 10, "{refused}");
    for rules in [
        format!("open error={EROFS}"),
        format!("sync error={EIO}"),
        format!("sync error={EIO} file=-wal"),
        format!("sync error={EIO} times=1"),
    ] {
        let site = site();
        assert!(refuses(&site, &rules, &["I/O error", "os error"]), "{rules}");
        let server = site.setup.start().unwrap();
        assert!(server.stop().unwrap().success());
    }
}

#[test]
fn a_later_start_on_a_failing_disk_loses_nothing() {
    let site = site();
    let server = site.setup.start().unwrap();
    let mut groups = Groups::create(&server);
    groups.make().unwrap();
    server.kill().unwrap();
    for rules in [
        format!("write error={ENOSPC} after=1"),
        format!("write,sync error={EIO}"),
        format!("open,write,truncate,unlink,rename error={EROFS}"),
    ] {
        refuses(
            &site,
            &rules,
            &["full", "I/O error", "os error", "can't open", "readonly", "unable to open"],
        );
        let server = site.setup.start().unwrap();
        groups.reconnect(&server);
        groups.make().unwrap();
        groups.check();
        server.kill().unwrap();
    }
}

#[test]
fn a_migration_on_a_failing_disk_is_done_by_the_next_start() {
    let site = site();
    let server = site.setup.start().unwrap();
    let mut groups = Groups::create(&server);
    groups.make().unwrap();
    assert!(server.stop().unwrap().success());
    let database = site.setup.data().join("cenote.db");
    let version = || -> String {
        let connection = rusqlite::Connection::open(&database).unwrap();
        connection
            .query_row("SELECT value FROM meta WHERE key = 'schema_version'", [], |row| row.get(0))
            .unwrap()
    };
    let newest = version();
    for rules in [
        format!("write error={ENOSPC} after=1"),
        format!("write error={ENOSPC} after=100"),
        format!("write error={EIO} after=1"),
        format!("sync error={EIO} file=-wal"),
    ] {
        // Every step is harmless when it is applied twice.
        let connection = rusqlite::Connection::open(&database).unwrap();
        connection.execute("UPDATE meta SET value = '0' WHERE key = 'schema_version'", []).unwrap();
        drop(connection);
        assert!(refuses(&site, &rules, &["full", "I/O error"]), "{rules}");
        assert!(version() == "0" || rules.starts_with("sync"), "{rules}: the version was written by half");
        let server = site.setup.start().unwrap();
        groups.reconnect(&server);
        groups.check();
        groups.make().unwrap();
        assert!(server.stop().unwrap().success());
        assert_eq!(version(), newest);
    }
}
