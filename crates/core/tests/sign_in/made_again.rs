//! A user who is deleted and made again, by the same name and with the same password, is another user: nothing that was begun or
//! issued before is good for the new one.

use cenote_core::testing::{TestService, WireError};
use cenote_triggers::testing::FakeLambda;
use serde_json::{Value, json};

use crate::choice::{allowing, invalid_session};
use crate::custom::{functions, one_question};
use crate::world::*;

const FLOWS: [&str; 5] = [
    "ALLOW_USER_AUTH",
    "ALLOW_USER_PASSWORD_AUTH",
    "ALLOW_USER_SRP_AUTH",
    "ALLOW_CUSTOM_AUTH",
    "ALLOW_REFRESH_TOKEN_AUTH",
];

/// What a sign-in begins with, the challenge, and what is answered to it.
struct Begun {
    challenge: &'static str,
    session: Value,
    responses: Value,
}

async fn begun(world: &World) -> Vec<Begun> {
    let chosen = async |preferred: &str| {
        world.choose("alice", json!({ "PREFERRED_CHALLENGE": preferred })).await.unwrap()["Session"].clone()
    };
    let choice = world.choose("alice", json!({})).await.unwrap()["Session"].clone();
    let mail = chosen("EMAIL_OTP").await;
    let code = world.service.code_sent_to("alice@test.com").await;
    let custom = world.flow("CUSTOM_AUTH", json!({ "USERNAME": "alice" })).await.unwrap();
    let question = world.question("alice").await;
    let new = |challenge, session, responses| Begun { challenge, session, responses };
    let password = json!({ "USERNAME": "alice", "PASSWORD": PASSWORD, "ANSWER": "PASSWORD" });
    vec![
        new("SELECT_CHALLENGE", choice, password.clone()),
        new("PASSWORD", chosen("PASSWORD").await, password),
        new("EMAIL_OTP", mail, json!({ "USERNAME": "alice", "EMAIL_OTP_CODE": code })),
        new("CUSTOM_CHALLENGE", custom["Session"].clone(), json!({ "USERNAME": "alice", "ANSWER": "x" })),
        new("PASSWORD_VERIFIER", Value::Null, world.answers(&question, PASSWORD, &world.now())),
    ]
}

#[tokio::test]
async fn what_was_begun_is_not_the_new_users() {
    let lambda = FakeLambda::start(one_question).await.unwrap();
    let mut pool = allowing(&["PASSWORD", "EMAIL_OTP"]);
    pool["LambdaConfig"] = functions();
    for hides in ["LEGACY", "ENABLED"] {
        let client = json!({ "ExplicitAuthFlows": FLOWS, "PreventUserExistenceErrors": hides });
        let world = World::with(TestService::builder().lambda(&lambda.url()), pool.clone(), client).await;
        world.confirmed("alice").await;
        let tokens = world.tokens("alice").await;
        let begun = begun(&world).await;
        let user = json!({ "UserPoolId": world.pool, "Username": "alice" });
        world.service.ok("AdminDeleteUser", user).await;
        world.confirmed("alice").await;
        for Begun { challenge, session, responses } in begun {
            let mut request = json!({
                "ClientId": world.client, "ChallengeName": challenge, "ChallengeResponses": responses,
            });
            let expected: WireError = if session.is_null() { incorrect() } else { invalid_session() };
            if !session.is_null() {
                request["Session"] = session;
            }
            let refused = world.service.call("RespondToAuthChallenge", request).await;
            assert_eq!(refused, Err(expected), "{challenge} where users are {hides}");
        }
        let missing = Err(("UserNotFoundException".to_owned(), "User does not exist.".to_owned()));
        assert_eq!(world.get_user(&tokens.access).await, missing);
        let gone = "The user has been deleted for the associated refresh token";
        assert_eq!(world.refresh(&tokens.refresh).await, Err(not_authorized(gone)));
        assert!(world.sign_in("alice", PASSWORD).await.is_ok());
    }
}
