//! USER_AUTH: what is offered, the choice, and passwords after it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cenote_core::clock::Clock;
use cenote_core::testing::{TestService, WireError, merged, text};
use cenote_crypto::srp::client::{Client, Question};
use cenote_crypto::srp::timestamp;
use cenote_triggers::testing::{FakeAnswer, FakeLambda};
use serde_json::{Value, json};

use crate::world::*;

pub const SNS: &str = "arn:aws:iam::123456789012:role/sns";
pub const FLOWS: [&str; 3] = ["ALLOW_USER_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"];

/// Members of a pool that allows these first factors.
pub fn allowing(factors: &[&str]) -> Value {
    json!({
        "Policies": { "SignInPolicy": { "AllowedFirstAuthFactors": factors } },
        "SmsConfiguration": { "SnsCallerArn": SNS }, "AutoVerifiedAttributes": ["email"],
    })
}

pub async fn world(pool: Value, client: Value) -> World {
    let members = merged(json!({ "ExplicitAuthFlows": FLOWS }), client);
    World::with(TestService::builder(), pool, members).await
}

async fn plain() -> World {
    let world = world(json!({}), json!({})).await;
    world.confirmed("alice").await;
    world
}

fn srp() -> Client {
    Client::with_secret(&[7; 32]).unwrap()
}

impl World {
    pub async fn choose(&self, username: &str, parameters: Value) -> Result<Value, WireError> {
        let all = merged(json!({ "USERNAME": username }), parameters);
        self.flow("USER_AUTH", all).await
    }

    pub async fn answer(
        &self,
        challenge: &str,
        session: &Value,
        responses: Value,
    ) -> Result<Value, WireError> {
        self.service
            .call(
                "RespondToAuthChallenge",
                json!({
                    "ClientId": self.client, "ChallengeName": challenge, "Session": session,
                    "ChallengeResponses": responses,
                }),
            )
            .await
    }

    pub async fn set_factor(&self, username: &str, factor: &str) {
        let request = json!({ "UserPoolId": self.pool, "Username": username, factor: { "Enabled": true } });
        self.service.ok("AdminSetUserMFAPreference", request).await;
    }

    /// What proves a password by a challenge's parameters.
    fn proof(&self, parameters: &Value, password: &str) -> Value {
        let (block, user_id) = (text(&parameters["SECRET_BLOCK"]), text(&parameters["USER_ID_FOR_SRP"]));
        let now = timestamp::format(self.service.clock.now_ms().div_euclid(1000)).unwrap();
        let question = Question {
            pool_name_part: self.pool.split('_').nth(1).unwrap(),
            user_id: &user_id,
            salt: parameters["SALT"].as_str().unwrap(),
            server_public: parameters["SRP_B"].as_str().unwrap(),
            secret_block: &STANDARD.decode(&block).unwrap(),
            timestamp: &now,
        };
        json!({
            "USERNAME": user_id, "PASSWORD_CLAIM_SECRET_BLOCK": block, "TIMESTAMP": now,
            "PASSWORD_CLAIM_SIGNATURE": srp().sign(&question, password).unwrap(),
        })
    }
}

pub fn used() -> WireError {
    not_authorized("Invalid session for the user, session can only be used once.")
}

pub fn invalid_session() -> WireError {
    not_authorized("Invalid session for the user.")
}

pub fn signs_in(answer: Result<Value, WireError>) -> Value {
    let answer = answer.unwrap_or_else(|error| panic!("{error:?}"));
    assert!(answer["AuthenticationResult"]["AccessToken"].is_string(), "{answer}");
    answer
}

fn passwords() -> Value {
    json!(["PASSWORD_SRP", "PASSWORD"])
}

#[tokio::test]
async fn who_prefers_nothing_chooses() {
    let world = plain().await;
    let choice = world.choose("alice", json!({})).await.unwrap();
    assert_eq!(choice["ChallengeName"], "SELECT_CHALLENGE");
    assert_eq!(choice["AvailableChallenges"], passwords());
    assert_eq!(choice["ChallengeParameters"], json!({}));
    let session = &choice["Session"];
    assert!(session.as_str().unwrap().len() < 2048);
    let password = json!({ "USERNAME": "alice", "ANSWER": "PASSWORD", "PASSWORD": PASSWORD });
    signs_in(world.answer("SELECT_CHALLENGE", session, password.clone()).await);
    assert_eq!(world.answer("SELECT_CHALLENGE", session, password).await, Err(used()));
}

