//! CUSTOM_AUTH and CUSTOM_CHALLENGE.

use cenote_core::testing::{TestService, WireError, text};
use cenote_triggers::testing::{FakeAnswer, FakeLambda};
use serde_json::{Value, json};

use crate::srp::client;
use crate::world::*;

const FLOWS: [&str; 2] = ["ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"];

fn functions() -> Value {
    json!({
        "DefineAuthChallenge": FUNCTION, "CreateAuthChallenge": FUNCTION, "VerifyAuthChallengeResponse": FUNCTION,
    })
}

fn entry(challenge: &str, result: bool, metadata: impl Into<Value>) -> Value {
    let metadata = metadata.into();
    json!({ "challengeName": challenge, "challengeResult": result, "challengeMetadata": metadata })
}

/// Functions that want `rounds` right answers and forgive one wrong one. Each question is a number, its answer that number.
fn sums(rounds: usize) -> impl Fn(Value) -> FakeAnswer + Send + Sync + 'static {
    move |event| {
        let session = event["request"]["session"].as_array().cloned().unwrap_or_default();
        let count = |right| {
            let of =
                |one: &&Value| one["challengeName"] == "CUSTOM_CHALLENGE" && one["challengeResult"] == right;
            session.iter().filter(of).count()
        };
        FakeAnswer::Response(match event["triggerSource"].as_str().unwrap() {
            "DefineAuthChallenge_Authentication"
                if session.last().is_some_and(|last| last["challengeName"] == "SRP_A") =>
            {
                json!({ "challengeName": "PASSWORD_VERIFIER", "issueTokens": false, "failAuthentication": false })
            }
            "DefineAuthChallenge_Authentication" => json!({
                "challengeName": "CUSTOM_CHALLENGE", "issueTokens": count(true) >= rounds, "failAuthentication": count(false) > 1,
            }),
            "CreateAuthChallenge_Authentication" => {
                let number = session.len().to_string();
                json!({
                    "publicChallengeParameters": { "question": format!("say {number}") },
                    "privateChallengeParameters": { "answer": number }, "challengeMetadata": format!("round-{number}"),
                })
            }
            "VerifyAuthChallengeResponse_Authentication" => {
                let request = &event["request"];
                json!({ "answerCorrect": request["privateChallengeParameters"]["answer"] == request["challengeAnswer"] })
            }
            _ => json!({}),
        })
    }
}

async fn world_of(lambda: &FakeLambda, pool: Value, client: Value) -> World {
    let mut members = json!({ "LambdaConfig": functions() });
    members.as_object_mut().unwrap().extend(pool.as_object().unwrap().clone());
    let mut of_client = json!({ "ExplicitAuthFlows": FLOWS });
    of_client.as_object_mut().unwrap().extend(client.as_object().unwrap().clone());
    let world = World::with(TestService::builder().lambda(&lambda.url()), members, of_client).await;
    world.confirmed("alice").await;
    world
}

async fn plain(rounds: usize) -> (FakeLambda, World) {
    let lambda = FakeLambda::start(sums(rounds)).await.unwrap();
    let world = world_of(&lambda, json!({}), json!({})).await;
    (lambda, world)
}

impl World {
    async fn start_custom(&self, username: &str) -> Result<Value, WireError> {
        self.flow("CUSTOM_AUTH", json!({ "USERNAME": username })).await
    }

    async fn start_custom_with_srp(&self, username: &str) -> Result<Value, WireError> {
        let parameters =
            json!({ "USERNAME": username, "CHALLENGE_NAME": "SRP_A", "SRP_A": client().public_hex() });
        self.flow("CUSTOM_AUTH", parameters).await
    }

    async fn answer_custom(&self, session: &Value, username: &str, answer: &str) -> Result<Value, WireError> {
        let request = json!({
            "ClientId": self.client, "ChallengeName": "CUSTOM_CHALLENGE", "Session": session,
            "ChallengeResponses": { "USERNAME": username, "ANSWER": answer },
        });
        self.service.call("RespondToAuthChallenge", request).await
    }
}

