//! Tokens as a caller presents them.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cenote_crypto::jwt::{self, SigningKey};

use super::{text, texts};

static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate().expect("keys can be made"));
static SIGNED: LazyLock<String> = LazyLock::new(|| KEY.sign(br#"{"sub":"a","token_use":"access","exp":1}"#));

pub(crate) fn run(data: &[u8]) {
    let Some(text) = text(data) else { return };
    // An input stands for the same token in every process, though the key does not.
    let token = text.replace("SIGNED", &SIGNED);
    if jwt::verify(&token, |_| Some(KEY.verifying_key())).is_ok() {
        assert_eq!(token, *SIGNED, "a forged token passes");
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
    let claims = part(r#"{"sub":"a","token_use":"access","exp":1}"#);
    let token = |header: &str| format!("{}.{claims}.AAAA", part(header));
    texts(&[
        "SIGNED",
        "SIGNED.SIGNED",
        &token(r#"{"alg":"RS256","kid":"a"}"#),
        &token(r#"{"alg":"none"}"#),
        &token(r#"{"alg":"HS256","crit":["b64"]}"#),
        &token("[\"RS256\"]"),
    ])
}
