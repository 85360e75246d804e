//! Where users are hidden every public operation does the same work whoever it is asked about: the same reads, as many
//! statements in as many change sets, as many keyed hashes, sealed and opened values, powers and checks of
//! passkeys. And it says the same.
//!
//! Work is counted in the whole process, so these tests are a program of their own and run one after the other.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod choice;
mod comparisons;
mod devices;
mod names;
mod passkeys;
mod world;

use std::collections::BTreeSet;

use cenote_core::operations::is_built;
use cenote_core::testing::{TestService, WireError};
use cenote_core::users;
use cenote_crypto::work;
use cenote_model::Operation;
use cenote_triggers::testing::{FakeAnswer, FakeLambda};
use serde_json::{Value, json};

use crate::world::{World, one_after_the_other};

/// What a call did.
#[derive(Clone, Debug, PartialEq)]
struct Work {
    /// The statements of every read and change set. A row of a user and what stands in for one are both `row`.
    statements: Vec<Vec<String>>,
    /// Keyed hashes, seals, openings, powers, checks of passkeys.
    cryptography: [u64; 5],
}

/// What a caller can see, without what is invented for a name.
#[derive(Clone, Debug, PartialEq)]
enum Seen {
    Error(WireError),
    /// Medium, attribute and length of the destination, and the names of what stands beside them.
    Details(Value, Value, usize, Vec<String>),
    Other(Value),
}

/// Not an operation: the path of the link in a mail.
const LINK: &str = "/confirmUser";

/// The public operations that name a user.
const COMPARED: [&str; 7] = [
    "ConfirmForgotPassword",
    "ConfirmSignUp",
    "ForgotPassword",
    "InitiateAuth",
    "ResendConfirmationCode",
    "RespondToAuthChallenge",
    "SignUp",
];

#[test]
fn every_public_operation_that_names_a_user_is_compared() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../model/cognito-idp.json");
    let model: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let names_a_user = |operation: &&Operation| {
        let input = model["operations"][operation.as_str()]["input"]["shape"].as_str().unwrap();
        let members = model["shapes"][input]["members"].as_object().unwrap();
        let has = |name: &&str| members.contains_key(*name);
        ["Username", "AuthParameters", "ChallengeResponses"].iter().any(has)
            && !["AccessToken", "UserPoolId"].iter().any(has)
    };
    let built = Operation::ALL.iter().filter(|operation| is_built(**operation));
    let found: BTreeSet<&str> = built.filter(names_a_user).map(|operation| operation.as_str()).collect();
    assert_eq!(found, BTreeSet::from(COMPARED));
}

impl World {
    async fn observe(&self, operation: &str, request: Value) -> (Seen, Work) {
        let before = work::done();
        let _earlier = self.service.service.store.take_statements();
        let answer = if operation == LINK {
            self.follow_link(&request).await
        } else {
            self.service.call(operation, request).await
        };
        let after = work::done();
        let statements = self.service.service.store.take_statements();
        // Whether cached configuration is still right is looked up by the clock, whoever asks.
        let statements = statements.into_iter().filter(|set| !set[0].contains(" FROM meta "));
        let statements = statements.map(|set| set.into_iter().map(kind).collect()).collect();
        let cryptography = std::array::from_fn(|at| after[at] - before[at]);
        let seen = match answer {
            Err(error) => Seen::Error(error),
            Ok(answer) => match &answer["CodeDeliveryDetails"] {
                Value::Object(details) => Seen::Details(
                    details["DeliveryMedium"].clone(),
                    details["AttributeName"].clone(),
                    details["Destination"].as_str().unwrap().len(),
                    answer.as_object().unwrap().keys().cloned().collect(),
                ),
                _ => Seen::Other(answer),
            },
        };
        (seen, Work { statements, cryptography })
    }
}

