//! Functions that are missing or talk nonsense, and what they are told.

use std::collections::BTreeSet;

use cenote_core::testing::{TestService, text};
use cenote_triggers::testing::{FakeAnswer, FakeLambda};
use serde_json::{Value, json};

use super::{FLOWS, functions, sources, sums, unrecognizable, world_of};
use crate::world::*;

#[tokio::test]
async fn functions_that_are_missing() {
    let not_configured =
        Err(invalid_parameter("Custom auth lambda trigger is not configured for the user pool."));
    for missing in ["DefineAuthChallenge", "CreateAuthChallenge", "VerifyAuthChallengeResponse"] {
        let lambda = FakeLambda::start(sums(1)).await.unwrap();
        let mut configuration = functions();
        configuration.as_object_mut().unwrap().remove(missing);
        let world = world_of(&lambda, json!({ "LambdaConfig": configuration }), json!({})).await;
        let started = world.start_custom("alice").await;
        if missing == "VerifyAuthChallengeResponse" {
            let session = &started.unwrap()["Session"];
            assert_eq!(world.answer_custom(session, "alice", "0").await, not_configured);
        } else {
            assert_eq!(started, not_configured, "{missing}");
        }
    }
    let world = World::with(TestService::builder(), json!({}), json!({ "ExplicitAuthFlows": FLOWS })).await;
    assert_eq!(world.start_custom("nobody").await, not_configured);
}

#[tokio::test]
async fn what_functions_say_must_make_sense() {
    for (trigger, answer, expected) in [
        ("Define", FakeAnswer::Echo, unrecognizable()),
        ("Define", FakeAnswer::Response(json!({ "challengeName": "SMS_MFA" })), unrecognizable()),
        ("Define", FakeAnswer::Response(json!({ "challengeName": "PASSWORD_VERIFIER" })), unrecognizable()),
        (
            "Define",
            FakeAnswer::Response(json!({ "challengeName": "NEW_PASSWORD_REQUIRED" })),
            unrecognizable(),
        ),
        ("Define", FakeAnswer::Response(json!({ "issueTokens": "true" })), unrecognizable()),
        ("Define", FakeAnswer::Event(json!({ "response": { "issueTokens": true } })), unrecognizable()),
        ("Define", FakeAnswer::Event(Value::Null), unrecognizable()),
        (
            "Define",
            FakeAnswer::Response(json!({ "issueTokens": true, "failAuthentication": true })),
            incorrect(),
        ),
        (
            "Define",
            FakeAnswer::FunctionError { message: "no".into() },
            ("UserLambdaValidationException".into(), "DefineAuthChallenge failed with error no.".into()),
        ),
        (
            "Create",
            FakeAnswer::Response(json!({ "privateChallengeParameters": { "a": 1 } })),
            unrecognizable(),
        ),
        (
            "Create",
            FakeAnswer::FunctionError { message: "no".into() },
            ("UserLambdaValidationException".into(), "CreateAuthChallenge failed with error no.".into()),
        ),
        (
            "Create",
            FakeAnswer::Raw {
                status: 403,
                headers: vec![("x-amzn-ErrorType".into(), "AccessDeniedException".into())],
                body: vec![],
            },
            (
                "UnexpectedLambdaException".into(),
                "CreateAuthChallenge invocation failed due to error AccessDeniedException.".into(),
            ),
        ),
    ] {
        let (wrong, of) = (answer.clone(), trigger);
        let lambda = FakeLambda::start(move |event| {
            if event["triggerSource"].as_str().unwrap().starts_with(of) {
                wrong.clone()
            } else {
                sums(1)(event)
            }
        })
        .await
        .unwrap();
        let world = world_of(&lambda, json!({}), json!({})).await;
        assert_eq!(world.start_custom("alice").await, Err(expected), "{trigger}: {answer:?}");
    }
    // A function that sets nothing asks a question without parameters.
    let lambda = FakeLambda::start(|event| {
        let source = event["triggerSource"].as_str().unwrap().to_owned();
        if source.starts_with("Create") { FakeAnswer::Echo } else { sums(1)(event) }
    })
    .await
    .unwrap();
    let world = world_of(&lambda, json!({}), json!({})).await;
    let challenge = world.start_custom("alice").await.unwrap();
    assert_eq!(challenge["ChallengeParameters"], json!({ "USERNAME": "alice" }));
    world.answer_custom(&challenge["Session"], "alice", "").await.unwrap();
    let verified = lambda
        .events()
        .into_iter()
        .find(|event| event["triggerSource"].as_str().unwrap().starts_with("Verify"));
    assert_eq!(verified.unwrap()["request"]["privateChallengeParameters"], json!({}));
}

