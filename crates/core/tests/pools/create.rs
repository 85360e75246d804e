use cenote_core::testing::{TestService, text};
use serde_json::{Value, json};

use crate::{describe, function};

fn text_attribute(name: &str) -> Value {
    bounded(name, "0", "2048")
}

fn bounded(name: &str, min: &str, max: &str) -> Value {
    json!({
        "Name": name, "AttributeDataType": "String", "DeveloperOnlyAttribute": false, "Mutable": true, "Required": false,
        "StringAttributeConstraints": { "MinLength": min, "MaxLength": max },
    })
}

fn flag(name: &str) -> Value {
    json!({
        "Name": name, "AttributeDataType": "Boolean", "DeveloperOnlyAttribute": false, "Mutable": true, "Required": false,
    })
}

/// The 21 attributes in the order of live pools of 2026.
fn standard_schema() -> Value {
    json!([
        text_attribute("profile"),
        text_attribute("address"),
        bounded("birthdate", "10", "10"),
        text_attribute("gender"),
        text_attribute("preferred_username"),
        {
            "Name": "updated_at", "AttributeDataType": "Number", "DeveloperOnlyAttribute": false, "Mutable": true,
            "Required": false, "NumberAttributeConstraints": { "MinValue": "0" },
        },
        text_attribute("website"),
        text_attribute("picture"),
        {
            "Name": "identities", "AttributeDataType": "String", "DeveloperOnlyAttribute": false, "Mutable": true,
            "Required": false, "StringAttributeConstraints": {},
        },
        {
            "Name": "sub", "AttributeDataType": "String", "DeveloperOnlyAttribute": false, "Mutable": false,
            "Required": true, "StringAttributeConstraints": { "MinLength": "1", "MaxLength": "2048" },
        },
        text_attribute("phone_number"),
        flag("phone_number_verified"),
        text_attribute("zoneinfo"),
        text_attribute("locale"),
        text_attribute("email"),
        flag("email_verified"),
        text_attribute("given_name"),
        text_attribute("family_name"),
        text_attribute("middle_name"),
        text_attribute("name"),
        text_attribute("nickname"),
    ])
}

#[tokio::test]
async fn a_pool_with_only_a_name() {
    let service = TestService::new().await;
    let created = service.ok("CreateUserPool", json!({ "PoolName": "name only" })).await;
    let pool = &created["UserPool"];
    let id = text(&pool["Id"]);
    let (region, name) = id.split_once('_').unwrap();
    assert_eq!(region, "us-east-1");
    assert!(name.len() == 9 && name.chars().all(|it| it.is_ascii_alphanumeric()), "{name}");
    assert_eq!(
        created,
        json!({ "UserPool": {
            "Id": id,
            "Arn": format!("arn:aws:cognito-idp:us-east-1:000000000000:userpool/{id}"),
            "Name": "name only",
            "CreationDate": 1_795_449_600,
            "LastModifiedDate": 1_795_449_600,
            "Policies": {
                "PasswordPolicy": {
                    "MinimumLength": 8, "RequireUppercase": true, "RequireLowercase": true, "RequireNumbers": true,
                    "RequireSymbols": true, "TemporaryPasswordValidityDays": 7,
                },
                "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD"] },
            },
            "DeletionProtection": "INACTIVE",
            "LambdaConfig": {},
            "SchemaAttributes": standard_schema(),
            "AccountRecoverySetting": { "RecoveryMechanisms": [
                { "Priority": 1, "Name": "verified_email" },
                { "Priority": 2, "Name": "verified_phone_number" },
            ] },
            "KeyConfiguration": { "KeyType": "AWS_OWNED_KEY" },
            "AcrConfiguration": {
                "Level1": { "AcrValue": "urn:cognito:loa:1" }, "Level2": { "AcrValue": "urn:cognito:loa:2" },
                "Level3": { "AcrValue": "urn:cognito:loa:3" }, "Level4": { "AcrValue": "urn:cognito:loa:4" },
            },
            "IssuerConfiguration": { "Type": "ORIGINAL" },
            "VerificationMessageTemplate": { "DefaultEmailOption": "CONFIRM_WITH_CODE" },
            "MfaConfiguration": "OFF",
            "EstimatedNumberOfUsers": 0,
            "EmailConfiguration": { "EmailSendingAccount": "COGNITO_DEFAULT" },
            "UserPoolTags": {},
            "AdminCreateUserConfig": { "AllowAdminCreateUserOnly": false, "UnusedAccountValidityDays": 7 },
            "UserPoolTier": "ESSENTIALS",
        } })
    );
    assert_eq!(&describe(&service, &id).await, pool);
}

