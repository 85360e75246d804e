//! Every target on its seeds, and on what a few blows make of them: the targets themselves work, and so do the decoders as far
//! as this goes. Finding more is the fuzzer's work.

use cenote_crypto::{RandomSource, SeededRandom};
use cenote_fuzz::{TARGETS, find};

#[test]
fn every_target_takes_its_seeds_whole_and_damaged() {
    for target in TARGETS {
        let seeds = (target.seeds)();
        assert!(!seeds.is_empty(), "{}", target.name);
        // Whole operations take milliseconds each.
        let blows = if target.name == "operation" { 1 } else { 20 };
        let random = SeededRandom::new(1);
        (target.run)(&[]);
        for seed in &seeds {
            (target.run)(seed);
            for _ in 0..blows {
                (target.run)(&damaged(seed, &random));
            }
        }
    }
}

#[test]
fn targets_are_found_by_their_names() {
    for target in TARGETS {
        assert_eq!(find(target.name).map(|found| found.name), Some(target.name));
    }
    assert!(find("nothing").is_none());
}

/// One to four bytes changed, the end cut off, or a piece doubled.
fn damaged(seed: &[u8], random: &SeededRandom) -> Vec<u8> {
    let number = || {
        let mut bytes = [0; 8];
        random.fill(&mut bytes);
        u64::from_le_bytes(bytes) as usize
    };
    let mut bytes = seed.to_vec();
    let at = number() % bytes.len().max(1);
    match number() % 4 {
        0 => bytes.truncate(at),
        1 => bytes.extend_from_within(at..),
        _ => {
            for _ in 0..=number() % 4 {
                let at = number() % bytes.len().max(1);
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = number() as u8;
                }
            }
        }
    }
    bytes
}
