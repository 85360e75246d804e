//! Every published vector, with the steps in between.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde::Deserialize;

use super::client::{Client, Question};
use super::group;
use super::key::{self, Identity};
use super::*;
use crate::encoding::{decode_hex, encode_hex};
use crate::hash::{hmac_sha256, sha256};
use crate::random::SeededRandom;

type Texts = BTreeMap<String, serde_json::Value>;

#[derive(Deserialize)]
struct Vectors {
    group: Texts,
    cases: Vec<Case>,
    device_cases: Vec<Case>,
    rejects: Vec<Reject>,
    timestamps: Timestamps,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    input: Texts,
    wire: Texts,
    intermediate: Texts,
    confirm_device: Option<ConfirmDevice>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ConfirmDevice {
    device_secret_verifier_config: Config,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Config {
    password_verifier: String,
    salt: String,
}

#[derive(Deserialize)]
struct Reject {
    name: String,
    #[serde(rename = "SRP_A")]
    srp_a: String,
}

#[derive(Deserialize)]
struct Timestamps {
    valid: Vec<String>,
    invalid: Vec<String>,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../../tests/vectors/srp.json")).unwrap()
}

fn text<'a>(texts: &'a Texts, name: &str) -> &'a str {
    texts[name].as_str().unwrap()
}

fn bytes(texts: &Texts, name: &str) -> Vec<u8> {
    decode_hex(text(texts, name)).unwrap()
}

/// A number without leading zero bytes, as hex of whole bytes.
fn number_hex(number: &[u8]) -> String {
    encode_hex(group::trim(number))
}

fn expected_hex(texts: &Texts, name: &str) -> String {
    number_hex(&bytes(texts, name))
}

#[test]
fn the_group_is_the_published_one() {
    let group = vectors().group;
    let modulus = group::Element::MODULUS.get().to_be_bytes();
    assert_eq!(encode_hex(modulus.as_ref()), text(&group, "N_hex"));
    let k = sha256(&[&group::pad(modulus.as_ref()), &group::pad(&[2])]);
    assert_eq!(encode_hex(&k), text(&group, "k_hex"));
    assert_eq!(number_hex(&group::to_fixed_bytes(&group::multiplier())), text(&group, "k_hex"));
    assert_eq!(b"Caldera Derived Key", text(&group, "hkdf_info_ascii").as_bytes());
}

#[test]
fn every_case_holds_with_all_its_steps() {
    let vectors = vectors();
    assert_eq!((vectors.cases.len(), vectors.device_cases.len()), (26, 2));
    for case in vectors.cases.iter().chain(&vectors.device_cases) {
        check(case);
    }
}

