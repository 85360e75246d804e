//! SignUp: what it answers, stores and sends, and the order of its checks.

use cenote_core::testing::{START_MS, TestService, text};
use cenote_crypto::secret::SecretString;
use cenote_crypto::secret_hash;
use cenote_delivery::{EmailTransport, SmsTransport, Transports};
use serde_json::{Value, json};

use crate::world::*;

#[tokio::test]
async fn a_new_user_is_unconfirmed_and_gets_a_code() {
    let world = World::new().await;
    let answer = world.sign_up("rosa", &[("email", "rosa@example.org"), ("name", "Rosa")]).await.unwrap();
    let sub = text(&answer["UserSub"]);
    assert_eq!(
        answer,
        json!({
            "CodeDeliveryDetails": {
                "AttributeName": "email", "DeliveryMedium": "EMAIL", "Destination": "r***@e***",
            },
            "UserConfirmed": false,
            "UserSub": sub,
        })
    );
    let seconds = START_MS / 1000;
    let user = world.user("rosa").await;
    assert_eq!(user["UserCreateDate"].as_f64().unwrap() as i64, seconds);
    let (created, modified) = (user["UserCreateDate"].clone(), user["UserLastModifiedDate"].clone());
    assert_eq!(created, modified);
    assert_eq!(
        user,
        json!({
            "Enabled": true,
            "UserAttributes": attributes(&[
                ("email", "rosa@example.org"), ("email_verified", "false"), ("name", "Rosa"), ("sub", &sub),
            ]),
            "UserCreateDate": created,
            "UserLastModifiedDate": modified,
            "UserStatus": "UNCONFIRMED",
            "Username": "rosa",
        })
    );
    let inbox = world.service.inbox().await;
    assert_eq!(inbox.len(), 1);
    let code = inbox[0].code.clone().unwrap();
    assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()));
    assert!(inbox[0].body.contains(&code));
    assert_eq!((inbox[0].purpose.as_str(), inbox[0].to.as_str()), ("SignUp", "rosa@example.org"));
    assert_eq!((inbox[0].username.as_str(), inbox[0].pool_id.as_str()), ("rosa", world.pool.as_str()));
    assert_eq!(
        world.sign_in("rosa", PASSWORD).await,
        Err(error("UserNotConfirmedException", "User is not confirmed."))
    );
}

#[tokio::test]
async fn nothing_to_verify_means_no_message() {
    let world = World::new().await;
    let answer = world.sign_up("rosa", &[("phone_number", "+12065551234")]).await.unwrap();
    assert_eq!(answer, json!({ "UserConfirmed": false, "UserSub": answer["UserSub"] }));
    let silent = World::of(json!({})).await;
    let answer = silent.sign_up("rosa", &[("email", "rosa@example.org")]).await.unwrap();
    assert_eq!(answer, json!({ "UserConfirmed": false, "UserSub": answer["UserSub"] }));
    assert!(world.service.inbox().await.is_empty() && silent.service.inbox().await.is_empty());
}

#[tokio::test]
async fn the_phone_wins_over_the_address() {
    let world = World::of(json!({ "AutoVerifiedAttributes": ["email", "phone_number"] })).await;
    let answer = world
        .sign_up("rosa", &[("email", "rosa@example.org"), ("phone_number", "+12065551234")])
        .await
        .unwrap();
    assert_eq!(
        answer["CodeDeliveryDetails"],
        json!({ "AttributeName": "phone_number", "DeliveryMedium": "SMS", "Destination": "+*******1234" })
    );
    let inbox = world.service.inbox().await;
    assert_eq!(inbox.iter().map(|message| message.to.as_str()).collect::<Vec<_>>(), ["+12065551234"]);
}

