//! ConfirmForgotPassword: the order of its checks, and what a redemption changes.

use cenote_core::testing::TestService;
use serde_json::json;

use crate::world::*;

const VERIFIED: [(&str, &str); 2] = [("email", "test@test.com"), ("email_verified", "true")];

#[tokio::test]
async fn a_reset_moves_the_date_and_keeps_the_status() {
    let world = World::new().await;
    world.alice().await;
    let request = json!({ "UserPoolId": world.pool, "Username": "alice" });
    let before = world.service.ok("AdminGetUser", request.clone()).await;
    let code = world.code("alice", "test@test.com").await;
    world.service.clock.advance_seconds(10);
    assert_eq!(world.confirm("alice", &code, NEW_PASSWORD).await, Ok(json!({})));
    let after = world.service.ok("AdminGetUser", request).await;
    assert_eq!(after["UserStatus"], "CONFIRMED");
    let moved =
        after["UserLastModifiedDate"].as_f64().unwrap() - before["UserLastModifiedDate"].as_f64().unwrap();
    assert!((moved - 10.0).abs() < 0.001);
}

#[tokio::test]
async fn a_reset_that_was_required_is_done() {
    let world = World::new().await;
    world.alice().await;
    world
        .service
        .ok("AdminResetUserPassword", json!({ "UserPoolId": world.pool, "Username": "alice" }))
        .await;
    assert_eq!(world.status("alice").await, "RESET_REQUIRED");
    assert_eq!(
        world.sign_in("alice", PASSWORD).await,
        Err(error("PasswordResetRequiredException", "Password reset required for the user"))
    );
    // Asking again is allowed, and the newest code counts.
    world.service.clock.advance_seconds(1);
    let code = world.code("alice", "test@test.com").await;
    world.confirm("alice", &code, NEW_PASSWORD).await.unwrap();
    assert_eq!(world.status("alice").await, "CONFIRMED");
    assert!(world.sign_in("alice", NEW_PASSWORD).await.is_ok());
}

#[tokio::test]
async fn without_a_request_there_is_no_code() {
    let world = World::new().await;
    world.alice().await;
    assert_eq!(world.confirm("alice", "123456", NEW_PASSWORD).await, Err(expired()));
    assert_eq!(world.confirm("nobody", "123456", NEW_PASSWORD).await, Err(unknown()));
}

#[tokio::test]
async fn the_status_decides() {
    let world = World::new().await;
    world.invited("invited", &VERIFIED).await;
    assert_eq!(world.confirm("invited", "123456", NEW_PASSWORD).await, Err(wrong_state()));

    world.confirmed("disabled", &VERIFIED).await;
    let code = world.code("disabled", "test@test.com").await;
    world.disable("disabled").await;
    assert_eq!(
        world.confirm("disabled", &code, NEW_PASSWORD).await,
        Err(error("NotAuthorizedException", "User is disabled."))
    );

    world
        .service
        .ok("SignUp", json!({ "ClientId": world.client, "Username": "unconfirmed", "Password": PASSWORD }))
        .await;
    assert_eq!(
        world.confirm("unconfirmed", "123456", NEW_PASSWORD).await,
        Err(error("UserNotConfirmedException", "User is not confirmed."))
    );
}

#[tokio::test]
async fn five_wrong_codes_an_hour_and_no_more() {
    let world = World::new().await;
    world.alice().await;
    let code = world.code("alice", "test@test.com").await;
    for _ in 0..5 {
        assert_eq!(world.confirm("alice", other_than(&code), NEW_PASSWORD).await, Err(mismatch()));
    }
    // The right one comes too late, and so does a new one.
    assert_eq!(world.confirm("alice", &code, NEW_PASSWORD).await, Err(limit()));
    let code = world.code("alice", "test@test.com").await;
    assert_eq!(world.confirm("alice", &code, NEW_PASSWORD).await, Err(limit()));
    world.service.clock.advance_seconds(3599);
    assert_eq!(world.confirm("alice", &code, NEW_PASSWORD).await, Err(limit()));
    world.service.clock.advance_seconds(1);
    let code = world.code("alice", "test@test.com").await;
    assert_eq!(world.confirm("alice", &code, NEW_PASSWORD).await, Ok(json!({})));
}

#[tokio::test]
async fn success_forgets_wrong_codes() {
    let world = World::new().await;
    world.alice().await;
    for round in 0..2 {
        let code = world.code("alice", "test@test.com").await;
        for _ in 0..4 {
            assert_eq!(
                world.confirm("alice", other_than(&code), NEW_PASSWORD).await,
                Err(mismatch()),
                "{round}"
            );
        }
        world.confirm("alice", &code, NEW_PASSWORD).await.unwrap();
    }
}

#[tokio::test]
async fn counters_and_codes_outlive_the_process() {
    let world = World::new().await;
    world.alice().await;
    let code = world.code("alice", "test@test.com").await;
    for _ in 0..4 {
        assert_eq!(world.confirm("alice", other_than(&code), NEW_PASSWORD).await, Err(mismatch()));
    }
    let second = World {
        service: TestService::builder().start_beside(&world.service),
        pool: world.pool.clone(),
        client: world.client.clone(),
    };
    assert_eq!(second.confirm("alice", other_than(&code), NEW_PASSWORD).await, Err(mismatch()));
    assert_eq!(second.confirm("alice", &code, NEW_PASSWORD).await, Err(limit()));
    for _ in 0..4 {
        second.forgot("alice").await.unwrap();
    }
    assert_eq!(world.forgot("alice").await, Err(limit()));
    assert_eq!(second.forgot("alice").await, Err(limit()));
}

