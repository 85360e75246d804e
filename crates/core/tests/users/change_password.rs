//! ChangePassword.

use serde_json::{Value, json};

use crate::world::*;

fn change(token: &str, previous: &str, proposed: &str) -> Value {
    json!({ "AccessToken": token, "PreviousPassword": previous, "ProposedPassword": proposed })
}

#[tokio::test]
async fn the_new_password_works_and_tokens_live_on() {
    let world = World::new().await;
    let token = world.rosa().await;
    world.service.clock.advance_seconds(60);
    let request = change(&token, PASSWORD, NEW_PASSWORD);
    assert_eq!(world.service.ok("ChangePassword", request).await, json!({}));
    assert_eq!(world.sign_in("rosa", PASSWORD).await, Err(unauthorized("Incorrect username or password.")));
    assert!(world.sign_in("rosa", NEW_PASSWORD).await.is_ok());
    world.service.ok("GetUser", json!({ "AccessToken": token })).await;
    let user = world.user("rosa").await;
    assert_ne!(user["UserCreateDate"], user["UserLastModifiedDate"]);
}

#[tokio::test]
async fn checks_come_in_their_order() {
    let world = World::of(json!({ "Policies": { "PasswordPolicy": {
        "MinimumLength": 8, "PasswordHistorySize": 1,
    } } }))
    .await;
    let token = world.rosa().await;
    let fails = |request: Value| world.service.fails("ChangePassword", request);
    assert_eq!(fails(change("a.b.c", "wrong", "short1")).await, unauthorized("Invalid Access Token"));
    assert_eq!(
        fails(json!({ "AccessToken": token, "ProposedPassword": "short1" })).await,
        invalid(
            "1 validation error detected: Value at 'previousPassword' failed to satisfy constraint: Member must not be null"
        )
    );
    assert_eq!(
        fails(change(&token, "wrong", "short1")).await,
        unauthorized("Incorrect username or password.")
    );
    assert_eq!(
        fails(change(&token, PASSWORD, "short1")).await,
        error("InvalidPasswordException", "Password does not conform to policy: Password not long enough")
    );
    assert_eq!(
        fails(change(&token, PASSWORD, PASSWORD)).await,
        error("PasswordHistoryPolicyViolationException", "Password has previously been used.")
    );
    world.service.ok("ChangePassword", change(&token, PASSWORD, NEW_PASSWORD)).await;
}

#[tokio::test]
async fn five_tries_an_hour() {
    let world = World::new().await;
    let token = world.rosa().await;
    for _ in 0..5 {
        assert_eq!(
            world.service.fails("ChangePassword", change(&token, "wrong", NEW_PASSWORD)).await,
            unauthorized("Incorrect username or password.")
        );
    }
    assert_eq!(world.service.fails("ChangePassword", change(&token, PASSWORD, NEW_PASSWORD)).await, limit());
    world.service.clock.advance_seconds(3599);
    assert_eq!(world.service.fails("ChangePassword", change(&token, PASSWORD, NEW_PASSWORD)).await, limit());
    world.service.clock.advance_seconds(1);
    let token = world.token("rosa").await;
    world.service.ok("ChangePassword", change(&token, PASSWORD, NEW_PASSWORD)).await;
}

#[tokio::test]
async fn a_reset_comes_first() {
    let world = World::new().await;
    let token = world.rosa().await;
    world.service.ok("AdminResetUserPassword", world.admin("rosa", json!({}))).await;
    assert_eq!(
        world.service.fails("ChangePassword", change(&token, PASSWORD, NEW_PASSWORD)).await,
        error("PasswordResetRequiredException", "Password reset required for the user")
    );
}

#[tokio::test]
async fn successes_count_too() {
    let world = World::new().await;
    let token = world.rosa().await;
    for number in 0..5 {
        let (old, new) = if number % 2 == 0 { (PASSWORD, NEW_PASSWORD) } else { (NEW_PASSWORD, PASSWORD) };
        world.service.ok("ChangePassword", change(&token, old, new)).await;
    }
    assert_eq!(world.service.fails("ChangePassword", change(&token, NEW_PASSWORD, PASSWORD)).await, limit());
}
