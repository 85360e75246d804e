use cenote_core::testing::TestService;
use serde_json::{Value, json};

use crate::{describe, function, invalid, sms};

fn everything() -> Value {
    json!({
        "AliasAttributes": ["email"],
        "AutoVerifiedAttributes": ["email", "phone_number"],
        "UsernameConfiguration": { "CaseSensitive": false },
        "Schema": [{ "Name": "tenant", "AttributeDataType": "String" }],
        "DeletionProtection": "ACTIVE",
        "DeviceConfiguration": { "ChallengeRequiredOnNewDevice": true, "DeviceOnlyRememberedOnUserPrompt": true },
        "SmsConfiguration": sms(),
        "SmsAuthenticationMessage": "Sign in with {####}",
        "EmailConfiguration": { "EmailSendingAccount": "COGNITO_DEFAULT", "From": "a@example.com" },
        "AdminCreateUserConfig": { "AllowAdminCreateUserOnly": true },
        "VerificationMessageTemplate": { "DefaultEmailOption": "CONFIRM_WITH_LINK", "EmailSubject": "Code" },
        "AccountRecoverySetting": { "RecoveryMechanisms": [{ "Priority": 1, "Name": "verified_email" }] },
        "UserPoolAddOns": { "AdvancedSecurityMode": "AUDIT" },
        "UserPoolTags": { "team": "identity" },
        "IssuerConfiguration": { "Type": "UPDATED" },
        "KeyConfiguration": {
            "KeyType": "CUSTOMER_MANAGED_KEY", "KmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/1",
        },
        "AcrConfiguration": { "Level2": { "AcrValue": "two" } },
        "DcrConfiguration": { "EnableStatus": "Disabled" },
        "LambdaConfig": { "PreSignUp": function("pre") },
        "Policies": {
            "PasswordPolicy": { "MinimumLength": 10, "TemporaryPasswordValidityDays": 3 },
            "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"] },
        },
        "UserPoolTier": "PLUS",
    })
}

#[tokio::test]
async fn what_an_empty_update_keeps_and_what_it_resets() {
    let service = TestService::new().await;
    let pool = service.pool(everything()).await;
    let before = describe(&service, &pool).await;
    service.clock.advance_seconds(60);
    assert_eq!(service.ok("UpdateUserPool", json!({ "UserPoolId": pool })).await, json!({}));
    let after = describe(&service, &pool).await;

    let mut expected = before.clone();
    expected["LastModifiedDate"] = json!(1_795_449_660);
    let members = expected.as_object_mut().unwrap();
    for absent in [
        "AutoVerifiedAttributes",
        "UserPoolAddOns",
        "SmsConfiguration",
        "DeviceConfiguration",
        "SmsAuthenticationMessage",
    ] {
        assert!(members.remove(absent).is_some(), "{absent} was set");
    }
    expected["LambdaConfig"] = json!({});
    expected["EmailConfiguration"] = json!({ "EmailSendingAccount": "COGNITO_DEFAULT" });
    expected["AdminCreateUserConfig"] =
        json!({ "AllowAdminCreateUserOnly": false, "UnusedAccountValidityDays": 3 });
    assert_eq!(after, expected);
}

