use cenote_core::testing::TestService;
use serde_json::{Value, json};

use crate::{function, invalid, refused, sms};

/// Members of CreateUserPool, and the text that refuses them.
#[tokio::test]
async fn every_check_has_its_text() {
    let service = TestService::new().await;
    let recovery =
        |mechanisms: Value| json!({ "AccountRecoverySetting": { "RecoveryMechanisms": mechanisms } });
    let factors =
        |list: Value| json!({ "Policies": { "SignInPolicy": { "AllowedFirstAuthFactors": list } } });
    let sender = json!({ "LambdaVersion": "V1_0", "LambdaArn": function("send") });
    let kms = "KMSKeyId parameter is required when Custom SMS/Email Lambda trigger is used.";
    let mfa =
        "SMS configuration and Auto verification for phone_number are required when MFA is required/optional";
    let unused =
        "Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays";
    let cases = [
        (
            json!({ "AliasAttributes": ["email"], "UsernameAttributes": ["email"] }),
            "Only one of the aliasAttributes or usernameAttributes can be set in a User pool.",
        ),
        (
            json!({
                "AliasAttributes": ["preferred_username"],
                "Schema": [{ "Name": "preferred_username", "Required": true }],
            }),
            "The attribute preferred_username cannot be both required and an alias.",
        ),
        (
            json!({
                "AutoVerifiedAttributes": ["email"],
                "UserAttributeUpdateSettings": { "AttributesRequireVerificationBeforeUpdate": ["email", "phone_number"] },
            }),
            "All attributes in AttributesRequireVerificationBeforeUpdate must exist in AutoVerifiedAttributes",
        ),
        (json!({ "AdminCreateUserConfig": { "UnusedAccountValidityDays": 3 } }), unused),
        (
            recovery(
                json!([{ "Priority": 1, "Name": "verified_email" }, { "Priority": 1, "Name": "admin_only" }]),
            ),
            "Invalid account recovery setting parameter. Account Recovery Setting cannot have duplicate priorities or recovery mechanisms.",
        ),
        (
            recovery(
                json!([{ "Priority": 1, "Name": "verified_email" }, { "Priority": 2, "Name": "verified_email" }]),
            ),
            "Invalid account recovery setting parameter. Account Recovery Setting cannot have duplicate priorities or recovery mechanisms.",
        ),
        (
            recovery(
                json!([{ "Priority": 1, "Name": "verified_email" }, { "Priority": 2, "Name": "admin_only" }]),
            ),
            "Invalid account recovery setting parameter. Account Recovery Setting cannot use admin_only setting with any other recovery mechanisms.",
        ),
        (
            json!({ "EmailConfiguration": { "EmailSendingAccount": "DEVELOPER" } }),
            "Source ARN is required to use DEVELOPER email sending owner",
        ),
        (json!({ "EmailConfiguration": { "From": "nobody" } }), "Provided From email address is invalid"),
        (
            json!({ "EmailConfiguration": { "From": "Nobody <no body@x>" } }),
            "Provided From email address is invalid",
        ),
        (
            json!({ "SmsConfiguration": { "ExternalId": "x" } }),
            "1 validation error detected: Value null at 'smsConfiguration.snsCallerArn' failed to satisfy constraint: \
             Member must not be null",
        ),
        (json!({ "LambdaConfig": { "CustomEmailSender": sender } }), kms),
        (json!({ "LambdaConfig": { "CustomSMSSender": sender } }), kms),
        (
            json!({ "LambdaConfig": {
                "PreTokenGeneration": function("a"),
                "PreTokenGenerationConfig": { "LambdaVersion": "V1_0", "LambdaArn": function("b") },
            } }),
            "Cannot use PreTokenGenerationLambda and PreTokenGeneration with different Lambda function ARN's",
        ),
        (
            json!({ "KeyConfiguration": { "KeyType": "CUSTOMER_MANAGED_KEY" } }),
            "KmsKeyArn is required when KeyType is CUSTOMER_MANAGED_KEY.",
        ),
        (
            json!({ "KeyConfiguration": { "KmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/1" } }),
            "KmsKeyArn can only be set when KeyType is CUSTOMER_MANAGED_KEY.",
        ),
        (
            json!({ "AcrConfiguration": { "Level1": { "AcrValue": "a" }, "Level2": { "AcrValue": "a" } } }),
            "AcrValue must be unique across all levels.",
        ),
        (
            json!({ "AcrConfiguration": { "Level1": { "AcrValue": "urn:cognito:loa:3" } } }),
            "AcrValue must be unique across all levels.",
        ),
        (
            factors(json!(["PASSWORD", "SMS_OTP"])),
            "SMS_OTP can not be configured as AuthFactor as user pool is missing valid SMS configuration",
        ),
        (
            factors(json!(["WEB_AUTHN"])),
            "Password should be configured as one of the allowed first auth factors.",
        ),
        (json!({ "MfaConfiguration": "ON" }), mfa),
        (json!({ "MfaConfiguration": "OPTIONAL", "AutoVerifiedAttributes": ["phone_number"] }), mfa),
        (
            json!({
                "MfaConfiguration": "ON", "SmsConfiguration": sms(),
                "Policies": { "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"] } },
            }),
            "Only PASSWORD and WEB_AUTHN (if configured) can be enabled as an auth factor if MFA is enabled",
        ),
        (
            json!({
                "MfaConfiguration": "ON", "SmsConfiguration": sms(),
                "Policies": { "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"] } },
            }),
            "Cannot set WebAuthn factor configuration to SINGLE_FACTOR if MFA is required and WebAuthn is an allowed \
             first auth factor",
        ),
    ];
    for (members, message) in cases {
        assert_eq!(refused(&service, members.clone()).await, invalid(message), "{members}");
    }
    let none = service.ok("ListUserPools", json!({ "MaxResults": 60 })).await;
    assert_eq!(none, json!({ "UserPools": [] }), "nothing that was refused may leave a trace");
}