fn check(case: &Case) {
    let Case { name, input, wire, intermediate, .. } = case;
    let identity = Identity { scope: text(input, "scope_name"), id: text(input, "user_id_for_srp") };
    let password = text(input, "password");
    let salt = bytes(input, "salt_hex");
    let block = STANDARD.decode(text(input, "secret_block_base64")).unwrap();

    // Password and verifier.
    assert_eq!(encode_hex(&group::pad(&salt)), text(intermediate, "salt_padded_hex"), "{name}");
    let x = identity.private_value(&salt, password);
    assert_eq!(number_hex(&*x), expected_hex(intermediate, "x_hex"), "{name}");
    let verifier = Verifier::with_salt(identity, password, &salt);
    let v = group::to_fixed_bytes(&verifier.element());
    assert_eq!(number_hex(&v), expected_hex(intermediate, "verifier_hex"), "{name}");
    assert_eq!(verifier.salt_hex(), text(wire, "SALT"), "{name}");

    // Challenge, through storage.
    let verifier = Verifier::from_bytes(verifier.to_bytes().expose()).unwrap();
    let challenge = Challenge::with_secret(&verifier, &bytes(input, "b_hex")).unwrap();
    let challenge = Challenge::from_bytes(challenge.to_bytes().expose()).unwrap();
    assert_eq!(challenge.server_public_hex(), text(wire, "SRP_B"), "{name}");

    // The common key.
    let client_public = ClientPublic::parse(text(wire, "SRP_A")).unwrap();
    assert_eq!(client_public.to_hex(), text(wire, "SRP_A"), "{name}");
    let common = challenge.common_key(&verifier, &client_public).unwrap();
    assert!(common.acceptable, "{name}");
    assert_eq!(number_hex(&common.trace.scrambler), expected_hex(intermediate, "u_hex"), "{name}");
    assert_eq!(
        encode_hex(&group::pad(&common.trace.scrambler)),
        text(intermediate, "u_padded_hex"),
        "{name}"
    );
    let shared = group::to_fixed_bytes(&common.trace.shared);
    assert_eq!(number_hex(&shared), expected_hex(intermediate, "S_hex"), "{name}");
    let leading_zero = |number: &[u8]| group::pad(number).first() == Some(&0);
    let leading_zeros = [
        ("A_padded_leading_zero", bytes(wire, "SRP_A")),
        ("B_padded_leading_zero", bytes(wire, "SRP_B")),
        ("S_padded_leading_zero", shared.to_vec()),
    ];
    for (member, number) in leading_zeros {
        assert_eq!(leading_zero(&number), intermediate[member].as_bool().unwrap(), "{name} {member}");
    }
    assert_eq!(encode_hex(&*common.trace.pseudorandom_key), text(intermediate, "hkdf_prk_hex"), "{name}");
    assert_eq!(encode_hex(&*common.key), text(intermediate, "key16_hex"), "{name}");

    // The signature, made by the client and checked by the server.
    let signature = text(wire, "PASSWORD_CLAIM_SIGNATURE");
    let timestamp = text(input, "timestamp");
    let signed = identity.sign(&common.key, &block, timestamp);
    assert_eq!(encode_hex(&signed), text(intermediate, "signature_hex"), "{name}");
    let message = bytes(intermediate, "signature_message_hex");
    assert_eq!(hmac_sha256(&*common.key, &[&message]), signed, "{name}");

    let client = Client::with_secret(&bytes(input, "a_hex")).unwrap();
    assert_eq!(client.public_hex(), text(wire, "SRP_A"), "{name}");
    let question = Question {
        pool_name_part: identity.scope,
        user_id: identity.id,
        salt: text(wire, "SALT"),
        server_public: text(wire, "SRP_B"),
        secret_block: &block,
        timestamp,
    };
    assert_eq!(client.sign(&question, password).as_deref(), Some(signature), "{name}");

    let answer = Answer {
        pool_name_part: identity.scope,
        user_id: identity.id,
        client_public: &client_public,
        secret_block: &block,
        timestamp,
        signature,
    };
    assert!(challenge.verify(&verifier, &answer), "{name}");
    assert!(timestamp::parse(timestamp).is_some(), "{name}");
}

#[test]
fn device_verifiers_are_read_as_clients_send_them() {
    for case in vectors().device_cases {
        let config = case.confirm_device.unwrap().device_secret_verifier_config;
        let salt = STANDARD.decode(config.salt).unwrap();
        let value = STANDARD.decode(config.password_verifier).unwrap();
        let verifier = Verifier::from_device_config(&salt, &value).unwrap();
        assert_eq!(verifier.salt_hex(), text(&case.wire, "SALT"));
        let matches = |password| {
            verifier.matches(text(&case.input, "scope_name"), text(&case.input, "user_id_for_srp"), password)
        };
        assert!(matches(text(&case.input, "password")));
        assert!(!matches("another"));

        let negative = Err(DeviceVerifierError::Negative);
        assert_eq!(Verifier::from_device_config(&[0x80, 1], &value).map(drop), negative);
        assert_eq!(Verifier::from_device_config(&salt, &[0xff; 384]).map(drop), negative);
    }
}

