use cenote_core::testing::{TestService, merged};
use serde_json::{Value, json};

use crate::{describe, invalid, sms};

async fn set(service: &TestService, pool: &str, members: Value) -> Result<Value, (String, String)> {
    let request = merged(json!({ "UserPoolId": pool }), members);
    service.call("SetUserPoolMfaConfig", request).await
}

async fn get(service: &TestService, pool: &str) -> Value {
    service.ok("GetUserPoolMfaConfig", json!({ "UserPoolId": pool })).await
}

#[tokio::test]
async fn a_new_pool_has_no_factor() {
    let service = TestService::new().await;
    let pool = service.pool(json!({ "SmsConfiguration": sms() })).await;
    assert_eq!(get(&service, &pool).await, json!({ "MfaConfiguration": "OFF" }));
}

#[tokio::test]
async fn a_pool_made_with_sms_has_that_factor() {
    let service = TestService::new().await;
    let members = json!({
        "MfaConfiguration": "ON", "SmsConfiguration": sms(), "SmsAuthenticationMessage": "Your code is {####}",
    });
    let pool = service.pool(members).await;
    assert_eq!(
        get(&service, &pool).await,
        json!({
            "MfaConfiguration": "ON",
            "SmsMfaConfiguration": {
                "SmsConfiguration": sms(), "SmsAuthenticationMessage": "Your code is {####}",
            },
        })
    );
}

#[tokio::test]
async fn what_is_set_is_echoed_and_kept() {
    let service = TestService::new().await;
    let pool = service.pool(json!({})).await;
    let all = json!({
        "MfaConfiguration": "OPTIONAL",
        "SmsMfaConfiguration": { "SmsConfiguration": sms(), "SmsAuthenticationMessage": "Your code is {####}" },
        "SoftwareTokenMfaConfiguration": { "Enabled": true },
        "EmailMfaConfiguration": { "Message": "Code {####}", "Subject": "Code" },
        "WebAuthnConfiguration": { "RelyingPartyId": "example.com", "UserVerification": "required" },
    });
    assert_eq!(set(&service, &pool, all.clone()).await, Ok(all.clone()));
    assert_eq!(get(&service, &pool).await, all);
    let shown = describe(&service, &pool).await;
    assert_eq!(shown["MfaConfiguration"], "OPTIONAL");
    assert_eq!(shown["SmsConfiguration"], sms());
    assert_eq!(shown["SmsAuthenticationMessage"], "Your code is {####}");
}

#[tokio::test]
async fn a_call_with_only_the_pool_switches_mfa_off() {
    let service = TestService::new().await;
    let pool = service.pool(json!({})).await;
    let some = json!({
        "MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": { "Enabled": true },
        "WebAuthnConfiguration": { "RelyingPartyId": "example.com" },
    });
    set(&service, &pool, some).await.unwrap();
    let off = json!({
        "MfaConfiguration": "OFF",
        "WebAuthnConfiguration": { "RelyingPartyId": "example.com", "UserVerification": "preferred" },
    });
    assert_eq!(set(&service, &pool, json!({})).await, Ok(off.clone()));
    assert_eq!(get(&service, &pool).await, off);
}

#[tokio::test]
async fn a_relying_party_is_no_top_level_domain() {
    let service = TestService::new().await;
    let pool = service.pool(json!({})).await;
    let named = |id: &str| json!({ "WebAuthnConfiguration": { "RelyingPartyId": id } });
    for id in ["com", ".com", "com.", "."] {
        let refused = set(&service, &pool, named(id)).await.unwrap_err();
        let text = "RelyingPartyId must not be a public suffix.";
        assert_eq!(refused, ("InvalidParameterException".into(), text.into()), "{id}");
    }
    for id in ["localhost", "123456789", "example.com", "login.example.co.uk"] {
        assert!(set(&service, &pool, named(id)).await.is_ok(), "{id}");
    }
}