fn sources(lambda: &FakeLambda) -> Vec<String> {
    lambda.events().iter().map(|event| text(&event["triggerSource"])).collect()
}

fn used() -> WireError {
    not_authorized("Invalid session for the user, session can only be used once.")
}

fn invalid_session() -> WireError {
    not_authorized("Invalid session for the user.")
}

fn unrecognizable() -> WireError {
    ("InvalidLambdaResponseException".into(), "Unrecognizable lambda output".into())
}

#[tokio::test]
async fn functions_ask_until_they_have_enough() {
    let (lambda, world) = plain(2).await;
    let first = world.start_custom("alice").await.unwrap();
    assert_eq!(first["ChallengeName"], "CUSTOM_CHALLENGE");
    assert_eq!(first["ChallengeParameters"], json!({ "USERNAME": "alice", "question": "say 0" }));
    assert!((20..2048).contains(&text(&first["Session"]).len()));
    let second = world.answer_custom(&first["Session"], "alice", "0").await.unwrap();
    assert_eq!(second["ChallengeParameters"]["question"], "say 1");
    // A wrong answer is one more entry; the functions let it pass.
    let third = world.answer_custom(&second["Session"], "alice", "wrong").await.unwrap();
    assert_eq!(third["ChallengeName"], "CUSTOM_CHALLENGE");
    let answer = world.answer_custom(&third["Session"], "alice", "2").await.unwrap();
    assert_eq!(answer["ChallengeParameters"], json!({}));
    let tokens = Tokens::of(&answer);
    assert!(world.get_user(&tokens.access).await.is_ok());
    assert!(world.refresh(&tokens.refresh).await.is_ok());

    let (define, create, verify) = (
        "DefineAuthChallenge_Authentication",
        "CreateAuthChallenge_Authentication",
        "VerifyAuthChallengeResponse_Authentication",
    );
    assert_eq!(
        sources(&lambda),
        [define, create, verify, define, create, verify, define, create, verify, define]
    );
    let events = lambda.events();
    assert_eq!(events[0]["request"]["session"], json!([]));
    let rounds = [
        entry("CUSTOM_CHALLENGE", true, "round-0"),
        entry("CUSTOM_CHALLENGE", false, "round-1"),
        entry("CUSTOM_CHALLENGE", true, "round-2"),
    ];
    assert_eq!(events[3]["request"]["session"], json!(rounds[..1]));
    assert_eq!(events[7]["request"]["session"], json!(rounds[..2]));
    assert_eq!(events[9]["request"]["session"], json!(rounds));
    assert_eq!(events[1]["request"]["challengeName"], "CUSTOM_CHALLENGE");
    assert_eq!(events[2]["request"]["privateChallengeParameters"], json!({ "answer": "0" }));
    assert_eq!(events[2]["request"]["challengeAnswer"], "0");
    for event in &events {
        assert_eq!(event["userName"], "alice");
        assert_eq!(event["callerContext"]["clientId"], world.client.as_str());
        assert_eq!(event["request"]["userAttributes"]["email"], "alice@test.com");
        assert_eq!(event["request"]["userAttributes"]["cognito:user_status"], "CONFIRMED");
        // Only where users are hidden is a function told whether there is one.
        assert!(event["request"].get("userNotFound").is_none());
    }
}

#[tokio::test]
async fn back_ends_and_clients_may_take_turns() {
    let (_lambda, world) = plain(2).await;
    let first = world.admin_flow("CUSTOM_AUTH", json!({ "USERNAME": "alice" })).await.unwrap();
    let second = world.answer_custom(&first["Session"], "alice", "0").await.unwrap();
    let request = json!({
        "UserPoolId": world.pool, "ClientId": world.client, "ChallengeName": "CUSTOM_CHALLENGE",
        "Session": second["Session"], "ChallengeResponses": { "USERNAME": "alice", "ANSWER": "1" },
    });
    let answer = world.service.call("AdminRespondToAuthChallenge", request).await.unwrap();
    assert!(answer["AuthenticationResult"]["AccessToken"].is_string());
}

