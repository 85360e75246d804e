//! The file of master keys.

use cenote_crypto::KeyRing;

use super::{text, texts};

pub(crate) fn run(data: &[u8]) {
    let Some(text) = text(data) else { return };
    if let Ok(ring) = KeyRing::parse(text) {
        // Written again, it is the same ring.
        let lines: Vec<String> = ring.keys().map(|key| key.to_text().expose().to_owned()).collect();
        let again = KeyRing::parse(&lines.join("\n")).expect("what was written can be read");
        assert!(ring.keys().map(|key| key.id()).eq(again.keys().map(|key| key.id())));
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let (hex, base64) = ("00ff".repeat(16), format!("{}A=", "Qk".repeat(21)));
    texts(&[&format!("# keys\n{hex}\n\n{base64} # older\n"), &base64.replace("Qk", "-_"), &hex[1..]])
}