#[tokio::test]
async fn every_check_has_its_text() {
    let service = TestService::new().await;
    let plain = service.pool(json!({})).await;
    let factors =
        |list: Value| json!({ "Policies": { "SignInPolicy": { "AllowedFirstAuthFactors": list } } });
    let codes = service.pool(factors(json!(["PASSWORD", "EMAIL_OTP"]))).await;
    let passkeys = service.pool(factors(json!(["PASSWORD", "WEB_AUTHN"]))).await;
    let recovery = json!([{ "Priority": 1, "Name": "verified_email" }]);
    let mail = service.pool(json!({ "AccountRecoverySetting": { "RecoveryMechanisms": recovery } })).await;
    let together = "Invalid MFA configuration given, can't turn off MFA and configure an MFA together.";
    let no_factor =
        "Invalid MFA Configuration given. SMS MFA, Email MFA, or Software Token MFA must be enabled.";
    let token = json!({ "Enabled": true });
    let cases = [
        (&plain, json!({ "SoftwareTokenMfaConfiguration": { "Enabled": false } }), together),
        (&plain, json!({ "MfaConfiguration": "OFF", "EmailMfaConfiguration": {} }), together),
        (&plain, json!({ "MfaConfiguration": "OFF", "SmsMfaConfiguration": {} }), together),
        (&plain, json!({ "MfaConfiguration": "ON" }), no_factor),
        (
            &plain,
            json!({ "MfaConfiguration": "ON", "SmsMfaConfiguration": {} }),
            "SMS configuration and Auto verification for phone_number are required when MFA is required/optional",
        ),
        (
            &codes,
            json!({ "MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": token }),
            "Only PASSWORD and WEB_AUTHN (if configured) can be enabled as an auth factor if MFA is enabled",
        ),
        (
            &passkeys,
            json!({
                "MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": token,
                "WebAuthnConfiguration": { "FactorConfiguration": "SINGLE_FACTOR" },
            }),
            "Cannot set WebAuthn factor configuration to SINGLE_FACTOR if MFA is required and WebAuthn is an allowed \
             first auth factor",
        ),
        (
            &mail,
            json!({ "MfaConfiguration": "OPTIONAL", "EmailMfaConfiguration": {} }),
            "Cannot set EmailMfaConfiguration when verified_email is the only recovery mechanism of the user pool.",
        ),
    ];
    for (pool, members, message) in cases {
        assert_eq!(set(&service, pool, members.clone()).await, Err(invalid(message)), "{members}");
    }
    let optional = json!({ "MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": token });
    set(&service, &codes, optional).await.unwrap();
    let multi = json!({
        "MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": token,
        "WebAuthnConfiguration": { "FactorConfiguration": "MULTI_FACTOR_WITH_USER_VERIFICATION" },
    });
    set(&service, &passkeys, multi).await.unwrap();
    // Mail is ours to send, so the default sender is no obstacle.
    set(&service, &plain, json!({ "MfaConfiguration": "ON", "EmailMfaConfiguration": {} })).await.unwrap();
}

#[tokio::test]
async fn a_missing_pool_is_not_found() {
    let service = TestService::new().await;
    let missing = ("ResourceNotFoundException".into(), "User pool us-east-1_none does not exist.".into());
    assert_eq!(set(&service, "us-east-1_none", json!({})).await, Err(missing));
    let (code, _) = service.fails("GetUserPoolMfaConfig", json!({ "UserPoolId": "us-east-1_none" })).await;
    assert_eq!(code, "ResourceNotFoundException");
}

/// Neither of the two operations may leave one mailbox as both.
#[tokio::test]
async fn mail_is_not_both_the_second_factor_and_the_only_way_back() {
    let service = TestService::new().await;
    let pool = service.pool(json!({})).await;
    set(&service, &pool, json!({ "MfaConfiguration": "OPTIONAL", "EmailMfaConfiguration": {} }))
        .await
        .unwrap();
    let update = |names: &[&str]| {
        let list: Vec<Value> =
            names.iter().zip(1..).map(|(name, at)| json!({ "Name": name, "Priority": at })).collect();
        let request = json!({ "UserPoolId": pool, "AccountRecoverySetting": { "RecoveryMechanisms": list } });
        service.call("UpdateUserPool", request)
    };
    let refused = "Cannot set EmailMfaConfiguration when verified_email is the only recovery mechanism of the user pool.";
    assert_eq!(update(&["verified_email"]).await, Err(invalid(refused)));
    update(&["verified_email", "verified_phone_number"]).await.unwrap();
    update(&["verified_phone_number"]).await.unwrap();
    update(&["admin_only"]).await.unwrap();
}
