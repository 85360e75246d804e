//! Answers of passkeys. First byte: even for a registration, odd for a sign-in; the rest is the JSON. What is believed must have
//! been signed.

use cenote_crypto::web_authn::testing::{Authenticator, Said};
use cenote_crypto::web_authn::{AuthenticationAnswer, Ceremony, Credential, RegistrationAnswer};
use serde_json::{Value, json};

use super::{choose, chosen, text};

const CHALLENGE: &[u8] = &[0; 32];
const CEREMONY: Ceremony<'static> =
    Ceremony { challenge: CHALLENGE, relying_party_id: "example.com", verify_user: false };

pub(crate) fn run(data: &[u8]) {
    let Some((choice, rest)) = choose(data) else { return };
    let Some(text) = text(rest) else { return };
    if choice.is_multiple_of(2) {
        let Ok(answer) = serde_json::from_str::<Value>(text) else { return };
        let Ok(answer) = RegistrationAnswer::parse(&answer) else { return };
        if let Ok(made) = answer.verify(&CEREMONY) {
            assert!((1..=1023).contains(&made.id.len()));
        }
    } else {
        let Ok(answer) = AuthenticationAnswer::parse(text) else { return };
        // Nobody knows the private key of this point.
        let strangers =
            Credential { public_key: STRANGERS_KEY, algorithm: -7, sign_count: 0, user_handle: b"user" };
        assert!(answer.verify(&CEREMONY, &strangers).is_err());
        let _ = answer.refuse(&CEREMONY);
    }
}

/// That of the first registration among the specification's test vectors.
const STRANGERS_KEY: &[u8] = b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20\
    \xaf\xef\xa1\x6f\x97\xca\x9b\x2d\x23\xeb\x86\xcc\xb6\x40\x98\xd2\x0d\xb9\x08\x56\x06\x2e\xb2\x49\xc3\x3a\x9b\x67\x2f\x26\xdf\x61\
    \x22\x58\x20\
    \x93\x0a\x56\xb8\x7a\x2f\xca\x66\x33\x4b\x03\x45\x8a\xbf\x87\x97\x17\xc1\x2c\xc6\x8e\xd7\x32\x90\xaf\x2e\x26\x64\x79\x6b\x9f\x22";

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let challenge = "A".repeat(43);
    let creation = json!({ "rp": { "id": "example.com" }, "challenge": challenge });
    let request = json!({ "rpId": "example.com", "challenge": challenge });
    let origin = "https://example.com";
    [Authenticator::es256(b"id"), Authenticator::rs256(b"id")]
        .iter()
        .flat_map(|authenticator| {
            [
                chosen(0, authenticator.register(&Said::to(&creation, origin)).to_string()),
                chosen(1, authenticator.authenticate(&Said::to(&request, origin)).to_string()),
            ]
        })
        .collect()
}
