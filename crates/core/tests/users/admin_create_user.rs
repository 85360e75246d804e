//! AdminCreateUser but for RESEND and aliases.

use cenote_core::testing::text;
use cenote_triggers::testing::FakeAnswer;
use serde_json::json;

use crate::world::*;

const ADDRESS: [(&str, &str); 1] = [("email", "rosa@example.org")];

#[tokio::test]
async fn the_answer_shows_the_user_and_the_mail_tells_the_password() {
    let world = World::new().await;
    let members = json!({ "UserAttributes": attributes(&ADDRESS), "DesiredDeliveryMediums": ["EMAIL"] });
    let answer = world.service.ok("AdminCreateUser", world.admin("rosa", members)).await;
    let user = &answer["User"];
    let sub = find_attribute(&user["Attributes"], "sub").unwrap();
    assert_eq!(
        answer,
        json!({ "User": {
            "Attributes": attributes(&[("email", "rosa@example.org"), ("sub", &sub)]),
            "Enabled": true,
            "UserCreateDate": user["UserCreateDate"],
            "UserLastModifiedDate": user["UserCreateDate"],
            "UserStatus": "FORCE_CHANGE_PASSWORD",
            "Username": "rosa",
        } })
    );
    let message = world.service.inbox().await.remove(0);
    assert_eq!((message.purpose.as_str(), message.to.as_str()), ("AdminCreateUser", "rosa@example.org"));
    let password = message.code.unwrap();
    assert!(password.chars().count() == 8 && message.body.contains("rosa"));
    let challenge = world.sign_in("rosa", &password).await.unwrap();
    assert_eq!(challenge["ChallengeName"], "NEW_PASSWORD_REQUIRED");
    assert_eq!(world.attribute("rosa", "email_verified").await, None);
}

#[tokio::test]
async fn a_given_password_works_until_its_days_are_over() {
    let world = World::of(json!({ "Policies": { "PasswordPolicy": {
        "MinimumLength": 8, "TemporaryPasswordValidityDays": 2,
    } } }))
    .await;
    let members = json!({ "TemporaryPassword": "temporary", "MessageAction": "SUPPRESS" });
    world.service.ok("AdminCreateUser", world.admin("rosa", members)).await;
    world.service.clock.advance_seconds(2 * 86_400 - 1);
    assert_eq!(world.sign_in("rosa", "temporary").await.unwrap()["ChallengeName"], "NEW_PASSWORD_REQUIRED");
    world.service.clock.advance_seconds(1);
    assert_eq!(
        world.sign_in("rosa", "temporary").await,
        Err(unauthorized("Temporary password has expired and must be reset by an administrator."))
    );
}

#[tokio::test]
async fn mediums_decide_who_gets_what() {
    let world = World::new().await;
    let both = [("email", "rosa@example.org"), ("phone_number", "+12065551234")];
    let mut number = 0;
    for (given, mediums, expected) in [
        (&both[..], json!(null), vec!["+12065551234"]),
        (&both[..], json!(["EMAIL", "SMS"]), vec!["+12065551234", "rosa@example.org"]),
        (&both[..], json!(["EMAIL"]), vec!["rosa@example.org"]),
        (&both[..1], json!(null), vec![]),
        (&[][..], json!([]), vec![]),
    ] {
        number += 1;
        let name = format!("user{number}");
        let members = json!({ "UserAttributes": attributes(given), "DesiredDeliveryMediums": mediums });
        world.service.ok("AdminCreateUser", world.admin(&name, members)).await;
        let mut sent: Vec<String> = world
            .service
            .inbox()
            .await
            .into_iter()
            .filter(|message| message.username == name)
            .map(|message| message.to)
            .collect();
        sent.sort();
        assert_eq!(sent, expected, "{name}");
    }
    for (medium, text) in [
        ("EMAIL", "No email provided but desired delivery medium was Email"),
        ("SMS", "No phone number provided but desired delivery medium was SMS"),
    ] {
        let request = world.admin("nobody", json!({ "DesiredDeliveryMediums": [medium] }));
        assert_eq!(world.service.fails("AdminCreateUser", request).await, invalid(text));
        assert!(world.does_not_exist("nobody").await);
    }
    let members = json!({ "DesiredDeliveryMediums": ["EMAIL"], "MessageAction": "SUPPRESS" });
    world.service.ok("AdminCreateUser", world.admin("quiet", members)).await;
}