#[tokio::test]
async fn checks_come_in_their_order() {
    let world = World::with(
        TestService::builder(),
        json!({
            "AliasAttributes": ["email"], "AdminCreateUserConfig": { "AllowAdminCreateUserOnly": true },
            "Schema": [{ "Name": "name", "Required": true }],
        }),
        json!({ "GenerateSecret": true }),
    )
    .await;
    let description = json!({ "UserPoolId": world.pool, "ClientId": world.client });
    let described = world.service.ok("DescribeUserPoolClient", description).await;
    let secret = SecretString::new(text(&described["UserPoolClient"]["ClientSecret"]));
    let hash = |name: &str| secret_hash::compute(name, &world.client, &secret);
    let client = &world.client;

    let mut request = json!({ "ClientId": "nobody", "Username": "rosa@example.org", "Password": "short1" });
    request["UserAttributes"] =
        attributes(&[("email_verified", "true"), ("nickname", "R"), ("nose", "long")]);
    let fails = async |request: &Value| world.service.fails("SignUp", request.clone()).await;
    assert_eq!(
        fails(&request).await,
        error("ResourceNotFoundException", "User pool client nobody does not exist.")
    );
    request["ClientId"] = json!(client);
    assert_eq!(
        fails(&request).await,
        unauthorized(&format!("Client {client} is configured with secret but SECRET_HASH was not received"))
    );
    request["SecretHash"] = json!(hash("rosa"));
    assert_eq!(
        fails(&request).await,
        unauthorized(&format!("Unable to verify secret hash for client {client}"))
    );
    request["SecretHash"] = json!(hash("rosa@example.org"));
    assert_eq!(fails(&request).await, unauthorized("SignUp is not permitted for this user pool"));
    world
        .service
        .ok("UpdateUserPool", json!({ "UserPoolId": world.pool, "AdminCreateUserConfig": {} }))
        .await;
    assert_eq!(
        fails(&request).await,
        invalid("Username cannot be of email format, since user pool is configured for email alias.")
    );
    request["Username"] = json!("rosa");
    request["SecretHash"] = json!(hash("rosa"));
    assert_eq!(
        fails(&request).await,
        error("InvalidPasswordException", "Password did not conform with policy: Password not long enough")
    );
    request["Password"] = json!(PASSWORD);
    assert_eq!(fails(&request).await, unauthorized("A client attempted to write unauthorized attribute"));
    request["UserAttributes"] = attributes(&[("nickname", "R"), ("nose", "long"), ("ear", "left")]);
    assert_eq!(
        fails(&request).await,
        invalid(
            "Attributes did not conform to the schema: nose: Attribute does not exist in the schema.\n\
             ear: Attribute does not exist in the schema.\n"
        )
    );
    request["UserAttributes"] = attributes(&[("nickname", "R")]);
    assert_eq!(
        fails(&request).await,
        invalid("Attributes did not conform to the schema: name: The attribute is required\n")
    );
    request["UserAttributes"] = attributes(&[("name", "Rosa")]);
    world.service.ok("SignUp", request.clone()).await;
    assert_eq!(fails(&request).await, error("UsernameExistsException", "User already exists"));
}

#[tokio::test]
async fn a_public_client_takes_no_secret_hash() {
    let world = World::new().await;
    let request = world.public("rosa", json!({ "Password": PASSWORD, "SecretHash": "eA==" }));
    assert_eq!(
        world.service.fails("SignUp", request).await,
        invalid(&format!(
            "App client {} is not configured for secret but secret hash was received",
            world.client
        ))
    );
}

#[tokio::test]
async fn values_have_their_forms() {
    let world = World::new().await;
    for (name, value, text) in [
        ("email", "rosa", "Invalid email address format."),
        ("phone_number", "12065551234", "Invalid phone number format."),
    ] {
        assert_eq!(world.sign_up("rosa", &[(name, value)]).await, Err(invalid(text)));
    }
    assert!(world.does_not_exist("rosa").await);
    world.unconfirmed("rosa", &[("birthdate", "1990-12-31"), ("updated_at", "17"), ("name", "")]).await;
    assert_eq!(world.attribute("rosa", "name").await, None);
}

