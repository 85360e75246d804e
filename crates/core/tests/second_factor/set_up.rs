//! MFA_SETUP: the way to a first factor.

use cenote_core::testing::{TestService, text};
use serde_json::{Value, json};

use crate::world::*;

/// A pool that requires a factor, and alice, who has none.
async fn world() -> World {
    let recovery = json!([{ "Name": "admin_only", "Priority": 1 }]);
    let members = json!({ "AccountRecoverySetting": { "RecoveryMechanisms": recovery } });
    let world = World::with(TestService::builder(), members, Offers::all("ON")).await;
    world.confirmed("alice", &[]).await;
    world
}

async fn associate(world: &World, session: &Value) -> Answer {
    world.service.call("AssociateSoftwareToken", json!({ "Session": session })).await
}

async fn verify(world: &World, session: &Value, code: String) -> Answer {
    world.service.call("VerifySoftwareToken", json!({ "Session": session, "UserCode": code })).await
}

fn nothing_set_up() -> (String, String) {
    not_authorized("The user has not set up MFA.")
}

#[tokio::test]
async fn an_app_is_set_up_on_the_way() {
    let world = world().await;
    let asked = world.start("alice").await;
    assert_eq!(asked["ChallengeName"], "MFA_SETUP");
    assert_eq!(
        asked["ChallengeParameters"],
        json!({
            "MFAS_CAN_SETUP": r#"["SMS_MFA","SOFTWARE_TOKEN_MFA","EMAIL_OTP"]"#, "USER_ID_FOR_SRP": "alice",
        })
    );
    let associated = associate(&world, &asked["Session"]).await.unwrap();
    let app = App::of(&associated);
    assert_eq!(associate(&world, &asked["Session"]).await, Err(used_session()));
    let wrong = verify(&world, &associated["Session"], app.wrong(&world)).await;
    assert_eq!(
        wrong,
        Err(error("EnableSoftwareTokenMFAException", "Code mismatch and fail enable Software Token MFA"))
    );
    let verified = verify(&world, &associated["Session"], app.code(&world, 0)).await.unwrap();
    assert_eq!(verified["Status"], "SUCCESS");
    for answer in [&asked, &associated, &verified] {
        assert!((20..2048).contains(&text(&answer["Session"]).len()));
    }
    // Live tests send a code as well: it is ignored.
    let extra = json!({ "SOFTWARE_TOKEN_MFA_CODE": "000000" });
    let tokens = world.respond("MFA_SETUP", &verified["Session"], "alice", extra.clone()).await.unwrap();
    assert!(has_tokens(&tokens));
    let again = world.respond("MFA_SETUP", &verified["Session"], "alice", extra).await;
    assert_eq!(again, Err(used_session()));
    assert_eq!(world.user("alice").await["UserMFASettingList"], json!(["SOFTWARE_TOKEN_MFA"]));
    let asked = world.start("alice").await;
    assert_eq!(asked["ChallengeName"], "SOFTWARE_TOKEN_MFA");
    let used = json!({ "SOFTWARE_TOKEN_MFA_CODE": app.code(&world, 0) });
    assert_eq!(world.answer(&asked, "alice", used).await, Err(used_totp()));
    world.next_step();
    let code = json!({ "SOFTWARE_TOKEN_MFA_CODE": app.code(&world, 0) });
    assert!(has_tokens(&world.answer(&asked, "alice", code).await.unwrap()));
}

#[tokio::test]
async fn a_new_password_and_a_first_factor_follow_each_other() {
    let world = world().await;
    world.invited("bob", &[]).await;
    let asked = world.sign_in("bob", TEMPORARY).await.unwrap();
    let asked = world.answer(&asked, "bob", json!({ "NEW_PASSWORD": PASSWORD })).await.unwrap();
    assert_eq!(asked["ChallengeName"], "MFA_SETUP");
    let associated = associate(&world, &asked["Session"]).await.unwrap();
    let code = App::of(&associated).code(&world, 0);
    let verified = verify(&world, &associated["Session"], code).await.unwrap();
    assert!(has_tokens(&world.respond("MFA_SETUP", &verified["Session"], "bob", json!({})).await.unwrap()));
}

#[tokio::test]
async fn the_factor_is_on_though_the_challenge_is_never_answered() {
    let world = world().await;
    let asked = world.start("alice").await;
    let associated = associate(&world, &asked["Session"]).await.unwrap();
    let code = App::of(&associated).code(&world, 0);
    verify(&world, &associated["Session"], code).await.unwrap();
    assert_eq!(world.start("alice").await["ChallengeName"], "SOFTWARE_TOKEN_MFA");
}

