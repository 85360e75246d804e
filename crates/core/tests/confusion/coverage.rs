//! Whether [`places`](crate::places) knows every member that the model has for what opens something.

use std::collections::BTreeSet;

use cenote_core::operations::is_built;
use cenote_model::Operation;
use serde_json::Value;

use crate::places;

/// New secrets are set here, not compared with others.
const SETS_A_SECRET: [(&str, &str); 2] =
    [("CreateUserPoolClient", "ClientSecret"), ("AddUserPoolClientSecret", "ClientSecret")];

/// Whether a member of this name holds a token, a session, a code, a page token, a secret or a hash of one.
fn opens_something(name: &str) -> bool {
    ["Token", "Session", "Code", "SecretHash", "Secret"].iter().any(|end| name.ends_with(end))
}

#[test]
fn every_place_that_the_model_has_is_in_the_list() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../model/cognito-idp.json");
    let model: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
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
                "{operation} takes {name}: add the place, and what is taken there, to places.rs"
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
