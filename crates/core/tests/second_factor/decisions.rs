//! Who is asked for what.

use cenote_core::testing::TestService;
use serde_json::{Value, json};

use crate::world::*;

/// What a right password is answered: `tokens`, a challenge and what it offers, or an error.
async fn asked(world: &World, username: &str) -> String {
    match world.sign_in(username, PASSWORD).await {
        Err((code, _)) => code,
        Ok(answer) if has_tokens(&answer) => "tokens".into(),
        Ok(answer) => {
            let parameters = &answer["ChallengeParameters"];
            let name = answer["ChallengeName"].as_str().unwrap();
            assert_eq!(parameters["USER_ID_FOR_SRP"], username);
            match parameters.get("MFAS_CAN_CHOOSE").or_else(|| parameters.get("MFAS_CAN_SETUP")) {
                Some(list) => format!("{name} {}", list.as_str().unwrap()),
                None => name.to_owned(),
            }
        }
    }
}

const ALL: [&str; 3] = ["SMSMfaSettings", "SoftwareTokenMfaSettings", "EmailMfaSettings"];

fn enable(members: &[&str], preferred: Option<&str>) -> Value {
    let settings = members.iter().map(|member| {
        (member.to_string(), json!({ "Enabled": true, "PreferredMfa": preferred == Some(member) }))
    });
    Value::Object(settings.collect())
}

