//! No answer goes out before its flush.

use cenote_durability::disk::Disk;
use cenote_durability::server::wait_for;
use serde_json::json;

use crate::support::{Groups, site};

#[test]
fn nobody_is_answered_while_the_flush_hangs_and_reads_go_on() {
    let site = site();
    let server = site.setup.start().unwrap();
    let mut groups = Groups::create(&server);
    groups.make().unwrap();
    server.settle().unwrap();

    site.disk.fails("sync hang").unwrap();
    let mut waiting: Vec<_> = (0..8).map(|_| server.connect()).collect();
    for connection in &mut waiting {
        let (name, body) = groups.next();
        connection.send("CreateGroup", &body).unwrap();
        groups.made.push(name);
    }
    site.wait_for_a_flush();
    // Reads are answered meanwhile, with what is certain: a hundred of them take longer than a write would.
    for _ in 0..100 {
        let listed = groups.list();
        assert_eq!(listed.len(), 1, "{listed:?} {:?}", last_flushes(&site.disk));
        let pool = json!({ "UserPoolId": groups.pool_id });
        groups.connection.call("DescribeUserPool", &pool).unwrap();
    }
    assert!(waiting.iter().all(|connection| !connection.has_answer()), "an answer went out before its flush");
    wait_for("readiness does not tell", || {
        let (status, ready) = groups.ready();
        Ok((status == 503 && ready.contains("no commit has come back")).then_some(()))
    })
    .unwrap();
    assert!(waiting.iter().all(|connection| !connection.has_answer()), "an answer went out before its flush");

    site.disk.recovers().unwrap();
    for connection in &mut waiting {
        connection.receive().unwrap();
    }
    assert_eq!(groups.ready().0, 200, "it notices by itself");
    groups.check();
    assert!(server.stop().unwrap().success());
}

#[test]
fn a_slow_disk_serves_everybody() {
    let site = site();
    let server = site.setup.start().unwrap();
    let mut groups = Groups::create(&server);
    site.disk.fails("sync delay=30\nwrite delay=1").unwrap();
    let mut waiting: Vec<_> = (0..64).map(|_| server.connect()).collect();
    for _ in 0..3 {
        for connection in &mut waiting {
            let (name, body) = groups.next();
            connection.send("CreateGroup", &body).unwrap();
            groups.made.push(name);
        }
        for connection in &mut waiting {
            connection.receive().unwrap();
        }
    }
    groups.check();
    assert!(server.stop().unwrap().success());
}

/// For the message of a failure: what was flushed last.
fn last_flushes(disk: &Disk) -> Vec<(char, u64, String)> {
    let journal = disk.journal().unwrap();
    let flushes = journal.into_iter().filter(|record| b"bef".contains(&record.what));
    let mut last: Vec<_> =
        flushes.map(|record| (char::from(record.what), record.number, record.name)).collect();
    last.split_off(last.len().saturating_sub(10))
}
