use cenote_core::testing::TestService;
use serde_json::{Value, json};

use crate::{create, invalid, refused};

fn unit(token: &str, value: i64, unit: &str) -> Value {
    json!({ format!("{token}Validity"): value, "TokenValidityUnits": { token: unit } })
}

#[tokio::test]
async fn tokens_live_neither_too_short_nor_too_long() {
    let service = TestService::new().await;
    let pool = service.pool(json!({})).await;
    for token in ["AccessToken", "IdToken"] {
        for (value, of) in [
            (299, "seconds"),
            (4, "minutes"),
            (1441, "minutes"),
            (25, "hours"),
            (2, "days"),
            (86_400, "days"),
        ] {
            let expected = invalid("Invalid range for token validity.");
            assert_eq!(
                refused(&service, &pool, unit(token, value, of)).await,
                expected,
                "{token} {value} {of}"
            );
        }
        for (value, of) in [(300, "seconds"), (5, "minutes"), (24, "hours"), (1, "days")] {
            create(&service, &pool, unit(token, value, of)).await;
        }
        // Hours when nothing is said.
        assert_eq!(
            refused(&service, &pool, json!({ format!("{token}Validity"): 25 })).await,
            invalid("Invalid range for token validity.")
        );
    }
    for (value, of) in [(3599, "seconds"), (59, "minutes"), (87_601, "hours"), (3651, "days")] {
        let expected = invalid("Invalid range for token validity.");
        assert_eq!(refused(&service, &pool, unit("RefreshToken", value, of)).await, expected, "{value} {of}");
    }
    for (value, of) in [(3600, "seconds"), (60, "minutes"), (1, "hours"), (1, "days"), (3650, "days")] {
        create(&service, &pool, unit("RefreshToken", value, of)).await;
    }
}

#[tokio::test]
async fn a_unit_alone_measures_the_default_number() {
    let service = TestService::new().await;
    let pool = service.pool(json!({})).await;
    for unit in ["seconds", "minutes"] {
        for token in ["AccessToken", "IdToken", "RefreshToken"] {
            let alone = json!({ "TokenValidityUnits": { token: unit } });
            let expected = invalid("Invalid range for token validity.");
            assert_eq!(refused(&service, &pool, alone).await, expected, "{token} {unit}");
        }
    }
    for unit in ["hours", "days"] {
        let units = json!({ "AccessToken": unit, "IdToken": unit, "RefreshToken": unit });
        let client = create(&service, &pool, json!({ "TokenValidityUnits": units })).await;
        assert_eq!(client["TokenValidityUnits"], units);
        assert_eq!((client.get("AccessTokenValidity"), &client["RefreshTokenValidity"]), (None, &json!(30)));
    }
}

#[tokio::test]
async fn a_refresh_token_outlives_the_others() {
    let service = TestService::new().await;
    let pool = service.pool(json!({})).await;
    let text =
        "Access and Id Token expiration times must be less than or equal to refresh token expiration times.";
    for token in ["AccessToken", "IdToken"] {
        let mut members = json!({ "RefreshTokenValidity": 2, format!("{token}Validity"): 3 });
        members["TokenValidityUnits"] = json!({ "RefreshToken": "hours" });
        assert_eq!(refused(&service, &pool, members.clone()).await, invalid(text), "{token}");
        members[format!("{token}Validity")] = json!(2);
        create(&service, &pool, members).await;
    }
}