#[tokio::test]
async fn checks_come_in_their_order() {
    let world = World::of(json!({ "UsernameAttributes": ["email"] })).await;
    world.confirmed("taken@example.org", &[]).await;
    let mut request = json!({
        "UserPoolId": world.pool, "Username": "rosa", "TemporaryPassword": "short1",
        "UserAttributes": attributes(&[("nose", "long")]), "DesiredDeliveryMediums": ["SMS"],
    });
    let fails =
        async |request: &serde_json::Value| world.service.fails("AdminCreateUser", request.clone()).await;
    assert_eq!(fails(&request).await, invalid("Username should be an email."));
    request["Username"] = json!("taken@example.org");
    assert_eq!(
        fails(&request).await,
        error(
            "InvalidPasswordException",
            "Password did not conform with password policy: Password not long enough"
        )
    );
    request["TemporaryPassword"] = json!(PASSWORD);
    assert_eq!(
        fails(&request).await,
        invalid("Attributes did not conform to the schema: nose: Attribute does not exist in the schema.\n")
    );
    request["UserAttributes"] = attributes(&[("phone_number_verified", "true")]);
    assert_eq!(
        fails(&request).await,
        invalid("phone_number is required when phone_number_verified is set to true.")
    );
    request["UserAttributes"] = attributes(&[("name", "Rosa")]);
    assert_eq!(
        fails(&request).await,
        invalid("No phone number provided but desired delivery medium was SMS")
    );
    request["DesiredDeliveryMediums"] = json!(["EMAIL"]);
    assert_eq!(
        fails(&request).await,
        error("UsernameExistsException", "An account with the given email already exists.")
    );
    let plain = World::new().await;
    plain.confirmed("rosa", &[]).await;
    assert_eq!(
        plain.service.fails("AdminCreateUser", plain.admin("rosa", json!({}))).await,
        error("UsernameExistsException", "User account already exists")
    );
}

#[tokio::test]
async fn required_attributes_may_come_later_and_all_kinds_may_be_given() {
    let world = World::of(json!({ "Schema": [
        { "Name": "name", "Required": true },
        { "Name": "rank", "AttributeDataType": "Number", "DeveloperOnlyAttribute": true, "Mutable": true },
        { "Name": "born", "AttributeDataType": "String", "Mutable": false },
    ] }))
    .await;
    let given = attributes(&[("dev:custom:rank", "7"), ("custom:born", "here")]);
    let members = json!({ "UserAttributes": given, "MessageAction": "SUPPRESS" });
    world.service.ok("AdminCreateUser", world.admin("rosa", members)).await;
    assert_eq!(world.attribute("rosa", "dev:custom:rank").await.as_deref(), Some("7"));
    assert_eq!(world.attribute("rosa", "custom:born").await.as_deref(), Some("here"));
}

#[tokio::test]
async fn the_name_of_a_contact_pool_is_generated_and_the_mail_shows_the_address() {
    let world = World::of(json!({ "UsernameAttributes": ["email"] })).await;
    let members = json!({ "DesiredDeliveryMediums": ["EMAIL"] });
    let answer = world.service.ok("AdminCreateUser", world.admin("rosa@example.org", members)).await;
    let user = &answer["User"];
    assert_eq!(Some(text(&user["Username"])), find_attribute(&user["Attributes"], "sub"));
    assert_eq!(find_attribute(&user["Attributes"], "email").as_deref(), Some("rosa@example.org"));
    let message = world.service.inbox().await.remove(0);
    assert!(message.body.contains("rosa@example.org"), "{}", message.body);
    assert_eq!(message.username, text(&user["Username"]));
}

