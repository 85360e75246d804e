//! SMS_MFA and EMAIL_OTP: codes that are sent.

use cenote_core::testing::{TestService, text};
use cenote_triggers::testing::{FakeAnswer, FakeLambda};
use serde_json::{Value, json};

use crate::world::*;

/// alice with one factor switched on.
async fn with(member: &str) -> World {
    let world = World::new(Offers::all("OPTIONAL")).await;
    world.alice().await;
    world.prefer("alice", json!({ member: { "Enabled": true } })).await;
    world
}

#[tokio::test]
async fn a_text_message_brings_six_digits() {
    let world = with("SMSMfaSettings").await;
    assert_eq!(world.attribute("alice", "phone_number_verified").await, Value::Null);
    let asked = world.start("alice").await;
    assert_eq!(asked["ChallengeName"], "SMS_MFA");
    assert_eq!(
        asked["ChallengeParameters"],
        json!({
            "CODE_DELIVERY_DELIVERY_MEDIUM": "SMS", "CODE_DELIVERY_DESTINATION": "+*******1234",
            "USER_ID_FOR_SRP": "alice",
        })
    );
    assert!((20..2048).contains(&text(&asked["Session"]).len()));
    let outbox = world.service.outbox().await;
    assert_eq!(
        (outbox.len(), outbox[0].purpose.as_str(), outbox[0].to.as_str()),
        (1, "Authentication", NUMBER)
    );
    let code = world.code(NUMBER).await;
    assert_eq!(code.len(), 6);
    assert_eq!(outbox[0].body, format!("The code to sign in is {code}."));

    let answer = |code: &str| json!({ "SMS_MFA_CODE": code });
    assert_eq!(world.answer(&asked, "alice", answer(&other(&code))).await, Err(wrong_code()));
    assert_eq!(
        world.answer(&asked, "alice", json!({ "EMAIL_OTP_CODE": code })).await,
        Err(invalid_parameter("Missing required parameter SMS_MFA_CODE"))
    );
    assert!(has_tokens(&world.answer(&asked, "alice", answer(&code)).await.unwrap()));
    assert_eq!(world.attribute("alice", "phone_number_verified").await, json!("true"));
    assert_eq!(world.answer(&asked, "alice", answer(&code)).await, Err(used_session()));
}

#[tokio::test]
async fn a_mail_brings_eight_digits() {
    for member in ["EMAIL_OTP_CODE", "EMAIL_MFA_CODE"] {
        let world = with("EmailMfaSettings").await;
        let asked = world.start("alice").await;
        assert_eq!(asked["ChallengeName"], "EMAIL_OTP");
        assert_eq!(
            asked["ChallengeParameters"],
            json!({
                "CODE_DELIVERY_DELIVERY_MEDIUM": "EMAIL", "CODE_DELIVERY_DESTINATION": "a***@e***",
                "USER_ID_FOR_SRP": "alice",
            })
        );
        let outbox = world.service.outbox().await;
        assert_eq!(outbox[0].subject.as_deref(), Some("Your authentication code"));
        let code = world.code(ADDRESS).await;
        assert_eq!(code.len(), 8);
        assert_eq!(world.answer(&asked, "alice", json!({ member: other(&code) })).await, Err(wrong_code()));
        assert!(has_tokens(&world.answer(&asked, "alice", json!({ member: code })).await.unwrap()));
        assert_eq!(world.attribute("alice", "email_verified").await, json!("true"));
    }
}

