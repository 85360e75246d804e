//! The triggers around a sign-in.

use cenote_core::testing::{TestService, text};
use cenote_triggers::testing::{FakeAnswer, FakeLambda};
use serde_json::{Value, json};

use crate::world::*;

async fn world(lambda: &FakeLambda, configuration: Value, client: Value) -> World {
    World::with(
        TestService::builder().lambda(&lambda.url()),
        json!({ "LambdaConfig": configuration }),
        client,
    )
    .await
}

#[tokio::test]
async fn metadata_of_a_flow_reaches_only_the_trigger_before_the_password() {
    let lambda = FakeLambda::start(|_| FakeAnswer::Echo).await.unwrap();
    let configuration = json!({ "PreAuthentication": FUNCTION, "PostAuthentication": FUNCTION, "PreTokenGeneration": FUNCTION });
    let world = world(&lambda, configuration, json!({})).await;
    world.confirmed("alice").await;
    world
        .service
        .ok(
            "InitiateAuth",
            json!({
                "ClientId": world.client, "AuthFlow": "USER_PASSWORD_AUTH", "ClientMetadata": { "a": "b" },
                "AuthParameters": { "USERNAME": "alice", "PASSWORD": PASSWORD },
            }),
        )
        .await;
    let events = lambda.events();
    let sources: Vec<&str> = events.iter().map(|event| event["triggerSource"].as_str().unwrap()).collect();
    assert_eq!(
        sources,
        [
            "PreAuthentication_Authentication",
            "PostAuthentication_Authentication",
            "TokenGeneration_Authentication"
        ]
    );
    assert_eq!(events[0]["request"]["validationData"], json!({ "a": "b" }));
    for event in &events[1..] {
        assert!(event["request"].get("clientMetadata").is_none(), "{event}");
    }
    assert_eq!(events[1]["request"]["newDeviceUsed"], json!(false));
}

#[tokio::test]
async fn the_trigger_before_the_password_can_refuse() {
    let lambda =
        FakeLambda::start(|_| FakeAnswer::FunctionError { message: "not today".into() }).await.unwrap();
    let world = world(&lambda, json!({ "PreAuthentication": FUNCTION }), json!({})).await;
    world.confirmed("alice").await;
    for password in [PASSWORD, "Wrong-1pass"] {
        assert_eq!(
            world.sign_in("alice", password).await,
            Err((
                "UserLambdaValidationException".into(),
                "PreAuthentication failed with error not today.".into()
            ))
        );
    }
}

#[tokio::test]
async fn hidden_users_run_the_trigger_too() {
    let lambda = FakeLambda::start(|_| FakeAnswer::Echo).await.unwrap();
    let members = json!({
        "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"], "PreventUserExistenceErrors": "ENABLED",
    });
    let world = world(&lambda, json!({ "PreAuthentication": FUNCTION }), members).await;
    assert_eq!(world.sign_in("nobody", PASSWORD).await, Err(incorrect()));
    let event = &lambda.events()[0];
    assert_eq!(event["request"]["userNotFound"], json!(true));
    assert_eq!(event["userName"], "nobody");
}

#[tokio::test]
async fn a_function_changes_claims_of_the_id_token() {
    let lambda = FakeLambda::start(|_| {
        FakeAnswer::Response(json!({ "claimsOverrideDetails": {
            "claimsToAddOrOverride": { "tenant": "blue", "sub": "forged", "email": "shown@test.com" },
            "claimsToSuppress": ["email_verified", "iss"],
            "groupOverrideDetails": { "groupsToOverride": ["admins"], "preferredRole": "arn:aws:iam::1:role/r" },
        } }))
    })
    .await
    .unwrap();
    let world = world(&lambda, json!({ "PreTokenGeneration": FUNCTION }), json!({})).await;
    world.confirmed("alice").await;
    let tokens = world.tokens("alice").await;
    let (id, access) = (claims(&tokens.id), claims(&tokens.access));
    assert_eq!((&id["tenant"], &id["email"]), (&json!("blue"), &json!("shown@test.com")));
    assert_eq!(id["sub"], access["sub"]);
    assert!(id.get("email_verified").is_none() && id["iss"].is_string());
    assert_eq!((&id["cognito:groups"], &access["cognito:groups"]), (&json!(["admins"]), &json!(["admins"])));
    assert_eq!(id["cognito:preferred_role"], "arn:aws:iam::1:role/r");
    assert!(access.get("tenant").is_none());
}

