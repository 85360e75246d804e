//! EMAIL_OTP and SMS_OTP as first factors.

use std::sync::Arc;

use cenote_core::testing::{TestService, WireError};
use cenote_triggers::testing::{FakeAnswer, FakeLambda};
use serde_json::{Value, json};

use crate::choice::{FLOWS, allowing, invalid_session, signs_in, used, world};
use crate::world::*;

const ADDRESS: &str = "alice@test.com";
const NUMBER: &str = "+12065551234";

async fn passwordless() -> World {
    world(allowing(&["PASSWORD", "EMAIL_OTP", "SMS_OTP"]), json!({})).await
}

async fn alice() -> World {
    let world = passwordless().await;
    world.confirmed("alice").await;
    world
}

fn mismatch() -> WireError {
    ("CodeMismatchException".into(), "Invalid code or auth state for the user.".into())
}

fn wrong(code: &str, number: usize) -> String {
    format!("{:08}", (code.parse::<usize>().unwrap() + 1 + number) % 100_000_000)
}

impl World {
    async fn ask(&self, username: &str, challenge: &str) -> Result<Value, WireError> {
        self.choose(username, json!({ "PREFERRED_CHALLENGE": challenge })).await
    }

    /// A session that asks for a code by mail, and the code.
    async fn sent(&self, username: &str) -> (Value, String) {
        // The newest message is found by its time.
        self.service.clock.advance_seconds(1);
        let asked = self.ask(username, "EMAIL_OTP").await.unwrap();
        assert_eq!(asked["ChallengeName"], "EMAIL_OTP");
        let inbox = self.service.inbox().await;
        let newest = inbox.into_iter().find(|message| message.purpose == "Authentication");
        (asked["Session"].clone(), newest.and_then(|message| message.code).unwrap())
    }

    async fn give(&self, username: &str, session: &Value, code: &str) -> Result<Value, WireError> {
        self.answer("EMAIL_OTP", session, json!({ "USERNAME": username, "EMAIL_OTP_CODE": code })).await
    }

    async fn attribute(&self, username: &str, name: &str) -> Value {
        let user =
            self.service.ok("AdminGetUser", json!({ "UserPoolId": self.pool, "Username": username })).await;
        let attributes = user["UserAttributes"].as_array().unwrap().iter();
        attributes.clone().find(|item| item["Name"] == name).map_or(Value::Null, |item| item["Value"].clone())
    }

    async fn set_attributes(&self, username: &str, attributes: Value) {
        let request = json!({ "UserPoolId": self.pool, "Username": username, "UserAttributes": attributes });
        self.service.ok("AdminUpdateUserAttributes", request).await;
    }

    async fn status(&self, username: &str) -> Value {
        let request = json!({ "UserPoolId": self.pool, "Username": username });
        self.service.ok("AdminGetUser", request).await["UserStatus"].clone()
    }
}

#[tokio::test]
async fn a_code_by_mail_signs_in_once() {
    let world = alice().await;
    let asked = world.ask("alice", "EMAIL_OTP").await.unwrap();
    assert_eq!(asked["ChallengeName"], "EMAIL_OTP");
    assert_eq!(
        asked["ChallengeParameters"],
        json!({
            "CODE_DELIVERY_DELIVERY_MEDIUM": "EMAIL", "CODE_DELIVERY_DESTINATION": "a***@t***",
            "USER_ID_FOR_SRP": "alice",
        })
    );
    assert_eq!(asked["AvailableChallenges"], json!(["PASSWORD_SRP", "PASSWORD", "EMAIL_OTP"]));
    let session = &asked["Session"];
    let message = world.service.inbox().await.remove(0);
    assert_eq!((message.to.as_str(), message.purpose.as_str()), (ADDRESS, "Authentication"));
    assert_eq!(message.subject.as_deref(), Some("Your authentication code"));
    let code = message.code.unwrap();
    assert!(code.len() == 8 && code.bytes().all(|byte| byte.is_ascii_digit()), "{code}");
    let missing = world.answer("EMAIL_OTP", session, json!({ "USERNAME": "alice" })).await;
    assert_eq!(missing, Err(invalid_parameter("Missing required parameter EMAIL_OTP_CODE")));
    assert_eq!(world.give("alice", session, &wrong(&code, 0)).await, Err(mismatch()));
    let tokens = signs_in(world.give("alice", session, &code).await);
    assert!(tokens.get("AvailableChallenges").is_none());
    assert_eq!(world.give("alice", session, &code).await, Err(used()));
}

