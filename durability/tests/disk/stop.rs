//! A process that is told to end does so, whatever its disk does.

use cenote_durability::server::{Running, tell, wait_for};

use crate::support::{Groups, Site, site};

/// A server with a change that waits for its flush for ever.
fn hanging(site: &Site) -> (Running, Groups) {
    let server = site.setup.start().unwrap();
    let mut groups = Groups::create(&server);
    groups.make().unwrap();
    server.settle().unwrap();
    site.disk.fails("sync hang").unwrap();
    let (_, body) = groups.next();
    groups.connection.send("CreateGroup", &body).unwrap();
    site.wait_for_a_flush();
    (server, groups)
}

#[test]
fn a_disk_that_hangs_does_not_hold_it_up() {
    let mut site = site();
    site.setup.environment.push(("CENOTE_SERVER__DRAIN_TIMEOUT_MS", "500".into()));
    let (mut server, mut groups) = hanging(&site);
    server.tell("-TERM").unwrap();
    let status = wait_for("it does not end", || server.ended()).unwrap();
    assert!(status.success());
    assert!(site.setup.log().contains("server.store_not_closed"));
    site.check_after_start(&mut groups);
}

#[test]
fn nor_does_it_when_somebody_insists() {
    let mut site = site();
    site.setup.environment.push(("CENOTE_SERVER__DRAIN_TIMEOUT_MS", "600000".into()));
    let (mut server, mut groups) = hanging(&site);
    // Two that come right after the other are one.
    let status = wait_for("it does not end", || server.tell("-INT").and_then(|()| server.ended())).unwrap();
    assert_eq!(status.code(), Some(1));
    assert!(site.setup.log().contains("interrupted a second time"));
    site.check_after_start(&mut groups);
}

#[test]
fn a_start_that_waits_for_the_disk_can_be_ended() {
    let site = site();
    // The master key comes before anything that can be waited for.
    site.setup.start().unwrap().stop().unwrap();
    for file in ["cenote.db", "cenote.db-wal", "cenote.db-shm"] {
        let _ = std::fs::remove_file(site.setup.data().join(file));
    }
    site.disk.fails("sync hang").unwrap();
    let mut child = site.setup.spawn().unwrap();
    site.wait_for_a_flush();
    tell(&child, "-TERM").unwrap();
    let ended = wait_for("it does not end", || Ok(child.try_wait()?));
    child.kill().unwrap();
    assert!(ended.unwrap().success(), "{}", site.setup.log());
    site.disk.recovers().unwrap();
    let server = site.setup.start().unwrap();
    Groups::create(&server).make().unwrap();
    assert!(server.stop().unwrap().success());
}
