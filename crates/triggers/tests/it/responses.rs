//! What is read from the answers of functions.

use cenote_triggers::answer::Answer;
use cenote_triggers::create_auth_challenge::CreateAuthChallengeRequest;
use cenote_triggers::custom_message::CustomMessageRequest;
use cenote_triggers::define_auth_challenge::{DefineAuthChallengeRequest, DefineAuthChallengeResponse};
use cenote_triggers::post_confirmation::PostConfirmationRequest;
use cenote_triggers::pre_sign_up::{PreSignUpRequest, PreSignUpResponse};
use cenote_triggers::pre_token_generation::{
    GroupOverrideDetails, PreTokenGenerationV1Request, PreTokenGenerationV2Request,
};
use cenote_triggers::user_migration::{UserMigrationRequest, UserMigrationResponse};
use cenote_triggers::verify_auth_challenge_response::VerifyAuthChallengeResponseRequest;
use cenote_triggers::{TriggerError, TriggerRequest};
use proptest::prelude::*;
use serde_json::{Value, json};

fn read<R: TriggerRequest>(body: impl Into<Vec<u8>>) -> Result<R::Response, TriggerError> {
    Answer { status: 200, body: body.into().into(), ..Answer::default() }.read::<R>()
}

#[expect(clippy::needless_pass_by_value, reason = "for literals")]
fn read_response<R: TriggerRequest>(response: Value) -> Result<R::Response, TriggerError> {
    read::<R>(json!({ "response": response }).to_string())
}

fn invalid_json<T>() -> Result<T, TriggerError> {
    Err(TriggerError::InvalidLambdaResponse("Invalid lambda function output : Invalid JSON".to_owned()))
}

fn unrecognizable<T>() -> Result<T, TriggerError> {
    Err(TriggerError::InvalidLambdaResponse("Unrecognizable lambda output".to_owned()))
}

