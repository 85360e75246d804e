//! Whether [`places`](crate::places) knows every member that the model has for what opens something, and
//! [`artefacts`](crate::artefacts) everything that opens something.

use std::collections::BTreeSet;
use std::path::PathBuf;

use cenote_core::operations::is_built;
use cenote_crypto::Purpose;
use cenote_model::Operation;
use cenote_store::CodePurpose;
use serde_json::Value;

use crate::artefacts::Kind;
use crate::places;

/// New secrets are set here, not compared with others.
const SETS_A_SECRET: [(&str, &str); 2] =
    [("CreateUserPoolClient", "ClientSecret"), ("AddUserPoolClientSecret", "ClientSecret")];

/// Whether a member of this name holds a token, a session, a code, a page token, a secret or a hash of one.
fn opens_something(name: &str) -> bool {
    ["Token", "Session", "Code", "SecretHash", "Secret"].iter().any(|end| name.ends_with(end))
}

fn model() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../model/cognito-idp.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn every_place_that_the_model_has_is_in_the_list() {
    let model = model();
    let known: BTreeSet<(String, String)> = places::all()
        .iter()
        .map(|place| (place.operation.to_owned(), place.member.to_owned()))
        .chain(SETS_A_SECRET.map(|(operation, member)| (operation.to_owned(), member.to_owned())))
        .collect();
    let mut found = 0;
    for operation in Operation::ALL.iter().filter(|operation| is_built(**operation)) {
        let input = model["operations"][operation.as_str()]["input"]["shape"].as_str().unwrap();
        for (name, member) in model["shapes"][input]["members"].as_object().unwrap() {
            let shape = &model["shapes"][member["shape"].as_str().unwrap()];
            if shape["type"] != "string" || shape.get("enum").is_some() || !opens_something(name) {
                continue;
            }
            found += 1;
            let place = (operation.as_str().to_owned(), name.clone());
            assert!(
                known.contains(&place),
                "{operation} takes {name}: add the place, and what is taken there, to places/"
            );
        }
    }
    assert!(found > 30, "{found}");
}

#[test]
fn every_place_in_the_list_is_built() {
    for place in places::all().iter().filter(|place| place.operation != places::LINK) {
        assert!(Operation::parse(place.operation).is_some_and(is_built), "{}", place.operation);
    }
}

/// The kinds of what is sealed and leaves the server. A new purpose does not compile until it is said here which they are.
pub fn sealed_kinds(purpose: Purpose) -> &'static [Kind] {
    match purpose {
        // Each challenge has its own: pairs.rs.
        Purpose::Session => &[Kind::Session, Kind::SignUpSession],
        Purpose::SecretBlock => &[Kind::SecretBlock, Kind::DeviceBlock],
        Purpose::RefreshToken => &[Kind::RefreshToken],
        // One for each list.
        Purpose::PageToken
        | Purpose::PasswordVerifier
        | Purpose::ClientSecret
        | Purpose::SigningKey
        | Purpose::PoolSecret
        | Purpose::OutboxMessage
        | Purpose::AccessKeySecret
        | Purpose::TotpSeed
        | Purpose::ProviderSecret
        | Purpose::KeyCheck => &[],
    }
}

/// The kind of a code, in the same way.
pub fn code_kind(purpose: CodePurpose) -> Kind {
    match purpose {
        CodePurpose::SignUp => Kind::SignUpCode,
        CodePurpose::Reset => Kind::ResetCode,
        CodePurpose::VerifyEmail => Kind::EmailCode,
        CodePurpose::VerifyPhoneNumber => Kind::PhoneNumberCode,
    }
}

/// What is read in the maps of a sign-in and opens something by itself: each has its places.
const OPEN_SOMETHING: [&str; 4] =
    ["ACCESS_TOKEN", "PASSWORD_CLAIM_SECRET_BLOCK", "REFRESH_TOKEN", "SECRET_HASH"];

/// What is read there and opens nothing, or only beside a session or a secret block, with which it is presented.
const OPEN_NOTHING: [&str; 19] = [
    "ANSWER",
    "CHALLENGE_NAME",
    "CREDENTIAL",
    "DEVICE_KEY",
    "EMAIL",
    "EMAIL_MFA_CODE",
    "EMAIL_OTP_CODE",
    "MAX_AGE",
    "NEW_PASSWORD",
    "PASSWORD",
    "PASSWORD_CLAIM_SIGNATURE",
    "PREFERRED_CHALLENGE",
    "SMS_MFA_CODE",
    "SMS_OTP_CODE",
    "SOFTWARE_TOKEN_MFA_CODE",
    "SRP_A",
    "TARGET_ACR_VALUES",
    "TIMESTAMP",
    "USERNAME",
];

/// The model does not say what is in AuthParameters and ChallengeResponses: the source that reads them does.
#[test]
fn everything_that_is_read_in_a_map_is_known() {
    let mut read = BTreeSet::new();
    let mut folders = vec![PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let source = std::fs::read_to_string(path).unwrap();
            for name in source.split('"') {
                let is_key = |byte: u8| byte.is_ascii_uppercase() || byte == b'_';
                let is_read = |reads: &&str| source.contains(&format!("{reads}(\"{name}\")"));
                if !name.is_empty()
                    && name.bytes().all(is_key)
                    && ["get", "find", "given"].iter().any(is_read)
                {
                    read.insert(name.to_owned());
                }
            }
        }
    }
    let known = OPEN_SOMETHING.into_iter().chain(OPEN_NOTHING).map(str::to_owned).collect();
    assert_eq!(read, known, "say what it opens, and add its places");
    let places = places::all();
    for name in OPEN_SOMETHING {
        let end = format!(".{name}");
        assert!(places.iter().any(|place| place.member.ends_with(&end)), "{name}: add its places");
    }
}