#[tokio::test]
async fn sessions_that_would_be_too_long_are_refused() {
    let lambda = FakeLambda::start(|event| {
        let length = event["request"]["clientMetadata"]["length"].as_str().map_or(10, |text| text.parse().unwrap());
        match event["triggerSource"].as_str().unwrap() {
            "CreateAuthChallenge_Authentication" => FakeAnswer::Response(json!({
                "privateChallengeParameters": { "answer": "x".repeat(length) }, "challengeMetadata": "m".repeat(100),
            })),
            "VerifyAuthChallengeResponse_Authentication" => FakeAnswer::Response(json!({ "answerCorrect": true })),
            _ => FakeAnswer::Response(json!({ "challengeName": "CUSTOM_CHALLENGE" })),
        }
    })
    .await
    .unwrap();
    let world = world_of(&lambda, json!({}), json!({})).await;
    let too_long = (
        "InvalidLambdaResponseException".to_owned(),
        "The challenge's private parameters and the names of the challenges before it are too long for a session."
            .to_owned(),
    );
    let respond = async |session: &Value, length: usize| {
        let request = json!({
            "ClientId": world.client, "ChallengeName": "CUSTOM_CHALLENGE", "Session": session,
            "ClientMetadata": { "length": length.to_string() },
            "ChallengeResponses": { "USERNAME": "alice", "ANSWER": "0" },
        });
        world.service.call("RespondToAuthChallenge", request).await
    };
    let first = world.start_custom("alice").await.unwrap();
    assert_eq!(respond(&first["Session"], 4000).await, Err(too_long.clone()));
    // A history that grows without end comes to its end; every session on the way can be sent back.
    let mut challenge = world.start_custom("alice").await.unwrap();
    let mut rounds = 0;
    let mut lengths = BTreeSet::new();
    let error = loop {
        lengths.insert(text(&challenge["Session"]).len());
        match respond(&challenge["Session"], 10).await {
            Ok(next) => challenge = next,
            Err(error) => break error,
        }
        rounds += 1;
    };
    assert_eq!(error, too_long);
    assert!(rounds > 15, "{rounds}");
    // Their lengths say little, and most are what older models take.
    let lengths: Vec<usize> = lengths.into_iter().collect();
    assert!(matches!(lengths[..], [_, ..=2048, 2049..=4096]), "{lengths:?}");
}

#[tokio::test]
async fn metadata_of_answers_reaches_the_functions_and_that_of_the_start_does_not() {
    let lambda = FakeLambda::start(sums(1)).await.unwrap();
    let mut configuration = functions();
    for name in ["PreAuthentication", "PostAuthentication", "PreTokenGeneration"] {
        configuration[name] = json!(FUNCTION);
    }
    let world = world_of(&lambda, json!({ "LambdaConfig": configuration }), json!({})).await;
    let request = json!({
        "ClientId": world.client, "AuthFlow": "CUSTOM_AUTH", "ClientMetadata": { "at": "start" },
        "AuthParameters": { "USERNAME": "alice" },
    });
    let challenge = world.service.ok("InitiateAuth", request).await;
    let request = json!({
        "ClientId": world.client, "ChallengeName": "CUSTOM_CHALLENGE", "Session": challenge["Session"],
        "ClientMetadata": { "at": "answer" }, "ChallengeResponses": { "USERNAME": "alice", "ANSWER": "0" },
    });
    world.service.ok("RespondToAuthChallenge", request).await;
    assert_eq!(
        sources(&lambda),
        [
            "PreAuthentication_Authentication",
            "DefineAuthChallenge_Authentication",
            "CreateAuthChallenge_Authentication",
            "VerifyAuthChallengeResponse_Authentication",
            "DefineAuthChallenge_Authentication",
            "PostAuthentication_Authentication",
            "TokenGeneration_Authentication",
        ]
    );
    let events = lambda.events();
    assert_eq!(events[0]["request"]["validationData"], json!({ "at": "start" }));
    for event in &events[1..3] {
        assert!(event["request"].get("clientMetadata").is_none(), "{event}");
    }
    for event in &events[3..] {
        assert_eq!(event["request"]["clientMetadata"], json!({ "at": "answer" }), "{event}");
    }
}
