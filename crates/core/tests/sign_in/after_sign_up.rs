//! Signing up without a password, and signing in by the code of it.

use cenote_core::testing::{TestService, WireError, merged};
use cenote_triggers::testing::{FakeAnswer, FakeLambda};
use serde_json::{Value, json};

use crate::choice::{FLOWS, allowing, invalid_session, signs_in, used, world};
use crate::world::*;

const ADDRESS: &str = "rosa@test.com";

async fn passwordless() -> World {
    world(allowing(&["PASSWORD", "EMAIL_OTP"]), json!({})).await
}

impl World {
    /// The answers to SignUp and ConfirmSignUp.
    async fn signed_up(&self, password: Option<&str>) -> (Value, Value) {
        let mut request = json!({
            "ClientId": self.client, "Username": "rosa",
            "UserAttributes": [{ "Name": "email", "Value": ADDRESS }],
        });
        if let Some(password) = password {
            request["Password"] = json!(password);
        }
        let signed_up = self.service.ok("SignUp", request).await;
        let code = self.service.code_sent_to(ADDRESS).await;
        assert_eq!(code.len(), 6);
        let mut request = json!({ "ClientId": self.client, "Username": "rosa", "ConfirmationCode": code });
        if let Some(session) = signed_up.get("Session") {
            request["Session"] = session.clone();
        }
        let confirmed = self.service.ok("ConfirmSignUp", request).await;
        (signed_up, confirmed)
    }

    async fn redeem(&self, session: &Value, parameters: Value) -> Result<Value, WireError> {
        let request = json!({
            "ClientId": self.client, "AuthFlow": "USER_AUTH", "Session": session, "AuthParameters": parameters,
        });
        self.service.call("InitiateAuth", request).await
    }
}

#[tokio::test]
async fn the_code_of_a_sign_up_signs_in_once() {
    let world = passwordless().await;
    let (signed_up, confirmed) = world.signed_up(None).await;
    assert!(signed_up["Session"].is_string());
    let session = &confirmed["Session"];
    // The session of the sign-up itself opens nothing, and neither serves at another place.
    let nobody = invalid_parameter("Missing required parameter USERNAME");
    assert_eq!(world.redeem(&signed_up["Session"], json!({})).await, Err(nobody));
    for challenge in ["SELECT_CHALLENGE", "EMAIL_OTP", "PASSWORD"] {
        for session in [session, &signed_up["Session"]] {
            let answer = json!({
                "USERNAME": "rosa", "ANSWER": "EMAIL_OTP", "EMAIL_OTP_CODE": "1", "PASSWORD": PASSWORD,
            });
            assert_eq!(world.answer(challenge, session, answer).await, Err(invalid_session()), "{challenge}");
        }
    }
    let other = world.service.client(&world.pool, json!({ "ExplicitAuthFlows": FLOWS })).await;
    let elsewhere = json!({ "ClientId": other, "AuthFlow": "USER_AUTH", "Session": session });
    assert_eq!(world.service.call("InitiateAuth", elsewhere).await, Err(invalid_session()));
    // Parameters are not looked at.
    let answer = signs_in(world.redeem(session, json!({ "USERNAME": "somebody" })).await);
    let access = answer["AuthenticationResult"]["AccessToken"].as_str().unwrap();
    assert_eq!(claims(access)["username"], "rosa");
    assert_eq!(world.redeem(session, json!({})).await, Err(used()));
    assert_eq!(world.redeem(&json!("x".repeat(40)), json!({})).await, Err(invalid_session()));
}

#[tokio::test]
async fn the_session_ends_with_its_time_and_with_what_changes() {
    let world = passwordless().await;
    let (_, confirmed) = world.signed_up(Some(PASSWORD)).await;
    let session = &confirmed["Session"];
    let request = json!({
        "UserPoolId": world.pool, "MfaConfiguration": "OPTIONAL", "EmailMfaConfiguration": {},
    });
    world.service.ok("SetUserPoolMfaConfig", request).await;
    world.set_factor("rosa", "EmailMfaSettings").await;
    assert_eq!(world.redeem(session, json!({})).await, Err(invalid_session()));
    let off = json!({
        "UserPoolId": world.pool, "Username": "rosa", "EmailMfaSettings": { "Enabled": false },
    });
    world.service.ok("AdminSetUserMFAPreference", off).await;
    world.service.clock.advance_seconds(180);
    let late = world.redeem(session, json!({})).await;
    assert_eq!(late, Err(not_authorized("Invalid session for the user, session is expired.")));
}

