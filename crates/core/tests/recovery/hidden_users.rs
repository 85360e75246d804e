//! A client with PreventUserExistenceErrors: nothing tells real users from invented ones.

use cenote_core::settings::Ineligible;
use cenote_core::testing::TestService;
use serde_json::{Value, json};

use crate::world::*;

const VERIFIED: [(&str, &str); 2] = [("email", "test@test.com"), ("email_verified", "true")];

/// A hiding client over users in every state; only `alice` can have a code.
async fn populated() -> World {
    let world = World::hidden().await;
    world.alice().await;
    world.confirmed("disabled", &VERIFIED).await;
    world.disable("disabled").await;
    world.confirmed("bare", &[]).await;
    world.confirmed("unverified", &[("email", "test@test.com")]).await;
    world.invited("invited", &VERIFIED).await;
    world
        .service
        .ok("SignUp", json!({ "ClientId": world.client, "Username": "unconfirmed", "Password": PASSWORD }))
        .await;
    world
}

const REFUSED: [&str; 6] = ["disabled", "bare", "unverified", "invited", "unconfirmed", "nobody"];

#[tokio::test]
async fn every_request_is_answered_with_delivery_details() {
    let world = populated().await;
    for name in REFUSED {
        let answer = world.forgot(name).await.unwrap();
        let details = answer["CodeDeliveryDetails"].as_object().unwrap();
        assert_eq!(details["DeliveryMedium"], "EMAIL", "{name}");
        assert_eq!(details["AttributeName"], "email", "{name}");
        let destination = details["Destination"].as_str().unwrap().as_bytes();
        assert_eq!(destination.len(), "u***@y***".len(), "{name}");
        assert!(destination[0].is_ascii_lowercase() && destination[5].is_ascii_lowercase());
        assert_eq!(world.forgot(name).await.unwrap(), answer, "{name}");
    }
    assert!(world.service.inbox().await.is_empty());
    world.forgot("alice").await.unwrap();
    assert_eq!(world.service.inbox().await.len(), 1);
}

#[tokio::test]
async fn every_redemption_is_answered_alike() {
    let world = populated().await;
    for name in REFUSED {
        assert_eq!(world.confirm(name, "123456", NEW_PASSWORD).await, Err(expired()), "{name}");
        world.forgot(name).await.unwrap();
        assert_eq!(world.confirm(name, "123456", NEW_PASSWORD).await, Err(mismatch()), "{name}");
        let weak = world.confirm(name, "123456", "weakling").await.unwrap_err();
        assert_eq!(weak.0, "InvalidPasswordException", "{name}");
        for _ in 0..3 {
            assert_eq!(world.confirm(name, "123456", NEW_PASSWORD).await, Err(mismatch()), "{name}");
        }
        assert_eq!(world.confirm(name, "123456", NEW_PASSWORD).await, Err(limit()), "{name}");
        for _ in 0..4 {
            world.forgot(name).await.unwrap();
        }
        assert_eq!(world.forgot(name).await, Err(limit()), "{name}");
    }
    world.service.clock.advance_seconds(3600);
    for name in REFUSED {
        assert_eq!(world.confirm(name, "123456", NEW_PASSWORD).await, Err(expired()), "{name}");
    }
}

#[tokio::test]
async fn a_real_code_works_and_not_for_a_disabled_user() {
    let world = populated().await;
    let code = world.code("alice", "test@test.com").await;
    world.disable("alice").await;
    assert_eq!(world.confirm("alice", &code, NEW_PASSWORD).await, Err(mismatch()));
    world.service.ok("AdminEnableUser", json!({ "UserPoolId": world.pool, "Username": "alice" })).await;
    assert_eq!(world.confirm("alice", &code, NEW_PASSWORD).await, Ok(json!({})));
}

#[tokio::test]
async fn names_in_the_form_of_an_address_get_their_own_mask() {
    let world = World::hidden().await;
    assert_eq!(world.asked("who@ever.org").await, ("EMAIL".into(), "email".into(), "w***@e***".into()));
    assert_eq!(
        world.asked("+12065550000").await,
        ("SMS".into(), "phone_number".into(), "+*******0000".into())
    );
}

#[tokio::test]
async fn the_medium_follows_the_pool() {
    for (pool, medium) in [
        (json!({ "AutoVerifiedAttributes": ["phone_number"] }), "SMS"),
        (json!({ "AutoVerifiedAttributes": ["email"] }), "EMAIL"),
        (json!({ "AutoVerifiedAttributes": ["email", "phone_number"] }), "EMAIL"),
        (
            json!({ "AccountRecoverySetting": { "RecoveryMechanisms": [
                { "Name": "verified_phone_number", "Priority": 1 } ] } }),
            "SMS",
        ),
    ] {
        let members = json!({ "PreventUserExistenceErrors": "ENABLED" });
        let world = World::with(TestService::builder(), pool.clone(), members).await;
        let (seen, _, destination) = world.asked("nobody").await;
        assert_eq!(seen, medium, "{pool}");
        assert_eq!(destination.len(), if medium == "SMS" { 12 } else { 9 }, "{destination}");
    }
}

