//! ForgotPassword: the order of its checks, the status matrix, and what it writes.

use cenote_core::testing::TestService;
use serde_json::json;

use crate::world::*;

const VERIFIED: [(&str, &str); 2] = [("email", "test@test.com"), ("email_verified", "true")];

#[tokio::test]
async fn the_answer_has_its_three_members_and_no_more() {
    let world = World::new().await;
    world.alice().await;
    assert_eq!(
        world.forgot("alice").await,
        Ok(json!({ "CodeDeliveryDetails": {
            "AttributeName": "email", "DeliveryMedium": "EMAIL", "Destination": "t***@t***",
        } }))
    );
}

#[tokio::test]
async fn the_message_holds_the_code_and_its_purpose() {
    let world = World::new().await;
    world.alice().await;
    world.forgot("alice").await.unwrap();
    let inbox = world.service.inbox().await;
    assert_eq!(inbox.len(), 1);
    let message = &inbox[0];
    let code = message.code.as_deref().unwrap();
    assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()));
    assert!(message.body.contains(code));
    assert_eq!((message.purpose.as_str(), message.username.as_str()), ("ForgotPassword", "alice"));
    assert_eq!(message.to, "test@test.com");
}

#[tokio::test]
async fn requests_that_do_not_fit_the_model_are_told_everything() {
    let world = World::new().await;
    assert_eq!(
        world.service.fails("ForgotPassword", json!({})).await,
        error(
            "InvalidParameterException",
            "2 validation errors detected: Value null at 'clientId' failed to satisfy constraint: Member must not be null; \
             Value at 'username' failed to satisfy constraint: Member must not be null"
        )
    );
    let (code, message) = world
        .service
        .fails("ForgotPassword", json!({ "ClientId": "no spaces", "Username": "", "SecretHash": "#" }))
        .await;
    assert_eq!(code, "InvalidParameterException");
    assert!(message.starts_with("4 validation errors detected: "), "{message}");
    // What is secret is not quoted.
    assert!(message.contains("Value 'no spaces' at 'clientId'") && !message.contains('#'), "{message}");
}

#[tokio::test]
async fn an_unknown_client_is_named() {
    let world = World::new().await;
    assert_eq!(
        world
            .service
            .fails("ForgotPassword", json!({ "ClientId": "nosuchclient", "Username": "alice" }))
            .await,
        error("ResourceNotFoundException", "User pool client nosuchclient does not exist.")
    );
}

#[tokio::test]
async fn the_secret_hash_comes_before_the_user() {
    let world = World::with(TestService::builder(), json!({}), json!({ "GenerateSecret": true })).await;
    let id = world.client.clone();
    assert_eq!(
        world.forgot("nobody").await,
        Err(error(
            "NotAuthorizedException",
            &format!("Client {id} is configured with secret but SECRET_HASH was not received")
        ))
    );
    assert_eq!(
        world
            .service
            .fails("ForgotPassword", json!({ "ClientId": id, "Username": "nobody", "SecretHash": "AAAA" }))
            .await,
        error("NotAuthorizedException", &format!("Unable to verify secret hash for client {id}"))
    );
    let public = World::new().await;
    let id = public.client.clone();
    assert_eq!(
        public
            .service
            .fails("ForgotPassword", json!({ "ClientId": id, "Username": "nobody", "SecretHash": "AAAA" }))
            .await,
        error(
            "InvalidParameterException",
            &format!("App client {id} is not configured for secret but secret hash was received")
        )
    );
}

#[tokio::test]
async fn either_of_two_secrets_makes_the_hash() {
    let world = World::with(TestService::builder(), json!({}), json!({ "GenerateSecret": true })).await;
    world.alice().await;
    let described = world
        .service
        .ok("DescribeUserPoolClient", json!({ "UserPoolId": world.pool, "ClientId": world.client }))
        .await;
    let first = cenote_core::testing::text(&described["UserPoolClient"]["ClientSecret"]);
    let added = world
        .service
        .ok("AddUserPoolClientSecret", json!({ "UserPoolId": world.pool, "ClientId": world.client }))
        .await;
    let second = cenote_core::testing::text(&added["ClientSecretDescriptor"]["ClientSecretValue"]);
    assert_ne!(first, second);
    for secret in [first, second] {
        // The hash covers the name exactly as it was sent.
        let hash = cenote_crypto::secret_hash::compute(
            "alice",
            &world.client,
            &cenote_crypto::SecretString::new(secret),
        );
        let request = json!({ "ClientId": world.client, "Username": "alice", "SecretHash": hash });
        assert!(world.service.call("ForgotPassword", request).await.is_ok());
        let request = json!({ "ClientId": world.client, "Username": "Alice", "SecretHash": hash });
        assert_eq!(world.service.fails("ForgotPassword", request).await.0, "NotAuthorizedException");
    }
}