#[tokio::test]
async fn what_was_switched_on_is_asked_for_unless_the_pool_is_off() {
    let world = World::new(Offers::all("OPTIONAL")).await;
    world.alice().await;
    let token = world.access_token("alice").await;
    world.app(&token).await;
    let cases: [(&[&str], Option<&str>, &str); 7] = [
        (&[], None, "tokens"),
        (&ALL[..1], None, "SMS_MFA"),
        (&ALL[1..2], None, "SOFTWARE_TOKEN_MFA"),
        (&ALL[2..], None, "EMAIL_OTP"),
        (&ALL[..2], None, r#"SELECT_MFA_TYPE ["SMS_MFA","SOFTWARE_TOKEN_MFA"]"#),
        (&ALL, None, r#"SELECT_MFA_TYPE ["SMS_MFA","SOFTWARE_TOKEN_MFA","EMAIL_OTP"]"#),
        (&ALL, Some(ALL[2]), "EMAIL_OTP"),
    ];
    for (members, preferred, expected) in cases {
        let off = ALL.map(|member| (member.to_owned(), json!({ "Enabled": false })));
        world.prefer("alice", Value::Object(off.into_iter().collect())).await;
        world.prefer("alice", enable(members, preferred)).await;
        for mode in ["OPTIONAL", "ON", "OFF"] {
            world.offer(Offers::all(mode)).await;
            let expected = match (mode, members) {
                ("OFF", _) => "tokens",
                // Whatever the user has counts.
                ("ON", []) => r#"SELECT_MFA_TYPE ["SMS_MFA","SOFTWARE_TOKEN_MFA","EMAIL_OTP"]"#,
                _ => expected,
            };
            assert_eq!(asked(&world, "alice").await, expected, "{members:?} in {mode}");
        }
        world.offer(Offers::all("OPTIONAL")).await;
    }
}

/// Nothing is switched on where one is required: contacts count, but for the one by which passwords are reset.
#[tokio::test]
async fn where_one_is_required_contacts_count_without_being_switched_on() {
    let (sms, email) = (("phone_number", NUMBER), ("email", ADDRESS));
    let only = |sms, email, totp| Offers { mode: "ON", sms, email, totp };
    let both = [sms, email];
    let email_first = ["verified_email", "verified_phone_number"];
    let phone_first = ["verified_phone_number", "verified_email"];
    let impossible = "InvalidParameterException";
    let set_up = |names: &str| format!("MFA_SETUP {names}");
    type Case<'a> = (&'a [&'a str], Offers, &'a [(&'a str, &'a str)], String);
    let cases: [Case<'_>; 12] = [
        (&email_first, only(true, true, true), &both, "SMS_MFA".into()),
        (&phone_first, only(true, true, true), &both, "EMAIL_OTP".into()),
        (&["admin_only"], only(true, true, true), &both, r#"SELECT_MFA_TYPE ["SMS_MFA","EMAIL_OTP"]"#.into()),
        (&["admin_only"], only(false, true, true), &both, "EMAIL_OTP".into()),
        (&email_first, only(true, true, true), &[email], set_up(r#"["SMS_MFA","SOFTWARE_TOKEN_MFA"]"#)),
        (&email_first, only(true, true, true), &[], set_up(r#"["SMS_MFA","SOFTWARE_TOKEN_MFA"]"#)),
        (&phone_first, only(true, true, true), &[sms], set_up(r#"["SOFTWARE_TOKEN_MFA","EMAIL_OTP"]"#)),
        (&email_first, only(false, false, true), &both, set_up(r#"["SOFTWARE_TOKEN_MFA"]"#)),
        (&phone_first, only(false, true, false), &[], set_up(r#"["EMAIL_OTP"]"#)),
        (&email_first, only(true, false, false), &[], impossible.into()),
        (&email_first, only(false, true, false), &[email], impossible.into()),
        (&phone_first, only(true, false, false), &[sms], impossible.into()),
    ];
    for (recovery, offers, attributes, expected) in cases {
        let mechanisms: Vec<Value> = recovery
            .iter()
            .enumerate()
            .map(|(number, name)| json!({ "Name": name, "Priority": number + 1 }))
            .collect();
        let members = json!({ "AccountRecoverySetting": { "RecoveryMechanisms": mechanisms } });
        let world = World::with(TestService::builder(), members, offers).await;
        world.confirmed("alice", attributes).await;
        assert_eq!(asked(&world, "alice").await, expected, "{recovery:?} {offers:?} {attributes:?}");
    }
}

#[tokio::test]
async fn a_verified_app_counts_where_one_is_required() {
    let world = World::with(TestService::builder(), json!({}), Offers::all("OPTIONAL")).await;
    world.confirmed("alice", &[("email", ADDRESS)]).await;
    let token = world.access_token("alice").await;
    world.app(&token).await;
    assert_eq!(asked(&world, "alice").await, "tokens");
    world.offer(Offers::all("ON")).await;
    assert_eq!(asked(&world, "alice").await, "SOFTWARE_TOKEN_MFA");
    let number = json!({ "UserAttributes": [{ "Name": "phone_number", "Value": NUMBER }] });
    world.service.ok("AdminUpdateUserAttributes", world.admin("alice", number)).await;
    assert_eq!(asked(&world, "alice").await, r#"SELECT_MFA_TYPE ["SMS_MFA","SOFTWARE_TOKEN_MFA"]"#);
}

#[tokio::test]
async fn the_chosen_factor_is_asked_for_at_once() {
    let world = World::new(Offers::all("OPTIONAL")).await;
    world.alice().await;
    let token = world.access_token("alice").await;
    let app = world.app(&token).await;
    world.prefer("alice", enable(&ALL, None)).await;
    world.next_step();
    let answer = |name: &str| json!({ "ANSWER": name });
    for (name, challenge) in [
        ("SMS_MFA", "SMS_MFA"),
        ("SOFTWARE_TOKEN_MFA", "SOFTWARE_TOKEN_MFA"),
        ("EMAIL_OTP", "EMAIL_OTP"),
        ("EMAIL_MFA", "EMAIL_OTP"),
    ] {
        let choice = world.start("alice").await;
        for wrong in ["PASSWORD", "sms_mfa", "SELECT_MFA_TYPE"] {
            assert_eq!(
                world.answer(&choice, "alice", answer(wrong)).await,
                Err(invalid_parameter("The ANSWER is none of MFAS_CAN_CHOOSE."))
            );
        }
        assert_eq!(
            world.answer(&choice, "alice", json!({})).await,
            Err(invalid_parameter("Missing required parameter ANSWER"))
        );
        let before = world.service.outbox().await.len();
        let asked = world.answer(&choice, "alice", answer(name)).await.unwrap();
        assert_eq!(asked["ChallengeName"], challenge);
        let sent = world.service.outbox().await.len() - before;
        assert_eq!(sent, usize::from(name != "SOFTWARE_TOKEN_MFA"), "{name}");
        // One choice, one message.
        assert_eq!(world.answer(&choice, "alice", answer("SMS_MFA")).await, Err(used_session()));
        assert_eq!(world.service.outbox().await.len() - before, sent);
        world.next_step();
        let code = match challenge {
            "SMS_MFA" => json!({ "SMS_MFA_CODE": world.code(NUMBER).await }),
            "EMAIL_OTP" => json!({ "EMAIL_OTP_CODE": world.code(ADDRESS).await }),
            _ => json!({ "SOFTWARE_TOKEN_MFA_CODE": app.code(&world, 0) }),
        };
        assert!(has_tokens(&world.answer(&asked, "alice", code).await.unwrap()), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_choices_by_one_session_one_sends_a_message() {
    let world = std::sync::Arc::new(World::new(Offers::all("ON")).await);
    world.alice().await;
    let choice = world.start("alice").await;
    let mut answers = tokio::task::JoinSet::new();
    for number in 0..12 {
        let (world, choice) = (world.clone(), choice.clone());
        let name = ["SMS_MFA", "EMAIL_OTP"][number % 2];
        answers.spawn(async move { world.answer(&choice, "alice", json!({ "ANSWER": name })).await });
    }
    let answers = answers.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert_eq!(world.service.outbox().await.len(), 1);
}

#[tokio::test]
async fn a_new_password_comes_before_the_factor() {
    let world = World::new(Offers { email: false, ..Offers::all("ON") }).await;
    world.invited("alice", &[("phone_number", NUMBER)]).await;
    let asked = world.sign_in("alice", TEMPORARY).await.unwrap();
    assert_eq!(asked["ChallengeName"], "NEW_PASSWORD_REQUIRED");
    assert!(world.service.outbox().await.is_empty());
    let asked = world.answer(&asked, "alice", json!({ "NEW_PASSWORD": PASSWORD })).await.unwrap();
    assert_eq!(asked["ChallengeName"], "SMS_MFA");
    let code = world.code(NUMBER).await;
    assert!(has_tokens(&world.answer(&asked, "alice", json!({ "SMS_MFA_CODE": code })).await.unwrap()));
}

/// Where the sign-in can't go on, the temporary password stays what it is.
#[tokio::test]
async fn a_user_without_a_way_on_keeps_the_temporary_password() {
    let world = World::new(Offers { email: false, totp: false, ..Offers::all("ON") }).await;
    world.invited("alice", &[]).await;
    let asked = world.sign_in("alice", TEMPORARY).await.unwrap();
    let refused = world.answer(&asked, "alice", json!({ "NEW_PASSWORD": PASSWORD })).await.unwrap_err();
    assert_eq!(refused.0, "InvalidParameterException");
    assert_eq!(world.user("alice").await["UserStatus"], "FORCE_CHANGE_PASSWORD");
    let number = json!({ "UserAttributes": [{ "Name": "phone_number", "Value": NUMBER }] });
    world.service.ok("AdminUpdateUserAttributes", world.admin("alice", number)).await;
    let asked = world.answer(&asked, "alice", json!({ "NEW_PASSWORD": PASSWORD })).await.unwrap();
    assert_eq!(asked["ChallengeName"], "SMS_MFA");
}

/// A factor whose contact is gone is switched off with it; one that is left over all the same lets nobody in.
#[tokio::test]
async fn a_factor_that_cannot_be_shown_keeps_its_user_out() {
    let world = World::new(Offers::all("OPTIONAL")).await;
    world.confirmed("alice", &[]).await;
    world.change("alice", |user| user.mfa.enabled.extend(["SMS_MFA".to_owned()])).await;
    for mode in ["OPTIONAL", "ON"] {
        world.offer(Offers::all(mode)).await;
        assert_eq!(asked(&world, "alice").await, "InvalidParameterException", "{mode}");
    }
}

/// An app that was verified and never switched on counts as long as the pool offers apps. Nobody sets another factor up in its place by
/// the password alone.
#[tokio::test]
async fn a_verified_app_does_not_count_where_the_pool_offers_none() {
    let off = |mode| Offers { totp: false, ..Offers::all(mode) };
    let world = World::new(Offers::all("OPTIONAL")).await;
    world.confirmed("alice", &[]).await;
    let token = world.access_token("alice").await;
    let app = world.app(&token).await;
    world.offer(Offers::all("ON")).await;
    let before = world.start("alice").await;
    assert_eq!(before["ChallengeName"], "SOFTWARE_TOKEN_MFA");
    world.offer(off("ON")).await;
    assert_eq!(asked(&world, "alice").await, "InvalidParameterException");
    world.next_step();
    let code = json!({ "SOFTWARE_TOKEN_MFA_CODE": app.code(&world, 0) });
    assert_eq!(world.answer(&before, "alice", code).await, Err(invalid_session()));
    let number = json!({ "UserAttributes": [{ "Name": "phone_number", "Value": NUMBER }] });
    world.service.ok("AdminUpdateUserAttributes", world.admin("alice", number)).await;
    assert_eq!(asked(&world, "alice").await, "SMS_MFA");
    // Who switched it on is asked for it all the same.
    world.offer(Offers::all("ON")).await;
    world.prefer("alice", enable(&["SoftwareTokenMfaSettings"], None)).await;
    world.offer(off("ON")).await;
    assert_eq!(asked(&world, "alice").await, "SOFTWARE_TOKEN_MFA");
}