#[tokio::test]
async fn the_pools_own_texts_are_used() {
    let world = with("SMSMfaSettings").await;
    let sns = json!({ "SnsCallerArn": "arn:aws:iam::123456789012:role/sms", "ExternalId": "x" });
    let request = json!({
        "UserPoolId": world.pool, "MfaConfiguration": "OPTIONAL",
        "SmsMfaConfiguration": { "SmsAuthenticationMessage": "Log in with {####}!", "SmsConfiguration": sns },
        "EmailMfaConfiguration": { "Message": "<b>{####}</b>", "Subject": "Log in" },
    });
    world.service.ok("SetUserPoolMfaConfig", request).await;
    world.start("alice").await;
    let sent = world.service.outbox().await;
    assert_eq!(sent[0].body, format!("Log in with {}!", sent[0].code.as_ref().unwrap()));
    world.prefer("alice", json!({ "EmailMfaSettings": { "PreferredMfa": true } })).await;
    world.start("alice").await;
    let sent = world.service.outbox().await;
    let mail = sent.iter().find(|message| message.to == ADDRESS).unwrap();
    assert_eq!(mail.subject.as_deref(), Some("Log in"));
    assert_eq!(mail.body, format!("<b>{}</b>", mail.code.as_ref().unwrap()));
}

#[tokio::test]
async fn a_function_may_write_the_message_and_gets_the_metadata_of_answers_only() {
    let lambda = FakeLambda::start(|event| {
        if event["triggerSource"] == "CustomMessage_Authentication" {
            return FakeAnswer::Response(json!({ "smsMessage": "Psst: {####}" }));
        }
        FakeAnswer::Echo
    })
    .await
    .unwrap();
    let recovery = json!([{ "Name": "admin_only", "Priority": 1 }]);
    let members = json!({
        "LambdaConfig": { "CustomMessage": FUNCTION },
        "AccountRecoverySetting": { "RecoveryMechanisms": recovery },
    });
    let builder = TestService::builder().lambda(&lambda.url());
    let world = World::with(builder, members, Offers::all("ON")).await;
    world.alice().await;
    let request = json!({
        "ClientId": world.client, "AuthFlow": "USER_PASSWORD_AUTH", "ClientMetadata": { "of": "the flow" },
        "AuthParameters": { "USERNAME": "alice", "PASSWORD": PASSWORD },
    });
    let asked = world.service.ok("InitiateAuth", request).await;
    assert_eq!(asked["ChallengeName"], "SELECT_MFA_TYPE");
    let request = json!({
        "ClientId": world.client, "ChallengeName": "SELECT_MFA_TYPE", "Session": asked["Session"],
        "ClientMetadata": { "of": "the answer" },
        "ChallengeResponses": { "USERNAME": "alice", "ANSWER": "SMS_MFA" },
    });
    let asked = world.service.ok("RespondToAuthChallenge", request).await;
    let sent = world.service.outbox().await;
    let code = sent[0].code.clone().unwrap();
    assert_eq!(sent[0].body, format!("Psst: {code}"));
    let events = lambda.events();
    let event = events.iter().find(|event| event["triggerSource"] == "CustomMessage_Authentication").unwrap();
    assert_eq!(event["request"]["clientMetadata"], json!({ "of": "the answer" }));
    assert!(has_tokens(&world.answer(&asked, "alice", json!({ "SMS_MFA_CODE": code })).await.unwrap()));
}

/// A message that can't be made leaves no challenge, and where one was answered, its session alive.
#[tokio::test]
async fn what_cannot_be_sent_is_not_asked_for() {
    let world = World::new(Offers::all("ON")).await;
    world.alice().await;
    let asked = world.start("alice").await;
    world.change("alice", |user| drop(user.attributes.insert("email".into(), "a@b..c".into()))).await;
    let refused = world.answer(&asked, "alice", json!({ "ANSWER": "EMAIL_OTP" })).await.unwrap_err();
    assert_eq!(refused.0, "InvalidParameterException");
    assert!(world.answer(&asked, "alice", json!({ "ANSWER": "SMS_MFA" })).await.is_ok());
}

#[tokio::test]
async fn a_code_lives_as_long_as_its_session() {
    let world = with("SMSMfaSettings").await;
    let asked = world.start("alice").await;
    let code = world.code(NUMBER).await;
    world.service.clock.advance_seconds(180);
    assert_eq!(
        world.answer(&asked, "alice", json!({ "SMS_MFA_CODE": code })).await,
        Err(not_authorized("Invalid session for the user, session is expired."))
    );
}

