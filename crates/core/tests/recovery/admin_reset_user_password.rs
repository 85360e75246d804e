//! AdminResetUserPassword: the same code, asked for by an administrator.

use serde_json::{Value, json};

use crate::world::*;

async fn reset(world: &World, username: &str) -> Result<Value, (String, String)> {
    world
        .service
        .call("AdminResetUserPassword", json!({ "UserPoolId": world.pool, "Username": username }))
        .await
}

#[tokio::test]
async fn the_old_password_stops_and_the_code_starts() {
    let world = World::new().await;
    world.alice().await;
    assert_eq!(reset(&world, "alice").await, Ok(json!({})));
    assert_eq!(world.status("alice").await, "RESET_REQUIRED");
    let code = world.service.code_sent_to("test@test.com").await;
    // A second reset sends a second code.
    world.service.clock.advance_seconds(1);
    assert_eq!(reset(&world, "alice").await, Ok(json!({})));
    let newer = world.service.code_sent_to("test@test.com").await;
    assert_eq!(world.confirm("alice", &code, NEW_PASSWORD).await, Err(mismatch()));
    assert_eq!(world.confirm("alice", &newer, NEW_PASSWORD).await, Ok(json!({})));
    assert_eq!(world.status("alice").await, "CONFIRMED");
}

#[tokio::test]
async fn who_can_not_be_reset() {
    let world = World::new().await;
    let verified = [("email", "test@test.com"), ("email_verified", "true")];
    assert_eq!(reset(&world, "nobody").await, Err(error("UserNotFoundException", "User does not exist.")));
    world.invited("invited", &verified).await;
    assert_eq!(reset(&world, "invited").await, Err(wrong_state()));
    world.confirmed("bare", &[]).await;
    assert_eq!(reset(&world, "bare").await, Err(no_contact()));
    assert_eq!(world.status("bare").await, "CONFIRMED");
    world.confirmed("disabled", &verified).await;
    world.disable("disabled").await;
    assert_eq!(reset(&world, "disabled").await, Err(error("NotAuthorizedException", "User is disabled")));
    assert_eq!(
        world
            .service
            .fails(
                "AdminResetUserPassword",
                json!({ "UserPoolId": "us-east-1_Missing12", "Username": "alice" })
            )
            .await,
        error("ResourceNotFoundException", "User pool us-east-1_Missing12 does not exist.")
    );
    assert!(world.service.inbox().await.is_empty());
}

#[tokio::test]
async fn a_server_that_can_not_send_says_so() {
    let transports = cenote_delivery::Transports {
        email: cenote_delivery::EmailTransport::None,
        sms: cenote_delivery::SmsTransport::None,
    };
    let builder = cenote_core::testing::TestService::builder().transports(transports);
    let world = World::with(builder, json!({}), json!({})).await;
    world.alice().await;
    assert_eq!(reset(&world, "alice").await.unwrap_err().0, "InvalidParameterException");
    assert_eq!(world.status("alice").await, "CONFIRMED");
}