#[tokio::test]
async fn the_region_is_the_callers() {
    let mut service = TestService::new().await;
    service.caller.region = "cn-north-1".into();
    let pool = service.pool(json!({})).await;
    assert!(pool.starts_with("cn-north-1_"), "{pool}");
    let arn = text(&describe(&service, &pool).await["Arn"]);
    assert_eq!(arn, format!("arn:aws-cn:cognito-idp:cn-north-1:000000000000:userpool/{pool}"));
}

#[tokio::test]
async fn everything_that_is_given_is_described() {
    let service = TestService::new().await;
    let given = json!({
        "AliasAttributes": ["email", "preferred_username"],
        "AutoVerifiedAttributes": ["email", "phone_number", "email"],
        "UsernameConfiguration": { "CaseSensitive": false },
        "UserAttributeUpdateSettings": { "AttributesRequireVerificationBeforeUpdate": ["email"] },
        "DeletionProtection": "ACTIVE",
        "DeviceConfiguration": { "ChallengeRequiredOnNewDevice": true },
        "SmsConfiguration": {
            "SnsCallerArn": "arn:aws:iam::123456789012:role/sms", "ExternalId": "x", "SnsRegion": "eu-west-1",
            "EumsSms": { "CallerArn": "arn:aws:iam::123456789012:role/eums", "OriginationIdentity": "Cenote" },
        },
        "SmsAuthenticationMessage": "Sign in with {####}",
        "EmailConfiguration": {
            "EmailSendingAccount": "DEVELOPER", "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/example.com",
            "From": "Example <no-reply@example.com>", "ReplyToEmailAddress": "help@example.com",
            "ConfigurationSet": "set",
        },
        "AdminCreateUserConfig": {
            "AllowAdminCreateUserOnly": true, "UnusedAccountValidityDays": 0,
            "InviteMessageTemplate": {
                "SMSMessage": "{username} {####}", "EmailMessage": "{username} {####}", "EmailSubject": "Hello",
            },
        },
        "VerificationMessageTemplate": {
            "DefaultEmailOption": "CONFIRM_WITH_LINK", "SmsMessage": "Code {####}", "EmailMessage": "Code is {####}",
            "EmailSubject": "Code", "EmailMessageByLink": "{##Click##}", "EmailSubjectByLink": "Link",
        },
        "AccountRecoverySetting": { "RecoveryMechanisms": [{ "Priority": 1, "Name": "admin_only" }] },
        "UserPoolAddOns": {
            "AdvancedSecurityMode": "AUDIT", "AdvancedSecurityAdditionalFlows": { "CustomAuthMode": "AUDIT" },
        },
        "UserPoolTags": { "team": "identity" },
        "IssuerConfiguration": { "Type": "UPDATED" },
        "KeyConfiguration": {
            "KeyType": "CUSTOMER_MANAGED_KEY", "KmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/1",
        },
        "AcrConfiguration": { "Level2": { "AcrValue": "two" } },
        "MfaConfiguration": "OPTIONAL",
        "LambdaConfig": {
            "PreSignUp": function("pre"), "KMSKeyID": "arn:aws:kms:us-east-1:123456789012:key/1",
            "CustomEmailSender": { "LambdaVersion": "V1_0", "LambdaArn": function("mail") },
            "CustomSMSSender": { "LambdaVersion": "V1_0", "LambdaArn": function("sms") },
            "InboundFederation": { "LambdaVersion": "V1_0", "LambdaArn": function("in") },
        },
    });
    let pool = service.pool(given.clone()).await;
    let shown = describe(&service, &pool).await;
    let mut expected = given;
    expected["AutoVerifiedAttributes"] = json!(["email", "phone_number"]);
    expected["AdminCreateUserConfig"]["UnusedAccountValidityDays"] = json!(7);
    expected["DeviceConfiguration"]["DeviceOnlyRememberedOnUserPrompt"] = json!(false);
    for level in [1, 3, 4] {
        let name = format!("urn:cognito:loa:{level}");
        expected["AcrConfiguration"][format!("Level{level}")] = json!({ "AcrValue": name });
    }
    for (member, value) in expected.as_object().unwrap() {
        assert_eq!(&shown[member], value, "{member}");
    }
    assert_eq!(shown["UserPoolTier"], "PLUS", "threat protection selects the tier");
    // The three older members mirror the template.
    assert_eq!(shown["SmsVerificationMessage"], "Code {####}");
    assert_eq!(shown["EmailVerificationMessage"], "Code is {####}");
    assert_eq!(shown["EmailVerificationSubject"], "Code");
}