#[tokio::test]
async fn a_password_may_be_missing_only_where_codes_replace_it() {
    let world = World::new().await;
    assert_eq!(
        world.service.fails("SignUp", world.public("rosa", json!({}))).await,
        invalid(
            "1 validation error detected: Value at 'password' failed to satisfy constraint: Member must not be null"
        )
    );
    let blank = world.service.fails("SignUp", world.public("rosa", json!({ "Password": "" }))).await;
    assert_eq!(
        blank,
        invalid(
            r"2 validation errors detected: Value at 'password' failed to satisfy constraint: Member must have length greater than or equal to 6; Value at 'password' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[\S]+.*[\S]+$"
        )
    );
    let email = [("email", "rosa@example.org")];
    let phone = [("phone_number", "+12065551234")];
    // What the pool verifies, what the client lets users begin with, what the user has.
    for (verified, flow, given, accepted) in [
        ("email", "ALLOW_USER_AUTH", &email[..], true),
        ("email", "ALLOW_USER_AUTH", &phone[..], false),
        ("email", "ALLOW_USER_AUTH", &[][..], false),
        ("phone_number", "ALLOW_USER_AUTH", &email[..], false),
        ("email", "ALLOW_USER_PASSWORD_AUTH", &email[..], false),
    ] {
        let pool = json!({
            "AutoVerifiedAttributes": [verified],
            "Policies": { "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"] } },
        });
        let world = World::with(TestService::builder(), pool, json!({ "ExplicitAuthFlows": [flow] })).await;
        for password in [Value::Null, json!("")] {
            let name = format!("rosa{}", password.is_null());
            let members = json!({ "UserAttributes": attributes(given), "Password": password });
            let answer = world.service.call("SignUp", world.public(&name, members)).await;
            assert_eq!(answer.is_ok(), accepted, "{verified} {flow} {given:?}: {answer:?}");
            if accepted {
                assert_eq!(world.status(&name).await, "UNCONFIRMED");
            } else {
                assert!(world.does_not_exist(&name).await);
            }
        }
    }
}

#[tokio::test]
async fn names_of_contacts_become_attributes() {
    for (attributes, good, bad, text) in [
        (json!(["email"]), "rosa@example.org", "rosa", "Username should be an email."),
        (json!(["phone_number"]), "+12065551234", "rosa@example.org", "Username should be a phone number."),
        (
            json!(["email", "phone_number"]),
            "+12065551234",
            "rosa",
            "Username should be either an email or a phone number.",
        ),
    ] {
        let world =
            World::of(json!({ "UsernameAttributes": attributes, "AutoVerifiedAttributes": ["email"] })).await;
        assert_eq!(world.sign_up(bad, &[]).await, Err(invalid(text)));
        let sub = world.unconfirmed(good, &[]).await;
        let user = world.user(good).await;
        assert_eq!(text_of(&user["Username"]), sub);
        let attribute = if good.starts_with('+') { "phone_number" } else { "email" };
        assert_eq!(world.attribute(&sub, attribute).await.as_deref(), Some(good));
        assert_eq!(
            world.sign_up(good, &[]).await,
            Err(error(
                "UsernameExistsException",
                &format!("An account with the given {attribute} already exists.")
            ))
        );
    }
}