#[tokio::test]
async fn a_newer_function_changes_both_tokens() {
    let lambda = FakeLambda::start(|_| {
        FakeAnswer::Response(json!({ "claimsAndScopeOverrideDetails": {
            "idTokenGeneration": { "claimsToAddOrOverride": { "flags": ["a", 1] } },
            "accessTokenGeneration": {
                "claimsToAddOrOverride": { "level": 7, "client_id": "forged" }, "scopesToAdd": ["orders/read"],
            },
        } }))
    })
    .await
    .unwrap();
    let configuration =
        json!({ "PreTokenGenerationConfig": { "LambdaVersion": "V2_0", "LambdaArn": FUNCTION } });
    let world = world(&lambda, configuration, json!({})).await;
    world.confirmed("alice").await;
    let tokens = world.tokens("alice").await;
    assert_eq!(claims(&tokens.id)["flags"], json!(["a", 1]));
    let access = claims(&tokens.access);
    assert_eq!(access["level"], 7);
    assert_eq!(access["client_id"], world.client.as_str());
    assert_eq!(access["scope"], "aws.cognito.signin.user.admin orders/read");
    assert_eq!(lambda.events()[0]["version"], "2");
    assert!(world.get_user(&tokens.access).await.is_ok());
}

#[tokio::test]
async fn a_token_without_its_scope_opens_nothing() {
    let lambda = FakeLambda::start(|_| {
        FakeAnswer::Response(json!({ "claimsAndScopeOverrideDetails": {
            "accessTokenGeneration": { "scopesToSuppress": ["aws.cognito.signin.user.admin"] },
        } }))
    })
    .await
    .unwrap();
    let configuration =
        json!({ "PreTokenGenerationConfig": { "LambdaVersion": "V2_0", "LambdaArn": FUNCTION } });
    let world = world(&lambda, configuration, json!({})).await;
    world.confirmed("alice").await;
    let tokens = world.tokens("alice").await;
    assert_eq!(
        world.get_user(&tokens.access).await,
        Err(not_authorized("Access Token does not have required scopes"))
    );
}

/// Who is asked at which step of a sign-in that has everything, and what of the metadata of each request they hear.
#[tokio::test]
async fn every_function_runs_in_its_place() {
    let lambda = FakeLambda::start(|event| {
        FakeAnswer::Response(match event["triggerSource"].as_str().unwrap() {
            "UserMigration_Authentication" => json!({
                "userAttributes": { "email": "old@test.com", "email_verified": "true" },
                "finalUserStatus": "CONFIRMED", "messageAction": "SUPPRESS",
            }),
            _ => json!({}),
        })
    })
    .await
    .unwrap();
    let configuration = json!({
        "UserMigration": FUNCTION, "PreSignUp": FUNCTION, "PreAuthentication": FUNCTION, "CustomMessage": FUNCTION,
        "PostAuthentication": FUNCTION, "PreTokenGeneration": FUNCTION,
    });
    let world = World::with(
        TestService::builder().lambda(&lambda.url()),
        json!({ "LambdaConfig": configuration, "AccountRecoverySetting": {
            "RecoveryMechanisms": [{ "Name": "admin_only", "Priority": 1 }],
        } }),
        json!({}),
    )
    .await;
    let request = json!({ "UserPoolId": world.pool, "MfaConfiguration": "ON", "EmailMfaConfiguration": {} });
    world.service.ok("SetUserPoolMfaConfig", request).await;
    let request = json!({
        "ClientId": world.client, "AuthFlow": "USER_PASSWORD_AUTH", "ClientMetadata": { "step": "one" },
        "AuthParameters": { "USERNAME": "old", "PASSWORD": PASSWORD },
    });
    let asked = world.service.ok("InitiateAuth", request).await;
    assert_eq!(asked["ChallengeName"], "EMAIL_OTP");
    let request = json!({
        "ClientId": world.client, "ChallengeName": "EMAIL_OTP", "Session": asked["Session"],
        "ClientMetadata": { "step": "two" },
        "ChallengeResponses": {
            "USERNAME": "old", "EMAIL_OTP_CODE": world.service.code_sent_to("old@test.com").await,
        },
    });
    let tokens = Tokens::of(&world.service.ok("RespondToAuthChallenge", request).await);
    let request = json!({
        "ClientId": world.client, "RefreshToken": tokens.refresh, "ClientMetadata": { "step": "three" },
    });
    world.service.ok("GetTokensFromRefreshToken", request).await;
    world.refresh(&tokens.refresh).await.unwrap();
    let heard: Vec<(String, Value, Value)> = lambda
        .events()
        .into_iter()
        .map(|event| {
            let request = &event["request"];
            let member = |name: &str| request.get(name).cloned().unwrap_or_default();
            (text(&event["triggerSource"]), member("validationData"), member("clientMetadata"))
        })
        .collect();
    let step = |number: &str| json!({ "step": number });
    let expected = [
        ("UserMigration_Authentication", step("one"), Value::Null),
        ("PreSignUp_AdminCreateUser", step("one"), Value::Null),
        ("PreAuthentication_Authentication", step("one"), Value::Null),
        ("CustomMessage_Authentication", Value::Null, Value::Null),
        ("PostAuthentication_Authentication", Value::Null, step("two")),
        ("TokenGeneration_Authentication", Value::Null, step("two")),
        ("TokenGeneration_RefreshTokens", Value::Null, step("three")),
        ("TokenGeneration_RefreshTokens", Value::Null, Value::Null),
    ];
    assert_eq!(heard, expected.map(|(source, data, metadata)| (source.to_owned(), data, metadata)));
}

