//! SetUserSettings, AdminSetUserSettings, GetUserAuthFactors, AdminGetUserAuthFactors.

use cenote_core::testing::merged;
use serde_json::{Value, json};

use crate::world::*;

const REFUSED: &str = "MFA is required in this user pool: no MFA method can be switched off.";

fn sms() -> Value {
    json!([{ "DeliveryMedium": "SMS", "AttributeName": "phone_number" }])
}

#[tokio::test]
async fn the_older_operations_switch_sms() {
    let world = World::new(Offers::all("OPTIONAL")).await;
    world.alice().await;
    let token = world.access_token("alice").await;
    let mine = |options: Value| json!({ "AccessToken": token, "MFAOptions": options });
    let theirs = |options: Value| world.admin("alice", json!({ "MFAOptions": options }));
    assert_eq!(world.user("alice").await.get("MFAOptions"), None);
    for admin in [false, true] {
        let set = async |options: Value| {
            if admin {
                world.service.call("AdminSetUserSettings", theirs(options)).await
            } else {
                world.service.call("SetUserSettings", mine(options)).await
            }
        };
        assert_eq!(set(sms()).await, Ok(json!({})));
        for shown in [
            world.user("alice").await,
            world.service.ok("GetUser", json!({ "AccessToken": token })).await,
            world.service.ok("ListUsers", json!({ "UserPoolId": world.pool })).await["Users"][0].clone(),
        ] {
            assert_eq!(shown["MFAOptions"], sms());
        }
        assert_eq!(world.user("alice").await["UserMFASettingList"], json!(["SMS_MFA"]));
        assert_eq!(world.start("alice").await["ChallengeName"], "SMS_MFA");
        for wrong in [
            json!([{ "DeliveryMedium": "EMAIL", "AttributeName": "email" }]),
            json!([{ "DeliveryMedium": "SMS", "AttributeName": "email" }]),
            json!([{}]),
        ] {
            let refused = invalid_parameter("MFAOptions can only have SMS as the medium of phone_number.");
            assert_eq!(set(wrong).await, Err(refused));
        }
        assert_eq!(set(json!([])).await, Ok(json!({})));
        let user = world.user("alice").await;
        assert_eq!((user.get("MFAOptions"), user.get("UserMFASettingList")), (None, None));
        assert!(has_tokens(&world.start("alice").await));
    }
    // Switched off by the newer operation it is shown no more.
    world.service.ok("SetUserSettings", mine(sms())).await;
    world.prefer("alice", json!({ "SMSMfaSettings": { "Enabled": false } })).await;
    assert_eq!(world.user("alice").await.get("MFAOptions"), None);
    // Where one is required users switch nothing off.
    world.offer(Offers::all("ON")).await;
    world.service.ok("SetUserSettings", mine(sms())).await;
    assert_eq!(world.user("alice").await["UserMFASettingList"], json!(["EMAIL_OTP", "SMS_MFA"]));
    assert_eq!(world.service.fails("SetUserSettings", mine(json!([]))).await, invalid_parameter(REFUSED));
}

#[tokio::test]
async fn sms_needs_a_number_and_a_pool_that_offers_it() {
    let world = World::new(Offers::all("OPTIONAL")).await;
    world.confirmed("bob", &[]).await;
    let request = world.admin("bob", json!({ "MFAOptions": sms() }));
    assert_eq!(
        world.service.fails("AdminSetUserSettings", request.clone()).await,
        invalid_parameter("User does not have delivery config set to turn on SMS_MFA")
    );
    world.offer(Offers { sms: false, ..Offers::all("OPTIONAL") }).await;
    assert_eq!(
        world.service.fails("AdminSetUserSettings", request).await,
        invalid_parameter("SMS MFA has not been enabled by the userPool")
    );
    let request = world.admin("nobody", json!({ "MFAOptions": [] }));
    assert_eq!(world.service.fails("AdminSetUserSettings", request).await.0, "UserNotFoundException");
}