#[tokio::test]
async fn functions_may_need_no_question_at_all() {
    let (lambda, world) = plain(0).await;
    assert!(world.start_custom("alice").await.unwrap()["AuthenticationResult"]["IdToken"].is_string());
    assert_eq!(sources(&lambda), ["DefineAuthChallenge_Authentication"]);
}

#[tokio::test]
async fn every_answer_uses_the_session_up() {
    let (lambda, world) = plain(1).await;
    for right in [false, true] {
        let challenge = world.start_custom("alice").await.unwrap();
        let answer = if right { "0" } else { "wrong" };
        assert!(world.answer_custom(&challenge["Session"], "alice", answer).await.is_ok());
        let before = lambda.events().len();
        assert_eq!(world.answer_custom(&challenge["Session"], "alice", "0").await, Err(used()));
        assert_eq!(lambda.events().len(), before, "a function ran");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_answers_that_race_the_function_sees_one() {
    let (lambda, world) = plain(1).await;
    let challenge = world.start_custom("alice").await.unwrap();
    let world = std::sync::Arc::new(world);
    let answers: Vec<_> = (0..12)
        .map(|number| {
            let (world, session) = (std::sync::Arc::clone(&world), challenge["Session"].clone());
            tokio::spawn(async move { world.answer_custom(&session, "alice", &number.to_string()).await })
        })
        .collect();
    let mut taken = 0;
    for answer in answers {
        match answer.await.unwrap() {
            Ok(_) => taken += 1,
            Err(error) => assert_eq!(error, used()),
        }
    }
    assert_eq!(taken, 1);
    let verified = sources(&lambda).iter().filter(|source| source.starts_with("Verify")).count();
    assert_eq!(verified, 1);
}

#[tokio::test]
async fn a_function_that_throws_uses_the_session_up_too() {
    let lambda = FakeLambda::start(|event| {
        let source = event["triggerSource"].as_str().unwrap().to_owned();
        if source.starts_with("Verify") {
            return FakeAnswer::FunctionError { message: "'challengeMetaData'".into() };
        }
        sums(1)(event)
    })
    .await
    .unwrap();
    let world = world_of(&lambda, json!({}), json!({})).await;
    let challenge = world.start_custom("alice").await.unwrap();
    let failed = "VerifyAuthChallengeResponse failed with error 'challengeMetaData'.";
    assert_eq!(
        world.answer_custom(&challenge["Session"], "alice", "0").await,
        Err(("UserLambdaValidationException".into(), failed.into()))
    );
    assert_eq!(world.answer_custom(&challenge["Session"], "alice", "0").await, Err(used()));
}

#[tokio::test]
async fn functions_may_refuse() {
    let (_lambda, world) = plain(1).await;
    let first = world.start_custom("alice").await.unwrap();
    let second = world.answer_custom(&first["Session"], "alice", "wrong").await.unwrap();
    assert_eq!(world.answer_custom(&second["Session"], "alice", "wrong").await, Err(incorrect()));
    // No lock: wrong answers are the functions' business.
    for _ in 0..6 {
        let first = world.start_custom("alice").await.unwrap();
        let second = world.answer_custom(&first["Session"], "alice", "wrong").await.unwrap();
        assert_eq!(world.answer_custom(&second["Session"], "alice", "wrong").await, Err(incorrect()));
    }
    assert!(world.start_custom("alice").await.is_ok());
}

#[tokio::test]
async fn sessions_are_bound_to_client_user_and_challenge() {
    let (_lambda, world) = plain(1).await;
    world.confirmed("bob").await;
    let challenge = world.start_custom("alice").await.unwrap();
    let session = &challenge["Session"];
    assert_eq!(world.answer_custom(session, "bob", "0").await, Err(invalid_session()));
    let respond = async |client: &str, name: &str, session: Value, answers: Value| {
        let request = json!({
            "ClientId": client, "ChallengeName": name, "Session": session, "ChallengeResponses": answers,
        });
        world.service.call("RespondToAuthChallenge", request).await
    };
    let other = world.service.client(&world.pool, json!({ "ExplicitAuthFlows": FLOWS })).await;
    let answers = json!({ "USERNAME": "alice", "ANSWER": "0" });
    let at_other = respond(&other, "CUSTOM_CHALLENGE", session.clone(), answers.clone()).await;
    assert_eq!(at_other, Err(invalid_session()));
    let new_password = json!({ "USERNAME": "alice", "NEW_PASSWORD": PASSWORD });
    let as_other = respond(&world.client, "NEW_PASSWORD_REQUIRED", session.clone(), new_password).await;
    assert_eq!(as_other, Err(invalid_session()));
    let missing = |name: &str| Err(invalid_parameter(&format!("Missing required parameter {name}")));
    let request = json!({
        "ClientId": world.client, "ChallengeName": "CUSTOM_CHALLENGE", "ChallengeResponses": answers,
    });
    assert_eq!(world.service.call("RespondToAuthChallenge", request).await, missing("Session"));
    let nameless =
        respond(&world.client, "CUSTOM_CHALLENGE", session.clone(), json!({ "ANSWER": "0" })).await;
    assert_eq!(nameless, missing("USERNAME"));
    let unanswered =
        respond(&world.client, "CUSTOM_CHALLENGE", session.clone(), json!({ "USERNAME": "alice" })).await;
    assert_eq!(unanswered, missing("ANSWER"));
    // None of it used the session up.
    assert!(world.answer_custom(session, "alice", "0").await.is_ok());

    let challenge = world.start_custom("alice").await.unwrap();
    world.service.clock.advance_seconds(180);
    assert_eq!(
        world.answer_custom(&challenge["Session"], "alice", "0").await,
        Err(not_authorized("Invalid session for the user, session is expired."))
    );
}

#[tokio::test]
async fn what_happens_to_the_user_meanwhile_counts() {
    let (_lambda, world) = plain(1).await;
    let user = json!({ "UserPoolId": world.pool, "Username": "alice" });
    let challenge = world.start_custom("alice").await.unwrap();
    world.service.ok("AdminUserGlobalSignOut", user.clone()).await;
    assert_eq!(world.answer_custom(&challenge["Session"], "alice", "0").await, Err(invalid_session()));
    let challenge = world.start_custom("alice").await.unwrap();
    world.service.ok("AdminDisableUser", user.clone()).await;
    assert!(world.answer_custom(&challenge["Session"], "alice", "0").await.is_err());
    assert_eq!(world.start_custom("alice").await, Err(not_authorized("User is disabled.")));
    world.service.ok("AdminEnableUser", user.clone()).await;
    let challenge = world.start_custom("alice").await.unwrap();
    world.service.ok("AdminDeleteUser", user).await;
    assert_eq!(world.answer_custom(&challenge["Session"], "alice", "0").await, Err(invalid_session()));
}

/// The function disables the user, or signs it out, by another request before it says that the answer is right.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_while_a_function_thinks_counts() {
    for (operation, expected) in [
        ("AdminDisableUser", not_authorized("User is disabled.")),
        ("AdminUserGlobalSignOut", incorrect()),
        ("AdminDeleteUser", incorrect()),
    ] {
        let service = std::sync::Arc::new(tokio::sync::OnceCell::<World>::new());
        let lambda = {
            let service = std::sync::Arc::clone(&service);
            FakeLambda::start(move |event| {
                let source = event["triggerSource"].as_str().unwrap();
                let answered =
                    event["request"]["session"].as_array().is_some_and(|session| !session.is_empty());
                if source.starts_with("Define") && answered {
                    let service = std::sync::Arc::clone(&service);
                    let change = async move {
                        let world = service.get().unwrap();
                        let user = json!({ "UserPoolId": world.pool, "Username": "alice" });
                        world.service.ok(operation, user).await;
                    };
                    tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(change));
                }
                sums(1)(event)
            })
            .await
            .unwrap()
        };
        assert!(service.set(world_of(&lambda, json!({}), json!({})).await).is_ok());
        let world = service.get().unwrap();
        let challenge = world.start_custom("alice").await.unwrap();
        let answer = world.answer_custom(&challenge["Session"], "alice", "0").await;
        assert_eq!(answer, Err(expected), "{operation}");
    }
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
    let error = loop {
        assert!(text(&challenge["Session"]).len() <= 4096);
        match respond(&challenge["Session"], 10).await {
            Ok(next) => challenge = next,
            Err(error) => break error,
        }
        rounds += 1;
    };
    assert_eq!(error, too_long);
    assert!(rounds > 5, "{rounds}");
}

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