/// The metadata of an answer is never what the functions before a sign-in know as validation data.
#[tokio::test]
async fn metadata_of_an_answer_with_a_password_is_not_validation_data() {
    let lambda = FakeLambda::start(|event| {
        FakeAnswer::Response(match event["triggerSource"].as_str().unwrap() {
            "UserMigration_Authentication" => {
                json!({ "userAttributes": { "name": "Old" }, "finalUserStatus": "CONFIRMED" })
            }
            _ => json!({}),
        })
    })
    .await
    .unwrap();
    let configuration =
        json!({ "UserMigration": FUNCTION, "PreSignUp": FUNCTION, "PreAuthentication": FUNCTION });
    let client = json!({
        "ExplicitAuthFlows": ["ALLOW_USER_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH"],
        "PreventUserExistenceErrors": "ENABLED",
    });
    let world = world(&lambda, configuration, client).await;
    let heard = |from: usize| -> Vec<(String, Value, Value)> {
        let member = |event: &Value, name: &str| event["request"].get(name).cloned().unwrap_or_default();
        let all = lambda.events();
        let events = all.iter().skip(from);
        let all = events.map(|event| {
            (text(&event["triggerSource"]), member(event, "validationData"), member(event, "clientMetadata"))
        });
        all.collect()
    };
    let choice = world.flow("USER_AUTH", json!({ "USERNAME": "old" })).await.unwrap();
    let before = lambda.events().len();
    let request = json!({
        "ClientId": world.client, "ChallengeName": "SELECT_CHALLENGE", "Session": choice["Session"],
        "ClientMetadata": { "a": "b" },
        "ChallengeResponses": { "USERNAME": "old", "ANSWER": "PASSWORD", "PASSWORD": PASSWORD },
    });
    world.service.ok("RespondToAuthChallenge", request).await;
    let metadata = json!({ "a": "b" });
    assert_eq!(
        heard(before),
        [
            ("UserMigration_Authentication".to_owned(), Value::Null, metadata.clone()),
            ("PreSignUp_AdminCreateUser".to_owned(), Value::Null, metadata.clone()),
        ]
    );
    let before = lambda.events().len();
    let request = json!({
        "UserPoolId": world.pool, "ClientId": world.client, "ChallengeName": "ADMIN_NO_SRP_AUTH",
        "ClientMetadata": { "a": "b" }, "ChallengeResponses": { "USERNAME": "older", "PASSWORD": PASSWORD },
    });
    world.service.ok("AdminRespondToAuthChallenge", request).await;
    assert_eq!(
        heard(before),
        [
            ("UserMigration_Authentication".to_owned(), Value::Null, metadata.clone()),
            ("PreSignUp_AdminCreateUser".to_owned(), Value::Null, metadata),
            ("PreAuthentication_Authentication".to_owned(), Value::Null, Value::Null),
        ]
    );
}