#[tokio::test]
async fn a_choice_leads_to_its_challenge_and_ends_with_it() {
    let world = plain().await;
    let choice = world.choose("alice", json!({})).await.unwrap();
    let answer = json!({ "USERNAME": "alice", "ANSWER": "PASSWORD" });
    let asked = world.answer("SELECT_CHALLENGE", &choice["Session"], answer.clone()).await.unwrap();
    assert_eq!((&asked["ChallengeName"], &asked["AvailableChallenges"]), (&json!("PASSWORD"), &passwords()));
    assert_eq!(world.answer("SELECT_CHALLENGE", &choice["Session"], answer).await, Err(used()));
    let missing = world.answer("PASSWORD", &asked["Session"], json!({ "USERNAME": "alice" })).await;
    assert_eq!(missing, Err(invalid_parameter("Missing required parameter PASSWORD")));
    let password = json!({ "USERNAME": "alice", "PASSWORD": PASSWORD });
    // One challenge's session is none of another's.
    for other in ["SELECT_CHALLENGE", "PASSWORD_SRP", "EMAIL_OTP", "SMS_OTP"] {
        let mut wrong = password.clone();
        for (name, value) in
            [("ANSWER", "PASSWORD"), ("SRP_A", "ab"), ("EMAIL_OTP_CODE", "1"), ("SMS_OTP_CODE", "1")]
        {
            wrong[name] = json!(value);
        }
        assert_eq!(world.answer(other, &asked["Session"], wrong).await, Err(invalid_session()), "{other}");
    }
    signs_in(world.answer("PASSWORD", &asked["Session"], password.clone()).await);
    assert_eq!(world.answer("PASSWORD", &asked["Session"], password).await, Err(used()));
}

#[tokio::test]
async fn a_preferred_password_may_come_at_once() {
    let world = plain().await;
    signs_in(world.choose("alice", json!({ "PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": PASSWORD })).await);
    let wrong = json!({ "PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": "Wrong-1pass" });
    assert_eq!(world.choose("alice", wrong).await, Err(incorrect()));
    let asked = world.choose("alice", json!({ "PREFERRED_CHALLENGE": "PASSWORD" })).await.unwrap();
    assert_eq!(asked["ChallengeName"], "PASSWORD");
    // A password that nobody chose to show says nothing.
    let choice = world.choose("alice", json!({ "PASSWORD": PASSWORD })).await.unwrap();
    assert_eq!(choice["ChallengeName"], "SELECT_CHALLENGE");
}

#[tokio::test]
async fn a_wrong_password_ends_the_attempt_and_counts() {
    let world = plain().await;
    for number in 0..5 {
        let asked = world.choose("alice", json!({ "PREFERRED_CHALLENGE": "PASSWORD" })).await.unwrap();
        let wrong = json!({ "USERNAME": "alice", "PASSWORD": format!("Wrong-{number}pass") });
        assert_eq!(world.answer("PASSWORD", &asked["Session"], wrong).await, Err(incorrect()));
        let right = json!({ "USERNAME": "alice", "PASSWORD": PASSWORD });
        assert_eq!(world.answer("PASSWORD", &asked["Session"], right).await, Err(used()));
    }
    let locked = Err(not_authorized("Password attempts exceeded"));
    assert_eq!(world.choose("alice", json!({ "PREFERRED_CHALLENGE": "PASSWORD" })).await, locked);
    assert_eq!(world.sign_in("alice", PASSWORD).await, locked);
}

