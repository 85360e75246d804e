use proptest::prelude::*;

use super::*;
use crate::random::SeededRandom;

const PURPOSES: [Purpose; 12] = [
    Purpose::PasswordVerifier,
    Purpose::ClientSecret,
    Purpose::SigningKey,
    Purpose::PoolSecret,
    Purpose::Session,
    Purpose::RefreshToken,
    Purpose::PageToken,
    Purpose::OutboxMessage,
    Purpose::AccessKeySecret,
    Purpose::TotpSeed,
    Purpose::ProviderSecret,
    Purpose::KeyCheck,
];

fn key(seed: u64) -> MasterKey {
    MasterKey::generate(&SeededRandom::new(seed))
}

fn ring() -> KeyRing {
    KeyRing::new(key(1), vec![])
}

#[test]
fn opens_for_the_same_purpose_and_context_only() {
    let ring = ring();
    for purpose in PURPOSES {
        let sealed = ring.seal(purpose, &["pool", "alice"], b"secret", &SeededRandom::new(9));
        for other in PURPOSES {
            let opened = ring.unseal(other, &["pool", "alice"], &sealed);
            if other == purpose {
                assert_eq!(opened.unwrap().expose(), b"secret");
            } else {
                assert_eq!(opened.unwrap_err(), UnsealError::Rejected);
            }
        }
        let contexts: [&[&str]; 6] =
            [&[], &["pool"], &["pool", "bob"], &["poolalice"], &["pool", "alice", ""], &["alice", "pool"]];
        for context in contexts {
            let opened = ring.unseal(purpose, context, &sealed);
            assert_eq!(opened.unwrap_err(), UnsealError::Rejected);
        }
    }
}

#[test]
fn labels_are_distinct() {
    let labels: std::collections::BTreeSet<&str> = PURPOSES.iter().map(|purpose| purpose.label()).collect();
    assert_eq!(labels.len(), PURPOSES.len());
}

/// Stored values must open in every later version: this one was made by the first.
#[test]
fn the_format_does_not_change() {
    let text = ring().seal_text(Purpose::Session, &["pool", "client"], b"state", &SeededRandom::new(9));
    assert_eq!(text, FIRST_VERSION);
    let opened = ring().unseal_text(Purpose::Session, &["pool", "client"], FIRST_VERSION);
    assert_eq!(opened.unwrap().expose(), b"state");
}

const FIRST_VERSION: &str = "AdYBmZId8MtV_Cc9-C10ZstVqPdEe5mZz_8p31eY-IQ9HSL_NzF2X_kzwEQEpXDZEr5YDV72";

#[test]
fn rotation_keeps_old_values_readable() {
    let before = ring();
    let after = KeyRing::new(key(2), vec![key(1)]);
    let gone = KeyRing::new(key(2), vec![]);
    let random = SeededRandom::new(9);
    let old = before.seal(Purpose::TotpSeed, &[], b"seed", &random);
    let new = after.seal(Purpose::TotpSeed, &[], b"seed", &random);
    assert_eq!(after.unseal(Purpose::TotpSeed, &[], &old).unwrap().expose(), b"seed");
    assert_eq!(after.unseal(Purpose::TotpSeed, &[], &new).unwrap().expose(), b"seed");
    assert_eq!(gone.unseal(Purpose::TotpSeed, &[], &old).unwrap_err(), UnsealError::UnknownKey(key(1).id()));
}

#[test]
fn what_an_older_key_sealed_is_sealed_again_in_its_place_only() {
    let (before, after) = (ring(), KeyRing::new(key(2), vec![key(1)]));
    let random = SeededRandom::new(9);
    let old = before.seal_text(Purpose::TotpSeed, &["user"], b"seed", &random);
    let again = |place, sealed: &str| after.reseal_text(Purpose::TotpSeed, &[place], sealed, &random);
    let new = again("user", &old).unwrap().unwrap();
    assert_eq!(again("user", &new), Ok(None));
    let alone = KeyRing::new(key(2), vec![]);
    assert_eq!(alone.unseal_text(Purpose::TotpSeed, &["user"], &new).unwrap().expose(), b"seed");
    assert_eq!(again("other", &old), Err(UnsealError::Rejected));
    assert_eq!(again("user", "AA"), Err(UnsealError::Malformed));
    let unknown = alone.reseal_text(Purpose::TotpSeed, &["user"], &old, &random);
    assert_eq!(unknown, Err(UnsealError::UnknownKey(key(1).id())));
}

#[test]
fn every_truncation_and_every_flipped_bit_is_refused() {
    let ring = ring();
    let sealed = ring.seal(Purpose::Session, &["pool"], b"state", &SeededRandom::new(9));
    assert_eq!(sealed.len(), 49 + 5);
    for length in 0..sealed.len() {
        assert!(ring.unseal(Purpose::Session, &["pool"], &sealed[..length]).is_err(), "{length}");
    }
    for bit in 0..sealed.len() * 8 {
        let mut altered = sealed.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        assert!(ring.unseal(Purpose::Session, &["pool"], &altered).is_err(), "bit {bit}");
    }
    let mut longer = sealed;
    longer.push(0);
    assert!(ring.unseal(Purpose::Session, &["pool"], &longer).is_err());
}

#[test]
fn texts_have_one_spelling() {
    let ring = ring();
    let text = ring.seal_text(Purpose::PageToken, &[], b"next", &SeededRandom::new(9));
    let unseal = |text: &str| ring.unseal_text(Purpose::PageToken, &[], text);
    assert_eq!(unseal(&text).unwrap().expose(), b"next");
    for wrong in [format!("{text}="), format!("{text}\n"), format!(" {text}"), "é".into(), String::new()] {
        assert_eq!(unseal(&wrong).unwrap_err(), UnsealError::Malformed, "{wrong:?}");
    }
}

#[test]
fn the_same_plaintext_never_looks_the_same() {
    let ring = ring();
    let random = SeededRandom::new(9);
    let first = ring.seal(Purpose::Session, &[], b"state", &random);
    let second = ring.seal(Purpose::Session, &[], b"state", &random);
    assert_ne!(first[5..33], second[5..33]);
    assert_ne!(first[33..], second[33..]);
}

proptest! {
    #[test]
    fn whatever_is_sealed_opens_again(
        plaintext in proptest::collection::vec(any::<u8>(), 0..300),
        context in proptest::collection::vec(".{0,8}", 0..4),
        seed: u64,
    ) {
        let context: Vec<&str> = context.iter().map(String::as_str).collect();
        let ring = ring();
        let sealed = ring.seal(Purpose::PoolSecret, &context, &plaintext, &SeededRandom::new(seed));
        let opened = ring.unseal(Purpose::PoolSecret, &context, &sealed);
        let opened = opened.unwrap();
        prop_assert_eq!(opened.expose(), &plaintext);
    }

    #[test]
    fn what_was_not_sealed_does_not_open(mut bytes in proptest::collection::vec(any::<u8>(), 0..120), known_key: bool) {
        let ring = ring();
        if let (true, Some(head)) = (known_key, bytes.get_mut(..5)) {
            head[0] = VERSION;
            head[1..].copy_from_slice(&key(1).id().to_bytes());
        }
        prop_assert!(ring.unseal(Purpose::PoolSecret, &[], &bytes).is_err());
    }
}