#[tokio::test]
async fn invented_destinations_differ_between_names_and_pools() {
    let world = World::hidden().await;
    let mut seen = std::collections::BTreeSet::new();
    for number in 0..20 {
        seen.insert(world.asked(&format!("nobody{number}")).await.2);
    }
    assert!(seen.len() > 10, "{seen:?}");
    let again = World {
        service: TestService::builder().start_beside(&world.service),
        pool: world.pool.clone(),
        client: world.client.clone(),
    };
    assert_eq!(again.asked("nobody0").await, world.asked("nobody0").await);
    // Another client of the pool sees the same.
    let other = World {
        client: world.service.client(&world.pool, json!({ "PreventUserExistenceErrors": "ENABLED" })).await,
        pool: world.pool.clone(),
        service: world.service,
    };
    assert_eq!(other.asked("nobody0").await, again.asked("nobody0").await);
}

#[tokio::test]
async fn ineligible_users_can_be_told_if_the_operator_wants_it() {
    let members = json!({ "PreventUserExistenceErrors": "ENABLED" });
    let world = World::with(
        TestService::builder().settings(|settings| settings.ineligible = Ineligible::Error),
        json!({}),
        members,
    )
    .await;
    world.confirmed("bare", &[]).await;
    assert_eq!(world.forgot("bare").await, Err(no_contact()));
    let mut refused = 0;
    for number in 0..40 {
        let name = format!("nobody{number}");
        let answer = world.forgot(&name).await;
        refused += i32::from(answer == Err(no_contact()));
        assert_eq!(world.forgot(&name).await, answer, "{name}");
    }
    assert!((1..30).contains(&refused), "{refused}");
}

#[tokio::test]
async fn sign_in_tells_nothing_either() {
    let world = populated().await;
    for name in ["alice", "nobody"] {
        for _ in 0..5 {
            assert_eq!(world.sign_in(name, "Wrong-1pass").await, Err(incorrect()), "{name}");
        }
        let locked: Result<Value, _> = Err(error("NotAuthorizedException", "Password attempts exceeded"));
        assert_eq!(world.sign_in(name, "Wrong-1pass").await, locked, "{name}");
        world.service.clock.advance_seconds(1);
        assert_eq!(world.sign_in(name, "Wrong-1pass").await, Err(incorrect()), "{name}");
        assert_eq!(world.sign_in(name, "Wrong-1pass").await, locked, "{name}");
    }
}

#[tokio::test]
async fn letter_case_tells_nothing() {
    let world = World::with(
        TestService::builder(),
        json!({ "UsernameConfiguration": { "CaseSensitive": false }, "UsernameAttributes": ["email"] }),
        json!({ "PreventUserExistenceErrors": "ENABLED" }),
    )
    .await;
    let user = world
        .service
        .ok(
            "AdminCreateUser",
            json!({
                "UserPoolId": world.pool, "Username": "Real@Test.com", "MessageAction": "SUPPRESS",
                "UserAttributes": [{ "Name": "email_verified", "Value": "true" }],
            }),
        )
        .await;
    world
        .service
        .ok(
            "AdminSetUserPassword",
            json!({
                "UserPoolId": world.pool, "Username": user["User"]["Username"], "Password": PASSWORD, "Permanent": true,
            }),
        )
        .await;
    for name in ["REAL@TEST.COM", "real@test.com", "RFAKE@TFAKE.COM", "rfake@tfake.com"] {
        assert_eq!(world.asked(name).await.2, "r***@t***", "{name}");
    }
    assert_eq!(world.service.inbox().await.len(), 2);
}

#[tokio::test]
async fn a_server_that_can_not_send_says_so_for_everybody() {
    let transports = cenote_delivery::Transports {
        email: cenote_delivery::EmailTransport::None,
        sms: cenote_delivery::SmsTransport::None,
    };
    let members = json!({ "PreventUserExistenceErrors": "ENABLED" });
    let world = World::with(TestService::builder().transports(transports), json!({}), members).await;
    world.alice().await;
    world.confirmed("bare", &[]).await;
    let real = world.forgot("alice").await.unwrap_err();
    assert_eq!(real.0, "CodeDeliveryFailureException");
    for name in ["bare", "nobody"] {
        assert_eq!(world.forgot(name).await, Err(real.clone()), "{name}");
    }
}

#[tokio::test]
async fn who_pretends_to_lack_a_contact_lacks_a_code_too() {
    let members = json!({ "PreventUserExistenceErrors": "ENABLED" });
    let world = World::with(
        TestService::builder().settings(|settings| settings.ineligible = Ineligible::Error),
        json!({}),
        members,
    )
    .await;
    world.confirmed("bare", &[]).await;
    let names = std::iter::once("bare".to_owned()).chain((0..20).map(|number| format!("nobody{number}")));
    for name in names {
        let expected = if world.forgot(&name).await == Err(no_contact()) { expired() } else { mismatch() };
        assert_eq!(world.confirm(&name, "123456", NEW_PASSWORD).await, Err(expected), "{name}");
    }
}