#[tokio::test]
async fn older_message_members_become_the_template() {
    let service = TestService::new().await;
    let older = json!({
        "SmsVerificationMessage": "Code {####}", "EmailVerificationMessage": "Code is {####}",
        "EmailVerificationSubject": "Subject",
    });
    let pool = service.pool(older.clone()).await;
    let template = json!({
        "DefaultEmailOption": "CONFIRM_WITH_CODE", "SmsMessage": "Code {####}", "EmailMessage": "Code is {####}",
        "EmailSubject": "Subject",
    });
    assert_eq!(describe(&service, &pool).await["VerificationMessageTemplate"], template);

    // What a template leaves out comes from them too.
    let mut both = older;
    both["VerificationMessageTemplate"] = json!({ "EmailSubject": "Other" });
    let shown = describe(&service, &service.pool(both).await).await;
    assert_eq!(
        shown["VerificationMessageTemplate"],
        json!({
            "DefaultEmailOption": "CONFIRM_WITH_CODE", "SmsMessage": "Code {####}", "EmailMessage": "Code is {####}",
            "EmailSubject": "Other",
        })
    );
    assert_eq!(shown["EmailVerificationSubject"], "Other");
    assert_eq!(shown["SmsVerificationMessage"], "Code {####}");
}

#[tokio::test]
async fn a_password_policy_is_not_merged_with_the_default() {
    let service = TestService::new().await;
    let pool = service
        .pool(json!({ "Policies": { "PasswordPolicy": {
            "MinimumLength": 12, "RequireNumbers": true, "TemporaryPasswordValidityDays": 0, "PasswordHistorySize": 3,
        } } }))
        .await;
    let shown = describe(&service, &pool).await;
    assert_eq!(
        shown["Policies"],
        json!({
            "PasswordPolicy": {
                "MinimumLength": 12, "RequireUppercase": false, "RequireLowercase": false, "RequireNumbers": true,
                "RequireSymbols": false, "TemporaryPasswordValidityDays": 7, "PasswordHistorySize": 3,
            },
            "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD"] },
        })
    );
    let policy = json!({ "PasswordPolicy": { "TemporaryPasswordValidityDays": 30 } });
    let shown = describe(&service, &service.pool(json!({ "Policies": policy })).await).await;
    assert_eq!(shown["Policies"]["PasswordPolicy"]["MinimumLength"], 8);
    assert_eq!(shown["AdminCreateUserConfig"]["UnusedAccountValidityDays"], 30);
}

