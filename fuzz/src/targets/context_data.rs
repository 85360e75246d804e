//! `EncodedData`. First byte: 0 takes the rest as it comes, else the rest is a payload that is wrapped and signed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cenote_crypto::context_data::ContextData;
use serde_json::{Value, json};

use super::{choose, chosen, text};

const VECTORS: &str = include_str!("../../../crates/crypto/tests/vectors/context-data.json");

pub(crate) fn run(data: &[u8]) {
    let Some((form, rest)) = choose(data) else { return };
    let Some(text) = text(rest) else { return };
    let encoded = match form {
        0 => text.to_owned(),
        _ => STANDARD.encode(json!({ "payload": text, "signature": "AAAA", "version": "JS1" }).to_string()),
    };
    if let Ok(found) = ContextData::decode(&encoded, "client") {
        assert!(form == 0 || !found.signature_valid);
        let trusted = found.trust(1_700_000_000_000, &["alice"], "us-east-1_EXAMPLE01");
        assert!(found.signature_valid || !trusted);
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let vectors: Value = serde_json::from_str(VECTORS).expect("vectors are JSON");
    let cases = vectors["cases"].as_array().expect("vectors have cases");
    let of = |choice: usize, name: &'static str| {
        cases.iter().map(move |case| chosen(choice, case[name].as_str().expect("a text")))
    };
    of(0, "encoded_data").chain(of(1, "payload")).collect()
}
