//! An authenticator in software and the browser before it, for tests.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "for tests")]

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ciborium::Value as Cbor;
use serde_json::{Value, json};

use super::Algorithm;
use crate::hash::sha256;

pub const USER_PRESENT: u8 = 1;
pub const USER_VERIFIED: u8 = 4;
const ATTESTED_DATA: u8 = 0x40;

enum Key {
    Es256(EcdsaKeyPair),
    Rs256(RsaKeyPair),
}

/// An authenticator with one credential.
pub struct Authenticator {
    key: Key,
    id: Vec<u8>,
    aaguid: [u8; 16],
    algorithm: i32,
    attestation: (&'static str, Cbor),
}

impl core::fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Authenticator").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

/// What an answer says. A test changes what it likes before it is signed.
#[derive(Debug, Clone)]
pub struct Said {
    pub kind: String,
    pub challenge: String,
    pub origin: String,
    pub cross_origin: bool,
    pub relying_party_id: String,
    pub flags: u8,
    pub sign_count: u32,
    /// In base64url.
    pub user_handle: Option<String>,
}

impl Said {
    /// An honest answer to the options of a registration or a sign-in.
    #[must_use]
    pub fn to(options: &Value, origin: &str) -> Self {
        let creates = options.get("rp").is_some();
        let id = if creates { &options["rp"]["id"] } else { &options["rpId"] };
        Self {
            kind: if creates { "webauthn.create" } else { "webauthn.get" }.to_owned(),
            challenge: options["challenge"].as_str().expect("a challenge").to_owned(),
            origin: origin.to_owned(),
            cross_origin: false,
            relying_party_id: id.as_str().expect("a relying party").to_owned(),
            flags: USER_PRESENT | USER_VERIFIED,
            sign_count: 0,
            user_handle: None,
        }
    }

    fn client_data(&self) -> Vec<u8> {
        let data = json!({
            "type": self.kind, "challenge": self.challenge, "origin": self.origin, "crossOrigin": self.cross_origin,
        });
        data.to_string().into_bytes()
    }

    fn authenticator_data(&self, flags: u8) -> Vec<u8> {
        let mut data = sha256(&[self.relying_party_id.as_bytes()]).to_vec();
        data.push(self.flags | flags);
        data.extend(self.sign_count.to_be_bytes());
        data
    }
}

impl Authenticator {
    /// One with a key on P-256, the id of whose credential has these bytes.
    #[must_use]
    pub fn es256(id: &[u8]) -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key");
        Self::new(Key::Es256(key), Algorithm::Es256, id)
    }

    /// One with an RSA key.
    #[must_use]
    pub fn rs256(id: &[u8]) -> Self {
        let key = RsaKeyPair::generate(KeySize::Rsa2048).expect("a key");
        Self::new(Key::Rs256(key), Algorithm::Rs256, id)
    }

    fn new(key: Key, algorithm: Algorithm, id: &[u8]) -> Self {
        Self {
            key,
            id: id.to_vec(),
            aaguid: [0; 16],
            algorithm: algorithm.number(),
            attestation: ("none", Cbor::Map(Vec::new())),
        }
    }

    /// The same, of another model.
    #[must_use]
    pub fn with_aaguid(self, aaguid: [u8; 16]) -> Self {
        Self { aaguid, ..self }
    }

    /// The same, saying that its key is for another algorithm.
    #[must_use]
    pub fn with_algorithm(self, algorithm: i32) -> Self {
        Self { algorithm, ..self }
    }

    /// The same with an attestation of this format that says nothing.
    #[must_use]
    pub fn with_attestation(self, format: &'static str) -> Self {
        let statement = Cbor::Map(vec![("sig".into(), Cbor::Bytes(vec![1, 2, 3]))]);
        Self { attestation: (format, statement), ..self }
    }

    /// The id in base64url.
    #[must_use]
    pub fn id_text(&self) -> String {
        encode(&self.id)
    }

    fn public_key(&self) -> Cbor {
        let entry = |label: i64, value: Cbor| (Cbor::from(label), value);
        let bytes = |bytes: &[u8]| Cbor::Bytes(bytes.to_vec());
        let algorithm = entry(3, i64::from(self.algorithm).into());
        match &self.key {
            Key::Es256(key) => {
                let point = key.public_key().as_ref();
                Cbor::Map(vec![
                    entry(1, 2.into()),
                    algorithm,
                    entry(-1, 1.into()),
                    entry(-2, bytes(&point[1..33])),
                    entry(-3, bytes(&point[33..])),
                ])
            }
            Key::Rs256(key) => {
                // DER: a sequence of two integers, of 257 and 3 bytes at this length of key.
                let der = key.public_key().as_ref();
                Cbor::Map(vec![
                    entry(1, 3.into()),
                    algorithm,
                    entry(-1, bytes(&der[9..265])),
                    entry(-2, bytes(&der[267..])),
                ])
            }
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.key {
            Key::Es256(key) => key.sign(&random, message).expect("a signature").as_ref().to_vec(),
            Key::Rs256(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).expect("a signature");
                signature
            }
        }
    }

    /// The answer to a registration, as a browser hands it over.
    #[must_use]
    pub fn register(&self, said: &Said) -> Value {
        let mut data = said.authenticator_data(ATTESTED_DATA);
        data.extend(self.aaguid);
        data.extend(u16::try_from(self.id.len()).expect("a short id").to_be_bytes());
        data.extend(&self.id);
        data.extend(encode_cbor(&self.public_key()));
        let (format, statement) = &self.attestation;
        let object = Cbor::Map(vec![
            ("fmt".into(), (*format).into()),
            ("attStmt".into(), statement.clone()),
            ("authData".into(), Cbor::Bytes(data)),
        ]);
        json!({
            "id": self.id_text(), "rawId": self.id_text(), "type": "public-key",
            "authenticatorAttachment": "platform", "clientExtensionResults": {},
            "response": {
                "clientDataJSON": encode(&said.client_data()), "attestationObject": encode(&encode_cbor(&object)),
                "transports": ["internal", "hybrid"],
            },
        })
    }

    /// The answer to a sign-in, as a browser hands it over.
    #[must_use]
    pub fn authenticate(&self, said: &Said) -> Value {
        let (client_data, data) = (said.client_data(), said.authenticator_data(0));
        let signature = self.sign(&[data.as_slice(), &sha256(&[&client_data])].concat());
        let mut answer = json!({
            "id": self.id_text(), "rawId": self.id_text(), "type": "public-key",
            "authenticatorAttachment": "platform", "clientExtensionResults": {},
            "response": {
                "clientDataJSON": encode(&client_data), "authenticatorData": encode(&data),
                "signature": encode(&signature),
            },
        });
        if let Some(handle) = &said.user_handle {
            answer["response"]["userHandle"] = json!(handle);
        }
        answer
    }
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn encode_cbor(value: &Cbor) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).expect("memory");
    bytes
}
