//! Authenticator apps by access token, and the challenge SOFTWARE_TOKEN_MFA.

use cenote_core::testing::{merged, text};
use serde_json::json;

use crate::world::*;

fn mismatch() -> (String, String) {
    error("EnableSoftwareTokenMFAException", "Code mismatch and fail enable Software Token MFA")
}

/// alice with an app that is switched on.
async fn enrolled() -> (World, String, App) {
    let world = World::new(Offers::all("OPTIONAL")).await;
    world.alice().await;
    let token = world.access_token("alice").await;
    let app = world.app(&token).await;
    let members = json!({ "AccessToken": token, "SoftwareTokenMfaSettings": { "Enabled": true } });
    assert_eq!(world.service.ok("SetUserMFAPreference", members).await, json!({}));
    world.next_step();
    (world, token, app)
}

#[tokio::test]
async fn an_app_is_associated_verified_and_switched_on() {
    let world = World::new(Offers::all("OPTIONAL")).await;
    world.alice().await;
    let token = world.access_token("alice").await;
    let enable = json!({ "AccessToken": token, "SoftwareTokenMfaSettings": { "Enabled": true } });
    let not_ready = invalid_parameter("User does not have delivery config set to turn on SOFTWARE_TOKEN_MFA");
    assert_eq!(world.service.fails("SetUserMFAPreference", enable.clone()).await, not_ready);

    let answer = world.service.ok("AssociateSoftwareToken", json!({ "AccessToken": token })).await;
    assert!(answer.get("Session").is_none());
    let app = App::of(&answer);
    assert_eq!(app.0.text.len(), 52);
    // Associated is not verified.
    assert_eq!(world.service.fails("SetUserMFAPreference", enable.clone()).await, not_ready);
    assert!(has_tokens(&world.start("alice").await));

    let verify = |code: String| json!({ "AccessToken": token, "UserCode": code });
    assert_eq!(world.service.fails("VerifySoftwareToken", verify(app.wrong(&world))).await, mismatch());
    let letters = world.service.fails("VerifySoftwareToken", verify("abcdef".into())).await;
    assert_eq!(letters.0, "InvalidParameterException");
    let right = world.service.ok("VerifySoftwareToken", verify(app.code(&world, 0))).await;
    assert_eq!(right, json!({ "Status": "SUCCESS" }));
    // Verified is not switched on.
    assert!(has_tokens(&world.start("alice").await));
    assert_eq!(world.user("alice").await.get("UserMFASettingList"), None);

    world.service.ok("SetUserMFAPreference", enable).await;
    let shown = world.service.ok("GetUser", json!({ "AccessToken": token })).await;
    assert_eq!(shown["UserMFASettingList"], json!(["SOFTWARE_TOKEN_MFA"]));
    assert_eq!(shown.get("PreferredMfaSetting"), None);
    let asked = world.start("alice").await;
    assert_eq!(asked["ChallengeName"], "SOFTWARE_TOKEN_MFA");
    assert_eq!(asked["ChallengeParameters"], json!({ "USER_ID_FOR_SRP": "alice" }));
    assert!(!has_tokens(&asked));
    assert!((20..2048).contains(&text(&asked["Session"]).len()));
}

#[tokio::test]
async fn a_code_signs_in_and_wrong_ones_keep_the_session() {
    let (world, _, app) = enrolled().await;
    let asked = world.start("alice").await;
    let code = |code: String| json!({ "SOFTWARE_TOKEN_MFA_CODE": code });
    assert_eq!(world.answer(&asked, "alice", code(app.wrong(&world))).await, Err(wrong_totp()));
    assert_eq!(world.answer(&asked, "alice", code("letters".into())).await, Err(wrong_totp()));
    assert_eq!(
        world.answer(&asked, "alice", json!({})).await,
        Err(invalid_parameter("Missing required parameter SOFTWARE_TOKEN_MFA_CODE"))
    );
    let tokens = world.answer(&asked, "alice", code(app.code(&world, 0))).await.unwrap();
    assert!(has_tokens(&tokens));
    assert_eq!(tokens["ChallengeParameters"], json!({}));
    // The session is used up, with whatever code.
    world.next_step();
    assert_eq!(world.answer(&asked, "alice", code(app.code(&world, 0))).await, Err(used_session()));
}