#[tokio::test]
async fn a_proof_of_the_password_may_come_first() {
    let (lambda, world) = plain(1).await;
    let started = world.start_custom_with_srp("alice").await.unwrap();
    assert_eq!(started["ChallengeName"], "PASSWORD_VERIFIER");
    assert!(started["Session"].is_string());
    let events = lambda.events();
    assert_eq!(events[0]["request"]["session"], json!([entry("SRP_A", true, Value::Null)]));
    assert_eq!(sources(&lambda), ["DefineAuthChallenge_Authentication"]);
    let wrong = world.answers(&started["ChallengeParameters"], "Wrong-1pass", &world.now());
    assert_eq!(world.prove(wrong).await, Err(incorrect()));
    assert_eq!(lambda.events().len(), 1, "a function heard of a wrong proof");
    let answers = world.answers(&started["ChallengeParameters"], PASSWORD, &world.now());
    let challenge = world.prove(answers.clone()).await.unwrap();
    assert_eq!(challenge["ChallengeName"], "CUSTOM_CHALLENGE");
    let proved = [entry("SRP_A", true, Value::Null), entry("PASSWORD_VERIFIER", true, Value::Null)];
    assert_eq!(lambda.events()[1]["request"]["session"], json!(proved));
    assert_eq!(lambda.events()[2]["request"]["session"], json!(proved));
    assert_eq!(world.prove(answers).await, Err(incorrect()));
    let tokens = world.answer_custom(&challenge["Session"], "alice", "2").await.unwrap();
    assert!(tokens["AuthenticationResult"]["AccessToken"].is_string());
    let last = lambda.events().pop().unwrap();
    assert_eq!(last["request"]["session"][2], entry("CUSTOM_CHALLENGE", true, "round-2"));
}

