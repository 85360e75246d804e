//! The write-ahead log is cut or damaged after a kill.

use std::path::Path;

use cenote_durability::random::Random;

use crate::support::{Groups, Site, site};

/// How the log is damaged at a place.
#[derive(Clone, Copy, Debug)]
enum Damage {
    Cut,
    Flip,
    Zeros,
}

fn damage(log: &[u8], at: usize, how: Damage) -> Vec<u8> {
    let mut log = log.to_vec();
    match how {
        Damage::Cut => log.truncate(at),
        Damage::Flip => log.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 0x40),
        Damage::Zeros => log.iter_mut().skip(at).take(4096).for_each(|byte| *byte = 0),
    }
    log
}

fn copy(from: &Path, site: &Site) {
    std::fs::create_dir_all(site.setup.data()).unwrap();
    for name in ["master.key", "cenote.db"] {
        std::fs::copy(from.join(name), site.setup.data().join(name)).unwrap();
    }
}

#[test]
fn all_before_the_damage_is_there_and_nothing_is_there_by_half() {
    let original = site();
    let server = original.setup.start().unwrap();
    let mut groups = Groups::create(&server);
    for _ in 0..10 {
        groups.make().unwrap();
    }
    // Folds the log in.
    server.settle().unwrap();
    assert!(server.stop().unwrap().success());
    let folded = groups.made.len();
    let server = original.setup.start().unwrap();
    groups.reconnect(&server);
    let path = original.setup.data().join("cenote.db-wal");
    // How long the log is when each is acknowledged.
    let mut lengths = Vec::new();
    for _ in 0..40 {
        groups.make().unwrap();
        lengths.push(path.metadata().unwrap().len() as usize);
    }
    server.kill().unwrap();
    let log = std::fs::read(&path).unwrap();
    assert!(lengths.is_sorted() && lengths.last() == Some(&log.len()), "the log was folded in meanwhile");

    let mut random = Random::new(11);
    let mut places = vec![(0, Damage::Cut), (10, Damage::Flip), (31, Damage::Cut), (33, Damage::Flip)];
    for how in [Damage::Cut, Damage::Flip, Damage::Zeros] {
        places.extend((0..6).map(|_| (random.index(log.len()), how)));
    }
    for (at, how) in places {
        let site = site();
        copy(&original.setup.data(), &site);
        std::fs::write(site.setup.data().join("cenote.db-wal"), damage(&log, at, how)).unwrap();
        let server = site.setup.start().unwrap();
        groups.reconnect(&server);
        let found = groups.list();
        let untouched = folded + lengths.iter().filter(|length| **length <= at).count();
        assert!(found.len() >= untouched, "{how:?} at {at}: {} of {untouched}", found.len());
        assert_eq!(
            found,
            groups.made.get(..found.len()).unwrap(),
            "{how:?} at {at}: one without those before it"
        );
        // It goes on from there.
        let (_, body) = groups.next();
        groups.connection.call("CreateGroup", &body).unwrap();
        assert!(server.stop().unwrap().success());
    }
}