#[tokio::test]
async fn every_member_can_be_changed() {
    let service = TestService::new().await;
    let pool = service.pool(json!({ "MfaConfiguration": "OPTIONAL", "SmsConfiguration": sms() })).await;
    let mut update = everything();
    for fixed in ["AliasAttributes", "UsernameConfiguration", "Schema"] {
        update.as_object_mut().unwrap().remove(fixed);
    }
    update["UserPoolId"] = json!(pool);
    update["PoolName"] = json!("renamed");
    update["MfaConfiguration"] = json!("OFF");
    update["UserAttributeUpdateSettings"] = json!({ "AttributesRequireVerificationBeforeUpdate": ["email"] });
    service.ok("UpdateUserPool", update.clone()).await;
    let shown = describe(&service, &pool).await;
    assert_eq!(shown["Name"], "renamed");
    update["AdminCreateUserConfig"]["UnusedAccountValidityDays"] = json!(3);
    update["Policies"] = json!({
        "PasswordPolicy": {
            "MinimumLength": 10, "RequireUppercase": false, "RequireLowercase": false, "RequireNumbers": false,
            "RequireSymbols": false, "TemporaryPasswordValidityDays": 3,
        },
        "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"] },
    });
    update["DcrConfiguration"] = json!({
        "EnableStatus": "Disabled", "OpenDcrEnabled": false, "AuthenticatedGrantTypes": ["code", "client_credentials"],
        "OpenDcrGrantTypes": ["code"],
    });
    for level in [1, 3, 4] {
        let name = format!("urn:cognito:loa:{level}");
        update["AcrConfiguration"][format!("Level{level}")] = json!({ "AcrValue": name });
    }
    for (member, value) in update.as_object().unwrap() {
        if member != "UserPoolId" && member != "PoolName" {
            assert_eq!(&shown[member], value, "{member}");
        }
    }
}

#[tokio::test]
async fn each_policy_is_kept_on_its_own() {
    let service = TestService::new().await;
    let pool = service.pool(everything()).await;
    let update =
        |policies: Value| json!({ "UserPoolId": pool, "UserPoolTier": "PLUS", "Policies": policies });
    service.ok("UpdateUserPool", update(json!({ "PasswordPolicy": { "MinimumLength": 20 } }))).await;
    let shown = describe(&service, &pool).await;
    assert_eq!(shown["Policies"]["PasswordPolicy"]["MinimumLength"], 20);
    assert_eq!(
        shown["Policies"]["SignInPolicy"]["AllowedFirstAuthFactors"],
        json!(["PASSWORD", "EMAIL_OTP"])
    );
    let only_password = json!({ "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD"] } });
    service.ok("UpdateUserPool", update(only_password)).await;
    let shown = describe(&service, &pool).await;
    assert_eq!(shown["Policies"]["PasswordPolicy"]["MinimumLength"], 20);
    assert_eq!(shown["Policies"]["SignInPolicy"]["AllowedFirstAuthFactors"], json!(["PASSWORD"]));
}

#[tokio::test]
async fn update_settings_outlive_what_they_need() {
    let service = TestService::new().await;
    let pool = service
        .pool(json!({
            "AutoVerifiedAttributes": ["email"],
            "UserAttributeUpdateSettings": { "AttributesRequireVerificationBeforeUpdate": ["email"] },
        }))
        .await;
    let before = describe(&service, &pool).await;
    assert_eq!(
        service.fails("UpdateUserPool", json!({ "UserPoolId": pool })).await,
        invalid(
            "All attributes in AttributesRequireVerificationBeforeUpdate must exist in AutoVerifiedAttributes"
        )
    );
    assert_eq!(describe(&service, &pool).await, before);
}

#[tokio::test]
async fn messages_change_the_template_that_is_kept() {
    let service = TestService::new().await;
    let template = json!({ "VerificationMessageTemplate": {
        "DefaultEmailOption": "CONFIRM_WITH_LINK", "EmailSubject": "Code", "SmsMessage": "Code {####}",
    } });
    let pool = service.pool(template).await;
    let update = json!({ "UserPoolId": pool, "SmsVerificationMessage": "New {####}" });
    service.ok("UpdateUserPool", update).await;
    let shown = describe(&service, &pool).await;
    assert_eq!(
        shown["VerificationMessageTemplate"],
        json!({ "DefaultEmailOption": "CONFIRM_WITH_LINK", "EmailSubject": "Code", "SmsMessage": "New {####}" })
    );
    assert_eq!(shown["SmsVerificationMessage"], "New {####}");
}

