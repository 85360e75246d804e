//! Whether [`places`](crate::places) knows every member that the model has for what opens something, and
//! [`artefacts`](crate::artefacts) everything that opens something.

use std::collections::BTreeSet;

use cenote_core::operations::is_built;
use cenote_crypto::Purpose;
use cenote_model::Operation;
use cenote_store::CodePurpose;
use serde_json::Value;

use crate::artefacts::Kind;
use crate::places;
use crate::second_factors::Factor;

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

/// The kind of what is sealed and leaves the server. A new purpose does not compile until it is said here which it is.
fn sealed_kind(purpose: Purpose) -> Option<Kind> {
    match purpose {
        Purpose::Session => Some(Kind::Session),
        Purpose::SecretBlock => Some(Kind::SecretBlock),
        Purpose::RefreshToken => Some(Kind::RefreshToken),
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
        | Purpose::KeyCheck => None,
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

#[test]
fn everything_that_leaves_the_server_is_taken_somewhere() {
    let taken: BTreeSet<Kind> = places::all().iter().filter_map(|place| place.takes).collect();
    for purpose in [Purpose::Session, Purpose::SecretBlock, Purpose::RefreshToken] {
        assert!(sealed_kind(purpose).is_some_and(|kind| taken.contains(&kind)), "{purpose:?}");
    }
}

/// Each challenge has sessions of its own: they belong among the artefacts, as what the others are not. The secret block is the
/// session of PASSWORD_VERIFIER; ADMIN_NO_SRP_AUTH has none, and nobody is asked for it.
#[test]
fn every_challenge_has_its_session_in_the_list() {
    let mut known = vec!["NEW_PASSWORD_REQUIRED", "PASSWORD_VERIFIER", "MFA_SETUP", "ADMIN_NO_SRP_AUTH"];
    known.extend(Factor::ALL.map(Factor::challenge));
    known.extend(crate::choice::ASKED);
    known.extend(["CUSTOM_CHALLENGE", "DEVICE_SRP_AUTH", "DEVICE_PASSWORD_VERIFIER"]);
    let names = model()["shapes"]["ChallengeNameType"]["enum"].clone();
    for name in names.as_array().unwrap() {
        assert!(known.contains(&name.as_str().unwrap()), "{name}: add its sessions to the artefacts");
    }
}
