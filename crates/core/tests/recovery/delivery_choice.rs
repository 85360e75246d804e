//! Which contact gets the code.

use cenote_triggers::testing::{FakeAnswer, FakeLambda};
use serde_json::{Value, json};

use crate::world::*;

const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:f";

const BOTH: [(&str, &str); 4] = [
    ("email", "test@test.com"),
    ("email_verified", "true"),
    ("phone_number", "+12065551234"),
    ("phone_number_verified", "true"),
];

fn recovery(mechanisms: &[(&str, i32)]) -> Value {
    let list: Vec<Value> =
        mechanisms.iter().map(|(name, priority)| json!({ "Name": name, "Priority": priority })).collect();
    json!({ "AccountRecoverySetting": { "RecoveryMechanisms": list } })
}

async fn world(pool: Value) -> World {
    World::with(cenote_core::testing::TestService::builder(), pool, json!({})).await
}

fn sms() -> (String, String, String) {
    ("SMS".into(), "phone_number".into(), "+*******1234".into())
}

fn email() -> (String, String, String) {
    ("EMAIL".into(), "email".into(), "t***@t***".into())
}

#[tokio::test]
async fn priorities_decide_not_the_order_of_the_list() {
    let world = world(recovery(&[("verified_email", 2), ("verified_phone_number", 1)])).await;
    world.confirmed("alice", &BOTH).await;
    assert_eq!(world.asked("alice").await, sms());
}

#[tokio::test]
async fn the_second_mechanism_serves_when_the_first_can_not() {
    let world = world(recovery(&[("verified_phone_number", 1), ("verified_email", 2)])).await;
    world.confirmed("alice", &BOTH[..2]).await;
    assert_eq!(world.asked("alice").await, email());
    world.confirmed("unverified", &[BOTH[2], BOTH[0], BOTH[1]]).await;
    assert_eq!(world.asked("unverified").await, email());
}

#[tokio::test]
async fn a_contact_that_is_no_mechanism_gets_nothing() {
    let world = world(recovery(&[("verified_phone_number", 1)])).await;
    world.confirmed("alice", &BOTH[..2]).await;
    assert_eq!(world.forgot("alice").await, Err(no_contact()));
}

#[tokio::test]
async fn an_administrator_only_pool_says_so_for_everybody() {
    let world = world(recovery(&[("admin_only", 1)])).await;
    world.alice().await;
    let refusal = error("NotAuthorizedException", "Contact administrator to reset password.");
    assert_eq!(world.forgot("alice").await, Err(refusal.clone()));
    assert_eq!(world.forgot("nobody").await, Err(refusal));
}

/// A migrated user can come with SMS as a second factor.
async fn migrated_with_sms_mfa(mechanisms: &[(&str, i32)], attributes: Value) -> (World, FakeLambda) {
    let lambda = FakeLambda::start(move |_| {
        FakeAnswer::Response(
            json!({ "userAttributes": attributes, "enableSMSMFA": true, "finalUserStatus": "CONFIRMED" }),
        )
    })
    .await
    .unwrap();
    let mut pool = recovery(mechanisms);
    pool["LambdaConfig"] = json!({ "UserMigration": FUNCTION });
    pool["SmsConfiguration"] = json!({ "SnsCallerArn": "arn:aws:iam::123456789012:role/sns" });
    let world =
        World::with(cenote_core::testing::TestService::builder().lambda(&lambda.url()), pool, json!({}))
            .await;
    world
        .service
        .ok(
            "SetUserPoolMfaConfig",
            json!({
                "UserPoolId": world.pool, "MfaConfiguration": "OPTIONAL",
                "SmsMfaConfiguration": { "SmsConfiguration": { "SnsCallerArn": "arn:aws:iam::123456789012:role/sns" } },
            }),
        )
        .await;
    (world, lambda)
}

#[tokio::test]
async fn a_second_factor_is_no_way_back_in() {
    let everything = json!({
        "email": "test@test.com", "email_verified": "true",
        "phone_number": "+12065551234", "phone_number_verified": "true",
    });
    let (world, _lambda) =
        migrated_with_sms_mfa(&[("verified_phone_number", 1), ("verified_email", 2)], everything.clone())
            .await;
    assert_eq!(world.asked("alice").await, email());
    let user =
        world.service.ok("AdminGetUser", json!({ "UserPoolId": world.pool, "Username": "alice" })).await;
    assert_eq!(user["UserMFASettingList"], json!(["SMS_MFA"]));

    let (phone_only, _lambda) = migrated_with_sms_mfa(&[("verified_phone_number", 1)], everything).await;
    assert_eq!(phone_only.forgot("alice").await, Err(no_contact()));
}

#[tokio::test]
async fn names_of_every_kind_lead_to_the_user() {
    let world = world(json!({ "AliasAttributes": ["email", "phone_number", "preferred_username"] })).await;
    world.confirmed("alice", &BOTH).await;
    let user =
        world.service.ok("AdminGetUser", json!({ "UserPoolId": world.pool, "Username": "alice" })).await;
    let sub = user["UserAttributes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|attribute| attribute["Name"] == "sub")
        .map(|attribute| attribute["Value"].as_str().unwrap().to_owned())
        .unwrap();
    for name in ["alice", "test@test.com", "+12065551234", &sub] {
        assert_eq!(world.asked(name).await, email(), "{name}");
    }
    assert_eq!(world.forgot("Alice").await, Err(unknown()));
}

#[tokio::test]
async fn case_is_folded_where_the_pool_ignores_it() {
    let world = world(json!({ "UsernameConfiguration": { "CaseSensitive": false } })).await;
    world.alice().await;
    assert_eq!(world.asked("ALICE").await, email());
}

/// Where MFA is required a contact counts as a factor that nobody has switched on, too.
#[tokio::test]
async fn what_the_pool_asks_for_as_a_second_factor_is_no_way_back_in_either() {
    let world = world(recovery(&[("verified_email", 1), ("verified_phone_number", 2)])).await;
    let offer = async |mode: &str, sms: bool| {
        let mut request = json!({
            "UserPoolId": world.pool, "MfaConfiguration": mode, "SoftwareTokenMfaConfiguration": { "Enabled": true },
        });
        if sms {
            let sns = json!({ "SnsCallerArn": "arn:aws:iam::123456789012:role/sns" });
            request["SmsMfaConfiguration"] = json!({ "SmsConfiguration": sns });
        }
        world.service.ok("SetUserPoolMfaConfig", request).await;
    };
    world.confirmed("phone", &BOTH[2..]).await;
    world.confirmed("both", &BOTH).await;
    offer("ON", true).await;
    assert_eq!(world.forgot("phone").await, Err(no_contact()));
    let reset = json!({ "UserPoolId": world.pool, "Username": "phone" });
    assert_eq!(world.service.fails("AdminResetUserPassword", reset).await, no_contact());
    assert_eq!(world.asked("both").await, email());
    // Where the number is none, and where nobody who did not ask for it is asked for one, it is free.
    offer("ON", false).await;
    assert_eq!(world.asked("phone").await, sms());
    offer("OPTIONAL", true).await;
    assert_eq!(world.asked("phone").await, sms());
}
