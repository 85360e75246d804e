use serde::Deserialize;
use serde_json::{Value, json};

use super::*;
use crate::encoding::decode_hex;

const ORIGIN: &str = "https://example.org";

#[derive(Deserialize)]
struct File {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    registration: Registration,
    authentication: Authentication,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Registration {
    challenge: String,
    #[serde(rename = "credential_id")]
    credential_id: String,
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    attestation_object: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Authentication {
    challenge: String,
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    authenticator_data: String,
    signature: String,
}

fn hex(text: &str) -> Vec<u8> {
    decode_hex(text).unwrap()
}

fn base64(text: &str) -> String {
    Passki::base64_encode(&hex(text))
}

fn ceremony(challenge: &[u8]) -> Ceremony<'_> {
    Ceremony { challenge, relying_party_id: "example.org", verify_user: false }
}

impl Case {
    fn register(&self) -> Result<NewCredential, Refusal> {
        let Registration { challenge, credential_id, client_data, attestation_object } = &self.registration;
        let answer = json!({ "id": base64(credential_id), "response": {
            "clientDataJSON": base64(client_data), "attestationObject": base64(attestation_object),
        } });
        RegistrationAnswer::parse(&answer).unwrap().verify(&ceremony(&hex(challenge)))
    }

    fn authenticate(&self, credential: &NewCredential) -> Result<Shown, Refusal> {
        let Authentication { challenge, client_data, authenticator_data, signature } = &self.authentication;
        let answer = json!({ "rawId": Passki::base64_encode(&credential.id), "response": {
            "clientDataJSON": base64(client_data), "authenticatorData": base64(authenticator_data),
            "signature": base64(signature),
        } });
        let stored = Credential {
            public_key: &credential.public_key,
            algorithm: credential.algorithm.number(),
            sign_count: credential.sign_count,
            user_handle: b"anybody",
        };
        AuthenticationAnswer::parse(&answer.to_string()).unwrap().verify(&ceremony(&hex(challenge)), &stored)
    }
}

/// Whatever the attestation: ES256 and RS256 are taken, other keys and pages in foreign frames are not.
#[test]
fn every_published_vector_holds() {
    let file: File = serde_json::from_str(include_str!("../../tests/vectors/web_authn.json")).unwrap();
    assert_eq!(file.cases.len(), 15);
    for case in file.cases {
        let name = case.name.as_str();
        let expected = match name {
            "packed-es384" | "packed-es512" | "packed-eddsa" | "packed-ed448" => {
                Err(Refusal::KeyNotSupported)
            }
            "none-es256-crossOrigin" | "none-es256-topOrigin" => Err(Refusal::Origin),
            "packed-rs256" => Ok(Algorithm::Rs256),
            _ => Ok(Algorithm::Es256),
        };
        let made = case.register();
        assert_eq!(made.as_ref().map(|made| made.algorithm).map_err(|refusal| *refusal), expected, "{name}");
        let Ok(made) = made else { continue };
        assert_eq!(made.id, hex(&case.registration.credential_id), "{name}");
        let flags = hex(&case.authentication.authenticator_data)[32];
        let shown = Shown { sign_count: 0, user_verified: flags & 4 != 0 };
        assert_eq!(case.authenticate(&made), Ok(shown), "{name}");
        let stranger = NewCredential { public_key: testing_key(), algorithm: Algorithm::Es256, ..made };
        assert_eq!(case.authenticate(&stranger), Err(Refusal::Signature), "{name}");
    }
}

fn testing_key() -> Vec<u8> {
    let options = options();
    let answer = Authenticator::es256(b"x").register(&Said::to(&options, ORIGIN));
    RegistrationAnswer::parse(&answer).unwrap().verify(&ceremony(CHALLENGE)).unwrap().public_key
}

use testing::{Authenticator, Said, USER_PRESENT, USER_VERIFIED};

const CHALLENGE: &[u8] = b"a challenge of thirty-two bytes.";

fn options() -> Value {
    json!({ "rp": { "id": "example.org" }, "challenge": Passki::base64_encode(CHALLENGE) })
}

fn request() -> Value {
    json!({ "rpId": "example.org", "challenge": Passki::base64_encode(CHALLENGE) })
}

fn register(authenticator: &Authenticator, change: impl FnOnce(&mut Said)) -> Result<NewCredential, Refusal> {
    let mut said = Said::to(&options(), ORIGIN);
    change(&mut said);
    RegistrationAnswer::parse(&authenticator.register(&said)).unwrap().verify(&ceremony(CHALLENGE))
}

#[test]
fn a_registration_says_what_it_must() {
    let authenticator = Authenticator::es256(b"id");
    let made = register(&authenticator, |_| {}).unwrap();
    assert_eq!((made.id.as_slice(), made.sign_count), (b"id".as_slice(), 0));
    assert_eq!(made.attachment.as_deref(), Some("platform"));
    assert_eq!(made.transports, ["internal", "hybrid"]);
    let refusal = |change: fn(&mut Said)| register(&authenticator, change).unwrap_err();
    assert_eq!(refusal(|said| said.kind = "webauthn.get".into()), Refusal::Invalid);
    assert_eq!(refusal(|said| said.kind = "other".into()), Refusal::Invalid);
    assert_eq!(refusal(|said| said.challenge = "AAAA".into()), Refusal::Challenge);
    assert_eq!(refusal(|said| said.challenge = "?".into()), Refusal::Invalid);
    assert_eq!(refusal(|said| said.origin = "https://example.com".into()), Refusal::Origin);
    assert_eq!(refusal(|said| said.cross_origin = true), Refusal::Origin);
    assert_eq!(refusal(|said| said.relying_party_id = "example.com".into()), Refusal::RelyingParty);
    assert_eq!(refusal(|said| said.flags = USER_VERIFIED), Refusal::UserAbsent);
    // The first that fails is told.
    assert_eq!(
        refusal(|said| {
            said.challenge = "AAAA".into();
            said.origin = "https://example.com".into();
            said.flags = 0;
        }),
        Refusal::Challenge
    );
}

#[test]
fn verification_of_the_user_is_asked_for_or_not() {
    let authenticator = Authenticator::es256(b"id");
    let mut said = Said::to(&options(), ORIGIN);
    said.flags = USER_PRESENT;
    let answer = RegistrationAnswer::parse(&authenticator.register(&said)).unwrap();
    assert!(answer.verify(&ceremony(CHALLENGE)).is_ok());
    let strict = Ceremony { verify_user: true, ..ceremony(CHALLENGE) };
    assert_eq!(answer.verify(&strict), Err(Refusal::UserNotVerified));
}

#[test]
fn keys_that_were_not_asked_for_are_refused() {
    for algorithm in [-8, -35, -36, -37, -258, 0, -257] {
        let authenticator = Authenticator::es256(b"id").with_algorithm(algorithm);
        assert_eq!(register(&authenticator, |_| {}), Err(Refusal::KeyNotSupported), "{algorithm}");
    }
    let rsa = Authenticator::rs256(b"id").with_algorithm(-7);
    assert_eq!(register(&rsa, |_| {}), Err(Refusal::KeyNotSupported));
}

#[test]
fn keys_must_be_sound() {
    fn key(members: &[(i64, ciborium::Value)]) -> Result<Algorithm, Refusal> {
        let members = members.iter().map(|(label, value)| ((*label).into(), value.clone())).collect();
        let mut bytes = Vec::new();
        ciborium::into_writer(&ciborium::Value::Map(members), &mut bytes).unwrap();
        let algorithm = if bytes.len() < 200 { -7 } else { -257 };
        key::check(&bytes, algorithm)
    }
    let bytes = |bytes: Vec<u8>| ciborium::Value::Bytes(bytes);
    let (x, y) = (
        hex("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"),
        hex("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"),
    );
    let ec = |kind: i64, curve: i64, x: &[u8], y: &[u8]| {
        key(&[(1, kind.into()), (-1, curve.into()), (-2, bytes(x.to_vec())), (-3, bytes(y.to_vec()))])
    };
    assert_eq!(ec(2, 1, &x, &y), Ok(Algorithm::Es256));
    for unsound in
        [ec(1, 1, &x, &y), ec(2, 2, &x, &y), ec(2, 1, &y, &x), ec(2, 1, &x[1..], &y), ec(2, 1, &x, &[])]
    {
        assert_eq!(unsound, Err(Refusal::KeyNotSupported));
    }
    let rsa = |kind: i64, modulus: Vec<u8>, exponent: &[u8]| {
        key(&[(1, kind.into()), (-1, bytes(modulus)), (-2, bytes(exponent.to_vec()))])
    };
    assert_eq!(rsa(3, vec![0xff; 256], &[1, 0, 1]), Ok(Algorithm::Rs256));
    for unsound in [
        rsa(2, vec![0xff; 256], &[1, 0, 1]),
        rsa(3, vec![0xff; 255], &[1, 0, 1]),
        rsa(3, vec![0xff; 1025], &[1, 0, 1]),
        rsa(3, vec![0; 256], &[1, 0, 1]),
        rsa(3, vec![0xff; 256], &[]),
        rsa(3, vec![0xff; 256], &[1; 5]),
    ] {
        assert_eq!(unsound, Err(Refusal::KeyNotSupported));
    }
}

#[test]
fn no_attestation_is_looked_at() {
    for format in ["packed", "apple", "compound", "of tomorrow", ""] {
        let authenticator = Authenticator::es256(b"id").with_attestation(format);
        assert!(register(&authenticator, |_| {}).is_ok(), "{format}");
    }
}

struct Registered {
    authenticator: Authenticator,
    made: NewCredential,
}

impl Registered {
    fn new(authenticator: Authenticator) -> Self {
        let made = register(&authenticator, |_| {}).unwrap();
        Self { authenticator, made }
    }