#[test]
fn degenerate_device_verifiers_are_refused() {
    let modulus = group::Element::MODULUS.get();
    let padded = |number: crypto_bigint::U3072| group::pad(number.to_be_bytes().as_ref()).to_vec();
    let one = crypto_bigint::U3072::ONE;
    let salt = [1; 16];
    let refused = [
        vec![],
        vec![0],
        vec![1],
        padded(modulus.wrapping_sub(&one)),
        padded(modulus),
        padded(modulus.wrapping_add(&crypto_bigint::U3072::from_u8(2))),
        [&[1], [0; 384].as_slice()].concat(),
        vec![1; 600],
    ];
    for value in refused {
        let outcome = Verifier::from_device_config(&salt, &value).map(drop);
        assert_eq!(outcome, Err(DeviceVerifierError::OutOfRange), "{value:02x?}");
    }
    assert!(Verifier::from_device_config(&salt, &[2]).is_ok());
    for salt in [&[][..], &[0], &[1; 65]] {
        let outcome = Verifier::from_device_config(salt, &[2]).map(drop);
        assert_eq!(outcome, Err(DeviceVerifierError::OutOfRange));
    }
}

/// With A a multiple of N the common key is that of S = 0, which needs no password.
#[test]
fn multiples_of_the_prime_never_pass_even_with_a_good_signature() {
    let verifier = Verifier::create("pool", "user", "password", &SeededRandom::new(1));
    let challenge = Challenge::create(&verifier, &SeededRandom::new(2));
    let server_public = decode_hex(&challenge.server_public_hex()).unwrap();
    let mut seen = Vec::new();
    for reject in vectors().rejects {
        let outcome = ClientPublic::parse(&reject.srp_a);
        seen.push(reject.name.clone());
        match reject.name.as_str() {
            "A-empty" => assert_eq!(outcome, Err(ClientPublicError::Empty)),
            "A-not-hex" => assert_eq!(outcome, Err(ClientPublicError::NotHex)),
            name => {
                let client_public = outcome.unwrap();
                let scrambler = key::scrambler(&decode_hex(&reject.srp_a).unwrap(), &server_public);
                let key = key::session_key(&key::pseudorandom_key(&group::Element::ZERO, &scrambler));
                let identity = Identity { scope: "pool", id: "user" };
                let signature = STANDARD.encode(identity.sign(&key, b"block", "time"));
                let answer = Answer {
                    pool_name_part: "pool",
                    user_id: "user",
                    client_public: &client_public,
                    secret_block: b"block",
                    timestamp: "time",
                    signature: &signature,
                };
                assert!(!challenge.verify(&verifier, &answer), "{name}");
            }
        }
    }
    assert_eq!(seen, ["A-zero", "A-is-N", "A-is-2N", "A-not-hex", "A-empty"]);
}

#[test]
fn client_values_are_read_with_a_limit() {
    assert_eq!(ClientPublic::parse("0AbC").unwrap().to_hex(), "abc");
    assert_eq!(ClientPublic::parse("000").unwrap().to_hex(), "0");
    assert!(ClientPublic::parse(&"f".repeat(1024)).is_ok());
    assert_eq!(ClientPublic::parse(&"f".repeat(1025)), Err(ClientPublicError::TooLong));
    for wrong in ["-1", "+1", " 1", "0x1", "1g", "é", "１"] {
        assert_eq!(ClientPublic::parse(wrong), Err(ClientPublicError::NotHex), "{wrong}");
    }
}

struct SignIn {
    verifier: Verifier,
    challenge: Challenge,
    client_public: ClientPublic,
    signature: String,
}

const TIME: &str = "Tue Jan 5 03:04:09 UTC 2027";

fn sign_in(verifier: Verifier, password: &str) -> SignIn {
    let client = Client::create(&SeededRandom::new(3)).unwrap();
    let challenge = Challenge::create(&verifier, &SeededRandom::new(4));
    let question = Question {
        pool_name_part: "pool",
        user_id: "user",
        salt: &verifier.salt_hex(),
        server_public: &challenge.server_public_hex(),
        secret_block: b"block",
        timestamp: TIME,
    };
    let signature = client.sign(&question, password).unwrap();
    let client_public = ClientPublic::parse(&client.public_hex()).unwrap();
    SignIn { verifier, challenge, client_public, signature }
}