#[tokio::test]
async fn a_proof_can_be_all_that_functions_want() {
    let (_lambda, world) = plain(0).await;
    let started = world.start_custom_with_srp("alice").await.unwrap();
    let answers = world.answers(&started["ChallengeParameters"], PASSWORD, &world.now());
    assert!(world.prove(answers).await.unwrap()["AuthenticationResult"]["AccessToken"].is_string());
}

#[tokio::test]
async fn guesses_at_the_password_share_the_lock_and_questions_know_none() {
    let (_lambda, world) = plain(1).await;
    for _ in 0..5 {
        let started = world.start_custom_with_srp("alice").await.unwrap();
        let wrong = world.answers(&started["ChallengeParameters"], "Wrong-1pass", &world.now());
        assert_eq!(world.prove(wrong).await, Err(incorrect()));
    }
    assert_eq!(world.start_custom_with_srp("alice").await, Err(not_authorized("Password attempts exceeded")));
    assert!(world.start_custom("alice").await.is_ok());
}

#[tokio::test]
async fn parameters_of_a_proof_are_asked_for() {
    let (_lambda, world) = plain(1).await;
    let missing = |name: &str| Err(invalid_parameter(&format!("Missing required parameter {name}")));
    assert_eq!(world.flow("CUSTOM_AUTH", json!({})).await, missing("USERNAME"));
    let without = json!({ "USERNAME": "alice", "CHALLENGE_NAME": "SRP_A" });
    assert_eq!(world.flow("CUSTOM_AUTH", without).await, missing("SRP_A"));
    let plain = json!({ "USERNAME": "alice", "CHALLENGE_NAME": "CUSTOM_CHALLENGE" });
    assert_eq!(world.flow("CUSTOM_AUTH", plain).await.unwrap()["ChallengeName"], "CUSTOM_CHALLENGE");
}

