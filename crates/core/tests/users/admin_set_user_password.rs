//! AdminSetUserPassword.

use serde_json::json;

use crate::world::*;

#[tokio::test]
async fn statuses_follow_the_kind_of_password() {
    let world = World::new().await;
    for (permanent, status) in [
        (json!(true), "CONFIRMED"),
        (json!(false), "FORCE_CHANGE_PASSWORD"),
        (json!(true), "CONFIRMED"),
        (json!(null), "FORCE_CHANGE_PASSWORD"),
    ] {
        if world.does_not_exist("rosa").await {
            world.unconfirmed("rosa", &[("email", "rosa@example.org")]).await;
        }
        let request = world.admin("rosa", json!({ "Password": NEW_PASSWORD, "Permanent": permanent }));
        assert_eq!(world.service.ok("AdminSetUserPassword", request).await, json!({}));
        assert_eq!(world.status("rosa").await, status);
    }
    assert_eq!(world.sign_in("rosa", NEW_PASSWORD).await.unwrap()["ChallengeName"], "NEW_PASSWORD_REQUIRED");
    world.service.clock.advance_seconds(7 * 86_400);
    assert_eq!(
        world.sign_in("rosa", NEW_PASSWORD).await,
        Err(unauthorized("Temporary password has expired and must be reset by an administrator."))
    );
}

#[tokio::test]
async fn a_reset_ends_with_it_and_tokens_live_on() {
    let world = World::new().await;
    let token = world.rosa().await;
    world.service.ok("AdminResetUserPassword", world.admin("rosa", json!({}))).await;
    assert_eq!(world.status("rosa").await, "RESET_REQUIRED");
    let request = world.admin("rosa", json!({ "Password": NEW_PASSWORD, "Permanent": true }));
    world.service.ok("AdminSetUserPassword", request).await;
    assert_eq!(world.status("rosa").await, "CONFIRMED");
    assert!(world.sign_in("rosa", NEW_PASSWORD).await.is_ok());
    world.service.ok("GetUser", json!({ "AccessToken": token })).await;
    assert_eq!(world.messages("ForgotPassword").await.len(), 1);
}

#[tokio::test]
async fn policy_and_history_hold() {
    let world = World::of(json!({ "Policies": { "PasswordPolicy": {
        "MinimumLength": 8, "RequireNumbers": true, "PasswordHistorySize": 2,
    } } }))
    .await;
    world.confirmed("rosa", &[]).await;
    let set = |password: &str| {
        let request = world.admin("rosa", json!({ "Password": password, "Permanent": true }));
        world.service.call("AdminSetUserPassword", request)
    };
    assert_eq!(
        set("password").await,
        Err(error(
            "InvalidPasswordException",
            "Password does not conform to policy: Password must have numeric characters"
        ))
    );
    let used = Err(error("PasswordHistoryPolicyViolationException", "Password has previously been used."));
    assert_eq!(set(PASSWORD).await, used);
    set(NEW_PASSWORD).await.unwrap();
    assert_eq!(set(NEW_PASSWORD).await, used);
    assert_eq!(set(PASSWORD).await, used);
    set("third-1-password").await.unwrap();
    set(PASSWORD).await.unwrap();
}

#[tokio::test]
async fn the_code_of_the_sign_up_is_void() {
    let world = World::new().await;
    world.unconfirmed("rosa", &[("email", "rosa@example.org")]).await;
    let code = world.service.code_sent_to("rosa@example.org").await;
    let request = world.admin("rosa", json!({ "Password": NEW_PASSWORD }));
    world.service.ok("AdminSetUserPassword", request).await;
    assert_eq!(
        world.confirm("rosa", &code).await,
        Err(unauthorized("User cannot be confirmed. Current status is FORCE_CHANGE_PASSWORD"))
    );
}