#[tokio::test]
async fn the_status_decides() {
    let world = World::new().await;
    world.invited("invited", &VERIFIED).await;
    assert_eq!(world.forgot("invited").await, Err(wrong_state()));

    world.confirmed("disabled", &VERIFIED).await;
    world.disable("disabled").await;
    assert_eq!(world.forgot("disabled").await, Err(error("NotAuthorizedException", "User is disabled.")));

    world
        .service
        .ok(
            "SignUp",
            json!({
                "ClientId": world.client, "Username": "unconfirmed", "Password": PASSWORD,
                "UserAttributes": [{ "Name": "email", "Value": "test@test.com" }],
            }),
        )
        .await;
    assert_eq!(world.forgot("unconfirmed").await, Err(no_contact()));

    world.confirmed("bare", &[]).await;
    assert_eq!(world.forgot("bare").await, Err(no_contact()));

    assert_eq!(world.forgot("nobody").await, Err(unknown()));
    assert!(world.service.inbox().await.is_empty());

    // An administrator may vouch for the address of an unconfirmed user.
    world
        .service
        .ok(
            "AdminUpdateUserAttributes",
            json!({
                "UserPoolId": world.pool, "Username": "unconfirmed",
                "UserAttributes": [{ "Name": "email_verified", "Value": "true" }],
            }),
        )
        .await;
    let code = world.code("unconfirmed", "test@test.com").await;
    world.confirm("unconfirmed", &code, NEW_PASSWORD).await.unwrap();
    assert_eq!(world.status("unconfirmed").await, "CONFIRMED");
}

#[tokio::test]
async fn asking_changes_nothing_that_anybody_sees() {
    let world = World::new().await;
    world.alice().await;
    let request = json!({ "UserPoolId": world.pool, "Username": "alice" });
    let before = world.service.ok("AdminGetUser", request.clone()).await;
    world.service.clock.advance_seconds(60);
    world.forgot("alice").await.unwrap();
    assert_eq!(world.service.ok("AdminGetUser", request).await, before);
    assert!(world.sign_in("alice", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn refused_requests_do_not_make_the_wait_longer() {
    let world = World::new().await;
    world.alice().await;
    for _ in 0..5 {
        world.forgot("alice").await.unwrap();
    }
    for _ in 0..10 {
        world.service.clock.advance_seconds(300);
        assert_eq!(world.forgot("alice").await, Err(limit()));
    }
    world.service.clock.advance_seconds(600);
    assert!(world.forgot("alice").await.is_ok());
}

#[tokio::test]
async fn limits_can_be_switched_off() {
    let world = World::with(
        TestService::builder().settings(|settings| settings.limits.recovery_requests_per_hour = 0),
        json!({}),
        json!({}),
    )
    .await;
    world.alice().await;
    for _ in 0..20 {
        world.forgot("alice").await.unwrap();
    }
}

#[tokio::test]
async fn a_server_that_can_not_send_says_so_at_once() {
    let transports = cenote_delivery::Transports {
        email: cenote_delivery::EmailTransport::None,
        sms: cenote_delivery::SmsTransport::None,
    };
    let world = World::with(TestService::builder().transports(transports), json!({}), json!({})).await;
    world.alice().await;
    assert_eq!(world.forgot("alice").await.unwrap_err().0, "CodeDeliveryFailureException");
}

#[tokio::test]
async fn any_client_of_the_pool_may_redeem() {
    let world = World::new().await;
    world.alice().await;
    let code = world.code("alice", "test@test.com").await;
    let other = World {
        client: world.service.client(&world.pool, json!({})).await,
        pool: world.pool.clone(),
        service: world.service,
    };
    assert_eq!(other.confirm("alice", &code, NEW_PASSWORD).await, Ok(json!({})));
}

#[tokio::test]
async fn a_fixed_code_is_the_code() {
    let world = World::with(
        TestService::builder().settings(|settings| settings.fixed_code = Some("246810".into())),
        json!({}),
        json!({}),
    )
    .await;
    world.alice().await;
    assert_eq!(world.code("alice", "test@test.com").await, "246810");
    assert_eq!(world.confirm("alice", "246810", NEW_PASSWORD).await, Ok(json!({})));
}