#[tokio::test]
async fn a_code_is_good_for_its_own_session_only() {
    let world = with("SMSMfaSettings").await;
    let first = world.start("alice").await;
    let of_first = world.code(NUMBER).await;
    world.service.clock.advance_seconds(1);
    let second = world.start("alice").await;
    let of_second = world.code(NUMBER).await;
    assert_ne!(of_first, of_second);
    let answer = |code: &str| json!({ "SMS_MFA_CODE": code });
    assert_eq!(world.answer(&second, "alice", answer(&of_first)).await, Err(wrong_code()));
    assert_eq!(world.answer(&first, "alice", answer(&of_second)).await, Err(wrong_code()));
    assert!(world.answer(&first, "alice", answer(&of_first)).await.is_ok());
    assert!(world.answer(&second, "alice", answer(&of_second)).await.is_ok());
}

/// A code proves the number that it was sent to, and no other.
#[tokio::test]
async fn a_contact_that_changed_meanwhile_is_not_verified() {
    let world = with("SMSMfaSettings").await;
    let asked = world.start("alice").await;
    let code = world.code(NUMBER).await;
    let changed = json!({ "UserAttributes": [{ "Name": "phone_number", "Value": "+12065559999" }] });
    world.service.ok("AdminUpdateUserAttributes", world.admin("alice", changed)).await;
    assert_eq!(world.answer(&asked, "alice", json!({ "SMS_MFA_CODE": code })).await, Err(wrong_code()));
    assert_ne!(world.attribute("alice", "phone_number_verified").await, json!("true"));
}

#[tokio::test]
async fn a_factor_that_was_switched_off_meanwhile_does_not_count() {
    let world = with("SMSMfaSettings").await;
    let asked = world.start("alice").await;
    let code = world.code(NUMBER).await;
    let settings = json!({
        "SMSMfaSettings": { "Enabled": false }, "EmailMfaSettings": { "Enabled": true },
    });
    world.prefer("alice", settings).await;
    assert_eq!(world.answer(&asked, "alice", json!({ "SMS_MFA_CODE": code })).await, Err(invalid_session()));
}

#[tokio::test]
async fn whoever_was_changed_by_an_administrator_meanwhile_starts_over() {
    let password = json!({ "Password": "An0ther-one", "Permanent": true });
    for (operation, members) in [
        ("AdminUserGlobalSignOut", json!({})),
        ("AdminSetUserPassword", password),
        ("AdminDisableUser", json!({})),
        ("AdminResetUserPassword", json!({})),
        ("AdminDeleteUser", json!({})),
    ] {
        let world = World::with(
            TestService::builder(),
            json!({}),
            Offers { email: false, ..Offers::all("OPTIONAL") },
        )
        .await;
        let given = [("email", ADDRESS), ("email_verified", "true"), ("phone_number", NUMBER)];
        world.confirmed("alice", &given).await;
        world.prefer("alice", json!({ "SMSMfaSettings": { "Enabled": true } })).await;
        let asked = world.start("alice").await;
        let code = world.code(NUMBER).await;
        world.service.clock.advance_seconds(1);
        world.service.ok(operation, world.admin("alice", members)).await;
        let refused = world.answer(&asked, "alice", json!({ "SMS_MFA_CODE": code })).await.unwrap_err();
        let expected = if operation == "AdminResetUserPassword" {
            "PasswordResetRequiredException"
        } else {
            "NotAuthorizedException"
        };
        assert_eq!(refused.0, expected, "{operation}");
    }
}

