//! Sealed values, of every purpose. First byte: the purpose.

use std::sync::LazyLock;

use cenote_crypto::keyring::{KeyRing, MasterKey};
use cenote_crypto::{Purpose, SeededRandom};

use super::{choose, chosen};

const CONTEXT: [&str; 2] = ["us-east-1_Example01", "client"];

static RING: LazyLock<KeyRing> =
    LazyLock::new(|| KeyRing::new(MasterKey::from_bytes([7; 32]), vec![MasterKey::from_bytes([8; 32])]));
static SEALED: LazyLock<Vec<(usize, String)>> = LazyLock::new(|| {
    let random = SeededRandom::new(1);
    let older = KeyRing::new(MasterKey::from_bytes([8; 32]), Vec::new());
    let seal = |ring: &KeyRing, index: usize| {
        (index, ring.seal_text(Purpose::ALL[index], &CONTEXT, b"{\"a\":1}", &random))
    };
    (0..Purpose::ALL.len()).flat_map(|index| [seal(&RING, index), seal(&older, index)]).collect()
});

pub(crate) fn run(data: &[u8]) {
    let Some((purpose, rest)) = choose(data) else { return };
    let index = purpose % Purpose::ALL.len();
    let _ = RING.unseal(Purpose::ALL[index], &CONTEXT, rest);
    let Some(text) = super::text(rest) else { return };
    let again = RING.reseal_text(Purpose::ALL[index], &CONTEXT, text, &SeededRandom::new(2));
    assert!(
        !matches!(again, Ok(Some(_))) || opens(index, text),
        "what does not open is sealed again: {text}"
    );
    if opens(index, text) {
        let made_here = SEALED.iter().any(|(purpose, sealed)| *purpose == index && sealed == text);
        assert!(made_here, "a forged value opens: {text}");
    }
}

fn opens(purpose: usize, text: &str) -> bool {
    RING.unseal_text(Purpose::ALL[purpose], &CONTEXT, text).is_ok()
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let own = SEALED.iter().map(|(purpose, sealed)| chosen(*purpose, sealed));
    let foreign = SEALED.iter().map(|(purpose, sealed)| chosen((purpose + 1) % Purpose::ALL.len(), sealed));
    own.chain(foreign).collect()
}
