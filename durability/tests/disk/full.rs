//! The disk is full, read-only, or fails, and recovers.

use cenote_durability::disk::{EIO, ENOSPC, EROFS};

use crate::support::{Groups, is_internal, site};

/// Writes are refused and say why in the log, reads go on, readiness tells, and all is well once the disk is.
fn passes(rules: &str, word: &str) {
    let site = site();
    let server = site.setup.start().unwrap();
    let mut groups = Groups::create(&server);
    for _ in 0..5 {
        groups.make().unwrap();
    }
    assert_eq!(groups.ready().0, 200);

    site.disk.fails(rules).unwrap();
    for _ in 0..3 {
        let refusal = groups.make_until_refused();
        assert!(is_internal(&refusal), "{refusal}");
        groups.check();
    }
    let (status, ready) = groups.ready();
    assert!(status == 503 && ready.contains(word), "{status} {ready}");
    assert!(site.setup.log().contains(word), "{}", site.setup.log());

    site.disk.recovers().unwrap();
    assert_eq!(groups.ready().0, 200, "it notices by itself");
    for _ in 0..5 {
        groups.make().unwrap();
    }
    groups.check();

    // Once more, and killed.
    site.disk.fails(rules).unwrap();
    groups.make_until_refused();
    server.kill().unwrap();
    site.check_after_start(&mut groups);
}

#[test]
fn a_full_disk_passes() {
    for after in [1, 5_000, 100_000] {
        passes(&format!("write error={ENOSPC} after={after}"), "full");
    }
}

#[test]
fn a_read_only_disk_passes() {
    passes(&format!("open,write,truncate,unlink,rename error={EROFS}"), "I/O error");
}

#[test]
fn failing_writes_pass() {
    for after in [1, 30_000] {
        passes(&format!("write error={EIO} after={after}"), "I/O error");
    }
}

#[test]
fn failing_flushes_pass() {
    passes(&format!("sync error={EIO}"), "I/O error");
}

#[test]
fn a_log_that_can_not_be_folded_in_holds_up_nobody() {
    let site = site();
    let server = site.setup.start().unwrap();
    let mut groups = Groups::create(&server);
    site.disk.fails(&format!("write,sync,truncate error={EIO} file=.db")).unwrap();
    // More than the log holds before it is folded in.
    for _ in 0..1200 {
        groups.make().unwrap();
    }
    server.kill().unwrap();
    site.check_after_start(&mut groups);
}
