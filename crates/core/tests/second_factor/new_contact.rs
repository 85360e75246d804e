//! A new password and contacts in one answer, where a second factor follows: whoever has the temporary password must not say where
//! its code goes.

use cenote_core::testing::TestService;
use serde_json::{Value, json};

use crate::world::*;

const OTHERS: &str = "+12065550000";

fn number(value: &str) -> Value {
    json!({ "NEW_PASSWORD": PASSWORD, "userAttributes.phone_number": value })
}

fn address(value: &str) -> Value {
    json!({ "NEW_PASSWORD": PASSWORD, "userAttributes.email": value })
}

fn fixed(name: &str) -> Answer {
    Err(not_authorized(&format!("Cannot modify an already provided {name}")))
}

async fn invited(world: &World, attributes: &[(&str, &str)]) -> Value {
    world.invited("alice", attributes).await;
    let asked = world.sign_in("alice", TEMPORARY).await.unwrap();
    assert_eq!(asked["ChallengeName"], "NEW_PASSWORD_REQUIRED");
    asked
}

#[tokio::test]
async fn the_number_that_gets_the_code_stays() {
    for mode in ["ON", "OPTIONAL"] {
        let world = World::new(Offers { email: false, totp: false, ..Offers::all(mode) }).await;
        let asked = invited(&world, &[("phone_number", NUMBER)]).await;
        if mode == "OPTIONAL" {
            world.prefer("alice", json!({ "SMSMfaSettings": { "Enabled": true } })).await;
        }
        // Neither led elsewhere nor taken away, with the factor that needs it.
        for value in [OTHERS, ""] {
            let refused = world.answer(&asked, "alice", number(value)).await;
            assert_eq!(refused, fixed("phone_number"), "{value:?} where MFA is {mode}");
        }
        assert_eq!(world.user("alice").await["UserStatus"], "FORCE_CHANGE_PASSWORD");
        // What goes nowhere is free, and so is the number that is there already.
        let harmless = merged(number(NUMBER), json!({ "userAttributes.email": ADDRESS }));
        let asked = world.answer(&asked, "alice", harmless).await.unwrap();
        assert_eq!(asked["ChallengeName"], "SMS_MFA", "{mode}");
        let code = json!({ "SMS_MFA_CODE": world.code(NUMBER).await });
        assert!(has_tokens(&world.answer(&asked, "alice", code).await.unwrap()));
    }
}

/// Where every contact counts a second one would be a way around the first.
#[tokio::test]
async fn no_contact_is_added_beside_the_one_that_gets_the_code() {
    let world = World::new(Offers::all("ON")).await;
    let asked = invited(&world, &[("phone_number", NUMBER)]).await;
    let refused = world.answer(&asked, "alice", address("mallory@evil.example")).await;
    assert_eq!(refused, Err(not_authorized("Cannot provide email before the second factor")));
    let asked = world.answer(&asked, "alice", json!({ "NEW_PASSWORD": PASSWORD })).await.unwrap();
    assert_eq!(asked["ChallengeName"], "SMS_MFA");
}

/// Who has no factor yet chooses one, and a contact that the pool requires can be given.
#[tokio::test]
async fn a_first_contact_may_come_with_the_password() {
    let world = World::new(Offers::all("ON")).await;
    let asked = invited(&world, &[]).await;
    let asked = world.answer(&asked, "alice", number(NUMBER)).await.unwrap();
    assert_eq!(asked["ChallengeName"], "SMS_MFA");

    let members = json!({
        "Schema": [{ "Name": "email", "AttributeDataType": "String", "Required": true, "Mutable": true }],
        "AccountRecoverySetting": { "RecoveryMechanisms": [{ "Name": "admin_only", "Priority": 1 }] },
    });
    let world = World::with(TestService::builder(), members, Offers::all("ON")).await;
    let asked = invited(&world, &[("phone_number", NUMBER)]).await;
    assert_eq!(asked["ChallengeParameters"]["requiredAttributes"], r#"["userAttributes.email"]"#);
    // It is none that could stand in for the one from before.
    let asked = world.answer(&asked, "alice", address("mallory@evil.example")).await.unwrap();
    assert_eq!(asked["ChallengeName"], "SMS_MFA");
    assert_eq!(world.user("alice").await["UserMFASettingList"], json!(["SMS_MFA"]));
    let code = json!({ "SMS_MFA_CODE": world.code(NUMBER).await });
    assert!(has_tokens(&world.answer(&asked, "alice", code).await.unwrap()));
}

/// The flags are the server's own: whoever signs in first does not vouch for its contacts.
#[tokio::test]
async fn nobody_vouches_for_a_contact_of_its_own() {
    let world = World::new(Offers::all("OPTIONAL")).await;
    let asked = invited(&world, &[("email", ADDRESS)]).await;
    for name in ["email_verified", "phone_number_verified", "sub", "identities"] {
        let answer = merged(number(NUMBER), json!({ (format!("userAttributes.{name}")): "true" }));
        let refused = world.answer(&asked, "alice", answer).await;
        let unauthorized = "A client attempted to write unauthorized attribute";
        assert_eq!(refused, Err(not_authorized(unauthorized)), "{name}");
    }
    assert_eq!(world.user("alice").await["UserStatus"], "FORCE_CHANGE_PASSWORD");
}
