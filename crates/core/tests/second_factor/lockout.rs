//! The lock after wrong codes, and the tries of a session.

use cenote_core::testing::TestService;
use serde_json::json;

use crate::world::*;

async fn world(builder: cenote_core::testing::TestServiceBuilder, client_minutes: u32) -> World {
    let recovery = json!([{ "Name": "admin_only", "Priority": 1 }]);
    let members = json!({ "AccountRecoverySetting": { "RecoveryMechanisms": recovery } });
    let mut world = World::with(builder, members, Offers::all("OPTIONAL")).await;
    let members = json!({
        "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"], "AuthSessionValidity": client_minutes,
    });
    world.client = world.service.client(&world.pool, members).await;
    world.alice().await;
    world.prefer("alice", json!({ "SMSMfaSettings": { "Enabled": true } })).await;
    world
}

#[tokio::test]
async fn five_wrong_codes_lock_and_the_lock_doubles() {
    let world = world(TestService::builder(), 15).await;
    let asked = world.start("alice").await;
    let code = world.code(NUMBER).await;
    let answer = |code: &str| json!({ "SMS_MFA_CODE": code });
    for _ in 0..5 {
        assert_eq!(world.answer(&asked, "alice", answer(&other(&code))).await, Err(wrong_code()));
    }
    for seconds in [1, 2, 4] {
        assert_eq!(world.answer(&asked, "alice", answer(&code)).await, Err(locked()));
        world.service.clock.advance_seconds(seconds - 1);
        assert_eq!(world.answer(&asked, "alice", answer(&code)).await, Err(locked()));
        world.service.clock.advance_seconds(1);
        assert_eq!(world.answer(&asked, "alice", answer(&other(&code))).await, Err(wrong_code()));
    }
    world.service.clock.advance_seconds(8);
    assert!(has_tokens(&world.answer(&asked, "alice", answer(&code)).await.unwrap()));
    // A success forgets it all.
    let asked = world.start("alice").await;
    let code = world.code(NUMBER).await;
    for _ in 0..4 {
        assert_eq!(world.answer(&asked, "alice", answer(&other(&code))).await, Err(wrong_code()));
    }
    assert!(world.answer(&asked, "alice", answer(&code)).await.is_ok());
}

/// Neither another sign-in nor its right password gives new guesses, and other factors share them.
#[tokio::test]
async fn a_right_password_wins_no_guesses() {
    let world = world(TestService::builder(), 15).await;
    let token = {
        world.offer(Offers::all("OFF")).await;
        let token = world.access_token("alice").await;
        world.offer(Offers::all("OPTIONAL")).await;
        token
    };
    let app = world.app(&token).await;
    world.next_step();
    for number in 0..5 {
        if number == 3 {
            let settings = json!({ "SoftwareTokenMfaSettings": { "Enabled": true, "PreferredMfa": true } });
            world.prefer("alice", settings).await;
        }
        let asked = world.start("alice").await;
        let refused = if number < 3 {
            let code = world.code(NUMBER).await;
            world.answer(&asked, "alice", json!({ "SMS_MFA_CODE": other(&code) })).await
        } else {
            world.answer(&asked, "alice", json!({ "SOFTWARE_TOKEN_MFA_CODE": app.wrong(&world) })).await
        };
        assert_eq!(refused.unwrap_err().0, "CodeMismatchException");
    }
    let asked = world.start("alice").await;
    let right = json!({ "SOFTWARE_TOKEN_MFA_CODE": app.code(&world, 0) });
    assert_eq!(world.answer(&asked, "alice", right.clone()).await, Err(locked()));
    // The lock is of codes: the password alone goes on being checked, and the lock of passwords is another one.
    assert_eq!(
        world.sign_in("alice", "Wrong-1pass").await,
        Err(not_authorized("Incorrect username or password."))
    );
    world.service.clock.advance_seconds(1);
    assert!(world.answer(&asked, "alice", right).await.is_ok());
}

#[tokio::test]
async fn a_session_takes_ten_wrong_codes() {
    let builder = TestService::builder().settings(|settings| settings.limits.mfa_code_attempts = 0);
    let world = world(builder, 15).await;
    let asked = world.start("alice").await;
    let code = world.code(NUMBER).await;
    for _ in 0..10 {
        let wrong = json!({ "SMS_MFA_CODE": other(&code) });
        assert_eq!(world.answer(&asked, "alice", wrong).await, Err(wrong_code()));
    }
    let right = json!({ "SMS_MFA_CODE": code });
    assert_eq!(world.answer(&asked, "alice", right).await, Err(invalid_session()));
    let asked = world.start("alice").await;
    let right = json!({ "SMS_MFA_CODE": world.code(NUMBER).await });
    assert!(world.answer(&asked, "alice", right).await.is_ok());
}

#[tokio::test]
async fn a_quiet_quarter_of_an_hour_forgets() {
    let world = world(TestService::builder(), 15).await;
    for _ in 0..2 {
        let asked = world.start("alice").await;
        let code = world.code(NUMBER).await;
        for _ in 0..4 {
            let wrong = json!({ "SMS_MFA_CODE": other(&code) });
            assert_eq!(world.answer(&asked, "alice", wrong).await, Err(wrong_code()));
        }
        world.service.clock.advance_seconds(900);
    }
}

/// Of many wrong guesses at once as many are compared as one after the other, whoever holds which session. With right ones among
/// them: `core/tests/guessing/crowds.rs`.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn guesses_that_race_share_one_budget() {
    let world = std::sync::Arc::new(world(TestService::builder(), 3).await);
    let mut sessions = Vec::new();
    for _ in 0..4 {
        sessions.push(world.start("alice").await);
    }
    let mut guesses = tokio::task::JoinSet::new();
    for number in 0..80 {
        let (world, asked) = (world.clone(), sessions[number % 4].clone());
        guesses.spawn(async move {
            // Letters are no code of any session.
            world.answer(&asked, "alice", json!({ "SMS_MFA_CODE": format!("guess{number}") })).await
        });
    }
    let mut compared = 0;
    for guess in guesses.join_all().await {
        match guess.unwrap_err() {
            error if error == wrong_code() => compared += 1,
            error => assert!(error == locked() || error.0 == "TooManyRequestsException", "{error:?}"),
        }
    }
    assert_eq!(compared, 5);
}
