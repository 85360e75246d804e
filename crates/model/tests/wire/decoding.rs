//! What is no request at all, and what is read over.

use cenote_model::types::*;
use cenote_model::{DecodeError, Operation, decode_request, from_stored};
use proptest::prelude::*;
use serde_json::{Value, json};

fn serialization(message: Option<&str>) -> DecodeError {
    DecodeError::Serialization { message: message.map(str::to_owned) }
}

#[test]
fn bodies_that_are_no_object() {
    for body in ["", "null", "1", "\"text\"", "true", "{", "{}}", "\u{feff}{}"] {
        let decoded = decode_request::<ForgotPasswordRequest>(body.as_bytes());
        assert_eq!(decoded, Err(serialization(None)), "{body}");
    }
    assert_eq!(decode_request::<ForgotPasswordRequest>(b"{\"a\": \"\xff\"}"), Err(serialization(None)));
    assert_eq!(
        decode_request::<ForgotPasswordRequest>(b"[]"),
        Err(serialization(Some("Start of list found where not expected")))
    );
}

#[test]
fn members_of_the_wrong_type() {
    for (operation, body, message) in [
        (Operation::InitiateAuth, json!({"AuthParameters": "text"}), Some("Expected map or null")),
        (Operation::InitiateAuth, json!({"AuthParameters": ["text"]}), Some("Expected map or null")),
        (Operation::InitiateAuth, json!({"ClientId": true}), None),
        (Operation::InitiateAuth, json!({"ClientId": {}}), None),
        (Operation::InitiateAuth, json!({"AuthFlow": 1}), None),
        (Operation::InitiateAuth, json!({"AuthParameters": {"USERNAME": 1}}), None),
        (Operation::SignUp, json!({"UserAttributes": {}}), Some("Expected list or null")),
        (Operation::SignUp, json!({"UserAttributes": ["email"]}), Some("Unexpected field type")),
        (Operation::SignUp, json!({"UserContextData": []}), Some("Start of list found where not expected")),
        (Operation::ListUsers, json!({"Limit": "10"}), None),
        (Operation::ListUsers, json!({"Limit": 1.5}), None),
        (Operation::ListUsers, json!({"Limit": 4_294_967_296_u64}), None),
        (Operation::SetUICustomization, json!({"ImageFile": "no base64"}), None),
    ] {
        assert_eq!(operation.check_request(body.clone()), Err(serialization(message)), "{body}");
    }
}

#[test]
fn unknown_and_null_members_are_absent() {
    let body = br#"{"ClientId": "abc", "Username": "ada", "SecretHash": null, "Else": {"deep": [1]},
        "ClientMetadata": {"DEVICE_KEY": null, "a": "b"}}"#;
    let request: ForgotPasswordRequest = decode_request(body).unwrap();
    let expected = ForgotPasswordRequest {
        client_id: "abc".into(),
        username: "ada".into(),
        client_metadata: Some([("a".to_owned(), "b".to_owned())].into()),
        ..Default::default()
    };
    assert!(request == expected);
}

#[test]
fn whole_numbers_may_have_a_fraction_of_zero() {
    let request: ListUserPoolsRequest = decode_request(br#"{"MaxResults": 10.0}"#).unwrap();
    assert_eq!(request.max_results, 10);
}

#[test]
fn deep_nesting_is_refused() {
    let body = format!("{{\"Credential\": {}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(
        decode_request::<CompleteWebAuthnRegistrationRequest>(body.as_bytes()),
        Err(serialization(None))
    );
}

#[test]
fn stored_documents_are_not_checked_again_but_must_be_whole() {
    let stored = |document: Value| from_stored::<RecoveryOptionType>(document);
    assert!(stored(json!({"Name": "admin_only", "Priority": 7})).is_some());
    assert!(stored(json!({"Name": "admin_only"})).is_none());
    assert!(stored(json!({"Name": "pigeon", "Priority": 1})).is_none());
    assert!(stored(json!({"Name": 1, "Priority": 1})).is_none());
    assert!(
        from_stored::<CreateUserPoolRequest>(json!({"PoolName": "p", "AliasAttributes": ["pigeon"]}))
            .is_none()
    );
}

fn any_json() -> impl Strategy<Value = Value> {
    let names = prop::sample::select(vec![
        "ClientId",
        "Username",
        "UserAttributes",
        "Name",
        "Value",
        "Schema",
        "Policies",
        "PasswordPolicy",
        "Tags",
        "AuthParameters",
        "LambdaConfig",
        "UserPoolId",
        "CallbackURLs",
        "Links",
        "Settings",
        "x",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(names.clone(), inner, 0..6).prop_map(|map| Value::Object(
                map.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
            )),
        ]
    })
}

proptest! {
    #[test]
    fn no_json_makes_the_decoder_panic(body in any_json(), index in 0..Operation::ALL.len()) {
        // The outcome is the other tests' business.
        let _ = Operation::ALL[index].check_request(body);
    }

    #[test]
    fn no_bytes_make_the_decoder_panic(body in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = decode_request::<SignUpRequest>(&body);
    }
}