/// A number that another user signs in with can't become verified.
#[tokio::test]
async fn a_contact_that_is_another_users_name_is_told() {
    let recovery = json!([{ "Name": "admin_only", "Priority": 1 }]);
    let members = json!({
        "AliasAttributes": ["phone_number"], "AccountRecoverySetting": { "RecoveryMechanisms": recovery },
    });
    let world = World::with(TestService::builder(), members, Offers::all("OPTIONAL")).await;
    world.alice().await;
    world.prefer("alice", json!({ "SMSMfaSettings": { "Enabled": true } })).await;
    let asked = world.start("alice").await;
    let code = world.code(NUMBER).await;
    world.confirmed("bob", &[("phone_number", NUMBER), ("phone_number_verified", "true")]).await;
    let refused = world.answer(&asked, "alice", json!({ "SMS_MFA_CODE": code })).await.unwrap_err();
    assert_eq!(refused.0, "AliasExistsException");
    // With its own number it becomes a name of its own.
    let changed = json!({ "UserAttributes": [{ "Name": "phone_number", "Value": "+12065559999" }] });
    world.service.ok("AdminUpdateUserAttributes", world.admin("alice", changed)).await;
    let asked = world.start("alice").await;
    let code = world.code("+12065559999").await;
    assert!(world.answer(&asked, "alice", json!({ "SMS_MFA_CODE": code })).await.is_ok());
    assert_eq!(world.start("+12065559999").await["ChallengeName"], "SMS_MFA");
}

#[tokio::test]
async fn the_answer_names_the_user_by_any_of_its_names_and_nobody_else() {
    let world = with("SMSMfaSettings").await;
    world.confirmed("bob", &[]).await;
    let sub = text(&world.attribute("alice", "sub").await);
    let asked = world.start("alice").await;
    let code = world.code(NUMBER).await;
    let answer = json!({ "SMS_MFA_CODE": code });
    assert_eq!(world.answer(&asked, "bob", answer.clone()).await, Err(invalid_session()));
    assert!(has_tokens(&world.answer(&asked, &sub, answer).await.unwrap()));
}

#[tokio::test]
async fn both_sides_may_take_turns() {
    let world = with("SMSMfaSettings").await;
    let request = json!({
        "UserPoolId": world.pool, "ClientId": world.client, "AuthFlow": "ADMIN_USER_PASSWORD_AUTH",
        "AuthParameters": { "USERNAME": "alice", "PASSWORD": PASSWORD },
    });
    let asked = world.service.ok("AdminInitiateAuth", request).await;
    let code = world.code(NUMBER).await;
    assert!(has_tokens(&world.answer(&asked, "alice", json!({ "SMS_MFA_CODE": code })).await.unwrap()));
    let asked = world.start("alice").await;
    let code = world.code(NUMBER).await;
    let request = json!({
        "UserPoolId": world.pool, "ClientId": world.client, "ChallengeName": "SMS_MFA", "Session": asked["Session"],
        "ChallengeResponses": { "USERNAME": "alice", "SMS_MFA_CODE": code },
    });
    assert!(has_tokens(&world.service.ok("AdminRespondToAuthChallenge", request).await));
}

