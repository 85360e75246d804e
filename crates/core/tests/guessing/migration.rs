//! Guesses at passwords of users who are still in another directory: its function compares them.

use std::sync::Arc;

use cenote_core::testing::TestService;
use cenote_triggers::testing::{FakeAnswer, FakeLambda};
use serde_json::json;
use tokio::task::JoinSet;

const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:directory";
const RIGHT: &str = "R1ght-guess!";

/// A directory in which everybody has the same password.
async fn directory() -> FakeLambda {
    FakeLambda::start(|event| {
        if event["request"]["password"] == RIGHT {
            let attributes = json!({ "email": "rosa@example.org", "email_verified": "true" });
            FakeAnswer::Response(json!({ "userAttributes": attributes, "finalUserStatus": "CONFIRMED" }))
        } else {
            FakeAnswer::FunctionError { message: "Bad password".into() }
        }
    })
    .await
    .unwrap()
}

/// However many ask at once, the function compares as many passwords as a user's row would, and the right one that comes
/// later makes no user.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_has_no_more_guesses_than_at_a_user_of_the_pool() {
    for hiding in ["LEGACY", "ENABLED"] {
        let directory = directory().await;
        let service = TestService::builder().lambda(&directory.url()).start().await;
        let pool = service.pool(json!({ "LambdaConfig": { "UserMigration": FUNCTION } })).await;
        let members = json!({
            "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"], "PreventUserExistenceErrors": hiding,
        });
        let client = service.client(&pool, members).await;
        let second = TestService::builder().lambda(&directory.url()).start_beside(&service);
        let instances = Arc::new([service, second]);
        let mut guesses = JoinSet::new();
        for number in 0..60 {
            let guess = format!("Wr0ng-guess-{number}");
            let request = json!({
                "ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH",
                "AuthParameters": { "USERNAME": "rosa", "PASSWORD": guess },
            });
            let instances = Arc::clone(&instances);
            guesses.spawn(async move { instances[number % 2].fails("InitiateAuth", request).await });
        }
        let answers = guesses.join_all().await;
        let locked = ("NotAuthorizedException".to_owned(), "Password attempts exceeded".to_owned());
        assert_eq!(answers.iter().filter(|answer| **answer == locked).count(), 55, "{hiding}");
        assert_eq!(directory.events().len(), 5, "{hiding}");
        let right = json!({
            "ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH",
            "AuthParameters": { "USERNAME": "rosa", "PASSWORD": RIGHT },
        });
        assert_eq!(instances[0].fails("InitiateAuth", right.clone()).await, locked, "{hiding}");
        assert_eq!(directory.events().len(), 5, "{hiding}");
        let users = instances[0].ok("ListUsers", json!({ "UserPoolId": pool })).await["Users"].clone();
        assert_eq!(users, json!([]), "{hiding}");
        // The lock over, the owner of the password gets in, and its guesses are forgotten.
        instances[0].clock.advance_seconds(1);
        instances[1].ok("InitiateAuth", right.clone()).await;
        instances[0].ok("InitiateAuth", right).await;
    }
}