/// Where one is required users take nothing away; more is welcome.
#[tokio::test]
async fn where_one_is_required_nothing_is_taken_away() {
    let world = World::new(Offers::all("OPTIONAL")).await;
    world.alice().await;
    let token = world.access_token("alice").await;
    let app = world.app(&token).await;
    world.offer(Offers::all("ON")).await;
    let mine = |members: Value| {
        world.service.call("SetUserMFAPreference", merged(json!({ "AccessToken": token }), members))
    };
    let list = async || world.user("alice").await.get("UserMFASettingList").cloned();
    // What is off already, and what says nothing.
    mine(json!({ "SMSMfaSettings": { "Enabled": false } })).await.unwrap();
    mine(json!({ "EmailMfaSettings": { "PreferredMfa": false } })).await.unwrap();
    assert_eq!(list().await, None);
    // The first that is switched on takes no other's place: before it all of them counted.
    let app_on = json!({ "Enabled": true, "PreferredMfa": true });
    mine(json!({ "SoftwareTokenMfaSettings": app_on })).await.unwrap();
    let all = json!(["EMAIL_OTP", "SMS_MFA", "SOFTWARE_TOKEN_MFA"]);
    assert_eq!(list().await, Some(all.clone()));
    world.next_step();
    let asked = world.start("alice").await;
    let code = json!({ "SOFTWARE_TOKEN_MFA_CODE": app.code(&world, 0) });
    assert!(has_tokens(&world.answer(&asked, "alice", code).await.unwrap()));
    for off in ["SMSMfaSettings", "EmailMfaSettings", "SoftwareTokenMfaSettings"] {
        let refused = mine(json!({ off: { "Enabled": false } })).await;
        assert_eq!(refused, Err(invalid_parameter(REFUSED)), "{off}");
    }
    mine(json!({ "SMSMfaSettings": { "Enabled": true, "PreferredMfa": true } })).await.unwrap();
    assert_eq!(list().await, Some(all));
    // Administrators do as they like.
    world.prefer("alice", json!({ "SMSMfaSettings": { "Enabled": false } })).await;
    assert_eq!(list().await, Some(json!(["EMAIL_OTP", "SOFTWARE_TOKEN_MFA"])));
}

/// Nor does the request that switches on the first one take away what counted until then.
#[tokio::test]
async fn one_factor_is_not_exchanged_for_another() {
    let world = World::new(Offers::all("OPTIONAL")).await;
    world.alice().await;
    let token = world.access_token("alice").await;
    world.app(&token).await;
    world.offer(Offers::all("ON")).await;
    let exchange = json!({
        "AccessToken": token, "SoftwareTokenMfaSettings": { "Enabled": true },
        "SMSMfaSettings": { "Enabled": false },
    });
    assert_eq!(world.service.fails("SetUserMFAPreference", exchange).await, invalid_parameter(REFUSED));
    assert_eq!(world.user("alice").await.get("UserMFASettingList"), None);
}

#[tokio::test]
async fn what_a_user_can_show_is_listed() {
    let world = World::new(Offers::all("OPTIONAL")).await;
    world.alice().await;
    let token = world.access_token("alice").await;
    let both = async || {
        let mine = world.service.ok("GetUserAuthFactors", json!({ "AccessToken": token })).await;
        let theirs = world.service.ok("AdminGetUserAuthFactors", world.admin("alice", json!({}))).await;
        assert_eq!(mine, theirs);
        mine
    };
    assert_eq!(both().await, json!({ "Username": "alice", "ConfiguredUserAuthFactors": ["PASSWORD"] }));
    world.service.ok("AssociateSoftwareToken", json!({ "AccessToken": token })).await;
    let verified = json!({ "UserAttributes": [{ "Name": "email_verified", "Value": "true" }] });
    world.service.ok("AdminUpdateUserAttributes", world.admin("alice", verified)).await;
    assert_eq!(both().await["ConfiguredUserAuthFactors"], json!(["PASSWORD", "EMAIL_OTP"]));
    world.app(&token).await;
    world.prefer("alice", json!({ "SoftwareTokenMfaSettings": { "PreferredMfa": true } })).await;
    let verified = json!({ "UserAttributes": [{ "Name": "phone_number_verified", "Value": "true" }] });
    world.service.ok("AdminUpdateUserAttributes", world.admin("alice", verified)).await;
    assert_eq!(
        both().await,
        json!({
            "Username": "alice", "PreferredMfaSetting": "SOFTWARE_TOKEN_MFA",
            "UserMFASettingList": ["SOFTWARE_TOKEN_MFA"],
            "ConfiguredUserAuthFactors": ["PASSWORD", "EMAIL_OTP", "SMS_OTP", "SOFTWARE_TOKEN"],
        })
    );
    let missing = world.service.fails("AdminGetUserAuthFactors", world.admin("nobody", json!({}))).await;
    assert_eq!(missing.0, "UserNotFoundException");
}