impl World {
    /// What the link in a mail does.
    async fn follow_link(&self, request: &Value) -> Result<Value, WireError> {
        let context = self.service.service.context(self.service.caller.clone());
        let member = |name: &str| request[name].as_str().unwrap();
        let (client, name, code) = (member("ClientId"), member("Username"), member("ConfirmationCode"));
        let followed = users::confirm_by_link(&context, client, name, code).await;
        followed
            .map(|()| Value::Null)
            .map_err(|error| (error.code.as_str().to_owned(), error.message.unwrap_or_default()))
    }
}

fn kind(sql: &str) -> String {
    let writes = !sql.starts_with("SELECT");
    let row = ["UPDATE users ", "INSERT INTO unknown_names ", "UPDATE unknown_names "];
    if writes && row.iter().any(|start| sql.starts_with(start)) { "row".into() } else { sql.into() }
}

/// Asks the same about everybody, and then again, and compares each with what was seen of the name that nobody has.
async fn compare(world: &World, operation: &str, times: usize, request: impl Fn(&str) -> Value) {
    for time in 0..times {
        let expected = world.observe(operation, request(&world.name_of("nobody"))).await;
        assert!(!expected.1.statements.is_empty(), "{operation}");
        for name in world.names() {
            let observed = world.observe(operation, request(&world.name_of(name))).await;
            assert_eq!(observed, expected, "{operation} of {name}, time {time}");
        }
    }
}

#[tokio::test]
async fn asking_for_a_reset_code() {
    let _turn = one_after_the_other().await;
    for pool in [json!({}), json!({ "AliasAttributes": ["email"] })] {
        let world = World::populated(pool).await;
        // The fifth is the last that is allowed.
        compare(&world, "ForgotPassword", 6, |name| json!({ "ClientId": world.client, "Username": name }))
            .await;
    }
}

#[tokio::test]
async fn redeeming_a_reset_code() {
    let _turn = one_after_the_other().await;
    for pool in [json!({}), json!({ "AliasAttributes": ["email"] })] {
        let world = World::populated(pool).await;
        let redemption = |name: &str| {
            json!({
                "ClientId": world.client, "Username": name, "ConfirmationCode": "1234567", "Password": "N3w-Passw0rd!",
            })
        };
        compare(&world, "ConfirmForgotPassword", 1, redemption).await;
        compare(&world, "ForgotPassword", 1, |name| json!({ "ClientId": world.client, "Username": name }))
            .await;
        compare(&world, "ConfirmForgotPassword", 5, redemption).await;
        world.service.clock.advance_seconds(3600);
        compare(&world, "ConfirmForgotPassword", 1, redemption).await;
    }
}

#[tokio::test]
async fn asking_for_another_code_of_a_sign_up() {
    let _turn = one_after_the_other().await;
    for pool in [json!({}), json!({ "AliasAttributes": ["email"] })] {
        let world = World::populated(pool).await;
        compare(
            &world,
            "ResendConfirmationCode",
            6,
            |name| json!({ "ClientId": world.client, "Username": name }),
        )
        .await;
    }
}

#[tokio::test]
async fn confirming_a_sign_up() {
    let _turn = one_after_the_other().await;
    for pool in [json!({}), json!({ "AliasAttributes": ["email"] })] {
        let world = World::populated(pool).await;
        let confirmation =
            |name: &str| json!({ "ClientId": world.client, "Username": name, "ConfirmationCode": "1234567" });
        compare(&world, "ConfirmSignUp", 3, confirmation).await;
        compare(&world, LINK, 3, confirmation).await;
        world.service.clock.advance_seconds(24 * 3600);
        // The real codes have expired.
        compare(&world, LINK, 3, confirmation).await;
        // The fifteenth is the last that is compared.
        compare(&world, "ConfirmSignUp", 14, confirmation).await;
        compare(&world, LINK, 1, confirmation).await;
    }
}