#[tokio::test]
async fn what_is_close_to_a_check_passes() {
    let service = TestService::new().await;
    for members in [
        json!({ "AliasAttributes": [], "UsernameAttributes": ["email", "phone_number"] }),
        json!({ "AliasAttributes": ["email"], "Schema": [{ "Name": "preferred_username", "Required": true }] }),
        json!({ "AdminCreateUserConfig": { "UnusedAccountValidityDays": 0 } }),
        json!({ "AccountRecoverySetting": {} }),
        json!({ "EmailConfiguration": { "From": "a@example.com" } }),
        json!({ "SmsConfiguration": { "EumsSms": { "CallerArn": "arn:aws:iam::123456789012:role/eums" } } }),
        json!({ "MfaConfiguration": "ON", "SmsConfiguration": sms() }),
        json!({
            "MfaConfiguration": "OPTIONAL", "SmsConfiguration": sms(),
            "Policies": { "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "SMS_OTP"] } },
        }),
        json!({ "VerificationMessageTemplate": { "EmailMessage": "{####}", "EmailMessageByLink": "{##x##}" } }),
        json!({ "AcrConfiguration": { "Level1": { "AcrValue": "urn:cognito:loa:1" } } }),
    ] {
        service.pool(members).await;
    }
}

#[tokio::test]
async fn the_models_constraints_come_first() {
    let service = TestService::new().await;
    let (code, message) = service.fails("CreateUserPool", json!({ "PoolName": "" })).await;
    assert_eq!(code, "InvalidParameterException");
    assert!(message.starts_with("2 validation errors detected: Value '' at 'poolName'"), "{message}");
    let (_, message) =
        refused(&service, json!({ "Policies": { "PasswordPolicy": { "MinimumLength": 5 } } })).await;
    assert!(message.ends_with("Member must have value greater than or equal to 6"), "{message}");
    let name = json!({ "Schema": [{ "Name": "phone_number_verified", "AttributeDataType": "Boolean" }] });
    let (_, message) = refused(&service, name).await;
    assert!(message.contains("at 'schema.1.member.name' failed"), "{message}");
    let missing = json!({ "LambdaConfig": { "CustomEmailSender": { "LambdaArn": function("mail") } } });
    assert_eq!(
        refused(&service, missing).await,
        invalid(
            "1 validation error detected: Value null at 'lambdaConfig.customEmailSender.lambdaVersion' failed to satisfy \
             constraint: Member must not be null"
        )
    );
}