#[tokio::test]
async fn the_history_refuses_and_the_code_survives() {
    let world = World::with(
        TestService::builder(),
        json!({ "Policies": { "PasswordPolicy": { "MinimumLength": 6, "PasswordHistorySize": 2 } } }),
        json!({}),
    )
    .await;
    world.alice().await;
    let refused = error("PasswordHistoryPolicyViolationException", "Password has previously been used.");
    let code = world.code("alice", "test@test.com").await;
    assert_eq!(world.confirm("alice", &code, PASSWORD).await, Err(refused.clone()));
    world.confirm("alice", &code, "second").await.unwrap();
    let code = world.code("alice", "test@test.com").await;
    assert_eq!(world.confirm("alice", &code, PASSWORD).await, Err(refused.clone()));
    assert_eq!(world.confirm("alice", &code, "second").await, Err(refused));
    world.confirm("alice", &code, "third!").await.unwrap();
    // Two are remembered: the present one and the one before it.
    let code = world.code("alice", "test@test.com").await;
    world.confirm("alice", &code, PASSWORD).await.unwrap();
}

#[tokio::test]
async fn codes_of_other_purposes_reset_nothing() {
    let world =
        World::with(TestService::builder(), json!({ "AutoVerifiedAttributes": ["email"] }), json!({})).await;
    world
        .service
        .ok(
            "SignUp",
            json!({
                "ClientId": world.client, "Username": "bob", "Password": PASSWORD,
                "UserAttributes": [{ "Name": "email", "Value": "bob@test.com" }],
            }),
        )
        .await;
    let sign_up = world.service.code_sent_to("bob@test.com").await;
    assert_eq!(
        world.confirm("bob", &sign_up, NEW_PASSWORD).await,
        Err(error("UserNotConfirmedException", "User is not confirmed."))
    );
    world
        .service
        .ok(
            "ConfirmSignUp",
            json!({ "ClientId": world.client, "Username": "bob", "ConfirmationCode": sign_up }),
        )
        .await;
    assert_eq!(world.confirm("bob", &sign_up, NEW_PASSWORD).await, Err(expired()));
}

#[tokio::test]
async fn a_reset_ends_the_lock_of_wrong_passwords() {
    let world = World::new().await;
    world.alice().await;
    for _ in 0..5 {
        assert_eq!(world.sign_in("alice", "Wrong-1pass").await, Err(incorrect()));
    }
    let locked = error("NotAuthorizedException", "Password attempts exceeded");
    assert_eq!(world.sign_in("alice", PASSWORD).await, Err(locked));
    let code = world.code("alice", "test@test.com").await;
    world.confirm("alice", &code, NEW_PASSWORD).await.unwrap();
    assert!(world.sign_in("alice", NEW_PASSWORD).await.is_ok());
}

#[tokio::test]
async fn inner_blanks_are_fine_and_outer_ones_are_not() {
    let world = World::new().await;
    world.alice().await;
    let code = world.code("alice", "test@test.com").await;
    assert_eq!(
        world.confirm("alice", &code, " Passw0rd!2").await.unwrap_err().0,
        "InvalidParameterException"
    );
    world.confirm("alice", &code, "Pass w0rd").await.unwrap();
    assert!(world.sign_in("alice", "Pass w0rd").await.is_ok());
}

#[tokio::test]
async fn leading_zeros_count() {
    let world = World::with(
        TestService::builder().settings(|settings| settings.fixed_code = Some("012345".into())),
        json!({}),
        json!({}),
    )
    .await;
    world.alice().await;
    world.forgot("alice").await.unwrap();
    assert_eq!(world.confirm("alice", "12345", NEW_PASSWORD).await, Err(mismatch()));
    assert_eq!(world.confirm("alice", "0012345", NEW_PASSWORD).await, Err(mismatch()));
    assert_eq!(world.confirm("alice", "012345", NEW_PASSWORD).await, Ok(json!({})));
}

#[tokio::test]
async fn a_bad_code_is_echoed_and_a_bad_password_is_not() {
    let world = World::new().await;
    let (code, message) = world
        .service
        .fails(
            "ConfirmForgotPassword",
            json!({ "ClientId": world.client, "Username": "alice", "ConfirmationCode": "", "Password": "tiny" }),
        )
        .await;
    assert_eq!(code, "InvalidParameterException");
    assert!(message.contains("Value '' at 'confirmationCode'"), "{message}");
    assert!(message.contains("Value at 'password'") && !message.contains("tiny"), "{message}");
}

#[tokio::test]
async fn a_new_password_voids_the_code() {
    let world = World::new().await;
    world.alice().await;
    let code = world.code("alice", "test@test.com").await;
    world
        .service
        .ok(
            "AdminSetUserPassword",
            json!({ "UserPoolId": world.pool, "Username": "alice", "Password": "Adm1n-chose", "Permanent": true }),
        )
        .await;
    assert_eq!(world.confirm("alice", &code, NEW_PASSWORD).await, Err(expired()));
    assert!(world.sign_in("alice", "Adm1n-chose").await.is_ok());
}

/// Who has the mailbox that the user had must not redeem what was sent there.
#[tokio::test]
async fn a_code_dies_with_the_contact_it_was_sent_to() {
    let changes = [
        json!([{ "Name": "email_verified", "Value": "false" }]),
        json!([{ "Name": "email", "Value": "new@test.com" }, { "Name": "email_verified", "Value": "true" }]),
    ];
    for change in changes {
        let world = World::new().await;
        world.alice().await;
        let code = world.code("alice", "test@test.com").await;
        world
            .service
            .ok(
                "AdminUpdateUserAttributes",
                json!({ "UserPoolId": world.pool, "Username": "alice", "UserAttributes": change }),
            )
            .await;
        assert!(world.confirm("alice", &code, NEW_PASSWORD).await.is_err(), "{change}");
        assert!(world.sign_in("alice", PASSWORD).await.is_ok());
    }
}