    fn answer(&self, change: impl FnOnce(&mut Said)) -> Value {
        let mut said = Said::to(&request(), ORIGIN);
        change(&mut said);
        self.authenticator.authenticate(&said)
    }

    fn check(&self, answer: &Value, sign_count: u32) -> Result<Shown, Refusal> {
        let stored = Credential {
            public_key: &self.made.public_key,
            algorithm: self.made.algorithm.number(),
            sign_count,
            user_handle: b"user",
        };
        AuthenticationAnswer::parse(&answer.to_string()).unwrap().verify(&ceremony(CHALLENGE), &stored)
    }

    fn verify(&self, change: impl FnOnce(&mut Said)) -> Result<Shown, Refusal> {
        self.check(&self.answer(change), 7)
    }
}

#[test]
fn a_proof_says_what_it_must() {
    for authenticator in [Authenticator::es256(b"id"), Authenticator::rs256(b"id")] {
        let registered = Registered::new(authenticator);
        assert_eq!(
            registered.verify(|said| said.sign_count = 8),
            Ok(Shown { sign_count: 8, user_verified: true })
        );
        let shown = registered.verify(|said| {
            said.sign_count = 9;
            said.flags = USER_PRESENT;
            said.user_handle = Some(Passki::base64_encode(b"user"));
        });
        assert_eq!(shown, Ok(Shown { sign_count: 9, user_verified: false }));
        let refusal = |change: fn(&mut Said)| {
            registered.verify(|said| {
                said.sign_count = 8;
                change(said);
            })
        };
        assert_eq!(refusal(|said| said.kind = "webauthn.create".into()), Err(Refusal::Invalid));
        assert_eq!(refusal(|said| said.challenge = "AAAA".into()), Err(Refusal::Challenge));
        assert_eq!(refusal(|said| said.origin = "http://example.org".into()), Err(Refusal::Origin));
        assert_eq!(refusal(|said| said.cross_origin = true), Err(Refusal::Origin));
        assert_eq!(refusal(|said| said.relying_party_id = "org".into()), Err(Refusal::RelyingParty));
        assert_eq!(refusal(|said| said.flags = 0), Err(Refusal::UserAbsent));
        assert_eq!(refusal(|said| said.sign_count = 7), Err(Refusal::SignCount));
        assert_eq!(refusal(|said| said.sign_count = 6), Err(Refusal::SignCount));
        assert_eq!(refusal(|said| said.sign_count = 0), Err(Refusal::SignCount));
        assert_eq!(refusal(|said| said.user_handle = Some("AAAA".into())), Err(Refusal::User));
        // Not counting is allowed, as long as it is never done.
        assert!(registered.check(&registered.answer(|_| {}), 0).is_ok());
        assert!(registered.check(&registered.answer(|said| said.sign_count = 1), 0).is_ok());
    }
}

/// Nothing that is signed can be changed, bit by bit.
#[test]
fn a_tampered_proof_is_refused() {
    let registered = Registered::new(Authenticator::es256(b"id"));
    let honest = registered.answer(|said| said.sign_count = 8);
    for member in ["authenticatorData", "clientDataJSON", "signature"] {
        let bytes = Passki::base64_decode(honest["response"][member].as_str().unwrap()).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let mut tampered = honest.clone();
            tampered["response"][member] = json!(Passki::base64_encode(&bytes));
            assert!(registered.check(&tampered, 7).is_err(), "{member} {bit}");
        }
    }
    let other = Registered::new(Authenticator::es256(b"id"));
    assert_eq!(other.check(&honest, 7), Err(Refusal::Signature));
}

