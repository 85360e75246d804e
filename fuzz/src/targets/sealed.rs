//! Sealed values: sessions, refresh tokens, page tokens and secrets at rest. First byte: the purpose.

use std::sync::LazyLock;

use cenote_crypto::keyring::{KeyRing, MasterKey};
use cenote_crypto::{Purpose, SeededRandom};

use super::{choose, chosen};

const PURPOSES: [Purpose; 3] = [Purpose::Session, Purpose::RefreshToken, Purpose::PageToken];
const CONTEXT: [&str; 2] = ["us-east-1_Example01", "client"];

static RING: LazyLock<KeyRing> =
    LazyLock::new(|| KeyRing::new(MasterKey::from_bytes([7; 32]), vec![MasterKey::from_bytes([8; 32])]));
static SEALED: LazyLock<Vec<(usize, String)>> = LazyLock::new(|| {
    let random = SeededRandom::new(1);
    let older = KeyRing::new(MasterKey::from_bytes([8; 32]), Vec::new());
    let seal = |ring: &KeyRing, index: usize| {
        (index, ring.seal_text(PURPOSES[index], &CONTEXT, b"{\"a\":1}", &random))
    };
    (0..PURPOSES.len()).flat_map(|index| [seal(&RING, index), seal(&older, index)]).collect()
});

pub(crate) fn run(data: &[u8]) {
    let Some((purpose, rest)) = choose(data) else { return };
    let index = purpose % PURPOSES.len();
    let _ = RING.unseal(PURPOSES[index], &CONTEXT, rest);
    let Some(text) = super::text(rest) else { return };
    let again = RING.reseal_text(PURPOSES[index], &CONTEXT, text, &SeededRandom::new(2));
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
    RING.unseal_text(PURPOSES[purpose], &CONTEXT, text).is_ok()
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let own = SEALED.iter().map(|(purpose, sealed)| chosen(*purpose, sealed));
    let foreign = SEALED.iter().map(|(purpose, sealed)| chosen((purpose + 1) % PURPOSES.len(), sealed));
    own.chain(foreign).collect()
}