#[tokio::test]
async fn a_temporary_password_is_replaced_between_proof_and_questions() {
    let (lambda, world) = plain(1).await;
    world.invited("bob").await;
    let started = world.start_custom_with_srp("bob").await.unwrap();
    let answers = world.answers(&started["ChallengeParameters"], TEMPORARY, &world.now());
    let required = world.prove(answers).await.unwrap();
    assert_eq!(required["ChallengeName"], "NEW_PASSWORD_REQUIRED");
    let responses = json!({ "USERNAME": "bob", "NEW_PASSWORD": PASSWORD });
    let challenge = world.respond(&required["Session"], responses).await.unwrap();
    assert_eq!(challenge["ChallengeName"], "CUSTOM_CHALLENGE");
    let tokens = world.answer_custom(&challenge["Session"], "bob", "3").await.unwrap();
    assert!(tokens["AuthenticationResult"]["AccessToken"].is_string());
    let session: Vec<String> = lambda.events().pop().unwrap()["request"]["session"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| text(&one["challengeName"]))
        .collect();
    assert_eq!(session, ["SRP_A", "PASSWORD_VERIFIER", "NEW_PASSWORD_REQUIRED", "CUSTOM_CHALLENGE"]);
    // Without a proof of it nobody asks about a password.
    world.invited("carol").await;
    let challenge = world.start_custom("carol").await.unwrap();
    assert!(
        world.answer_custom(&challenge["Session"], "carol", "0").await.unwrap()["AuthenticationResult"]
            .is_object()
    );
}

#[tokio::test]
async fn clients_that_have_nothing_else() {
    let lambda = FakeLambda::start(sums(1)).await.unwrap();
    let world = world_of(&lambda, json!({}), json!({ "ExplicitAuthFlows": ["CUSTOM_AUTH_FLOW_ONLY"] })).await;
    let only = Err(invalid_parameter("Only custom auth (lambda driven) is enabled for this client."));
    assert_eq!(world.flow("USER_SRP_AUTH", json!({ "USERNAME": "alice", "SRP_A": "1" })).await, only);
    assert_eq!(world.sign_in("alice", PASSWORD).await, only);
    let challenge = world.start_custom("alice").await.unwrap();
    let tokens = Tokens::of(&world.answer_custom(&challenge["Session"], "alice", "0").await.unwrap());
    assert!(world.refresh(&tokens.refresh).await.is_ok());
    world.invited("bob").await;
    let started = world.start_custom_with_srp("bob").await.unwrap();
    let answers = world.answers(&started["ChallengeParameters"], TEMPORARY, &world.now());
    let required = world.prove(answers).await.unwrap();
    let responses = json!({ "USERNAME": "bob", "NEW_PASSWORD": PASSWORD });
    assert!(world.respond(&required["Session"], responses).await.is_ok());
    // What other flows began is not finished once the client has become such a one.
    let allow = async |flows: Value| {
        let request =
            json!({ "UserPoolId": world.pool, "ClientId": world.client, "ExplicitAuthFlows": flows });
        world.service.ok("UpdateUserPoolClient", request).await;
    };
    allow(json!(["ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH"])).await;
    world.invited("carol").await;
    let question = world.question("alice").await;
    let required = world.sign_in("carol", TEMPORARY).await.unwrap();
    allow(json!(["CUSTOM_AUTH_FLOW_ONLY"])).await;
    assert_eq!(world.prove(world.answers(&question, PASSWORD, &world.now())).await, only);
    let responses = json!({ "USERNAME": "carol", "NEW_PASSWORD": PASSWORD });
    assert_eq!(world.respond(&required["Session"], responses).await, only);
    let request = json!({
        "ClientId": world.client, "ChallengeName": "WEB_AUTHN", "Session": "not a session at all",
        "ChallengeResponses": { "USERNAME": "alice" },
    });
    assert_eq!(world.service.call("RespondToAuthChallenge", request).await, only);
}