#[test]
fn answers_that_are_no_event() {
    for body in ["", "null", "[]", "\"text\"", "1", "true", "{", "{}x", "\u{fffd}", "{\"response\":{}"] {
        assert_eq!(read::<PostConfirmationRequest>(body), invalid_json(), "{body}");
    }
    assert_eq!(read::<PostConfirmationRequest>(vec![0xff, 0xfe]), invalid_json());
    assert_eq!(read::<PostConfirmationRequest>("[".repeat(1_000_000)), invalid_json());
    for body in
        [r#"{}"#, r#"{"response":null}"#, r#"{"response":[]}"#, r#"{"response":"x"}"#, r#"{"Response":{}}"#]
    {
        assert_eq!(read::<PostConfirmationRequest>(body), unrecognizable(), "{body}");
    }
    assert!(read::<PostConfirmationRequest>(r#"{"response":{},"more":1}"#).is_ok());
    assert!(read::<PostConfirmationRequest>(r#"{"response":{"more":1}}"#).is_ok());
}

#[test]
fn pre_sign_up() {
    let read = read_response::<PreSignUpRequest>;
    assert_eq!(
        read(json!({"autoConfirmUser": true, "autoVerifyEmail": null})),
        Ok(PreSignUpResponse { auto_confirm_user: true, ..PreSignUpResponse::default() })
    );
    assert_eq!(read(json!({})), Ok(PreSignUpResponse::default()));
    for wrong in [json!("true"), json!(1), json!([]), json!({})] {
        assert_eq!(read(json!({"autoVerifyPhone": wrong})), invalid_json());
    }
}

#[test]
fn custom_message() {
    let read = read_response::<CustomMessageRequest>;
    let texts = read(json!({"smsMessage": "{####}", "emailSubject": null})).unwrap();
    assert_eq!(texts.sms_message.as_deref(), Some("{####}"));
    assert_eq!((texts.email_message, texts.email_subject), (None, None));
    assert_eq!(read(json!({"emailMessage": 1})), invalid_json());
}

#[test]
fn user_migration() {
    let read = read_response::<UserMigrationRequest>;
    assert_eq!(read(json!({})), Ok(UserMigrationResponse::default()));
    let migrated = read(json!({
        "userAttributes": {"email": "rosa@example.org", "email_verified": "true", "name": null},
        "finalUserStatus": "CONFIRMED", "messageAction": "SUPPRESS", "desiredDeliveryMediums": ["EMAIL"],
        "forceAliasCreation": false, "enableSMSMFA": true,
    }));
    assert_eq!(
        migrated,
        Ok(UserMigrationResponse {
            user_attributes: Some(
                [("email", "rosa@example.org"), ("email_verified", "true")]
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .into()
            ),
            force_alias_creation: Some(false),
            enable_sms_mfa: Some(true),
            final_user_status: Some("CONFIRMED".to_owned()),
            message_action: Some("SUPPRESS".to_owned()),
            desired_delivery_mediums: Some(vec!["EMAIL".to_owned()]),
        })
    );
    assert_eq!(read(json!({"userAttributes": {"email_verified": true}})), invalid_json());
}

#[expect(clippy::needless_pass_by_value, reason = "for literals")]
fn read_event<R: TriggerRequest>(response: Value) -> Result<R::Response, TriggerError> {
    let event = json!({
        "version": "1", "triggerSource": "x", "region": "x", "userPoolId": "x", "userName": "x", "callerContext": {},
        "request": {}, "response": response,
    });
    read::<R>(event.to_string())
}

#[test]
fn custom_challenges() {
    let define = read_event::<DefineAuthChallengeRequest>;
    assert_eq!(define(json!({})), Ok(DefineAuthChallengeResponse::default()));
    assert_eq!(
        define(
            json!({"challengeName": "CUSTOM_CHALLENGE", "issueTokens": false, "failAuthentication": null})
        ),
        Ok(DefineAuthChallengeResponse {
            challenge_name: Some("CUSTOM_CHALLENGE".to_owned()),
            issue_tokens: Some(false),
            fail_authentication: None,
        })
    );
    for wrong in
        [json!({"issueTokens": "true"}), json!({"failAuthentication": 1}), json!({"challengeName": []})]
    {
        assert_eq!(define(wrong), unrecognizable());
    }
    let create = read_event::<CreateAuthChallengeRequest>;
    let made = create(json!({
        "publicChallengeParameters": {"question": "2+3", "none": null}, "privateChallengeParameters": null,
        "challengeMetadata": "sum",
    }))
    .unwrap();
    assert_eq!(made.public_challenge_parameters, Some([("question".to_owned(), "2+3".to_owned())].into()));
    assert_eq!(made.private_challenge_parameters, None);
    assert_eq!(made.challenge_metadata.as_deref(), Some("sum"));
    assert_eq!(create(json!({"privateChallengeParameters": {"answer": 5}})), unrecognizable());
    let verify =
        |response| read_event::<VerifyAuthChallengeResponseRequest>(response).map(|read| read.answer_correct);
    assert_eq!(verify(json!({"answerCorrect": true})), Ok(Some(true)));
    assert_eq!(verify(json!({})), Ok(None));
    assert_eq!(verify(json!({"answerCorrect": "true"})), unrecognizable());
}

/// Functions of custom challenges that return no event, or a part of one, are told the same whatever is wrong.
#[test]
fn custom_challenges_need_the_whole_event() {
    let whole = json!({
        "version": "1", "triggerSource": "x", "region": "x", "userPoolId": "x", "userName": "x", "callerContext": {},
        "request": {}, "response": {},
    });
    assert!(read::<DefineAuthChallengeRequest>(whole.to_string()).is_ok());
    for member in whole.as_object().unwrap().keys() {
        let mut part = whole.clone();
        part.as_object_mut().unwrap().remove(member);
        assert_eq!(read::<DefineAuthChallengeRequest>(part.to_string()), unrecognizable(), "{member}");
    }
    for body in ["", "null", "[]", "1", "{", "{}", r#"{"response":{"issueTokens":true}}"#] {
        assert_eq!(read::<DefineAuthChallengeRequest>(body), unrecognizable(), "{body}");
        assert_eq!(
            read::<CreateAuthChallengeRequest>(body).err(),
            read::<DefineAuthChallengeRequest>(body).err()
        );
        assert_eq!(read::<VerifyAuthChallengeResponseRequest>(body), unrecognizable(), "{body}");
    }
}

#[test]
fn claims_of_version_1_are_strings() {
    let read = read_response::<PreTokenGenerationV1Request>;
    let details =
        |details| read(json!({ "claimsOverrideDetails": details })).map(|read| read.claims_override_details);
    assert_eq!(details(Value::Null), Ok(None));
    let changed = details(json!({
        "claimsToAddOrOverride": {"a": "b", "c": null}, "claimsToSuppress": ["email"],
        "groupOverrideDetails": {"groupsToOverride": [], "preferredRole": null},
    }));
    let changed = changed.unwrap().unwrap();
    assert_eq!(changed.claims_to_add_or_override, [("a".to_owned(), "b".to_owned())].into());
    assert_eq!(changed.claims_to_suppress, ["email"]);
    assert_eq!(
        changed.group_override_details,
        Some(GroupOverrideDetails { groups_to_override: Some(vec![]), ..GroupOverrideDetails::default() })
    );
    let unchanged =
        details(json!({"claimsToAddOrOverride": null, "claimsToSuppress": null})).unwrap().unwrap();
    assert_eq!(unchanged, Default::default());
    assert_eq!(details(json!({"claimsToAddOrOverride": {"a": 1}})), invalid_json());
}

#[test]
fn claims_of_version_2_are_anything() {
    let read = read_response::<PreTokenGenerationV2Request>(json!({"claimsAndScopeOverrideDetails": {
        "idTokenGeneration": null,
        "accessTokenGeneration": {
            "claimsToAddOrOverride": {"number": 1.5, "flag": true, "list": ["a", 2], "object": {"a": null}, "none": null},
            "scopesToAdd": ["a/b"], "scopesToSuppress": null,
        },
    }}));
    let details = read.unwrap().claims_and_scope_override_details.unwrap();
    assert_eq!(details.id_token_generation, Default::default());
    assert_eq!(details.group_override_details, None);
    let token = details.access_token_generation;
    assert_eq!(
        json!(token.claims_to_add_or_override),
        json!({"number": 1.5, "flag": true, "list": ["a", 2], "object": {"a": null}})
    );
    assert_eq!(token.scopes_to_add, ["a/b"]);
    assert!(token.scopes_to_suppress.is_empty() && token.claims_to_suppress.is_empty());
}

fn any_json() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        Just("response".to_owned()),
        Just("errorMessage".to_owned()),
        Just("errorType".to_owned()),
        Just("claimsOverrideDetails".to_owned()),
        Just("claimsAndScopeOverrideDetails".to_owned()),
        Just("claimsToAddOrOverride".to_owned()),
        Just("userAttributes".to_owned()),
        Just("autoConfirmUser".to_owned()),
        any::<String>(),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..6)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

fn any_body() -> impl Strategy<Value = Vec<u8>> {
    let event = any_json().prop_map(|value| json!({ "response": value }));
    prop_oneof![
        any::<Vec<u8>>(),
        any_json().prop_map(|value| value.to_string().into_bytes()),
        event.prop_map(|value| value.to_string().into_bytes()),
    ]
}

proptest! {
    /// Whatever comes back, each trigger reads it without panicking, and an answer that is not a success never passes.
    #[test]
    fn no_answer_panics(
        status in prop_oneof![Just(200), Just(502), 100_u16..1000],
        function_error in any::<Option<String>>(),
        error_type in any::<Option<String>>(),
        body in any_body(),
        from_configured_endpoint in any::<bool>(),
    ) {
        let answer = Answer { status, function_error, error_type, body: body.into(), from_configured_endpoint };
        let failed = answer.function_error.is_some() || !(200..300).contains(&status);
        let accepted = [
            answer.read::<PreSignUpRequest>().is_ok(),
            answer.read::<PostConfirmationRequest>().is_ok(),
            answer.read::<CustomMessageRequest>().is_ok(),
            answer.read::<UserMigrationRequest>().is_ok(),
            answer.read::<PreTokenGenerationV1Request>().is_ok(),
            answer.read::<PreTokenGenerationV2Request>().is_ok(),
            answer.read::<DefineAuthChallengeRequest>().is_ok(),
            answer.read::<CreateAuthChallengeRequest>().is_ok(),
            answer.read::<VerifyAuthChallengeResponseRequest>().is_ok(),
        ];
        prop_assert!(!failed || accepted == [false; 9]);
    }
}