#[tokio::test]
async fn where_codes_sign_nobody_in_there_is_no_session() {
    for (pool, client) in [
        (allowing(&["PASSWORD"]), json!({})),
        (allowing(&["PASSWORD", "SMS_OTP"]), json!({})),
        (allowing(&["PASSWORD", "EMAIL_OTP"]), json!({ "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"] })),
    ] {
        let world = world(pool, client).await;
        let (_, confirmed) = world.signed_up(Some(PASSWORD)).await;
        assert_eq!(confirmed, json!({}));
    }
}

#[tokio::test]
async fn a_life_without_a_password() {
    let world = passwordless().await;
    let (_, confirmed) = world.signed_up(None).await;
    let tokens = Tokens::of(&signs_in(world.redeem(&confirmed["Session"], json!({})).await));
    let choice = world.choose("rosa", json!({ "PREFERRED_CHALLENGE": "PASSWORD" })).await.unwrap();
    assert_eq!(choice["ChallengeName"], "SELECT_CHALLENGE");
    assert_eq!(choice["AvailableChallenges"], json!(["EMAIL_OTP"]));
    assert_eq!(world.sign_in("rosa", PASSWORD).await, Err(incorrect()));
    // The first password needs none before it, and is one more thing to choose.
    let request = json!({ "AccessToken": tokens.access, "ProposedPassword": PASSWORD });
    world.service.ok("ChangePassword", request.clone()).await;
    assert_eq!(world.service.fails("ChangePassword", request).await.0, "InvalidParameterException");
    let choice = world.choose("rosa", json!({})).await.unwrap();
    assert_eq!(choice["AvailableChallenges"], json!(["PASSWORD_SRP", "PASSWORD", "EMAIL_OTP"]));
    signs_in(world.sign_in("rosa", PASSWORD).await);
}

#[tokio::test]
async fn an_administrator_makes_a_user_without_a_password() {
    let world = passwordless().await;
    let request = json!({
        "UserPoolId": world.pool, "Username": "rosa",
        "UserAttributes": [{ "Name": "email", "Value": ADDRESS }],
    });
    let user = world.service.ok("AdminCreateUser", request).await["User"].clone();
    assert_eq!(user["UserStatus"], "CONFIRMED");
    let asked = world.choose("rosa", json!({ "PREFERRED_CHALLENGE": "EMAIL_OTP" })).await.unwrap();
    assert_eq!(asked["AvailableChallenges"], json!(["EMAIL_OTP"]));
    let answer = json!({ "USERNAME": "rosa", "EMAIL_OTP_CODE": world.service.code_sent_to(ADDRESS).await });
    signs_in(world.answer("EMAIL_OTP", &asked["Session"], answer).await);
}

/// The session does not stand in for the client's secret.
#[tokio::test]
async fn a_client_with_a_secret_shows_its_hash_without_a_name_too() {
    let secret = "abcdefghijklmnopqrstuvwxyz123456";
    let world = world(allowing(&["PASSWORD", "EMAIL_OTP"]), json!({ "ClientSecret": secret })).await;
    let hash = |name: &str| cenote_crypto::secret_hash::compute(name, &world.client, &secret.into());
    let request = json!({
        "ClientId": world.client, "Username": "rosa", "SecretHash": hash("rosa"),
        "UserAttributes": [{ "Name": "email", "Value": ADDRESS }],
    });
    world.service.ok("SignUp", request).await;
    let request = json!({
        "ClientId": world.client, "Username": "rosa", "SecretHash": hash("rosa"),
        "ConfirmationCode": world.service.code_sent_to(ADDRESS).await,
    });
    let session = world.service.ok("ConfirmSignUp", request).await["Session"].clone();
    let missing =
        format!("Client {} is configured with secret but SECRET_HASH was not received", world.client);
    assert_eq!(world.redeem(&session, json!({})).await, Err(not_authorized(&missing)));
    let wrong = Err(not_authorized(&format!("Unable to verify secret hash for client {}", world.client)));
    for parameters in [
        json!({ "SECRET_HASH": "guessed" }),
        json!({ "SECRET_HASH": hash("somebody") }),
        json!({ "SECRET_HASH": hash("rosa"), "USERNAME": "somebody" }),
    ] {
        assert_eq!(world.redeem(&session, parameters.clone()).await, wrong, "{parameters}");
    }
    signs_in(world.redeem(&session, json!({ "SECRET_HASH": hash("rosa") })).await);
}