#[tokio::test]
async fn signing_in_with_a_wrong_password() {
    let _turn = one_after_the_other().await;
    for pool in [json!({}), json!({ "AliasAttributes": ["email"] })] {
        let world = World::populated(pool).await;
        let sign_in = |name: &str| {
            json!({
                "ClientId": world.client, "AuthFlow": "USER_PASSWORD_AUTH",
                "AuthParameters": { "USERNAME": name, "PASSWORD": "Wrong-1pass" },
            })
        };
        // The lock starts after the fifth.
        compare(&world, "InitiateAuth", 7, sign_in).await;
        world.service.clock.advance_seconds(1);
        compare(&world, "InitiateAuth", 2, sign_in).await;
    }
}

/// The challenge differs in its numbers only; their lengths may differ by chance.
#[tokio::test]
async fn proving_a_wrong_password() {
    let _turn = one_after_the_other().await;
    let world = World::populated(json!({})).await;
    let start = |name: &str| {
        json!({
            "ClientId": world.client, "AuthFlow": "USER_SRP_AUTH",
            "AuthParameters": { "USERNAME": name, "SRP_A": "abcdef" },
        })
    };
    let numberless = |seen: Seen, name: &str| match seen {
        Seen::Other(mut challenge) => {
            let parameters = challenge["ChallengeParameters"].as_object_mut().unwrap();
            for number in ["SALT", "SRP_B"] {
                parameters[number] = json!(null);
            }
            assert_eq!(parameters["USER_ID_FOR_SRP"], json!(name));
            for echo in ["USERNAME", "USER_ID_FOR_SRP"] {
                parameters[echo] = json!(null);
            }
            let block = parameters["SECRET_BLOCK"].as_str().unwrap().to_owned();
            parameters["SECRET_BLOCK"] = json!(null);
            (Seen::Other(challenge), Some(block))
        }
        other => (other, None),
    };
    // The lock starts after the fifth.
    for time in 0..7 {
        let mut expected = None;
        for name in ["nobody"].into_iter().chain(world.names().iter().copied()) {
            let (seen, work) = world.observe("InitiateAuth", start(name)).await;
            let (seen, block) = numberless(seen, name);
            let mut of_name = vec![(seen, work)];
            if let Some(block) = block {
                let answer = json!({
                    "ClientId": world.client, "ChallengeName": "PASSWORD_VERIFIER",
                    "ChallengeResponses": {
                        "USERNAME": name, "PASSWORD_CLAIM_SECRET_BLOCK": block, "TIMESTAMP": "now",
                        "PASSWORD_CLAIM_SIGNATURE": "AAAA",
                    },
                });
                of_name.push(world.observe("RespondToAuthChallenge", answer).await);
            }
            let expected = expected.get_or_insert_with(|| of_name.clone());
            assert_eq!(&of_name, expected, "{name}, time {time}");
        }
    }
}

/// The pool's functions are told who is nobody; all else is the same.
#[tokio::test]
async fn answering_questions_of_the_functions() {
    let _turn = one_after_the_other().await;
    let lambda = FakeLambda::start(|event| {
        FakeAnswer::Response(match event["triggerSource"].as_str() {
            Some("DefineAuthChallenge_Authentication") => json!({ "challengeName": "CUSTOM_CHALLENGE" }),
            Some("CreateAuthChallenge_Authentication") => {
                json!({ "privateChallengeParameters": { "answer": "42" }, "challengeMetadata": "number" })
            }
            _ => json!({ "answerCorrect": false }),
        })
    })
    .await
    .unwrap();
    let function = "arn:aws:lambda:us-east-1:123456789012:function:f";
    let functions = json!({ "LambdaConfig": {
        "DefineAuthChallenge": function, "CreateAuthChallenge": function, "VerifyAuthChallengeResponse": function,
    } });
    let world = World::populated_on(TestService::builder().lambda(&lambda.url()), functions).await;
    let mut expected = None;
    for name in ["nobody"].into_iter().chain(world.names().iter().copied()) {
        let request = json!({
            "ClientId": world.client, "AuthFlow": "CUSTOM_AUTH", "AuthParameters": { "USERNAME": name },
        });
        let mut of_name = Vec::new();
        let mut observed = world.observe("InitiateAuth", request).await;
        for _ in 0..2 {
            let Seen::Other(challenge) = &mut observed.0 else { panic!("{name}: {observed:?}") };
            let parameters = challenge["ChallengeParameters"].as_object_mut().unwrap();
            assert_eq!(parameters.remove("USERNAME"), Some(json!(name)));
            let session = challenge["Session"].take();
            of_name.push(observed);
            let request = json!({
                "ClientId": world.client, "ChallengeName": "CUSTOM_CHALLENGE", "Session": session,
                "ChallengeResponses": { "USERNAME": name, "ANSWER": "41" },
            });
            observed = world.observe("RespondToAuthChallenge", request).await;
        }
        let expected = expected.get_or_insert_with(|| of_name.clone());
        assert_eq!(&of_name, expected, "{name}");
    }
}