#[tokio::test]
async fn one_step_either_side_is_good() {
    for (distance, good) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
        let (world, _, app) = enrolled().await;
        // Past the step of the code that verified the app.
        world.service.clock.advance_seconds(120);
        let asked = world.start("alice").await;
        let code = json!({ "SOFTWARE_TOKEN_MFA_CODE": app.code(&world, distance) });
        assert_eq!(world.answer(&asked, "alice", code).await.is_ok(), good, "{distance}");
    }
}

/// The code that verified the app does not sign in, that of a sign-in does not verify, and no code signs in twice.
#[tokio::test]
async fn a_code_is_good_once_everywhere() {
    let (world, token, app) = enrolled().await;
    let code = |code: String| json!({ "SOFTWARE_TOKEN_MFA_CODE": code });
    let verify = |code: String| json!({ "AccessToken": token, "UserCode": code });
    let asked = world.start("alice").await;
    let of_verification = app.code(&world, -1);
    assert_eq!(world.answer(&asked, "alice", code(of_verification.clone())).await, Err(used_totp()));
    assert_eq!(world.service.fails("VerifySoftwareToken", verify(of_verification)).await, used_totp());
    let right = app.code(&world, 0);
    assert!(world.answer(&asked, "alice", code(right.clone())).await.is_ok());
    for _ in 0..2 {
        let asked = world.start("alice").await;
        assert_eq!(world.answer(&asked, "alice", code(right.clone())).await, Err(used_totp()));
    }
    assert_eq!(world.service.fails("VerifySoftwareToken", verify(right)).await, used_totp());
    // Nor does an older one after a newer one.
    let asked = world.start("alice").await;
    world.next_step();
    let older = app.code(&world, 0);
    assert!(world.answer(&asked, "alice", code(app.code(&world, 1))).await.is_ok());
    let asked = world.start("alice").await;
    assert_eq!(world.answer(&asked, "alice", code(older)).await, Err(used_totp()));
    // By access token the present app can be verified again, which uses its code up.
    world.service.clock.advance_seconds(60);
    let right = app.code(&world, 0);
    world.service.ok("VerifySoftwareToken", verify(right.clone())).await;
    assert_eq!(world.answer(&asked, "alice", code(right)).await, Err(used_totp()));
    assert_eq!(world.service.fails("VerifySoftwareToken", verify(app.wrong(&world))).await, mismatch());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_show_the_same_code_at_once_one_gets_in() {
    let (world, _, app) = enrolled().await;
    let world = std::sync::Arc::new(world);
    let code = app.code(&world, 0);
    let mut sessions = Vec::new();
    for _ in 0..8 {
        sessions.push(world.start("alice").await);
    }
    let mut answers = tokio::task::JoinSet::new();
    for number in 0..24 {
        let (world, asked, code) = (world.clone(), sessions[number % 8].clone(), code.clone());
        answers.spawn(async move {
            world.answer(&asked, "alice", json!({ "SOFTWARE_TOKEN_MFA_CODE": code })).await
        });
    }
    let answers = answers.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    let lost = [used_totp(), used_session()];
    assert!(answers.iter().filter_map(|answer| answer.as_ref().err()).all(|error| lost.contains(error)));
}

#[tokio::test]
async fn the_present_app_counts_until_the_new_one_is_verified() {
    let (world, token, old) = enrolled().await;
    let first = App::of(&world.service.ok("AssociateSoftwareToken", json!({ "AccessToken": token })).await);
    let second = App::of(&world.service.ok("AssociateSoftwareToken", json!({ "AccessToken": token })).await);
    assert_ne!(first.0.text, second.0.text);
    let code = |code: String| json!({ "SOFTWARE_TOKEN_MFA_CODE": code });
    let verify =
        |code: String| json!({ "AccessToken": token, "UserCode": code, "FriendlyDeviceName": "my phone" });
    let asked = world.start("alice").await;
    assert_eq!(asked["ChallengeParameters"], json!({ "USER_ID_FOR_SRP": "alice" }));
    assert_eq!(world.answer(&asked, "alice", code(second.code(&world, 0))).await, Err(wrong_totp()));
    assert!(world.answer(&asked, "alice", code(old.code(&world, 0))).await.is_ok());
    // A seed that was replaced before it was verified is void.
    assert_eq!(world.service.fails("VerifySoftwareToken", verify(first.code(&world, 0))).await, mismatch());
    world.service.ok("VerifySoftwareToken", verify(second.code(&world, 0))).await;
    world.next_step();
    let asked = world.start("alice").await;
    assert_eq!(
        asked["ChallengeParameters"],
        json!({ "USER_ID_FOR_SRP": "alice", "FRIENDLY_DEVICE_NAME": "my phone" })
    );
    assert_eq!(world.answer(&asked, "alice", code(old.code(&world, 0))).await, Err(wrong_totp()));
    assert!(world.answer(&asked, "alice", code(second.code(&world, 0))).await.is_ok());
}

#[tokio::test]
async fn an_administrator_takes_the_app_away() {
    let (world, token, app) = enrolled().await;
    let asked = world.start("alice").await;
    world.service.ok("AssociateSoftwareToken", json!({ "AccessToken": token })).await;
    let removed = world.service.ok("AdminDeleteSoftwareToken", world.admin("alice", json!({}))).await;
    assert_eq!(removed, json!({}));
    assert_eq!(
        world.answer(&asked, "alice", json!({ "SOFTWARE_TOKEN_MFA_CODE": app.code(&world, 0) })).await,
        Err(error("SoftwareTokenMFANotFoundException", "Software Token MFA does not exist for the user."))
    );
    let request = json!({ "AccessToken": token, "UserCode": app.code(&world, 0) });
    assert_eq!(world.service.fails("VerifySoftwareToken", request).await, mismatch());
    assert_eq!(world.user("alice").await.get("UserMFASettingList"), None);
    assert!(has_tokens(&world.start("alice").await));
    assert_eq!(
        world.service.fails("AdminDeleteSoftwareToken", world.admin("nobody", json!({}))).await,
        error("UserNotFoundException", "User does not exist.")
    );
    // Again, and nothing changes.
    world.service.ok("AdminDeleteSoftwareToken", world.admin("alice", json!({}))).await;
    world.app(&token).await;
}

#[tokio::test]
async fn a_pool_without_apps_takes_no_new_ones_and_keeps_those_it_has() {
    let (world, token, app) = enrolled().await;
    world.offer(Offers { totp: false, ..Offers::all("OPTIONAL") }).await;
    let off =
        error("SoftwareTokenMFANotFoundException", "Software Token MFA has not been enabled by the userPool");
    let associate = json!({ "AccessToken": token });
    assert_eq!(world.service.fails("AssociateSoftwareToken", associate).await, off);
    let verify = json!({ "AccessToken": token, "UserCode": app.code(&world, 0) });
    assert_eq!(world.service.fails("VerifySoftwareToken", verify).await, off);
    let asked = world.start("alice").await;
    assert_eq!(asked["ChallengeName"], "SOFTWARE_TOKEN_MFA");
    let code = json!({ "SOFTWARE_TOKEN_MFA_CODE": app.code(&world, 0) });
    assert!(world.answer(&asked, "alice", code).await.is_ok());
}

#[tokio::test]
async fn exactly_one_of_token_and_session_is_taken() {
    let (world, token, _) = enrolled().await;
    let either = invalid_parameter("Either AccessToken or Session must be given, and not both.");
    let session = "s".repeat(40);
    for members in [json!({}), json!({ "AccessToken": token, "Session": session })] {
        assert_eq!(world.service.fails("AssociateSoftwareToken", members.clone()).await, either);
        let verify = merged(members, json!({ "UserCode": "123456" }));
        assert_eq!(world.service.fails("VerifySoftwareToken", verify).await, either);
    }
    let forged = json!({ "Session": session });
    assert_eq!(world.service.fails("AssociateSoftwareToken", forged).await, invalid_session());
    // The session of a challenge that asks for a code sets nothing up.
    let asked = world.start("alice").await;
    let request = json!({ "Session": asked["Session"] });
    assert_eq!(world.service.fails("AssociateSoftwareToken", request.clone()).await, invalid_session());
    let request = merged(request, json!({ "UserCode": "123456" }));
    assert_eq!(world.service.fails("VerifySoftwareToken", request).await, invalid_session());
}

/// The token of a user who is gone: the operation declares fewer errors than others.
#[tokio::test]
async fn the_token_of_a_user_who_is_gone_associates_nothing() {
    let (world, token, _) = enrolled().await;
    world.service.ok("AdminDeleteUser", world.admin("alice", json!({}))).await;
    let refused = world.service.fails("AssociateSoftwareToken", json!({ "AccessToken": token })).await;
    assert_eq!(refused.0, "NotAuthorizedException");
}