/// Each session is good for its own place in the order, and nobody gets tokens before the code.
#[tokio::test]
async fn no_step_can_be_left_out() {
    let world = world().await;
    let asked = world.start("alice").await;
    let setup = async |session: &Value| world.respond("MFA_SETUP", session, "alice", json!({})).await;
    assert_eq!(setup(&asked["Session"]).await, Err(nothing_set_up()));
    assert_eq!(verify(&world, &asked["Session"], "123456".into()).await, Err(invalid_session()));
    let associated = associate(&world, &asked["Session"]).await.unwrap();
    let app = App::of(&associated);
    assert_eq!(setup(&associated["Session"]).await, Err(nothing_set_up()));
    let verified = verify(&world, &associated["Session"], app.code(&world, 0)).await.unwrap();
    assert_eq!(setup(&associated["Session"]).await, Err(used_session()));
    assert_eq!(associate(&world, &verified["Session"]).await, Err(invalid_session()));
    assert_eq!(verify(&world, &verified["Session"], app.code(&world, 1)).await, Err(invalid_session()));
    for challenge in ["SOFTWARE_TOKEN_MFA", "SMS_MFA", "EMAIL_OTP", "SELECT_MFA_TYPE"] {
        let code = json!({
            "SOFTWARE_TOKEN_MFA_CODE": app.code(&world, 1), "SMS_MFA_CODE": "123456", "EMAIL_OTP_CODE": "12345678",
            "ANSWER": "SMS_MFA",
        });
        let refused = world.respond(challenge, &verified["Session"], "alice", code).await;
        assert_eq!(refused, Err(invalid_session()), "{challenge}");
    }
    assert!(has_tokens(&setup(&verified["Session"]).await.unwrap()));
}

/// Who has the password only and began before the owner set up an app, does not replace it, and does not get in by it.
#[tokio::test]
async fn what_was_begun_before_ends_when_the_user_has_a_factor() {
    let world = world().await;
    let first = world.start("alice").await;
    let associated = associate(&world, &world.start("alice").await["Session"]).await.unwrap();
    let attackers = App::of(&associated);
    let mine = associate(&world, &world.start("alice").await["Session"]).await.unwrap();
    let app = App::of(&mine);
    // Another seed waits: this session's own is void.
    let code = attackers.code(&world, 0);
    assert_eq!(verify(&world, &associated["Session"], code).await, Err(invalid_session()));
    let verified = verify(&world, &mine["Session"], app.code(&world, 0)).await.unwrap();
    assert_eq!(associate(&world, &first["Session"]).await, Err(invalid_session()));
    assert_eq!(verify(&world, &associated["Session"], app.code(&world, 1)).await, Err(invalid_session()));
    let email = json!({ "EMAIL": "mallory@evil.example" });
    assert_eq!(world.respond("MFA_SETUP", &first["Session"], "alice", email).await, Err(invalid_session()));
    assert!(has_tokens(&world.respond("MFA_SETUP", &verified["Session"], "alice", json!({})).await.unwrap()));
}

/// An app that was verified by a session and replaced or taken away before the answer lets nobody in.
#[tokio::test]
async fn the_app_of_the_session_must_still_be_the_users() {
    let world = world().await;
    let asked = world.start("alice").await;
    let associated = associate(&world, &asked["Session"]).await.unwrap();
    let app = App::of(&associated);
    let verified = verify(&world, &associated["Session"], app.code(&world, 0)).await.unwrap();
    world.service.ok("AdminDeleteSoftwareToken", world.admin("alice", json!({}))).await;
    let refused = world.respond("MFA_SETUP", &verified["Session"], "alice", json!({})).await;
    assert_eq!(refused, Err(invalid_session()));
    // Again from the beginning.
    let asked = world.start("alice").await;
    assert_eq!(asked["ChallengeName"], "MFA_SETUP");
}