fn text_of(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[tokio::test]
async fn a_second_contact_may_not_be_taken_either() {
    let world = World::of(json!({ "UsernameAttributes": ["email", "phone_number"] })).await;
    world.unconfirmed("rosa@example.org", &[("phone_number", "+12065551234")]).await;
    assert_eq!(
        world.sign_up("luna@example.org", &[("phone_number", "+12065551234")]).await,
        Err(error("UsernameExistsException", "An account with the given phone_number already exists."))
    );
    assert_eq!(
        world.sign_up("luna@example.org", &[("email", "other@example.org")]).await,
        Err(invalid("The attribute email must be the same as the username."))
    );
    world.unconfirmed("luna@example.org", &[("email", "luna@example.org")]).await;
}

#[tokio::test]
async fn case_counts_unless_the_pool_ignores_it() {
    let strict = World::new().await;
    strict.unconfirmed("rosa", &[]).await;
    strict.unconfirmed("Rosa", &[]).await;
    let loose = World::of(json!({ "UsernameConfiguration": { "CaseSensitive": false } })).await;
    loose.unconfirmed("Rosa", &[]).await;
    assert_eq!(
        loose.sign_up("rOSA", &[]).await,
        Err(error("UsernameExistsException", "User already exists"))
    );
    assert_eq!(loose.user("ROSA").await["Username"], "Rosa");
    let mails = World::of(json!({
        "UsernameAttributes": ["email"], "UsernameConfiguration": { "CaseSensitive": false },
    }))
    .await;
    mails.unconfirmed("Rosa@Example.org", &[]).await;
    assert_eq!(
        mails.sign_up("rosa@example.ORG", &[]).await,
        Err(error("UsernameExistsException", "An account with the given email already exists."))
    );
    assert_eq!(mails.attribute("rosa@example.org", "email").await.as_deref(), Some("Rosa@Example.org"));
}

#[tokio::test]
async fn write_attributes_bind_the_client() {
    let world = World::with(
        TestService::builder(),
        json!({ "Schema": [
            { "Name": "tier", "AttributeDataType": "String", "Mutable": true },
            { "Name": "rank", "AttributeDataType": "Number", "DeveloperOnlyAttribute": true, "Mutable": true },
        ] }),
        json!({ "WriteAttributes": ["email"] }),
    )
    .await;
    let refused = Err(unauthorized("A client attempted to write unauthorized attribute"));
    for name in ["name", "custom:tier", "dev:custom:rank", "nose", "email_verified", "sub", "identities"] {
        assert_eq!(world.sign_up("rosa", &[(name, "1")]).await, refused, "{name}");
    }
    world.unconfirmed("rosa", &[("email", "rosa@example.org")]).await;
}

#[tokio::test]
async fn a_message_that_cannot_be_sent_leaves_the_user() {
    let world = World::new().await;
    let address = format!("{}@example.org", "r".repeat(300));
    assert_eq!(
        world.sign_up("rosa", &[("email", &address)]).await,
        Err(error("CodeDeliveryFailureException", "Invalid email address format."))
    );
    assert_eq!(world.status("rosa").await, "UNCONFIRMED");
    assert!(world.service.inbox().await.is_empty());
}

#[tokio::test]
async fn a_server_without_a_sender_says_so() {
    let world = World::with(
        TestService::builder()
            .transports(Transports { email: EmailTransport::None, sms: SmsTransport::None }),
        json!({ "AutoVerifiedAttributes": ["email"] }),
        json!({}),
    )
    .await;
    let (code, _) = world.sign_up("rosa", &[("email", "rosa@example.org")]).await.unwrap_err();
    assert_eq!(code, "CodeDeliveryFailureException");
    assert_eq!(world.status("rosa").await, "UNCONFIRMED");
    // Who needs no message needs no sender.
    world.unconfirmed("luna", &[]).await;
}

#[tokio::test]
async fn nobody_is_called_like_the_sub_of_another() {
    let world = World::new().await;
    let request = json!({ "ClientId": world.client, "Username": "alice", "Password": "Passw0rd!" });
    let sub = world.service.ok("SignUp", request).await["UserSub"].clone();
    let request = json!({ "ClientId": world.client, "Username": sub, "Password": "Passw0rd!" });
    assert_eq!(
        world.service.fails("SignUp", request).await,
        ("UsernameExistsException".into(), "User already exists".into())
    );
}

#[tokio::test]
async fn letter_case_does_not_help_to_be_called_like_a_sub() {
    let world = World::of(json!({ "UsernameConfiguration": { "CaseSensitive": false } })).await;
    let request = json!({ "ClientId": world.client, "Username": "alice", "Password": "Passw0rd!" });
    let sub = world.service.ok("SignUp", request).await["UserSub"].as_str().unwrap().to_uppercase();
    let request = json!({ "ClientId": world.client, "Username": sub, "Password": "Passw0rd!" });
    assert_eq!(world.service.fails("SignUp", request).await.0, "UsernameExistsException");
}