/// A function that fails at any step of a sign-in lets nobody in, and its name stands before what it says.
#[tokio::test]
async fn functions_that_fail_let_nobody_in() {
    for (member, source) in [
        ("UserMigration", "UserMigration_Authentication"),
        ("PreAuthentication", "PreAuthentication_Authentication"),
        ("CustomMessage", "CustomMessage_Authentication"),
        ("PostAuthentication", "PostAuthentication_Authentication"),
        ("PreTokenGeneration", "TokenGeneration_Authentication"),
    ] {
        let lambda = FakeLambda::start(move |event| {
            if event["triggerSource"] == source {
                return FakeAnswer::FunctionError { message: "not today".into() };
            }
            FakeAnswer::Echo
        })
        .await
        .unwrap();
        let world = world(&lambda, json!({ (member): FUNCTION }), json!({})).await;
        if member != "UserMigration" {
            world.confirmed("alice").await;
        }
        if member == "CustomMessage" {
            let request = json!({
                "UserPoolId": world.pool, "MfaConfiguration": "OPTIONAL", "EmailMfaConfiguration": {},
            });
            world.service.ok("SetUserPoolMfaConfig", request).await;
            world.set_factor("alice", "EmailMfaSettings").await;
        }
        let refused =
            ("UserLambdaValidationException".to_owned(), format!("{member} failed with error not today."));
        assert_eq!(world.sign_in("alice", PASSWORD).await, Err(refused), "{member}");
        assert_eq!(lambda.events().last().unwrap()["triggerSource"], source);
        assert_eq!(world.service.inbox().await.len(), 0);
    }
}

/// At a challenge too: the session was good for one step, and a function refused that step.
#[tokio::test]
async fn a_function_that_fails_after_a_challenge_withholds_the_tokens() {
    for member in ["PostAuthentication", "PreTokenGeneration"] {
        let lambda =
            FakeLambda::start(|_| FakeAnswer::FunctionError { message: "no.".into() }).await.unwrap();
        let world = world(&lambda, json!({ (member): FUNCTION }), json!({})).await;
        world.invited("alice").await;
        let asked = world.sign_in("alice", TEMPORARY).await.unwrap();
        let answer = json!({ "USERNAME": "alice", "NEW_PASSWORD": PASSWORD });
        let refused =
            ("UserLambdaValidationException".to_owned(), format!("{member} failed with error no.."));
        assert_eq!(world.respond(&asked["Session"], answer.clone()).await, Err(refused));
        let used = not_authorized("Invalid session for the user, session can only be used once.");
        assert_eq!(world.respond(&asked["Session"], answer).await, Err(used));
        // What happened before it stays.
        let user = json!({ "UserPoolId": world.pool, "Username": "alice" });
        assert_eq!(world.service.ok("AdminGetUser", user).await["UserStatus"], "CONFIRMED");
    }
}

/// Only where users are hidden do functions hear whether there is a user.
#[tokio::test]
async fn functions_hear_of_nobody_where_users_are_hidden_only() {
    let lambda = FakeLambda::start(|_| FakeAnswer::Echo).await.unwrap();
    for (hides, name, expected) in [
        ("ENABLED", "alice", json!(false)),
        ("ENABLED", "nobody", json!(true)),
        ("LEGACY", "alice", Value::Null),
    ] {
        let members = json!({
            "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"], "PreventUserExistenceErrors": hides,
        });
        let world = world(&lambda, json!({ "PreAuthentication": FUNCTION }), members).await;
        world.confirmed("alice").await;
        let _ = world.sign_in(name, PASSWORD).await;
        let event = lambda.events().pop().unwrap();
        assert_eq!(event["userName"], name);
        assert_eq!(
            event["request"].get("userNotFound").cloned().unwrap_or_default(),
            expected,
            "{hides} {name}"
        );
        let attributes = event["request"]["userAttributes"].as_object().unwrap();
        assert_eq!(attributes.is_empty(), name == "nobody");
    }
    let members = json!({ "PreventUserExistenceErrors": "LEGACY" });
    let world = world(&lambda, json!({ "PreAuthentication": FUNCTION }), members).await;
    let before = lambda.events().len();
    assert_eq!(world.sign_in("nobody", PASSWORD).await.unwrap_err().0, "UserNotFoundException");
    assert_eq!(lambda.events().len(), before);
}