#[tokio::test]
async fn triggers_see_an_administrator_and_decide_nothing() {
    let lambda = lambda(|source| match source {
        "PreSignUp_AdminCreateUser" => FakeAnswer::Response(
            json!({ "autoConfirmUser": true, "autoVerifyEmail": true, "autoVerifyPhone": true }),
        ),
        _ => FakeAnswer::Response(
            json!({ "emailMessage": "{username} has {####}", "emailSubject": "Come in", "smsMessage": null }),
        ),
    })
    .await;
    let pool = json!({ "LambdaConfig": { "PreSignUp": FUNCTION, "CustomMessage": FUNCTION, "PostConfirmation": FUNCTION } });
    let world = World::with(triggered(&lambda), pool, json!({})).await;
    let members = json!({
        "UserAttributes": attributes(&ADDRESS), "DesiredDeliveryMediums": ["EMAIL"],
        "TemporaryPassword": PASSWORD, "ClientMetadata": { "a": "b" },
        "ValidationData": [{ "Name": "c", "Value": "d" }],
    });
    let answer = world.service.ok("AdminCreateUser", world.admin("rosa", members)).await;
    assert_eq!(answer["User"]["UserStatus"], "FORCE_CHANGE_PASSWORD");
    assert_eq!(world.attribute("rosa", "email_verified").await, None);
    let events = lambda.events();
    assert_eq!(events.len(), 2);
    assert_eq!(events[0]["triggerSource"], "PreSignUp_AdminCreateUser");
    assert_eq!(events[0]["callerContext"]["clientId"], "CLIENT_ID_NOT_APPLICABLE");
    assert_eq!(
        events[0]["request"],
        json!({
            "userAttributes": { "email": "rosa@example.org" }, "validationData": { "c": "d" },
            "clientMetadata": { "a": "b" },
        })
    );
    assert_eq!(events[1]["triggerSource"], "CustomMessage_AdminCreateUser");
    assert_eq!(events[1]["request"]["usernameParameter"], "{username}");
    assert_eq!(events[1]["request"]["clientMetadata"], json!({ "a": "b" }));
    let message = world.service.inbox().await.remove(0);
    assert_eq!(message.body, format!("rosa has {PASSWORD}"));
}

#[tokio::test]
async fn failures_leave_what_was_done_before_them() {
    let lambda = lambda(|source| match source {
        "PreSignUp_AdminCreateUser" => FakeAnswer::Echo,
        _ => FakeAnswer::FunctionError { message: "no".into() },
    })
    .await;
    let world = World::with(
        triggered(&lambda),
        json!({ "LambdaConfig": { "PreSignUp": FUNCTION, "CustomMessage": FUNCTION } }),
        json!({}),
    )
    .await;
    let members = json!({ "UserAttributes": attributes(&ADDRESS), "DesiredDeliveryMediums": ["EMAIL"] });
    assert_eq!(
        world.service.fails("AdminCreateUser", world.admin("rosa", members)).await,
        error("UserLambdaValidationException", "CustomMessage failed with error no.")
    );
    assert_eq!(world.status("rosa").await, "FORCE_CHANGE_PASSWORD");
    assert!(world.service.inbox().await.is_empty());

    let lambda = self::lambda(|_| FakeAnswer::FunctionError { message: "no".into() }).await;
    let world =
        World::with(triggered(&lambda), json!({ "LambdaConfig": { "PreSignUp": FUNCTION } }), json!({}))
            .await;
    assert_eq!(
        world.service.fails("AdminCreateUser", world.admin("rosa", json!({}))).await,
        error("UserLambdaValidationException", "PreSignUp failed with error no.")
    );
    assert!(world.does_not_exist("rosa").await);
}

#[tokio::test]
async fn users_without_a_password_are_confirmed() {
    let world = World::of(json!({
        "Policies": { "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"] } },
    }))
    .await;
    let members = json!({ "UserAttributes": attributes(&ADDRESS), "DesiredDeliveryMediums": ["EMAIL"] });
    let answer = world.service.ok("AdminCreateUser", world.admin("rosa", members)).await;
    assert_eq!(answer["User"]["UserStatus"], "CONFIRMED");
    let message = world.service.inbox().await.remove(0);
    assert_eq!((message.code, message.to.as_str()), (None, "rosa@example.org"));
    assert_eq!(message.body, "An account was made for you: sign in as rosa.");
    let members = json!({
        "UserAttributes": attributes(&ADDRESS), "TemporaryPassword": "", "MessageAction": "SUPPRESS",
    });
    let answer = world.service.ok("AdminCreateUser", world.admin("blank", members)).await;
    assert_eq!(answer["User"]["UserStatus"], "CONFIRMED");
    // Nobody could sign in without the contact.
    for given in [json!([]), attributes(&[("phone_number", "+12065551234")])] {
        let members = json!({ "UserAttributes": given, "MessageAction": "SUPPRESS" });
        let refused = world.service.fails("AdminCreateUser", world.admin("nobody", members)).await;
        assert_eq!(refused.0, "InvalidParameterException");
    }
    assert!(world.does_not_exist("nobody").await);
    let members = json!({ "TemporaryPassword": PASSWORD, "MessageAction": "SUPPRESS" });
    let answer = world.service.ok("AdminCreateUser", world.admin("luna", members)).await;
    assert_eq!(answer["User"]["UserStatus"], "FORCE_CHANGE_PASSWORD");
}