#[tokio::test]
async fn the_secret_hash_covers_the_name_of_each_request() {
    let lambda = FakeLambda::start(sums(1)).await.unwrap();
    let world = world_of(&lambda, json!({}), json!({ "GenerateSecret": true })).await;
    let missing =
        format!("Client {} is configured with secret but SECRET_HASH was not received", world.client);
    assert_eq!(world.start_custom("alice").await, Err(not_authorized(&missing)));
    assert_eq!(
        world.answer_custom(&json!("not a session at all"), "alice", "0").await,
        Err(not_authorized(&missing))
    );
    assert!(lambda.events().is_empty());
}

#[tokio::test]
async fn users_of_shown_clients_are_looked_at_first() {
    let (lambda, world) = plain(1).await;
    let missing = ("UserNotFoundException".to_owned(), "User does not exist.".to_owned());
    assert_eq!(world.start_custom("nobody").await, Err(missing.clone()));
    assert_eq!(world.start_custom_with_srp("nobody").await, Err(missing));
    world
        .service
        .ok("SignUp", json!({ "ClientId": world.client, "Username": "new", "Password": PASSWORD }))
        .await;
    let unconfirmed = ("UserNotConfirmedException".into(), "User is not confirmed.".into());
    assert_eq!(world.start_custom("new").await, Err(unconfirmed));
    assert!(lambda.events().is_empty());
}

#[tokio::test]
async fn where_users_are_hidden_functions_are_told_who_is_nobody() {
    let lambda = FakeLambda::start(sums(1)).await.unwrap();
    let hides = json!({ "PreventUserExistenceErrors": "ENABLED" });
    let world = world_of(&lambda, json!({}), hides).await;
    let mut lengths = Vec::new();
    // As long a name, so that what is as long can be seen.
    for name in ["alice", "nobdy"] {
        let challenge = world.start_custom(name).await.unwrap();
        assert_eq!(challenge["ChallengeParameters"], json!({ "USERNAME": name, "question": "say 0" }));
        lengths.push(text(&challenge["Session"]).len());
        let next = world.answer_custom(&challenge["Session"], name, "wrong").await.unwrap();
        lengths.push(text(&next["Session"]).len());
        assert_eq!(world.answer_custom(&challenge["Session"], name, "0").await, Err(used()));
        let answer = world.answer_custom(&next["Session"], name, "1").await;
        if name == "alice" {
            assert!(answer.unwrap()["AuthenticationResult"].is_object());
        } else {
            // The functions said that tokens be issued.
            assert_eq!(answer, Err(incorrect()));
        }
    }
    assert_eq!(lengths[..2], lengths[2..]);
    for event in lambda.events() {
        let nobody = event["userName"] == "nobdy";
        assert_eq!(event["request"]["userNotFound"], json!(nobody), "{event}");
        assert_eq!(event["request"]["userAttributes"].as_object().unwrap().is_empty(), nobody);
    }
    let started = world.start_custom_with_srp("nobdy").await.unwrap();
    assert!(started["Session"].is_string());
    let answers = world.answers(&started["ChallengeParameters"], PASSWORD, &world.now());
    assert_eq!(world.prove(answers).await, Err(incorrect()));
    // Somebody takes the name between question and answer.
    let challenge = world.start_custom("late").await.unwrap();
    world.confirmed("late").await;
    assert_eq!(world.answer_custom(&challenge["Session"], "late", "0").await, Err(invalid_session()));
}

