//! The power goes: only what was flushed is left, and perhaps something of the rest.

use std::time::Duration;

use cenote_durability::disk::EIO;
use cenote_durability::load::Load;
use cenote_durability::power_cut::{Left, Platter};
use cenote_durability::random::Random;

use crate::support::{Groups, Site, site};

/// Replaces the files by what the power cut left.
fn cut(site: &Site, platter: &mut Platter, left: Left, random: &mut Random) {
    platter.replay(&site.disk.journal().unwrap()).unwrap();
    std::fs::remove_file(site.directory.path().join("journal")).unwrap();
    std::fs::remove_dir_all(site.setup.data()).unwrap();
    platter.cut(left, random, &site.setup.data()).unwrap();
}

#[test]
fn nothing_acknowledged_is_lost_in_a_power_cut() {
    let long = std::env::var_os("CENOTE_LONG").is_some();
    let site = site();
    let mut random = Random::new(0x0c0f_fee5);
    let mut platter = Platter::default();
    let mut server = site.setup.start().unwrap();
    let mut load = Load::create(&server, 8, &mut random).unwrap();
    let mut uncertain = 0;
    for left in Left::ALL.repeat(if long { 50 } else { 2 }) {
        // Flushes take a while, so that there is always something that is not flushed.
        site.disk.fails("sync delay=3").unwrap();
        load.run(server, 60, Duration::from_micros(random.below(10_000)), |server| server.kill()).unwrap();
        site.disk.recovers().unwrap();
        cut(&site, &mut platter, left, &mut random);
        uncertain += platter.uncertain();
        server = site.setup.start().unwrap();
        load.check(&server).unwrap_or_else(|failure| panic!("{left:?}: {failure}"));
    }
    assert_eq!(uncertain, 0, "a cut decides about everything");
    assert!(server.stop().unwrap().success());
}

#[test]
fn what_a_failed_flush_was_to_write_is_written_again() {
    for left in [Left::Nothing, Left::AtRandom] {
        let site = site();
        let mut random = Random::new(7);
        let mut platter = Platter::default();
        let server = site.setup.start().unwrap();
        let mut groups = Groups::create(&server);
        for _ in 0..20 {
            groups.make().unwrap();
            site.disk.fails(&format!("sync error={EIO} times=1 file=-wal")).unwrap();
            groups.make_until_refused();
            site.disk.recovers().unwrap();
        }
        groups.make().unwrap();
        server.kill().unwrap();
        cut(&site, &mut platter, left, &mut random);
        let server = site.setup.start().unwrap();
        groups.reconnect(&server);
        groups.check();
        assert!(server.stop().unwrap().success());
    }
}