fn answer(sign_in: &SignIn) -> Answer<'_> {
    Answer {
        pool_name_part: "pool",
        user_id: "user",
        client_public: &sign_in.client_public,
        secret_block: b"block",
        timestamp: TIME,
        signature: &sign_in.signature,
    }
}

#[test]
fn nothing_of_an_answer_can_be_changed() {
    let verifier = Verifier::create("pool", "user", "password", &SeededRandom::new(1));
    let good = sign_in(verifier.clone(), "password");
    let passes = |answer: Answer<'_>| good.challenge.verify(&good.verifier, &answer);
    assert!(passes(answer(&good)));
    assert!(!passes(Answer { pool_name_part: "loop", ..answer(&good) }));
    assert!(!passes(Answer { user_id: "resu", ..answer(&good) }));
    assert!(!passes(Answer { secret_block: b"other", ..answer(&good) }));
    assert!(!passes(Answer { timestamp: "Tue Jan 5 03:04:10 UTC 2027", ..answer(&good) }));
    for signature in ["", "!", "AAAA", &good.signature[..40]] {
        assert!(!passes(Answer { signature, ..answer(&good) }), "{signature}");
    }
    let other_public = ClientPublic::parse("123456").unwrap();
    assert!(!passes(Answer { client_public: &other_public, ..answer(&good) }));
    let other_challenge = Challenge::create(&good.verifier, &SeededRandom::new(5));
    assert!(!other_challenge.verify(&good.verifier, &answer(&good)));

    let wrong = sign_in(verifier, "Password");
    assert!(!wrong.challenge.verify(&wrong.verifier, &answer(&wrong)));
}

#[test]
fn simulated_verifiers_are_stable_and_match_nothing() {
    let verifier = Verifier::simulated(&[7; 32]);
    assert_eq!(verifier.to_bytes(), Verifier::simulated(&[7; 32]).to_bytes());
    assert_ne!(verifier.to_bytes(), Verifier::simulated(&[8; 32]).to_bytes());
    assert_eq!(verifier.to_bytes().expose().len(), 2 + 16 + 384);
    assert!(!verifier.matches("pool", "user", ""));
    let attempt = sign_in(verifier, "password");
    assert!(!attempt.challenge.verify(&attempt.verifier, &answer(&attempt)));
}

#[test]
fn a_verifier_matches_its_own_password_only() {
    let verifier = Verifier::create("pool", "user", "pass wörd: ", &SeededRandom::new(1));
    let again = Verifier::create("pool", "user", "pass wörd: ", &SeededRandom::new(2));
    assert_ne!(verifier.to_bytes(), again.to_bytes(), "two salts");
    let verifier = Verifier::from_bytes(verifier.to_bytes().expose()).unwrap();
    assert!(verifier.matches("pool", "user", "pass wörd: "));
    assert!(!verifier.matches("pool", "user", "pass wörd:"));
    assert!(!verifier.matches("pool", "resu", "pass wörd: "));
    assert!(!verifier.matches("loop", "user", "pass wörd: "));
    assert!(format!("{verifier:?}").ends_with("value: [redacted] }"));
}

#[test]
fn stored_bytes_are_checked() {
    let verifier = Verifier::create("pool", "user", "password", &SeededRandom::new(1));
    let bytes = verifier.to_bytes().expose().clone();
    for length in 0..bytes.len() {
        assert!(Verifier::from_bytes(&bytes[..length]).is_err(), "{length}");
    }
    assert!(Verifier::from_bytes(&[bytes.as_slice(), &[0]].concat()).is_err());
    assert!(Verifier::from_bytes(&[&[9], &bytes[1..]].concat()).is_err());

    let challenge = Challenge::create(&verifier, &SeededRandom::new(1)).to_bytes();
    for length in [0, 383, 384, 415] {
        assert!(Challenge::from_bytes(&challenge.expose()[..length]).is_err(), "{length}");
    }
    assert!(Challenge::from_bytes(&[0; 769]).is_err());
}