#[tokio::test]
async fn only_who_has_the_password_learns_of_the_status() {
    let _turn = one_after_the_other().await;
    let world = World::populated(json!({})).await;
    for (name, text) in [
        ("disabled", "User is disabled."),
        ("unconfirmed", "User is not confirmed."),
        ("reset", "Password reset required for the user"),
        ("imported", "Incorrect username or password."),
        ("external", "Incorrect username or password."),
        ("passwordless", "Incorrect username or password."),
    ] {
        let request = json!({
            "ClientId": world.client, "AuthFlow": "USER_PASSWORD_AUTH",
            "AuthParameters": { "USERNAME": name, "PASSWORD": world::PASSWORD },
        });
        assert_eq!(world.service.fails("InitiateAuth", request).await.1, text, "{name}");
    }
}

#[tokio::test]
async fn a_guess_that_races_with_the_lock_learns_nothing_of_a_disabled_user() {
    let _turn = one_after_the_other().await;
    let world = World::populated(json!({})).await;
    let sign_in = |password: &str| {
        json!({
            "ClientId": world.client, "AuthFlow": "USER_PASSWORD_AUTH",
            "AuthParameters": { "USERNAME": "disabled", "PASSWORD": password },
        })
    };
    for _ in 0..5 {
        world.service.fails("InitiateAuth", sign_in("Wrong-1pass")).await;
    }
    let (_, text) = world.service.fails("InitiateAuth", sign_in(world::PASSWORD)).await;
    assert_eq!(text, "Password attempts exceeded");
}

#[tokio::test]
async fn names_in_the_form_of_a_sub() {
    let _turn = one_after_the_other().await;
    let world = World::populated(json!({})).await;
    let subs = [world.sub("alice").await, "0b9a2f6e-7d64-4a51-9c0a-5e2b7f1d8a90".into()];
    for operation in ["ForgotPassword", "ResendConfirmationCode"] {
        let mut observed = Vec::new();
        for sub in &subs {
            let request = json!({ "ClientId": world.client, "Username": sub });
            observed.push(world.observe(operation, request).await);
        }
        assert_eq!(observed[0], observed[1], "{operation}");
    }
}

/// In a pool with aliases a sign-up with somebody's address looks like any other: who owns it decides when it is confirmed.
#[tokio::test]
async fn signing_up_with_an_address_of_somebody_else() {
    let _turn = one_after_the_other().await;
    let world = World::populated(json!({ "AliasAttributes": ["email"] })).await;
    let mut observed = Vec::new();
    for (name, email) in [("first", "alice@test.com"), ("second", "other@test.com")] {
        let request = json!({
            "ClientId": world.client, "Username": name, "Password": world::PASSWORD,
            "UserAttributes": [{ "Name": "email", "Value": email }],
        });
        observed.push(world.observe("SignUp", request).await);
    }
    assert!(matches!(observed[0].0, Seen::Details(..)), "{observed:?}");
    assert_eq!(observed[0], observed[1]);
}