#[tokio::test]
async fn flows_of_two_generations_do_not_mix() {
    let service = TestService::new().await;
    let pool = service.pool(json!({})).await;
    let flows = |list: Value| json!({ "ExplicitAuthFlows": list });
    assert_eq!(
        refused(&service, &pool, flows(json!(["USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]))).await,
        invalid("Auth flow name with prefix 'ALLOW' cannot be used with legacy auth flow names.")
    );
    create(&service, &pool, flows(json!(["USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"]))).await;
    create(&service, &pool, flows(json!(["ALLOW_USER_PASSWORD_AUTH"]))).await;
}

#[tokio::test]
async fn rotation_replaces_the_refresh_flow() {
    let service = TestService::new().await;
    let pool = service.pool(json!({})).await;
    let rotation = |feature: &str, flows: Value| json!({ "RefreshTokenRotation": { "Feature": feature }, "ExplicitAuthFlows": flows });
    let refresh = json!(["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]);
    assert_eq!(
        refused(&service, &pool, rotation("ENABLED", refresh.clone())).await,
        invalid(
            "ALLOW_REFRESH_TOKEN_AUTH is not a permitted ExplicitAuthFlow when refresh token rotation is enabled."
        )
    );
    create(&service, &pool, rotation("DISABLED", refresh)).await;
    create(&service, &pool, rotation("ENABLED", json!(["ALLOW_USER_SRP_AUTH"]))).await;
    create(&service, &pool, rotation("ENABLED", json!([]))).await;
}

#[tokio::test]
async fn attributes_must_be_the_pools() {
    let service = TestService::new().await;
    let pool = service
        .pool(json!({ "Schema": [
            { "Name": "email", "Required": true, "Mutable": false },
            { "Name": "tenant", "AttributeDataType": "String" },
            { "Name": "secret", "AttributeDataType": "String", "DeveloperOnlyAttribute": true },
        ] }))
        .await;
    let read = |list: Value| json!({ "ReadAttributes": list });
    let write = |list: Value| json!({ "WriteAttributes": list });
    for list in [json!(["tenant"]), json!(["email", "custom:other"])] {
        let expected = invalid("Invalid read attributes specified while creating a client");
        assert_eq!(refused(&service, &pool, read(list)).await, expected);
    }
    create(&service, &pool, read(json!(["sub", "email_verified", "custom:tenant", "dev:custom:secret"])))
        .await;
    for list in [
        json!(["custom:tenant"]),
        json!(["email", "sub"]),
        json!(["email", "email_verified"]),
        json!(["email", "phone_number_verified"]),
        json!(["email", "dev:custom:secret"]),
        json!(["email", "custom:other"]),
    ] {
        let expected = invalid("Invalid write attributes specified while creating a client");
        assert_eq!(refused(&service, &pool, write(list.clone())).await, expected, "{list}");
    }
    create(&service, &pool, write(json!(["email", "custom:tenant", "updated_at"]))).await;
}

#[tokio::test]
async fn context_data_is_believed_only_with_a_secret() {
    let service = TestService::new().await;
    let pool = service.pool(json!({})).await;
    let propagate = json!({ "EnablePropagateAdditionalUserContextData": true });
    assert_eq!(
        refused(&service, &pool, propagate.clone()).await,
        invalid("Client Secret is required to set EnablePropagateAdditionalUserContextData as true")
    );
    let mut with_secret = propagate;
    with_secret["ClientSecret"] = json!("abcdefghijklmnopqrstuvwx");
    create(&service, &pool, with_secret).await;
}

#[tokio::test]
async fn analytics_are_named_one_way_or_the_other() {
    let service = TestService::new().await;
    let pool = service.pool(json!({})).await;
    let arn = "arn:aws:mobiletargeting:us-east-1:123456789012:apps/x";
    let by_id =
        json!({ "ApplicationId": "0a", "RoleArn": "arn:aws:iam::123456789012:role/a", "ExternalId": "x" });
    let text = "Invalid analytics configuration given, either <application arn> or <application id, role arn, external id> \
                are valid";
    let mut both = by_id.clone();
    both["ApplicationArn"] = json!(arn);
    let without = |member: &str| {
        let mut part = by_id.clone();
        part.as_object_mut().unwrap().remove(member);
        part
    };
    for wrong in [both, without("RoleArn"), without("ExternalId"), without("ApplicationId"), json!({})] {
        let members = json!({ "AnalyticsConfiguration": wrong });
        assert_eq!(refused(&service, &pool, members).await, invalid(text), "{wrong}");
    }
    create(&service, &pool, json!({ "AnalyticsConfiguration": by_id })).await;
    create(&service, &pool, json!({ "AnalyticsConfiguration": { "ApplicationArn": arn } })).await;
}

#[tokio::test]
async fn the_lowest_tier_lacks_rotation_and_choice() {
    let service = TestService::new().await;
    let pool = service.pool(json!({ "UserPoolTier": "LITE" })).await;
    for (members, feature) in [
        (json!({ "RefreshTokenRotation": { "Feature": "ENABLED" } }), "Refresh Token Rotation"),
        (json!({ "ExplicitAuthFlows": ["ALLOW_USER_AUTH"] }), "Choice-Based Sign-In"),
    ] {
        let text =
            format!("The following feature is not available for the LITE pricing tier configured: {feature}");
        assert_eq!(
            refused(&service, &pool, members).await,
            ("FeatureUnavailableInTierException".to_owned(), text)
        );
    }
    create(&service, &pool, json!({ "RefreshTokenRotation": { "Feature": "DISABLED" } })).await;
}

#[tokio::test]
async fn the_models_constraints_come_first() {
    let service = TestService::new().await;
    let pool = service.pool(json!({})).await;
    for (members, rule) in [
        (
            json!({ "AuthSessionValidity": 2 }),
            "'authSessionValidity' failed to satisfy constraint: Member must have value greater than or equal to 3",
        ),
        (
            json!({ "AuthSessionValidity": 16 }),
            "'authSessionValidity' failed to satisfy constraint: Member must have value less than or equal to 15",
        ),
        (
            json!({ "AccessTokenValidity": 0 }),
            "'accessTokenValidity' failed to satisfy constraint: Member must have value greater than or equal to 1",
        ),
        (
            json!({ "ClientName": "a:b" }),
            r"'clientName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w\s+=,.@-]+",
        ),
        (
            json!({ "RefreshTokenRotation": { "Feature": "ENABLED", "RetryGracePeriodSeconds": 61 } }),
            "'refreshTokenRotation.retryGracePeriodSeconds' failed to satisfy constraint: Member must have value less than or equal to 60",
        ),
    ] {
        let (code, message) = refused(&service, &pool, members).await;
        assert_eq!(code, "InvalidParameterException");
        assert!(message.ends_with(rule), "{message}");
    }
}