#[tokio::test]
async fn a_proof_needs_the_session_of_its_block() {
    let world = plain().await;
    let start = json!({ "PREFERRED_CHALLENGE": "PASSWORD_SRP", "SRP_A": srp().public_hex() });
    let asked = world.choose("alice", start.clone()).await.unwrap();
    let other = world.choose("alice", start.clone()).await.unwrap();
    assert_eq!(asked["ChallengeName"], "PASSWORD_VERIFIER");
    assert_eq!(asked["AvailableChallenges"], passwords());
    let proof = world.proof(&asked["ChallengeParameters"], PASSWORD);
    assert_eq!(
        world.answer("PASSWORD_VERIFIER", &Value::Null, proof.clone()).await,
        Err(invalid_parameter("Missing required parameter Session"))
    );
    let foreign = world.answer("PASSWORD_VERIFIER", &other["Session"], proof.clone()).await;
    assert_eq!(foreign, Err(invalid_session()));
    signs_in(world.answer("PASSWORD_VERIFIER", &asked["Session"], proof.clone()).await);
    assert!(world.answer("PASSWORD_VERIFIER", &asked["Session"], proof).await.is_err());
}

/// A level that was asked for at the start is in the tokens that a proof leads to.
#[tokio::test]
async fn the_level_goes_along_with_a_proof() {
    let world = plain().await;
    let level = json!({ "TARGET_ACR_VALUES": "urn:cognito:loa:1" });
    let at_once = json!({ "PREFERRED_CHALLENGE": "PASSWORD_SRP", "SRP_A": srp().public_hex() });
    let asked = world.choose("alice", merged(at_once, level.clone())).await.unwrap();
    let choice = world.choose("alice", level).await.unwrap();
    let chosen = json!({ "USERNAME": "alice", "ANSWER": "PASSWORD_SRP", "SRP_A": srp().public_hex() });
    let later = world.answer("SELECT_CHALLENGE", &choice["Session"], chosen).await.unwrap();
    for asked in [asked, later] {
        let proof = world.proof(&asked["ChallengeParameters"], PASSWORD);
        let answer = signs_in(world.answer("PASSWORD_VERIFIER", &asked["Session"], proof).await);
        let claims = claims(&Tokens::of(&answer).access);
        assert_eq!(json!([claims["acr"], claims["amr"]]), json!(["urn:cognito:loa:1", ["pwd"]]));
    }
}

#[tokio::test]
async fn a_wrong_proof_ends_the_attempt() {
    let world = plain().await;
    let asked = world.choose("alice", json!({ "PREFERRED_CHALLENGE": "PASSWORD_SRP" })).await.unwrap();
    assert_eq!(asked["ChallengeName"], "PASSWORD_SRP");
    let answer = json!({ "USERNAME": "alice", "SRP_A": srp().public_hex() });
    let asked = world.answer("PASSWORD_SRP", &asked["Session"], answer).await.unwrap();
    let parameters = &asked["ChallengeParameters"];
    let wrong =
        world.answer("PASSWORD_VERIFIER", &asked["Session"], world.proof(parameters, "Wrong-1")).await;
    assert_eq!(wrong, Err(incorrect()));
    let right = world.answer("PASSWORD_VERIFIER", &asked["Session"], world.proof(parameters, PASSWORD)).await;
    assert_eq!(right, Err(incorrect()));
}

#[tokio::test]
async fn an_invited_user_is_offered_passwords_only() {
    let world = world(allowing(&["PASSWORD", "EMAIL_OTP"]), json!({})).await;
    world.invited("alice").await;
    let choice = world.choose("alice", json!({ "PREFERRED_CHALLENGE": "EMAIL_OTP" })).await.unwrap();
    assert_eq!(choice["ChallengeName"], "SELECT_CHALLENGE");
    assert_eq!(choice["AvailableChallenges"], passwords());
    let answer = json!({ "USERNAME": "alice", "ANSWER": "PASSWORD", "PASSWORD": TEMPORARY });
    let next = world.answer("SELECT_CHALLENGE", &choice["Session"], answer).await.unwrap();
    assert_eq!(next["ChallengeName"], "NEW_PASSWORD_REQUIRED");
    let answer = json!({ "USERNAME": "alice", "NEW_PASSWORD": PASSWORD });
    signs_in(world.answer("NEW_PASSWORD_REQUIRED", &next["Session"], answer).await);
    let choice = world.choose("alice", json!({})).await.unwrap();
    assert_eq!(choice["AvailableChallenges"], json!(["PASSWORD_SRP", "PASSWORD", "EMAIL_OTP"]));
}