#[test]
fn timestamps_have_one_spelling() {
    let Timestamps { valid, invalid } = vectors().timestamps;
    assert_eq!((valid.len(), invalid.len()), (3, 3));
    for text in valid {
        let time = timestamp::parse(&text).unwrap();
        assert_eq!(timestamp::format(time), Some(text));
    }
    for text in invalid {
        // A remark in brackets follows one of them.
        let text = text.split(" (").next().unwrap();
        assert_eq!(timestamp::parse(text), None, "{text}");
    }
    assert_eq!(timestamp::parse(TIME), Some(1_799_118_249));
    let wrong = [
        "",
        "Wed Jan 5 03:04:09 UTC 2027",
        "tue Jan 5 03:04:09 UTC 2027",
        "Tue JAN 5 03:04:09 UTC 2027",
        "Tue Jan  5 03:04:09 UTC 2027",
        "Tue Jan 5 3:04:09 UTC 2027",
        "Tue Jan 5 03:04:09 UTC 2027 ",
        "Tue Jan 5 03:04:09 UTC 02027",
        "Tue Jan 5 03:04:09 UTC +2027",
        "Tue Jan 5 24:04:09 UTC 2027",
        "Mon Feb 29 00:00:00 UTC 2027",
    ];
    for text in wrong {
        assert_eq!(timestamp::parse(text), None, "{text}");
    }
    assert_eq!(timestamp::format(i64::MAX), None);
    assert!(timestamp::is_current(TIME, 1_799_118_249 + 180, 180));
    assert!(timestamp::is_current(TIME, 1_799_118_249 - 180, 180));
    assert!(!timestamp::is_current(TIME, 1_799_118_249 + 181, 180));
    assert!(!timestamp::is_current("now", 1_799_118_249, 180));
}

#[derive(Deserialize)]
struct DerivationVectors {
    cases: Vec<Texts>,
}

#[test]
fn the_key_derivation_is_hkdf() {
    let vectors: DerivationVectors =
        serde_json::from_str(include_str!("../../tests/vectors/hkdf.json")).unwrap();
    assert!(!vectors.cases.is_empty());
    for case in vectors.cases {
        let prk = hmac_sha256(&bytes(&case, "salt_hex"), &[&bytes(&case, "ikm_hex")]);
        assert_eq!(encode_hex(&prk), text(&case, "prk_hex"));
        assert_eq!(encode_hex(&*key::session_key(&prk)), text(&case, "key16_hex"));
    }
}

proptest! {
    #[test]
    fn padding_keeps_the_number_and_its_sign(number in proptest::collection::vec(any::<u8>(), 0..20)) {
        let padded = group::pad(&number);
        prop_assert!(padded[0] < 0x80);
        prop_assert!(padded.len() == 1 || padded[0] != 0 || padded[1] >= 0x80);
        prop_assert_eq!(group::trim(&padded), group::trim(&number));
        let hex = group::to_wire_hex(&number);
        let read = decode_hex(&hex).unwrap();
        prop_assert_eq!(group::trim(&read), group::trim(&number));
        prop_assert!(hex == "0" || !hex.starts_with('0'));
    }

    #[test]
    fn every_instant_survives_its_text(time in -62_167_219_200i64..253_402_300_800) {
        let text = timestamp::format(time).unwrap();
        prop_assert_eq!(timestamp::parse(&text), Some(time));
    }

    #[test]
    fn timestamps_are_parsed_without_panic(text in ".{0,40}") {
        if let Some(time) = timestamp::parse(&text) {
            prop_assert_eq!(timestamp::format(time), Some(text));
        }
    }
}
