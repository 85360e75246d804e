//! SetUserMFAPreference and AdminSetUserMFAPreference.

use serde_json::{Value, json};

use crate::world::*;

/// A pool with all second factors but required none, and a user with both contacts.
async fn world() -> (World, String) {
    let world = World::of(json!({ "AutoVerifiedAttributes": ["email"] })).await;
    let given = [("email", "rosa@example.org"), ("phone_number", "+12065551234")];
    world.confirmed("rosa", &given).await;
    let token = world.token("rosa").await;
    configure(&world, "OPTIONAL").await;
    (world, token)
}

async fn configure(world: &World, mode: &str) {
    world
        .service
        .ok(
            "SetUserPoolMfaConfig",
            json!({
                "UserPoolId": world.pool, "MfaConfiguration": mode,
                "SmsMfaConfiguration": { "SmsConfiguration": {
                    "SnsCallerArn": "arn:aws:iam::123456789012:role/sms", "ExternalId": "x",
                } },
                "EmailMfaConfiguration": {},
                "SoftwareTokenMfaConfiguration": { "Enabled": true },
            }),
        )
        .await;
}

async fn set(world: &World, members: Value) -> Result<Value, (String, String)> {
    world.service.call("AdminSetUserMFAPreference", world.admin("rosa", members)).await
}

async fn shown(world: &World) -> (Value, Value) {
    let user = world.user("rosa").await;
    let member = |name: &str| user.get(name).cloned().unwrap_or(json!("absent"));
    (member("UserMFASettingList"), member("PreferredMfaSetting"))
}

#[tokio::test]
async fn factors_go_on_and_off() {
    let (world, token) = world().await;
    assert_eq!(shown(&world).await, (json!("absent"), json!("absent")));
    assert_eq!(set(&world, json!({ "SMSMfaSettings": { "Enabled": true } })).await, Ok(json!({})));
    assert_eq!(shown(&world).await, (json!(["SMS_MFA"]), json!("absent")));
    let request = json!({ "AccessToken": token, "EmailMfaSettings": { "PreferredMfa": true } });
    assert_eq!(world.service.ok("SetUserMFAPreference", request).await, json!({}));
    assert_eq!(shown(&world).await, (json!(["EMAIL_OTP", "SMS_MFA"]), json!("EMAIL_OTP")));
    let user = world.service.ok("GetUser", json!({ "AccessToken": token })).await;
    assert_eq!(user["UserMFASettingList"], json!(["EMAIL_OTP", "SMS_MFA"]));
    assert_eq!(user["PreferredMfaSetting"], "EMAIL_OTP");
    // Left out: unchanged. On without a word about the preference: the preference stays.
    set(&world, json!({ "EmailMfaSettings": { "Enabled": true } })).await.unwrap();
    assert_eq!(shown(&world).await.1, "EMAIL_OTP");
    set(&world, json!({ "EmailMfaSettings": { "PreferredMfa": false } })).await.unwrap();
    assert_eq!(shown(&world).await, (json!(["EMAIL_OTP", "SMS_MFA"]), json!("absent")));
    set(&world, json!({ "SMSMfaSettings": { "Enabled": true, "PreferredMfa": true } })).await.unwrap();
    set(&world, json!({ "SMSMfaSettings": { "Enabled": false } })).await.unwrap();
    assert_eq!(shown(&world).await, (json!(["EMAIL_OTP"]), json!("absent")));
    set(
        &world,
        json!({ "EmailMfaSettings": { "Enabled": false }, "WebAuthnMfaSettings": { "Enabled": false } }),
    )
    .await
    .unwrap();
    assert_eq!(shown(&world).await, (json!("absent"), json!("absent")));
}

#[tokio::test]
async fn what_is_missing_cannot_be_switched_on() {
    let (world, _) = world().await;
    let two =
        json!({ "SMSMfaSettings": { "PreferredMfa": true }, "EmailMfaSettings": { "PreferredMfa": true } });
    assert_eq!(set(&world, two).await, Err(invalid("Only one MFA method can be preferred.")));
    assert_eq!(
        set(&world, json!({ "SoftwareTokenMfaSettings": { "Enabled": true } })).await,
        Err(invalid("User does not have delivery config set to turn on SOFTWARE_TOKEN_MFA"))
    );
    let names = json!({ "UserAttributeNames": ["email", "phone_number"] });
    world.service.ok("AdminDeleteUserAttributes", world.admin("rosa", names)).await;
    for (member, name) in [("SMSMfaSettings", "SMS_MFA"), ("EmailMfaSettings", "EMAIL_OTP")] {
        assert_eq!(
            set(&world, json!({ member: { "Enabled": true } })).await,
            Err(invalid(&format!("User does not have delivery config set to turn on {name}")))
        );
        set(&world, json!({ member: { "Enabled": false } })).await.unwrap();
    }
    assert_eq!(shown(&world).await, (json!("absent"), json!("absent")));
    assert_eq!(
        world.service.fails("AdminSetUserMFAPreference", world.admin("nobody", json!({}))).await,
        missing_user()
    );
}

#[tokio::test]
async fn the_pool_decides_which_factors_there_are() {
    let world = World::new().await;
    world.rosa().await;
    assert_eq!(
        set(&world, json!({ "EmailMfaSettings": { "Enabled": true } })).await,
        Err(invalid("Email MFA has not been enabled by the userPool"))
    );
}

#[tokio::test]
async fn where_one_is_required_users_switch_nothing_off() {
    let (world, token) = world().await;
    set(&world, json!({ "SMSMfaSettings": { "Enabled": true }, "EmailMfaSettings": { "Enabled": true } }))
        .await
        .unwrap();
    configure(&world, "ON").await;
    let mine = |members: Value| {
        let mut request = members;
        request["AccessToken"] = json!(token);
        world.service.call("SetUserMFAPreference", request)
    };
    assert_eq!(
        mine(json!({ "SMSMfaSettings": { "Enabled": false } })).await,
        Err(invalid("MFA is required in this user pool: no MFA method can be switched off."))
    );
    mine(json!({ "SMSMfaSettings": { "Enabled": true, "PreferredMfa": true } })).await.unwrap();
    assert_eq!(shown(&world).await, (json!(["EMAIL_OTP", "SMS_MFA"]), json!("SMS_MFA")));
    set(&world, json!({ "SMSMfaSettings": { "Enabled": false } })).await.unwrap();
    assert_eq!(shown(&world).await, (json!(["EMAIL_OTP"]), json!("absent")));
}

#[tokio::test]
async fn a_factor_goes_with_its_contact() {
    let (world, token) = world().await;
    set(
        &world,
        json!({ "SMSMfaSettings": { "PreferredMfa": true }, "EmailMfaSettings": { "Enabled": true } }),
    )
    .await
    .unwrap();
    let request = json!({ "AccessToken": token, "UserAttributeNames": ["phone_number"] });
    world.service.ok("DeleteUserAttributes", request).await;
    assert_eq!(shown(&world).await, (json!(["EMAIL_OTP"]), json!("absent")));
    let members = json!({ "UserAttributes": attributes(&[("email", "")]) });
    world.service.ok("AdminUpdateUserAttributes", world.admin("rosa", members)).await;
    assert_eq!(shown(&world).await, (json!("absent"), json!("absent")));
}