#[tokio::test]
async fn users_without_a_password_have_all_that_is_required() {
    let world = World::of(json!({
        "Policies": { "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"] } },
        "Schema": [{ "Name": "given_name", "Required": true }],
    }))
    .await;
    let members = json!({ "UserAttributes": attributes(&ADDRESS), "MessageAction": "SUPPRESS" });
    let refused = world.service.fails("AdminCreateUser", world.admin("rosa", members)).await;
    assert_eq!(
        refused,
        invalid("Attributes did not conform to the schema: given_name: The attribute is required\n")
    );
    let members = json!({
        "UserAttributes": attributes(&ADDRESS), "MessageAction": "SUPPRESS", "TemporaryPassword": PASSWORD,
    });
    let answer = world.service.ok("AdminCreateUser", world.admin("rosa", members)).await;
    assert_eq!(answer["User"]["UserStatus"], "FORCE_CHANGE_PASSWORD");
}

#[tokio::test]
async fn an_incomplete_text_of_the_function_is_not_used_but_its_subject_is() {
    for (text, used) in
        [("as {username} with {####}", true), ("with {####}", false), ("as {username}", false), ("", false)]
    {
        let lambda = lambda(move |_| {
            FakeAnswer::Response(json!({ "emailMessage": text, "emailSubject": "Hi", "smsMessage": text }))
        })
        .await;
        let pool = json!({ "LambdaConfig": { "CustomMessage": FUNCTION } });
        let world = World::with(triggered(&lambda), pool, json!({})).await;
        let members = json!({
            "UserAttributes": attributes(&[("email", "rosa@example.org"), ("phone_number", "+12065551234")]),
            "DesiredDeliveryMediums": ["EMAIL", "SMS"],
        });
        world.service.ok("AdminCreateUser", world.admin("rosa", members)).await;
        let inbox = world.service.inbox().await;
        assert_eq!(inbox.len(), 2, "{text}");
        for message in inbox {
            let password = message.code.unwrap();
            let expected = format!("as rosa with {password}");
            assert_eq!(message.body == expected, used, "{text}: {}", message.body);
            assert!(message.body.contains("rosa") && message.body.contains(&password), "{}", message.body);
            assert!(message.subject.is_none_or(|subject| subject == "Hi"));
        }
    }
}

#[tokio::test]
async fn an_invitation_of_the_pool_without_the_password_is_not_sent() {
    let template = json!({ "EmailMessage": "Welcome, {username}!", "SMSMessage": "It is {####}." });
    // Pools where every user has a password can't have such a text.
    let refused = json!({ "PoolName": "p", "AdminCreateUserConfig": { "InviteMessageTemplate": template } });
    let refused = World::new().await.service.fails("CreateUserPool", refused).await;
    assert_eq!(
        refused,
        invalid(
            r"1 validation error detected: Value 'Welcome, {username}!' at 'adminCreateUserConfig.inviteMessage.emailMessage' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*\{####\}[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*"
        )
    );
    let world = World::of(json!({
        "Policies": { "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"] } },
        "AdminCreateUserConfig": { "InviteMessageTemplate": template },
    }))
    .await;
    let members = json!({
        "TemporaryPassword": PASSWORD,
        "UserAttributes": attributes(&[("email", "rosa@example.org"), ("phone_number", "+12065551234")]),
        "DesiredDeliveryMediums": ["EMAIL", "SMS"],
    });
    let answer = world.service.ok("AdminCreateUser", world.admin("rosa", members)).await;
    assert_eq!(answer["User"]["UserStatus"], "FORCE_CHANGE_PASSWORD");
    let inbox = world.service.inbox().await;
    let channels: Vec<_> = inbox.iter().map(|message| message.to.as_str()).collect();
    assert_eq!(channels, ["+12065551234"]);
}