#[tokio::test]
async fn only_whoever_passes_learns_the_status_of_a_hidden_user() {
    let lambda = FakeLambda::start(sums(1)).await.unwrap();
    let world = world_of(&lambda, json!({}), json!({ "PreventUserExistenceErrors": "ENABLED" })).await;
    world.service.ok("AdminDisableUser", json!({ "UserPoolId": world.pool, "Username": "alice" })).await;
    let first = world.start_custom("alice").await.unwrap();
    let second = world.answer_custom(&first["Session"], "alice", "wrong").await.unwrap();
    assert_eq!(
        world.answer_custom(&second["Session"], "alice", "1").await,
        Err(not_authorized("User is disabled."))
    );
}

#[tokio::test]
async fn hidden_addresses_are_nobodys_in_the_same_form() {
    let lambda = FakeLambda::start(sums(1)).await.unwrap();
    let world = World::with(
        TestService::builder().lambda(&lambda.url()),
        json!({ "LambdaConfig": functions(), "UsernameAttributes": ["email"] }),
        json!({ "ExplicitAuthFlows": FLOWS, "PreventUserExistenceErrors": "ENABLED" }),
    )
    .await;
    let challenge = world.start_custom("nobody@test.com").await.unwrap();
    let name = text(&challenge["ChallengeParameters"]["USERNAME"]);
    assert_eq!((name.len(), name.matches('-').count()), (36, 4));
    // Under either name.
    let next = world.answer_custom(&challenge["Session"], &name, "wrong").await.unwrap();
    assert_eq!(world.answer_custom(&next["Session"], "nobody@test.com", "1").await, Err(incorrect()));
}

#[tokio::test]
async fn a_second_factor_follows_a_proof_and_none_follows_questions_alone() {
    let (lambda, world) = plain(1).await;
    let members =
        json!({ "UserPoolId": world.pool, "MfaConfiguration": "OPTIONAL", "EmailMfaConfiguration": {} });
    world.service.ok("SetUserPoolMfaConfig", members).await;
    let members = json!({
        "UserPoolId": world.pool, "Username": "alice", "EmailMfaSettings": { "Enabled": true, "PreferredMfa": true },
    });
    world.service.ok("AdminSetUserMFAPreference", members).await;
    let started = world.start_custom_with_srp("alice").await.unwrap();
    let proof = world.answers(&started["ChallengeParameters"], PASSWORD, &world.now());
    let asked = world.prove(proof).await.unwrap();
    assert_eq!(asked["ChallengeName"], "EMAIL_OTP");
    assert_eq!(sources(&lambda).len(), 1, "a function heard of the proof before the second factor");
    let code = world.service.code_sent_to("alice@test.com").await;
    let request = json!({
        "ClientId": world.client, "ChallengeName": "EMAIL_OTP", "Session": asked["Session"],
        "ChallengeResponses": { "USERNAME": "alice", "EMAIL_OTP_CODE": code },
    });
    let challenge = world.service.ok("RespondToAuthChallenge", request).await;
    assert_eq!(challenge["ChallengeName"], "CUSTOM_CHALLENGE");
    let shown = ["SRP_A", "PASSWORD_VERIFIER", "EMAIL_OTP"].map(|name| entry(name, true, Value::Null));
    assert_eq!(lambda.events().pop().unwrap()["request"]["session"], json!(shown));
    let tokens = world.answer_custom(&challenge["Session"], "alice", "3").await.unwrap();
    assert!(tokens["AuthenticationResult"]["AccessToken"].is_string());
    // Without a proof the functions decide alone.
    let challenge = world.start_custom("alice").await.unwrap();
    let tokens = world.answer_custom(&challenge["Session"], "alice", "0").await.unwrap();
    assert!(tokens["AuthenticationResult"]["AccessToken"].is_string());
}
