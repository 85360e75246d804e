//! A proof of the password before the first question.

use cenote_core::testing::text;
use cenote_triggers::testing::FakeLambda;
use serde_json::{Value, json};

use super::{entry, plain, sources, sums, world_of};
use crate::world::*;

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