#[tokio::test]
async fn automatic_verification_brings_update_settings() {
    let service = TestService::new().await;
    let shown = describe(&service, &service.pool(json!({ "AutoVerifiedAttributes": ["email"] })).await).await;
    assert_eq!(
        shown["UserAttributeUpdateSettings"],
        json!({ "AttributesRequireVerificationBeforeUpdate": [] })
    );
    let none = describe(&service, &service.pool(json!({ "AutoVerifiedAttributes": [] })).await).await;
    assert_eq!(none["UserAttributeUpdateSettings"], Value::Null);
    assert_eq!(none["AutoVerifiedAttributes"], Value::Null);
}

#[tokio::test]
async fn either_member_of_the_token_trigger_sets_both() {
    let service = TestService::new().await;
    let both = json!({
        "PreTokenGeneration": function("token"),
        "PreTokenGenerationConfig": { "LambdaVersion": "V1_0", "LambdaArn": function("token") },
    });
    let older = json!({ "LambdaConfig": { "PreTokenGeneration": function("token") } });
    assert_eq!(describe(&service, &service.pool(older).await).await["LambdaConfig"], both);
    let newer = json!({ "LambdaConfig": { "PreTokenGenerationConfig": both["PreTokenGenerationConfig"] } });
    assert_eq!(describe(&service, &service.pool(newer).await).await["LambdaConfig"], both);
}

#[tokio::test]
async fn client_registration_has_defaults() {
    let service = TestService::new().await;
    let pool = service.pool(json!({ "DcrConfiguration": {} })).await;
    assert_eq!(
        describe(&service, &pool).await["DcrConfiguration"],
        json!({
            "EnableStatus": "Enabled", "OpenDcrEnabled": false,
            "AuthenticatedGrantTypes": ["code", "client_credentials"], "OpenDcrGrantTypes": ["code"],
        })
    );
    let refusing = json!({ "DcrConfiguration": { "AuthenticatedGrantTypes": [], "AllowedScopes": ["a/b"] } });
    let shown = describe(&service, &service.pool(refusing).await).await;
    assert_eq!(shown["DcrConfiguration"]["AuthenticatedGrantTypes"], json!([]));
    assert_eq!(shown["DcrConfiguration"]["AllowedScopes"], json!(["a/b"]));
}

#[tokio::test]
async fn the_thousand_and_first_pool_is_refused() {
    use cenote_store::{Change, PoolId};
    let service = TestService::new().await;
    let first = service.pool(json!({})).await;
    let record = service.service.store.find_pool(&PoolId::new(&first)).await.unwrap().unwrap();
    let copies = (1..1000)
        .map(|number| {
            Change::InsertPool(cenote_store::Pool {
                id: PoolId::new(format!("copy_{number}")),
                ..record.clone()
            })
        })
        .collect();
    service.service.commit(copies).await.unwrap();
    let (code, _) = service.fails("CreateUserPool", json!({ "PoolName": "one too many" })).await;
    assert_eq!(code, "LimitExceededException");
}

#[tokio::test]
async fn users_are_counted() {
    let service = TestService::new().await;
    let other = TestService::builder().start_beside(&service);
    let pool = service.pool(json!({})).await;
    let count = async |service: &TestService| {
        describe(service, &pool).await["EstimatedNumberOfUsers"].as_i64().unwrap()
    };
    let user = |name: &str| json!({ "UserPoolId": pool, "Username": name, "MessageAction": "SUPPRESS" });
    assert_eq!(count(&service).await, 0);
    for (name, users) in [("alice", 1), ("bob", 2)] {
        service.ok("AdminCreateUser", user(name)).await;
        // Twice: the second time it is what was counted before.
        assert_eq!([count(&service).await, count(&service).await], [users, users]);
    }
    service.ok("AdminDeleteUser", json!({ "UserPoolId": pool, "Username": "bob" })).await;
    assert_eq!([count(&service).await, count(&other).await], [1, 1]);
    // What another instance does is seen after a second.
    other.ok("AdminCreateUser", user("carol")).await;
    assert_eq!(count(&other).await, 2);
    service.clock.advance_seconds(1);
    assert_eq!(count(&service).await, 2);
}
