//! Questions that functions ask, and their answers.

use cenote_core::testing::text;
use cenote_triggers::testing::{FakeAnswer, FakeLambda};
use serde_json::{Value, json};

use super::{FLOWS, entry, invalid_session, plain, sources, sums, used, world_of};
use crate::world::*;

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
    world.service.ok("AdminResetUserPassword", user.clone()).await;
    let reset = ("PasswordResetRequiredException".into(), "Password reset required for the user".into());
    assert_eq!(world.answer_custom(&challenge["Session"], "alice", "0").await, Err(reset));
    let request =
        json!({ "UserPoolId": world.pool, "Username": "alice", "Password": PASSWORD, "Permanent": true });
    world.service.ok("AdminSetUserPassword", request).await;
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