#[tokio::test]
async fn what_was_not_offered_can_not_be_chosen() {
    let world = world(allowing(&["PASSWORD", "EMAIL_OTP"]), json!({})).await;
    world.confirmed("alice").await;
    let choice = world.choose("alice", json!({ "PREFERRED_CHALLENGE": "SMS_OTP" })).await.unwrap();
    assert_eq!(choice["ChallengeName"], "SELECT_CHALLENGE");
    for answer in ["SMS_OTP", "WEB_AUTHN", "PASSWORD_VERIFIER", "SELECT_CHALLENGE", "CUSTOM_CHALLENGE", "x"] {
        let refused = world
            .answer("SELECT_CHALLENGE", &choice["Session"], json!({ "USERNAME": "alice", "ANSWER": answer }))
            .await;
        assert_eq!(
            refused,
            Err(invalid_parameter("The ANSWER is none of the AvailableChallenges.")),
            "{answer}"
        );
    }
    // Nor what the user lost meanwhile.
    let request = json!({ "UserPoolId": world.pool, "Username": "alice", "UserAttributeNames": ["email"] });
    world.service.ok("AdminDeleteUserAttributes", request).await;
    let answer = json!({ "USERNAME": "alice", "ANSWER": "EMAIL_OTP" });
    assert!(world.answer("SELECT_CHALLENGE", &choice["Session"], answer).await.is_err());
}

#[tokio::test]
async fn who_has_a_second_factor_begins_with_a_password() {
    let world = world(allowing(&["PASSWORD", "EMAIL_OTP"]), json!({})).await;
    world.confirmed("alice").await;
    let request = json!({
        "UserPoolId": world.pool, "MfaConfiguration": "OPTIONAL", "EmailMfaConfiguration": {},
    });
    world.service.ok("SetUserPoolMfaConfig", request).await;
    let offered = async || {
        let choice = world.choose("alice", json!({ "PREFERRED_CHALLENGE": "EMAIL_OTP" })).await.unwrap();
        (choice["ChallengeName"].clone(), choice["AvailableChallenges"].clone())
    };
    let all = json!(["PASSWORD_SRP", "PASSWORD", "EMAIL_OTP"]);
    assert_eq!(offered().await, (json!("EMAIL_OTP"), all));
    world.set_factor("alice", "EmailMfaSettings").await;
    assert_eq!(offered().await, (json!("SELECT_CHALLENGE"), passwords()));
}

#[tokio::test]
async fn a_session_is_of_its_user_and_client() {
    let world = plain().await;
    world.invited("bob").await;
    let choice = world.choose("alice", json!({})).await.unwrap();
    let answer =
        |name: &str| json!({ "USERNAME": name, "ANSWER": "PASSWORD", "PASSWORD": PASSWORD, "SRP_A": "ab" });
    for other in ["bob", "nobody"] {
        let stolen = world.answer("SELECT_CHALLENGE", &choice["Session"], answer(other)).await;
        assert_eq!(stolen, Err(invalid_session()), "{other}");
    }
    let other = world.service.client(&world.pool, json!({ "ExplicitAuthFlows": FLOWS })).await;
    let request = json!({
        "ClientId": other, "ChallengeName": "SELECT_CHALLENGE", "Session": choice["Session"],
        "ChallengeResponses": answer("alice"),
    });
    assert_eq!(world.service.call("RespondToAuthChallenge", request).await, Err(invalid_session()));
    world.service.clock.advance_seconds(180);
    let late = world.answer("SELECT_CHALLENGE", &choice["Session"], answer("alice")).await;
    assert_eq!(late, Err(not_authorized("Invalid session for the user, session is expired.")));
}

#[tokio::test]
async fn a_sign_out_and_a_new_password_end_a_choice() {
    let world = plain().await;
    for request in [
        ("AdminUserGlobalSignOut", json!({})),
        ("AdminSetUserPassword", json!({ "Password": "An0ther-pass!", "Permanent": true })),
    ] {
        let choice = world.choose("alice", json!({})).await.unwrap();
        world.service.clock.advance_seconds(1);
        let members = merged(json!({ "UserPoolId": world.pool, "Username": "alice" }), request.1);
        world.service.ok(request.0, members).await;
        let answer = json!({ "USERNAME": "alice", "ANSWER": "PASSWORD" });
        let ended = world.answer("SELECT_CHALLENGE", &choice["Session"], answer).await;
        assert_eq!(ended, Err(invalid_session()), "{}", request.0);
    }
}