#[tokio::test]
async fn mfa_is_kept_and_needs_its_factor() {
    let service = TestService::new().await;
    let pool = service.pool(json!({ "MfaConfiguration": "OPTIONAL", "SmsConfiguration": sms() })).await;
    // The configuration that the factor needs stays with it.
    service.ok("UpdateUserPool", json!({ "UserPoolId": pool })).await;
    let shown = describe(&service, &pool).await;
    assert_eq!(shown["MfaConfiguration"], "OPTIONAL");
    assert_eq!(shown["SmsConfiguration"]["SnsCallerArn"], sms()["SnsCallerArn"]);
    let bare = service.pool(json!({})).await;
    assert_eq!(
        service.fails("UpdateUserPool", json!({ "UserPoolId": bare, "MfaConfiguration": "OPTIONAL" })).await,
        invalid(
            "SMS configuration and Auto verification for phone_number are required when MFA is required/optional"
        )
    );

    let token = json!({
        "UserPoolId": pool, "MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": { "Enabled": true },
    });
    service.ok("SetUserPoolMfaConfig", token).await;
    service.ok("UpdateUserPool", json!({ "UserPoolId": pool })).await;
    let kept = service.ok("GetUserPoolMfaConfig", json!({ "UserPoolId": pool })).await;
    assert_eq!(
        kept,
        json!({ "MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": { "Enabled": true } })
    );

    service.ok("UpdateUserPool", json!({ "UserPoolId": pool, "MfaConfiguration": "OFF" })).await;
    let off = service.ok("GetUserPoolMfaConfig", json!({ "UserPoolId": pool })).await;
    assert_eq!(off, json!({ "MfaConfiguration": "OFF" }));
}

#[tokio::test]
async fn an_update_is_checked_like_a_creation() {
    let service = TestService::new().await;
    let pool = service.pool(json!({})).await;
    let update = json!({ "UserPoolId": pool, "AdminCreateUserConfig": { "UnusedAccountValidityDays": 7 } });
    assert_eq!(
        service.fails("UpdateUserPool", update).await,
        invalid(
            "Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays"
        )
    );
    let update = json!({ "UserPoolId": pool, "EmailConfiguration": { "EmailSendingAccount": "DEVELOPER" } });
    assert_eq!(
        service.fails("UpdateUserPool", update).await,
        invalid("Source ARN is required to use DEVELOPER email sending owner")
    );
    let (code, message) = service.fails("UpdateUserPool", json!({ "UserPoolId": "us-east-1_none" })).await;
    assert_eq!(
        (code.as_str(), message.as_str()),
        ("ResourceNotFoundException", "User pool us-east-1_none does not exist.")
    );
}

#[tokio::test]
async fn a_change_on_one_instance_is_no_conflict_on_the_other() {
    let service = TestService::new().await;
    let other = TestService::builder().start_beside(&service);
    let pool = service.pool(json!({})).await;
    // Both instances have the pool in memory; each must change what is stored, not what it remembers.
    describe(&other, &pool).await;
    for round in 0..3 {
        let tags = json!({ "UserPoolId": pool, "UserPoolTags": { "round": round.to_string() } });
        service.ok("UpdateUserPool", tags.clone()).await;
        other.ok("UpdateUserPool", tags).await;
    }
}

/// The guide's way to change one member: describe, change, send everything back.
#[tokio::test]
async fn what_is_described_can_be_sent_back() {
    let service = TestService::new().await;
    for members in
        [everything(), json!({}), json!({ "UserPoolTier": "LITE", "AutoVerifiedAttributes": ["email"] })]
    {
        let pool = service.pool(members).await;
        let described = describe(&service, &pool).await;
        let mut request = described.clone();
        request["UserPoolId"] = json!(pool);
        // The one member that the service refuses to take back, as many have found.
        request["AdminCreateUserConfig"].as_object_mut().unwrap().remove("UnusedAccountValidityDays");
        service.ok("UpdateUserPool", request).await;
        assert_eq!(describe(&service, &pool).await, described);
    }
}