#[test]
fn nobody_is_never_believed() {
    let answer = Registered::new(Authenticator::es256(b"id")).answer(|_| {});
    let refuse = |answer: &Value| {
        AuthenticationAnswer::parse(&answer.to_string()).unwrap().refuse(&ceremony(CHALLENGE))
    };
    assert_eq!(refuse(&answer), Refusal::Signature);
    let handle =
        Registered::new(Authenticator::es256(b"id")).answer(|said| said.user_handle = Some("AAAA".into()));
    assert_eq!(refuse(&handle), Refusal::Signature);
}

#[test]
fn what_is_no_answer_is_told_apart() {
    let registration = Authenticator::es256(b"id").register(&Said::to(&options(), ORIGIN));
    let without = |path: &[&str]| {
        let (last, way) = path.split_last().unwrap();
        let mut answer = registration.clone();
        let object = way.iter().fold(&mut answer, |at, name| &mut at[*name]);
        object.as_object_mut().unwrap().remove(*last);
        answer
    };
    let with = |path: &[&str], value: Value| {
        let mut answer = registration.clone();
        *path.iter().fold(&mut answer, |at, name| &mut at[*name]) = value;
        answer
    };
    for missing in [
        vec!["id"],
        vec!["rawId"],
        vec!["type"],
        vec!["authenticatorAttachment"],
        vec!["clientExtensionResults"],
        vec!["response", "transports"],
    ] {
        let answer = RegistrationAnswer::parse(&without(&missing)).unwrap();
        assert!(answer.verify(&ceremony(CHALLENGE)).is_ok(), "{missing:?}");
    }
    for missing in
        [vec!["response"], vec!["response", "clientDataJSON"], vec!["response", "attestationObject"]]
    {
        assert_eq!(RegistrationAnswer::parse(&without(&missing)), Err(Unreadable), "{missing:?}");
    }
    for (path, value) in [
        (vec!["type"], json!("password")),
        (vec!["id"], json!("AAAA")),
        (vec!["rawId"], json!(1)),
        (vec!["response"], json!("text")),
        (vec!["response", "clientDataJSON"], json!({})),
        (vec!["response", "attestationObject"], json!("A".repeat(MAX_MEMBER_BYTES + 1))),
        (vec!["response", "transports"], json!("usb")),
        (vec!["response", "transports"], json!([1])),
        (vec!["response", "transports"], json!(["<script>"])),
        (vec!["response", "transports"], json!(vec!["usb"; 17])),
    ] {
        assert_eq!(
            RegistrationAnswer::parse(&with(&path, value.clone())),
            Err(Unreadable),
            "{path:?} {value}"
        );
    }
    for answer in [json!(null), json!("text"), json!([]), json!({})] {
        assert_eq!(RegistrationAnswer::parse(&answer), Err(Unreadable), "{answer}");
        assert_eq!(AuthenticationAnswer::parse(&answer.to_string()), Err(Unreadable), "{answer}");
    }
    assert_eq!(AuthenticationAnswer::parse("{"), Err(Unreadable));
    // Padded base64, and members that are null.
    let padded = format!("{}==", registration["response"]["attestationObject"].as_str().unwrap());
    let answer = with(&["response", "attestationObject"], json!(padded));
    assert!(RegistrationAnswer::parse(&answer).unwrap().verify(&ceremony(CHALLENGE)).is_ok());
    let answer = with(&["response", "transports"], json!(null));
    let made = RegistrationAnswer::parse(&answer).unwrap().verify(&ceremony(CHALLENGE)).unwrap();
    assert_eq!(made.transports, Vec::<String>::new());
    for garbage in ["", "!", "AAAA", "oA"] {
        let answer = with(&["response", "attestationObject"], json!(garbage));
        let verified = RegistrationAnswer::parse(&answer).unwrap().verify(&ceremony(CHALLENGE));
        assert_eq!(verified, Err(Refusal::Invalid), "{garbage}");
    }
}