/// What an administrator does to the user ends it, too.
#[tokio::test]
async fn the_session_ends_with_what_an_administrator_does() {
    for operation in
        ["AdminResetUserPassword", "AdminDisableUser", "AdminUserGlobalSignOut", "AdminDeleteUser"]
    {
        let world = passwordless().await;
        let (_, confirmed) = world.signed_up(Some(PASSWORD)).await;
        let user = json!({ "UserPoolId": world.pool, "Username": "rosa" });
        world.service.ok(operation, user).await;
        let refused = world.redeem(&confirmed["Session"], json!({})).await;
        assert_eq!(refused, Err(invalid_session()), "{operation}");
    }
}

/// It is a sign-in by a code to the address: where none may be sent there any more it is worth nothing, whatever else may be sent.
#[tokio::test]
async fn the_session_ends_with_the_factor_that_it_stands_for() {
    let world = world(allowing(&["PASSWORD", "EMAIL_OTP", "SMS_OTP"]), json!({})).await;
    let (_, confirmed) = world.signed_up(Some(PASSWORD)).await;
    let number = json!([{ "Name": "phone_number", "Value": "+12065551234" }]);
    let request = json!({ "UserPoolId": world.pool, "Username": "rosa", "UserAttributes": number });
    world.service.ok("AdminUpdateUserAttributes", request).await;
    let allow = async |factors: &[&str]| {
        let request = merged(json!({ "UserPoolId": world.pool }), allowing(factors));
        world.service.ok("UpdateUserPool", request).await;
    };
    for factors in [&["PASSWORD"][..], &["PASSWORD", "SMS_OTP"]] {
        allow(factors).await;
        let refused = world.redeem(&confirmed["Session"], json!({})).await;
        assert_eq!(refused, Err(invalid_session()), "{factors:?}");
    }
    allow(&["PASSWORD", "EMAIL_OTP"]).await;
    signs_in(world.redeem(&confirmed["Session"], json!({})).await);
}

/// Amplify's autoSignIn sends back whatever session SignUp answered, also when nothing is left to confirm.
#[tokio::test]
async fn who_is_confirmed_at_once_chooses_like_everybody() {
    let lambda = FakeLambda::start(|_| FakeAnswer::Response(json!({ "autoConfirmUser": true })));
    let lambda = lambda.await.unwrap();
    let pool =
        merged(allowing(&["PASSWORD", "EMAIL_OTP"]), json!({ "LambdaConfig": { "PreSignUp": FUNCTION } }));
    let builder = TestService::builder().lambda(&lambda.url());
    let world = World::with(builder, pool, json!({ "ExplicitAuthFlows": FLOWS })).await;
    let request = json!({
        "ClientId": world.client, "Username": "rosa", "Password": PASSWORD,
        "UserAttributes": [{ "Name": "email", "Value": ADDRESS }],
    });
    let signed_up = world.service.ok("SignUp", request).await;
    assert_eq!((&signed_up["UserConfirmed"], signed_up.get("Session")), (&json!(true), None));
}

/// Whoever is confirmed otherwise, by a link or an administrator, brings the session of the sign-up: it neither helps nor hurts.
#[tokio::test]
async fn the_session_of_a_sign_up_is_passed_over() {
    let world = passwordless().await;
    let request = json!({
        "ClientId": world.client, "Username": "rosa", "Password": PASSWORD,
        "UserAttributes": [{ "Name": "email", "Value": ADDRESS }],
    });
    let session = world.service.ok("SignUp", request).await["Session"].clone();
    let user = json!({ "UserPoolId": world.pool, "Username": "rosa" });
    world.service.ok("AdminConfirmSignUp", user).await;
    let asked = world.redeem(&session, json!({ "USERNAME": "rosa" })).await.unwrap();
    assert_eq!(asked["ChallengeName"], "SELECT_CHALLENGE");
    assert_eq!(asked["AvailableChallenges"], json!(["PASSWORD_SRP", "PASSWORD", "EMAIL_OTP"]));
    let wrong = json!({ "USERNAME": "rosa", "PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": "Wr0ng-pass" });
    assert_eq!(world.redeem(&session, wrong).await, Err(incorrect()));
    let right = json!({ "USERNAME": "rosa", "PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": PASSWORD });
    signs_in(world.redeem(&session, right.clone()).await);
    let other = world.service.client(&world.pool, json!({ "ExplicitAuthFlows": FLOWS })).await;
    let elsewhere = json!({
        "ClientId": other, "AuthFlow": "USER_AUTH", "Session": session, "AuthParameters": right,
    });
    assert_eq!(world.service.call("InitiateAuth", elsewhere).await, Err(invalid_session()));
}