#[tokio::test]
async fn a_code_by_sms_signs_in() {
    let world = alice().await;
    world.set_attributes("alice", json!([{ "Name": "phone_number", "Value": NUMBER }])).await;
    let choice = world.choose("alice", json!({})).await.unwrap();
    assert_eq!(choice["AvailableChallenges"], json!(["PASSWORD_SRP", "PASSWORD", "EMAIL_OTP", "SMS_OTP"]));
    let answer = json!({ "USERNAME": "alice", "ANSWER": "SMS_OTP" });
    let asked = world.answer("SELECT_CHALLENGE", &choice["Session"], answer.clone()).await.unwrap();
    assert_eq!(asked["ChallengeName"], "SMS_OTP");
    assert_eq!(asked["ChallengeParameters"]["CODE_DELIVERY_DELIVERY_MEDIUM"], "SMS");
    assert_eq!(asked["ChallengeParameters"]["CODE_DELIVERY_DESTINATION"], "+*******1234");
    // One choice brings one code.
    assert_eq!(world.answer("SELECT_CHALLENGE", &choice["Session"], answer).await, Err(used()));
    assert_eq!(world.service.inbox().await.len(), 1);
    let code = world.service.code_sent_to(NUMBER).await;
    assert_eq!(code.len(), 8);
    assert_eq!(world.attribute("alice", "phone_number_verified").await, json!("false"));
    let answer = json!({ "USERNAME": "alice", "SMS_OTP_CODE": code });
    signs_in(world.answer("SMS_OTP", &asked["Session"], answer).await);
    assert_eq!(world.attribute("alice", "phone_number_verified").await, json!("true"));
}

#[tokio::test]
async fn a_code_confirms_who_signed_up() {
    let lambda = FakeLambda::start(|_| FakeAnswer::Echo).await.unwrap();
    let mut pool = allowing(&["PASSWORD", "EMAIL_OTP"]);
    pool["LambdaConfig"] = json!({ "PostConfirmation": FUNCTION });
    let client = json!({ "ExplicitAuthFlows": FLOWS });
    let world = World::with(TestService::builder().lambda(&lambda.url()), pool, client).await;
    let request = json!({
        "ClientId": world.client, "Username": "alice", "Password": PASSWORD,
        "UserAttributes": [{ "Name": "email", "Value": ADDRESS }],
    });
    world.service.ok("SignUp", request).await;
    let choice = world.choose("alice", json!({})).await.unwrap();
    let answer = json!({ "USERNAME": "alice", "ANSWER": "PASSWORD", "PASSWORD": PASSWORD });
    let by_password = world.answer("SELECT_CHALLENGE", &choice["Session"], answer).await;
    assert_eq!(by_password.unwrap_err().0, "UserNotConfirmedException");
    let (session, code) = world.sent("alice").await;
    assert_eq!(world.give("alice", &session, &wrong(&code, 0)).await, Err(mismatch()));
    assert_eq!(world.status("alice").await, "UNCONFIRMED");
    signs_in(world.give("alice", &session, &code).await);
    assert_eq!(world.status("alice").await, "CONFIRMED");
    assert_eq!(world.attribute("alice", "email_verified").await, json!("true"));
    let events = lambda.events();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["triggerSource"], "PostConfirmation_ConfirmSignUp");
}

#[tokio::test]
async fn texts_are_the_pools_own_or_the_functions() {
    let world = alice().await;
    let request = json!({
        "UserPoolId": world.pool, "MfaConfiguration": "OPTIONAL",
        "EmailMfaConfiguration": { "Message": "Here: {####}", "Subject": "Sign in" },
        "SmsMfaConfiguration": {
            "SmsAuthenticationMessage": "Text {####}", "SmsConfiguration": { "SnsCallerArn": crate::choice::SNS },
        },
    });
    world.service.ok("SetUserPoolMfaConfig", request).await;
    world.set_attributes("alice", json!([{ "Name": "phone_number", "Value": NUMBER }])).await;
    world.ask("alice", "EMAIL_OTP").await.unwrap();
    world.ask("alice", "SMS_OTP").await.unwrap();
    let messages = world.service.inbox().await;
    let of = |to: &str| messages.iter().find(|message| message.to == to).unwrap();
    let code = of(ADDRESS).code.clone().unwrap();
    assert_eq!(of(ADDRESS).subject.as_deref(), Some("Sign in"));
    assert!(of(ADDRESS).body.contains(&format!("Here: {code}")));
    assert_eq!(of(NUMBER).body, format!("Text {}", of(NUMBER).code.clone().unwrap()));

    let lambda =
        FakeLambda::start(|_| FakeAnswer::Response(json!({ "emailMessage": "Mine {####}" }))).await.unwrap();
    let mut pool = allowing(&["PASSWORD", "EMAIL_OTP"]);
    pool["LambdaConfig"] = json!({ "CustomMessage": FUNCTION });
    let client = json!({ "ExplicitAuthFlows": FLOWS });
    let world = World::with(TestService::builder().lambda(&lambda.url()), pool, client).await;
    world.confirmed("alice").await;
    let (_, code) = world.sent("alice").await;
    assert!(world.service.inbox().await[0].body.contains(&format!("Mine {code}")));
    assert_eq!(lambda.events()[0]["triggerSource"], "CustomMessage_Authentication");
}