/// Whoever asks, and for whichever factor; those of an app are not sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_user_gets_so_many_messages_an_hour() {
    let world = std::sync::Arc::new(with("SMSMfaSettings").await);
    let other = || "TooManyRequestsException".to_owned();
    let mut crowd = tokio::task::JoinSet::new();
    for number in 0..40 {
        let world = std::sync::Arc::clone(&world);
        crowd.spawn(async move {
            if number % 2 == 0 {
                return world.sign_in("alice", PASSWORD).await;
            }
            let request = json!({
                "UserPoolId": world.pool, "ClientId": world.client, "AuthFlow": "ADMIN_USER_PASSWORD_AUTH",
                "AuthParameters": { "USERNAME": "alice", "PASSWORD": PASSWORD },
            });
            world.service.call("AdminInitiateAuth", request).await
        });
    }
    let answers = crowd.join_all().await;
    let sent = answers.iter().filter(|answer| answer.is_ok()).count();
    assert!(answers.iter().filter_map(|answer| answer.as_ref().err()).all(|error| error.0 == other()));
    // Who was overtaken too often is sent nothing either.
    for _ in sent..20 {
        world.start("alice").await;
    }
    assert_eq!(world.service.inbox().await.len(), 20);
    world.prefer("alice", json!({ "EmailMfaSettings": { "Enabled": true } })).await;
    let choice = world.start("alice").await;
    for factor in ["SMS_MFA", "EMAIL_OTP"] {
        let refused = world.answer(&choice, "alice", json!({ "ANSWER": factor })).await;
        assert_eq!(refused, Err(error(&other(), "Rate exceeded")));
    }
    assert_eq!(world.service.inbox().await.len(), 20);
    world.service.clock.advance_seconds(3600);
    assert_eq!(world.start("alice").await["ChallengeName"], "SELECT_MFA_TYPE");
    world.prefer("alice", json!({ "EmailMfaSettings": { "Enabled": false } })).await;
    let asked = world.start("alice").await;
    let code = world.code(NUMBER).await;
    assert!(has_tokens(&world.answer(&asked, "alice", json!({ "SMS_MFA_CODE": code })).await.unwrap()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn requests_that_race_do_not_run_the_function_more_often() {
    let lambda = FakeLambda::start(|_| FakeAnswer::Echo).await.unwrap();
    let function = "arn:aws:lambda:us-east-1:123456789012:function:messages";
    let builder = TestService::builder()
        .lambda(&lambda.url())
        .settings(|settings| settings.limits.mfa_codes_per_hour = 3);
    let members = json!({ "LambdaConfig": { "CustomMessage": function } });
    let world = World::with(builder, members, Offers::all("OPTIONAL")).await;
    world.alice().await;
    world.prefer("alice", json!({ "SMSMfaSettings": { "Enabled": true } })).await;
    let world = std::sync::Arc::new(world);
    let mut crowd = tokio::task::JoinSet::new();
    for _ in 0..30 {
        let world = std::sync::Arc::clone(&world);
        crowd.spawn(async move { world.sign_in("alice", PASSWORD).await.is_ok() });
    }
    let sent = crowd.join_all().await.into_iter().filter(|sent| *sent).count();
    assert_eq!((sent, world.service.inbox().await.len(), lambda.events().len()), (3, 3, 3));
}

#[tokio::test]
async fn clients_with_a_secret_need_its_hash_with_every_answer() {
    let world = with("SMSMfaSettings").await;
    let secret = "abcdefghijklmnopqrstuvwxyz123456";
    let members = json!({ "ClientSecret": secret, "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"] });
    let client = world.service.client(&world.pool, members).await;
    let hash = cenote_crypto::secret_hash::compute("alice", &client, &secret.into());
    let request = json!({
        "ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH",
        "AuthParameters": { "USERNAME": "alice", "PASSWORD": PASSWORD, "SECRET_HASH": hash },
    });
    let asked = world.service.ok("InitiateAuth", request).await;
    let code = world.code(NUMBER).await;
    for challenge in ["SMS_MFA", "EMAIL_OTP", "SOFTWARE_TOKEN_MFA", "SELECT_MFA_TYPE", "MFA_SETUP"] {
        let request = json!({
            "ClientId": client, "ChallengeName": challenge, "Session": asked["Session"],
            "ChallengeResponses": { "USERNAME": "alice", "SMS_MFA_CODE": code },
        });
        let refused = world.service.fails("RespondToAuthChallenge", request).await;
        let text = format!("Client {client} is configured with secret but SECRET_HASH was not received");
        assert_eq!(refused, not_authorized(&text), "{challenge}");
    }
    let request = json!({
        "ClientId": client, "ChallengeName": "SMS_MFA", "Session": asked["Session"],
        "ChallengeResponses": { "USERNAME": "alice", "SMS_MFA_CODE": code, "SECRET_HASH": hash },
    });
    assert!(has_tokens(&world.service.ok("RespondToAuthChallenge", request).await));
}