#[tokio::test]
async fn a_back_end_chooses_in_the_same_way() {
    let world = plain().await;
    let choice = world.admin_flow("USER_AUTH", json!({ "USERNAME": "alice" })).await.unwrap();
    assert_eq!(choice["AvailableChallenges"], passwords());
    let request = json!({
        "UserPoolId": world.pool, "ClientId": world.client, "ChallengeName": "SELECT_CHALLENGE",
        "Session": choice["Session"], "ChallengeResponses": { "USERNAME": "alice", "ANSWER": "PASSWORD" },
    });
    let asked = world.service.ok("AdminRespondToAuthChallenge", request).await;
    assert_eq!(asked["AvailableChallenges"], passwords());
    // What one side began the other may end.
    let password = json!({ "USERNAME": "alice", "PASSWORD": PASSWORD });
    signs_in(world.answer("PASSWORD", &asked["Session"], password).await);
}

#[tokio::test]
async fn the_flow_needs_its_client_and_its_tier() {
    let world = world(json!({}), json!({ "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"] })).await;
    let off = invalid_parameter("USER_AUTH flow not enabled for this client");
    assert_eq!(world.choose("alice", json!({})).await, Err(off));
    let lite = self::world(json!({ "UserPoolTier": "LITE" }), json!({ "ExplicitAuthFlows": [] })).await;
    for answer in [
        lite.choose("alice", json!({})).await,
        lite.admin_flow("USER_AUTH", json!({ "USERNAME": "alice" })).await,
    ] {
        assert_eq!(answer.unwrap_err().0, "FeatureUnavailableInTierException");
    }
    let missing = plain().await.flow("USER_AUTH", json!({})).await;
    assert_eq!(missing, Err(invalid_parameter("Missing required parameter USERNAME")));
}

#[tokio::test]
async fn states_are_told_as_for_a_password() {
    let world = plain().await;
    assert_eq!(
        world.choose("nobody", json!({})).await,
        Err(("UserNotFoundException".into(), "User does not exist.".into()))
    );
    let user = json!({ "UserPoolId": world.pool, "Username": "alice" });
    world.service.ok("AdminDisableUser", user.clone()).await;
    assert_eq!(world.choose("alice", json!({})).await, Err(not_authorized("User is disabled.")));
    let request = json!({ "ClientId": world.client, "Username": "rosa", "Password": PASSWORD });
    world.service.ok("SignUp", request).await;
    let unconfirmed = Err(("UserNotConfirmedException".into(), "User is not confirmed.".into()));
    assert_eq!(world.choose("rosa", json!({})).await, unconfirmed);
}

#[tokio::test]
async fn the_trigger_before_a_sign_in_runs_once() {
    let lambda = FakeLambda::start(|_| FakeAnswer::Echo).await.unwrap();
    let world = World::with(
        TestService::builder().lambda(&lambda.url()),
        json!({ "LambdaConfig": { "PreAuthentication": FUNCTION, "PostAuthentication": FUNCTION } }),
        json!({ "ExplicitAuthFlows": FLOWS }),
    )
    .await;
    world.confirmed("alice").await;
    let choice = world.choose("alice", json!({})).await.unwrap();
    let answer = json!({ "USERNAME": "alice", "ANSWER": "PASSWORD" });
    let asked = world.answer("SELECT_CHALLENGE", &choice["Session"], answer).await.unwrap();
    let answer = json!({ "USERNAME": "alice", "PASSWORD": PASSWORD });
    signs_in(world.answer("PASSWORD", &asked["Session"], answer).await);
    let events = lambda.events();
    let sources: Vec<&str> = events.iter().map(|event| event["triggerSource"].as_str().unwrap()).collect();
    assert_eq!(sources, ["PreAuthentication_Authentication", "PostAuthentication_Authentication"]);
}