#[tokio::test]
async fn a_session_takes_ten_wrong_codes() {
    let world = alice().await;
    let (session, code) = world.sent("alice").await;
    let (other, other_code) = world.sent("alice").await;
    for number in 0..10 {
        assert_eq!(world.give("alice", &session, &wrong(&code, number)).await, Err(mismatch()), "{number}");
    }
    assert_eq!(world.give("alice", &session, &code).await, Err(invalid_session()));
    // Another sign-in of the same user goes on, and so do passwords.
    signs_in(world.sign_in("alice", PASSWORD).await);
    signs_in(world.give("alice", &other, &other_code).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn guesses_that_race_share_the_tries_of_their_session() {
    let world = Arc::new(alice().await);
    let (session, code) = world.sent("alice").await;
    let mut calls = tokio::task::JoinSet::new();
    for number in 0..60 {
        let (world, session, code) = (Arc::clone(&world), session.clone(), wrong(&code, number));
        calls.spawn(async move { world.give("alice", &session, &code).await });
    }
    let answers = calls.join_all().await;
    let of = |error: &WireError| answers.iter().filter(|answer| answer.as_ref() == Err(error)).count();
    assert_eq!((of(&mismatch()), of(&invalid_session())), (10, 50), "{answers:?}");
    assert_eq!(world.give("alice", &session, &code).await, Err(invalid_session()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_right_code_that_many_give_at_once_wins_once() {
    let world = Arc::new(alice().await);
    let (session, code) = world.sent("alice").await;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..30 {
        let (world, session, code) = (Arc::clone(&world), session.clone(), code.clone());
        calls.spawn(async move { world.give("alice", &session, &code).await });
    }
    let answers = calls.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    assert!(answers.iter().filter_map(|answer| answer.as_ref().err()).all(|error| *error == used()));
}

#[tokio::test]
async fn a_user_gets_so_many_codes_an_hour() {
    let world = alice().await;
    for number in 0..20 {
        assert!(world.ask("alice", "EMAIL_OTP").await.is_ok(), "{number}");
    }
    let refused = world.ask("alice", "EMAIL_OTP").await;
    assert_eq!(refused.unwrap_err().0, "TooManyRequestsException");
    assert_eq!(world.service.inbox().await.len(), 20);
    signs_in(world.sign_in("alice", PASSWORD).await);
    world.service.clock.advance_seconds(3600);
    let (session, code) = world.sent("alice").await;
    signs_in(world.give("alice", &session, &code).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn requests_that_race_do_not_run_the_function_more_often() {
    let lambda = FakeLambda::start(|_| FakeAnswer::Echo).await.unwrap();
    let mut pool = allowing(&["PASSWORD", "EMAIL_OTP"]);
    pool["LambdaConfig"] = json!({ "CustomMessage": FUNCTION });
    let builder = TestService::builder()
        .lambda(&lambda.url())
        .settings(|settings| settings.limits.sign_in_codes_per_hour = 3);
    let world = Arc::new(World::with(builder, pool, json!({ "ExplicitAuthFlows": FLOWS })).await);
    world.confirmed("alice").await;
    let mut crowd = tokio::task::JoinSet::new();
    for _ in 0..30 {
        let world = Arc::clone(&world);
        crowd.spawn(async move { world.ask("alice", "EMAIL_OTP").await.is_ok() });
    }
    let sent = crowd.join_all().await.into_iter().filter(|sent| *sent).count();
    assert_eq!((sent, world.service.inbox().await.len(), lambda.events().len()), (3, 3, 3));
}

#[tokio::test]
async fn a_code_is_of_its_session_its_user_and_its_time() {
    let world = alice().await;
    world.confirmed("bob").await;
    let (session, code) = world.sent("alice").await;
    let (other, other_code) = world.sent("bob").await;
    assert_eq!(world.give("alice", &session, &other_code).await, Err(mismatch()));
    assert_eq!(world.give("bob", &other, &code).await, Err(mismatch()));
    assert_eq!(world.give("bob", &session, &code).await, Err(invalid_session()));
    assert_eq!(world.give("alice", &other, &code).await, Err(invalid_session()));
    let by_sms = json!({ "USERNAME": "alice", "SMS_OTP_CODE": code });
    assert_eq!(world.answer("SMS_OTP", &session, by_sms).await, Err(invalid_session()));
    world.service.clock.advance_seconds(178);
    signs_in(world.give("alice", &session, &code).await);
    world.service.clock.advance_seconds(2);
    let late = world.give("bob", &other, &other_code).await;
    assert_eq!(late, Err(not_authorized("Invalid session for the user, session is expired.")));
}

#[tokio::test]
async fn what_changes_meanwhile_ends_a_code() {
    let world = alice().await;
    // Another address: the code of the old one must not verify it.
    let (session, code) = world.sent("alice").await;
    world.set_attributes("alice", json!([{ "Name": "email", "Value": "other@test.com" }])).await;
    assert_eq!(world.give("alice", &session, &code).await, Err(mismatch()));
    world.set_attributes("alice", json!([{ "Name": "email", "Value": ADDRESS }])).await;
    // A second factor: no code may stand in for the password before it.
    let (session, code) = world.sent("alice").await;
    let request = json!({
        "UserPoolId": world.pool, "MfaConfiguration": "OPTIONAL", "EmailMfaConfiguration": {},
    });
    world.service.ok("SetUserPoolMfaConfig", request).await;
    world.set_factor("alice", "EmailMfaSettings").await;
    assert_eq!(world.give("alice", &session, &code).await, Err(invalid_session()));
    let off = json!({
        "UserPoolId": world.pool, "Username": "alice", "EmailMfaSettings": { "Enabled": false },
    });
    world.service.ok("AdminSetUserMFAPreference", off).await;
    // A sign-out, and a disabled user.
    for operation in ["AdminUserGlobalSignOut", "AdminDisableUser"] {
        let (session, code) = world.sent("alice").await;
        world.service.ok(operation, json!({ "UserPoolId": world.pool, "Username": "alice" })).await;
        assert_eq!(world.give("alice", &session, &wrong(&code, 0)).await, Err(mismatch()));
        assert_eq!(world.give("alice", &session, &code).await, Err(invalid_session()), "{operation}");
    }
}

#[tokio::test]
async fn an_address_that_is_somebody_elses_name_signs_nobody_in() {
    let mut pool = allowing(&["PASSWORD", "EMAIL_OTP"]);
    pool["AliasAttributes"] = json!(["email"]);
    let world = world(pool, json!({})).await;
    world.confirmed("owner").await;
    world
        .service
        .ok(
            "AdminCreateUser",
            json!({
                "UserPoolId": world.pool, "Username": "alice", "MessageAction": "SUPPRESS",
                "UserAttributes": [{ "Name": "email", "Value": ADDRESS }],
            }),
        )
        .await;
    let (session, code) = world.sent("alice").await;
    let refused = world.give("alice", &session, &code).await;
    assert_eq!(refused.unwrap_err().0, "AliasExistsException");
    assert_ne!(world.attribute("alice", "email_verified").await, json!("true"));
}

#[tokio::test]
async fn a_required_second_factor_leaves_no_codes() {
    let world = world(allowing(&["PASSWORD"]), json!({})).await;
    world.confirmed("alice").await;
    let request = json!({
        "UserPoolId": world.pool, "MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": { "Enabled": true },
    });
    world.service.ok("SetUserPoolMfaConfig", request).await;
    let choice = world.ask("alice", "EMAIL_OTP").await.unwrap();
    assert_eq!(choice["ChallengeName"], "SELECT_CHALLENGE");
    assert_eq!(choice["AvailableChallenges"], json!(["PASSWORD_SRP", "PASSWORD"]));
}

#[tokio::test]
async fn an_alias_leads_to_the_same_code() {
    let mut pool = allowing(&["PASSWORD", "EMAIL_OTP"]);
    pool["UsernameAttributes"] = json!(["email"]);
    pool["UsernameConfiguration"] = json!({ "CaseSensitive": false });
    let world = world(pool, json!({})).await;
    world.confirmed(ADDRESS).await;
    let asked = world.ask("Alice@Test.com", "EMAIL_OTP").await.unwrap();
    let sub = world.attribute(ADDRESS, "sub").await;
    assert_eq!(asked["ChallengeParameters"]["USER_ID_FOR_SRP"], sub);
    let code = world.service.code_sent_to(ADDRESS).await;
    signs_in(world.give(sub.as_str().unwrap(), &asked["Session"], &code).await);
}

/// Only who has the code learns that the password is to be reset.
#[tokio::test]
async fn a_reset_that_comes_meanwhile_is_told_to_whoever_has_the_code() {
    let world = alice().await;
    let (session, code) = world.sent("alice").await;
    let user = json!({ "UserPoolId": world.pool, "Username": "alice" });
    world.service.ok("AdminResetUserPassword", user).await;
    assert_eq!(world.give("alice", &session, &wrong(&code, 0)).await, Err(mismatch()));
    let reset = ("PasswordResetRequiredException".into(), "Password reset required for the user".into());
    assert_eq!(world.give("alice", &session, &code).await, Err(reset));
}