#[tokio::test]
async fn an_address_is_set_up_on_the_way() {
    let world = world().await;
    let asked = world.start("alice").await;
    for wrong in ["no address", "a@b..c"] {
        let refused = world.answer(&asked, "alice", json!({ "EMAIL": wrong })).await.unwrap_err();
        assert_eq!(refused.0, "InvalidParameterException", "{refused:?}");
    }
    // The developer guide writes the name in small letters, clients in capitals.
    let lower = world.start("alice").await;
    let sent = world.answer(&lower, "alice", json!({ "email": ADDRESS })).await.unwrap();
    assert_eq!(sent["ChallengeName"], "EMAIL_OTP");
    let sent = world.answer(&asked, "alice", json!({ "EMAIL": ADDRESS })).await.unwrap();
    assert_eq!(sent["ChallengeName"], "EMAIL_OTP");
    assert_eq!(sent["ChallengeParameters"]["CODE_DELIVERY_DESTINATION"], "a***@e***");
    assert_eq!(world.attribute("alice", "email").await, Value::Null);
    let again = world.answer(&asked, "alice", json!({ "EMAIL": ADDRESS })).await;
    assert_eq!(again, Err(used_session()));
    let code = world.code(ADDRESS).await;
    let wrong = json!({ "EMAIL_OTP_CODE": other(&code) });
    assert_eq!(world.answer(&sent, "alice", wrong).await, Err(wrong_code()));
    assert!(has_tokens(&world.answer(&sent, "alice", json!({ "EMAIL_OTP_CODE": code })).await.unwrap()));
    assert_eq!(world.attribute("alice", "email").await, json!(ADDRESS));
    assert_eq!(world.attribute("alice", "email_verified").await, json!("true"));
    assert_eq!(world.user("alice").await["UserMFASettingList"], json!(["EMAIL_OTP"]));
    assert_eq!(world.start("alice").await["ChallengeName"], "EMAIL_OTP");
}

/// The code of an address that was given before lets nobody in, nor changes the address, once the user has a factor.
#[tokio::test]
async fn an_address_that_comes_too_late_is_not_taken() {
    let world = world().await;
    let asked = world.start("alice").await;
    let sent = world.answer(&asked, "alice", json!({ "EMAIL": "mallory@evil.example" })).await.unwrap();
    let code = world.code("mallory@evil.example").await;
    let own = json!({ "UserAttributes": [{ "Name": "email", "Value": ADDRESS }] });
    world.service.ok("AdminUpdateUserAttributes", world.admin("alice", own)).await;
    let refused = world.answer(&sent, "alice", json!({ "EMAIL_OTP_CODE": code })).await;
    assert_eq!(refused, Err(invalid_session()));
    assert_eq!(world.attribute("alice", "email").await, json!(ADDRESS));
}

#[tokio::test]
async fn an_address_can_be_set_up_only_where_it_is_offered() {
    let world = World::with(TestService::builder(), json!({}), Offers::all("ON")).await;
    world.confirmed("alice", &[]).await;
    let asked = world.start("alice").await;
    // It is the way by which a password is reset.
    assert_eq!(asked["ChallengeParameters"]["MFAS_CAN_SETUP"], r#"["SMS_MFA","SOFTWARE_TOKEN_MFA"]"#);
    let refused = world.answer(&asked, "alice", json!({ "EMAIL": ADDRESS })).await;
    assert_eq!(refused, Err(invalid_parameter("An email address can't be set up for MFA.")));
    world.offer(Offers { totp: false, ..Offers::all("ON") }).await;
    let refused = associate(&world, &asked["Session"]).await.unwrap_err();
    assert_eq!(refused.0, "SoftwareTokenMFANotFoundException");
}

#[tokio::test]
async fn sessions_end_with_their_time_their_user_and_their_client() {
    let world = world().await;
    let asked = world.start("alice").await;
    world.service.clock.advance_seconds(180);
    let expired = not_authorized("Invalid session for the user, session is expired.");
    assert_eq!(associate(&world, &asked["Session"]).await, Err(expired));
    let asked = world.start("alice").await;
    world.service.clock.advance_seconds(1);
    world.service.ok("AdminUserGlobalSignOut", world.admin("alice", json!({}))).await;
    assert_eq!(associate(&world, &asked["Session"]).await, Err(invalid_session()));
    let members = json!({ "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"] });
    let client = world.service.client(&world.pool, members).await;
    let request = json!({
        "ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH",
        "AuthParameters": { "USERNAME": "alice", "PASSWORD": PASSWORD },
    });
    let asked = world.service.ok("InitiateAuth", request).await;
    let request = json!({ "UserPoolId": world.pool, "ClientId": client });
    world.service.ok("DeleteUserPoolClient", request).await;
    assert_eq!(associate(&world, &asked["Session"]).await, Err(invalid_session()));
}

/// An address is an attribute like others: a client that may not write it sets none up.
#[tokio::test]
async fn an_address_is_set_up_by_a_client_that_may_write_it() {
    let mut world = world().await;
    let members = json!({ "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"], "WriteAttributes": ["name"] });
    world.client = world.service.client(&world.pool, members).await;
    let asked = world.start("alice").await;
    assert_eq!(asked["ChallengeName"], "MFA_SETUP");
    let refused = world.answer(&asked, "alice", json!({ "EMAIL": ADDRESS })).await;
    assert_eq!(refused, Err(not_authorized("A client attempted to write unauthorized attribute")));
    assert_eq!(world.attribute("alice", "email").await, Value::Null);
}
