//! NEW_PASSWORD_REQUIRED and the session between its two requests.

use cenote_core::testing::TestService;
use serde_json::{Value, json};

use crate::world::*;

async fn challenged(world: &World, username: &str) -> Value {
    world.sign_in(username, TEMPORARY).await.unwrap()
}

#[tokio::test]
async fn the_challenge_says_what_it_wants() {
    let schema = json!({ "Schema": [{ "Name": "given_name", "Required": true }, { "Name": "email", "Required": true }] });
    let world = World::with(TestService::builder(), schema, json!({})).await;
    world.invited("alice").await;
    let challenge = challenged(&world, "alice").await;
    assert_eq!(challenge["ChallengeName"], "NEW_PASSWORD_REQUIRED");
    assert_eq!(
        challenge["ChallengeParameters"],
        json!({
            "USER_ID_FOR_SRP": "alice",
            "requiredAttributes": "[\"userAttributes.given_name\"]",
            "userAttributes": "{\"email\":\"alice@test.com\",\"email_verified\":\"true\"}",
        })
    );
    let session = challenge["Session"].as_str().unwrap();
    assert!((20..2048).contains(&session.len()));
    assert!(challenge.get("AuthenticationResult").is_none());

    let answer = json!({ "USERNAME": "alice", "NEW_PASSWORD": PASSWORD });
    assert_eq!(
        world.respond(&challenge["Session"], answer).await,
        Err(invalid_parameter("Invalid attributes given, given_name is missing"))
    );
    let answer = json!({
        "USERNAME": "alice", "NEW_PASSWORD": PASSWORD, "userAttributes.given_name": "Alice",
        "userAttributes.email": "alice@test.com",
    });
    assert_eq!(
        world.respond(&challenge["Session"], answer).await,
        Err(not_authorized("Cannot modify an already provided email"))
    );
    let answer =
        json!({ "USERNAME": "alice", "NEW_PASSWORD": PASSWORD, "userAttributes.given_name": "Alice" });
    let tokens = Tokens::of(&world.respond(&challenge["Session"], answer).await.unwrap());
    assert_eq!(claims(&tokens.id)["given_name"], "Alice");
    let user =
        world.service.ok("AdminGetUser", json!({ "UserPoolId": world.pool, "Username": "alice" })).await;
    assert_eq!(user["UserStatus"], "CONFIRMED");
    assert!(world.sign_in("alice", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn a_failed_answer_keeps_the_session_and_a_success_uses_it_up() {
    let world = World::new().await;
    world.invited("alice").await;
    let challenge = challenged(&world, "alice").await;
    let weak = json!({ "USERNAME": "alice", "NEW_PASSWORD": "weakling" });
    assert_eq!(
        world.respond(&challenge["Session"], weak).await,
        Err((
            "InvalidPasswordException".into(),
            "Password does not conform to policy: Password must have uppercase characters".into()
        ))
    );
    let good = json!({ "USERNAME": "alice", "NEW_PASSWORD": PASSWORD });
    assert!(world.respond(&challenge["Session"], good.clone()).await.is_ok());
    assert_eq!(
        world.respond(&challenge["Session"], good).await,
        Err(not_authorized("Invalid session for the user, session can only be used once."))
    );
}

#[tokio::test]
async fn the_temporary_password_may_stay() {
    let world = World::with(
        TestService::builder(),
        json!({ "Policies": { "PasswordPolicy": { "MinimumLength": 8, "PasswordHistorySize": 3 } } }),
        json!({}),
    )
    .await;
    world.invited("alice").await;
    let challenge = challenged(&world, "alice").await;
    let answer = json!({ "USERNAME": "alice", "NEW_PASSWORD": TEMPORARY });
    assert!(world.respond(&challenge["Session"], answer).await.is_ok());
}

#[tokio::test]
async fn sessions_age() {
    for (minutes, members) in [(3, json!({})), (15, json!({ "AuthSessionValidity": 15 }))] {
        let world = World::with(TestService::builder(), json!({}), members).await;
        world.invited("alice").await;
        let challenge = challenged(&world, "alice").await;
        world.service.clock.advance_seconds(minutes * 60);
        assert_eq!(
            world
                .respond(&challenge["Session"], json!({ "USERNAME": "alice", "NEW_PASSWORD": PASSWORD }))
                .await,
            Err(not_authorized("Invalid session for the user, session is expired."))
        );
    }
}

#[tokio::test]
async fn sessions_are_bound_to_client_user_and_challenge() {
    let world = World::new().await;
    world.invited("alice").await;
    world.invited("bob").await;
    let challenge = challenged(&world, "alice").await;
    let good = json!({ "USERNAME": "alice", "NEW_PASSWORD": PASSWORD });
    let invalid = not_authorized("Invalid session for the user.");

    let other_user = json!({ "USERNAME": "bob", "NEW_PASSWORD": PASSWORD });
    assert_eq!(world.respond(&challenge["Session"], other_user).await, Err(invalid.clone()));

    let other_client = world.service.client(&world.pool, json!({})).await;
    let request = json!({
        "ClientId": other_client, "ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": challenge["Session"],
        "ChallengeResponses": good,
    });
    assert_eq!(world.service.fails("RespondToAuthChallenge", request).await, invalid);

    let mut forged = challenge["Session"].as_str().unwrap().to_owned();
    let last = forged.pop().unwrap();
    forged.push(if last == 'A' { 'B' } else { 'A' });
    assert_eq!(world.respond(&json!(forged), good.clone()).await, Err(invalid.clone()));
    assert_eq!(world.respond(&json!("x".repeat(40)), good.clone()).await, Err(invalid));
    let request = json!({
        "ClientId": world.client, "ChallengeName": "NEW_PASSWORD_REQUIRED", "ChallengeResponses": good,
    });
    assert_eq!(
        world.service.fails("RespondToAuthChallenge", request).await,
        invalid_parameter("Missing required parameter Session")
    );
}

#[tokio::test]
async fn a_sign_out_and_a_new_password_end_the_session() {
    for operation in ["AdminUserGlobalSignOut", "AdminSetUserPassword", "AdminDisableUser"] {
        let world = World::new().await;
        world.invited("alice").await;
        let challenge = challenged(&world, "alice").await;
        world.service.clock.advance_seconds(1);
        let mut request = json!({ "UserPoolId": world.pool, "Username": "alice" });
        if operation == "AdminSetUserPassword" {
            request["Password"] = json!("An0ther-temp");
        }
        world.service.ok(operation, request).await;
        let answer = json!({ "USERNAME": "alice", "NEW_PASSWORD": PASSWORD });
        let refused = world.respond(&challenge["Session"], answer).await.unwrap_err();
        assert_eq!(refused.0, "NotAuthorizedException", "{operation}");
    }
}

#[tokio::test]
async fn temporary_passwords_expire() {
    let world = World::new().await;
    world.invited("alice").await;
    world.service.clock.advance_seconds(7 * 86_400 - 1);
    assert!(world.sign_in("alice", TEMPORARY).await.is_ok());
    world.service.clock.advance_seconds(1);
    assert_eq!(
        world.sign_in("alice", TEMPORARY).await,
        Err(not_authorized("Temporary password has expired and must be reset by an administrator."))
    );
    assert_eq!(world.sign_in("alice", "Wrong-1pass").await, Err(incorrect()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_answer_of_many_wins() {
    let world = std::sync::Arc::new(World::new().await);
    world.invited("alice").await;
    let challenge = challenged(&world, "alice").await;
    let answers: Vec<_> = (0..8)
        .map(|number| {
            let (world, session) = (std::sync::Arc::clone(&world), challenge["Session"].clone());
            tokio::spawn(async move {
                let answer = json!({ "USERNAME": "alice", "NEW_PASSWORD": format!("Passw0rd!{number}") });
                world.respond(&session, answer).await.is_ok()
            })
        })
        .collect();
    let mut accepted = 0;
    for answer in answers {
        accepted += usize::from(answer.await.unwrap());
    }
    assert_eq!(accepted, 1);
}

#[tokio::test]
async fn what_was_fixed_at_creation_stays() {
    let schema = json!({ "Schema": [
        { "Name": "tenant", "AttributeDataType": "String" },
        { "Name": "plan", "AttributeDataType": "String" },
    ] });
    let members = json!({ "WriteAttributes": ["custom:tenant", "custom:plan"] });
    let world = World::with(TestService::builder(), schema, members).await;
    let created = json!({
        "UserPoolId": world.pool, "Username": "mallory", "MessageAction": "SUPPRESS", "TemporaryPassword": TEMPORARY,
        "UserAttributes": [{ "Name": "custom:tenant", "Value": "small" }],
    });
    world.service.ok("AdminCreateUser", created).await;
    let challenge = challenged(&world, "mallory").await;
    let answer =
        json!({ "USERNAME": "mallory", "NEW_PASSWORD": PASSWORD, "userAttributes.custom:tenant": "large" });
    assert_eq!(
        world.respond(&challenge["Session"], answer).await,
        Err(invalid_parameter("user.custom:tenant: Attribute cannot be updated.\n"))
    );
    // One that has no value yet can be given its first.
    let answer =
        json!({ "USERNAME": "mallory", "NEW_PASSWORD": PASSWORD, "userAttributes.custom:plan": "gold" });
    assert!(world.respond(&challenge["Session"], answer).await.is_ok());
}

#[tokio::test]
async fn custom_attributes_need_a_client_that_may_write_them() {
    let schema = json!({ "Schema": [{ "Name": "role", "AttributeDataType": "String", "Mutable": true }] });
    let world = World::with(TestService::builder(), schema, json!({})).await;
    world.invited("mallory").await;
    let challenge = challenged(&world, "mallory").await;
    let answer =
        json!({ "USERNAME": "mallory", "NEW_PASSWORD": PASSWORD, "userAttributes.custom:role": "admin" });
    let refused = not_authorized("A client attempted to write unauthorized attribute");
    assert_eq!(world.respond(&challenge["Session"], answer).await, Err(refused.clone()));
    let request = json!({
        "ClientId": world.client, "Username": "eve", "Password": PASSWORD,
        "UserAttributes": [{ "Name": "custom:role", "Value": "admin" }],
    });
    assert_eq!(world.service.fails("SignUp", request).await, refused);
}

#[tokio::test]
async fn an_old_code_does_not_verify_a_new_address() {
    let world =
        World::with(TestService::builder(), json!({ "AutoVerifiedAttributes": ["email"] }), json!({})).await;
    world.invited("mallory").await;
    let own = json!({
        "UserPoolId": world.pool, "Username": "mallory",
        "UserAttributes": [{ "Name": "email", "Value": "mallory@evil.com" }],
    });
    world.service.ok("AdminUpdateUserAttributes", own).await;
    let code = world.service.code_sent_to("mallory@evil.com").await;
    let challenge = challenged(&world, "mallory").await;
    let answer =
        json!({ "USERNAME": "mallory", "NEW_PASSWORD": PASSWORD, "userAttributes.email": "ceo@victim.com" });
    let tokens = Tokens::of(&world.respond(&challenge["Session"], answer).await.unwrap());
    assert_eq!(claims(&tokens.id)["email_verified"], json!(false));
    let verify = json!({ "AccessToken": tokens.access, "AttributeName": "email", "Code": code });
    assert_eq!(world.service.fails("VerifyUserAttribute", verify).await.0, "ExpiredCodeException");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn others_who_guess_do_not_disturb_the_answer() {
    let world = std::sync::Arc::new(World::new().await);
    for round in 0..5 {
        let username = format!("alice{round}");
        world.invited(&username).await;
        let challenge = challenged(&world, &username).await;
        let guess = {
            let (world, username) = (std::sync::Arc::clone(&world), username.clone());
            tokio::spawn(async move { world.sign_in(&username, "Wrong-1pass").await })
        };
        let answer = json!({ "USERNAME": username, "NEW_PASSWORD": PASSWORD });
        world.respond(&challenge["Session"], answer).await.unwrap();
        guess.await.unwrap().unwrap_err();
    }
}

/// What says that a session was used stays until it has expired by every clock: those of several instances differ, and one may be
/// put back.
#[tokio::test]
async fn a_used_session_stays_used_by_a_clock_that_is_behind() {
    let world = World::new().await;
    world.invited("alice").await;
    let challenge = challenged(&world, "alice").await;
    let answer = json!({ "USERNAME": "alice", "NEW_PASSWORD": PASSWORD });
    world.respond(&challenge["Session"], answer.clone()).await.unwrap();
    let service = &world.service;
    let used = not_authorized("Invalid session for the user, session can only be used once.");
    for behind in [1, 60, 239] {
        service.clock.advance_seconds(180 + behind);
        while service.service.sweep(100).await.unwrap() > 0 {}
        service.clock.advance_seconds(-180 - behind);
        assert_eq!(world.respond(&challenge["Session"], answer.clone()).await, Err(used.clone()), "{behind}");
    }
    // And no longer.
    service.clock.advance_seconds(180 + 300);
    assert_eq!(service.service.sweep(100).await.unwrap(), 1);
}

/// There is nothing that a new contact could wait beside: one that must be there is there at once, if not verified.
#[tokio::test]
async fn a_required_contact_does_not_wait_for_its_verification() {
    let members = json!({
        "Schema": [{ "Name": "phone_number", "Required": true, "Mutable": true }],
        "AutoVerifiedAttributes": ["phone_number", "email"],
        "UserAttributeUpdateSettings": {
            "AttributesRequireVerificationBeforeUpdate": ["phone_number", "email"],
        },
        "SmsConfiguration": { "SnsCallerArn": "arn:aws:iam::123456789012:role/sns" },
    });
    let world = World::with(TestService::builder(), members, json!({})).await;
    world.invited("alice").await;
    let challenge = challenged(&world, "alice").await;
    let answer = json!({
        "USERNAME": "alice", "NEW_PASSWORD": PASSWORD, "userAttributes.phone_number": "+12065551234",
        "userAttributes.email": "mallory@test.com",
    });
    let tokens = Tokens::of(&world.respond(&challenge["Session"], answer).await.unwrap());
    let claims = claims(&tokens.id);
    assert_eq!(claims["phone_number"], "+12065551234");
    assert_eq!(claims["phone_number_verified"], false);
    // What was there already waits as ever.
    assert_eq!((&claims["email"], &claims["email_verified"]), (&json!("alice@test.com"), &json!(true)));
    let request = json!({ "AccessToken": tokens.access, "AttributeName": "phone_number" });
    world.service.ok("GetUserAttributeVerificationCode", request).await;
    let code = world.service.code_sent_to("+12065551234").await;
    let request = json!({ "AccessToken": tokens.access, "AttributeName": "phone_number", "Code": code });
    world.service.ok("VerifyUserAttribute", request).await;
}