#[tokio::test]
async fn a_password_brings_a_user_over_from_the_old_directory() {
    let lambda = FakeLambda::start(|event| {
        if event["request"]["password"] != json!(PASSWORD) {
            return FakeAnswer::FunctionError { message: "no".into() };
        }
        FakeAnswer::Response(json!({
            "userAttributes": { "name": "Old" }, "finalUserStatus": "CONFIRMED", "messageAction": "SUPPRESS",
        }))
    })
    .await
    .unwrap();
    let client = json!({ "ExplicitAuthFlows": FLOWS, "PreventUserExistenceErrors": "ENABLED" });
    let pool = json!({ "LambdaConfig": { "UserMigration": FUNCTION } });
    let world = World::with(TestService::builder().lambda(&lambda.url()), pool, client).await;
    let choice = world.choose("old", json!({})).await.unwrap();
    assert!(lambda.events().is_empty());
    let answer = |password: &str| json!({ "USERNAME": "old", "ANSWER": "PASSWORD", "PASSWORD": password });
    let wrong = world.answer("SELECT_CHALLENGE", &choice["Session"], answer("Wrong-1pass")).await;
    assert!(wrong.is_err());
    let choice = world.choose("old", json!({})).await.unwrap();
    signs_in(world.answer("SELECT_CHALLENGE", &choice["Session"], answer(PASSWORD)).await);
    let at_once = json!({ "PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": PASSWORD });
    signs_in(world.choose("older", at_once).await);
    assert_eq!(lambda.events().len(), 3);
}

#[tokio::test]
async fn a_client_with_a_secret_hashes_the_name_that_it_sends() {
    let world = world(json!({}), json!({ "GenerateSecret": true })).await;
    world.confirmed("alice").await;
    let request = json!({ "UserPoolId": world.pool, "ClientId": world.client });
    let client = world.service.ok("DescribeUserPoolClient", request).await["UserPoolClient"].clone();
    let secret = cenote_crypto::SecretString::new(text(&client["ClientSecret"]));
    let hash = |name: &str| cenote_crypto::secret_hash::compute(name, &world.client, &secret);
    let choice = world.choose("alice", json!({ "SECRET_HASH": hash("alice") })).await.unwrap();
    let answer = |hash: &str| json!({ "USERNAME": "alice", "ANSWER": "PASSWORD", "PASSWORD": PASSWORD, "SECRET_HASH": hash });
    let wrong = world.answer("SELECT_CHALLENGE", &choice["Session"], answer(&hash("bob"))).await;
    let text = format!("Unable to verify secret hash for client {}", world.client);
    assert_eq!(wrong, Err(not_authorized(&text)));
    signs_in(world.answer("SELECT_CHALLENGE", &choice["Session"], answer(&hash("alice"))).await);
}

/// As at the start, so at the choice: a client that shows its users says what state they are in, whatever was chosen.
#[tokio::test]
async fn states_are_told_at_the_choice_too() {
    let disabled = not_authorized("User is disabled.");
    let reset: WireError =
        ("PasswordResetRequiredException".into(), "Password reset required for the user".into());
    for (operation, expected) in [("AdminDisableUser", disabled), ("AdminResetUserPassword", reset)] {
        let world = world(allowing(&["PASSWORD", "EMAIL_OTP"]), json!({})).await;
        world.confirmed("alice").await;
        let choice = world.choose("alice", json!({})).await.unwrap();
        let user = json!({ "UserPoolId": world.pool, "Username": "alice" });
        world.service.ok(operation, user).await;
        let sent = world.service.inbox().await.len();
        // Disabling ends every session of before.
        let expected = if operation == "AdminDisableUser" { invalid_session() } else { expected };
        for chosen in ["EMAIL_OTP", "PASSWORD", "PASSWORD_SRP"] {
            let answer =
                json!({ "USERNAME": "alice", "ANSWER": chosen, "PASSWORD": PASSWORD, "SRP_A": "abc123" });
            let refused = world.answer("SELECT_CHALLENGE", &choice["Session"], answer).await;
            assert_eq!(refused, Err(expected.clone()), "{operation}, {chosen}");
        }
        assert_eq!(world.service.inbox().await.len(), sent, "a code was sent after {operation}");
    }
}
