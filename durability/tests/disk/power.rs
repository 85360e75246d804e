//! The power goes: only what was flushed is left, and perhaps something of the rest.

use std::time::Duration;

use cenote_durability::Failure;
use cenote_durability::disk::EIO;
use cenote_durability::load::{Load, Retired};
use cenote_durability::power_cut::{Left, Platter};
use cenote_durability::random::Random;
use cenote_durability::server::{Running, wait_for};

use crate::support::{Groups, Site, site};

/// Replaces the files by what the power cut left. Returns how many writes were not certain when it came.
fn cut(site: &Site, platter: &mut Platter, left: Left, random: &mut Random) -> usize {
    platter.replay(&site.disk.journal().unwrap()).unwrap();
    let uncertain = platter.uncertain();
    std::fs::remove_file(site.directory.path().join("journal")).unwrap();
    std::fs::remove_dir_all(site.setup.data()).unwrap();
    platter.cut(left, random, &site.setup.data()).unwrap();
    uncertain
}

/// Lets no flush end any more, and waits until something waits for one.
fn hang(site: &Site, platter: &Platter) -> Result<(), Failure> {
    site.disk.fails("sync hang")?;
    let mut before = 0;
    wait_for("nothing waits for a flush", || {
        let journal = site.disk.journal()?;
        let still = journal.len() == std::mem::replace(&mut before, journal.len());
        let mut seen = platter.clone();
        seen.replay(&journal)?;
        Ok((still && seen.uncertain() > 0).then_some(()))
    })
}

#[test]
fn nothing_acknowledged_is_lost_in_a_power_cut() {
    let long = std::env::var_os("CENOTE_LONG").is_some();
    let site = site();
    let mut random = Random::new(0x0c0f_fee5);
    let mut platter = Platter::default();
    let mut server = site.setup.start().unwrap();
    let mut load = Load::create(&server, 8, 10, &mut random).unwrap();
    // How many writes each kind of cut had to decide about.
    let mut uncertain = [0; Left::ALL.len()];
    for round in 0..if long { 50 } else { 2 } {
        for (left, uncertain) in Left::ALL.into_iter().zip(&mut uncertain) {
            // Flushes take a while, so that there is nearly always something that is not flushed.
            site.disk.fails("sync delay=3").unwrap();
            let longer = Duration::from_micros(random.below(10_000));
            // At any moment, or while everybody waits for a flush.
            let end = |server: Running| {
                if round % 2 == 1 {
                    hang(&site, &platter)?;
                }
                server.kill()
            };
            load.run(server, 60, longer, end).unwrap();
            site.disk.recovers().unwrap();
            *uncertain += cut(&site, &mut platter, left, &mut random);
            server = site.setup.start().unwrap();
            load.check(&server, Retired::Few).unwrap_or_else(|failure| panic!("{left:?}: {failure}"));
        }
    }
    assert!(!uncertain.contains(&0), "a cut had nothing to lose: {uncertain:?}");
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
