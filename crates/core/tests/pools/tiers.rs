use cenote_core::testing::TestService;
use serde_json::{Value, json};

use crate::{describe, function, refused};

fn unavailable(tier: &str, features: &str) -> (String, String) {
    (
        "FeatureUnavailableInTierException".into(),
        format!(
            "The following features need to be disabled for the {tier} pricing tier configured: {features}"
        ),
    )
}

fn not_allowed(tier: &str, features: &str) -> (String, String) {
    ("TierChangeNotAllowedException".into(), unavailable(tier, features).1)
}

fn passwordless() -> Value {
    json!({ "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"] } })
}

#[tokio::test]
async fn a_pool_of_the_lowest_tier_has_no_sign_in_policy() {
    let service = TestService::new().await;
    let pool = service.pool(json!({ "UserPoolTier": "LITE" })).await;
    let shown = describe(&service, &pool).await;
    assert_eq!(shown["UserPoolTier"], "LITE");
    assert_eq!(shown["Policies"].get("SignInPolicy"), None);

    service.ok("UpdateUserPool", json!({ "UserPoolId": pool, "UserPoolTier": "ESSENTIALS" })).await;
    let shown = describe(&service, &pool).await;
    assert_eq!(shown["Policies"]["SignInPolicy"], json!({ "AllowedFirstAuthFactors": ["PASSWORD"] }));
}

#[tokio::test]
async fn features_need_their_tier() {
    let service = TestService::new().await;
    let version = |version: &str| json!({ "PreTokenGenerationConfig": { "LambdaVersion": version, "LambdaArn": function("token") } });
    for (members, features) in [
        (json!({ "Policies": passwordless() }), "Passwordless Sign-In"),
        (json!({ "Policies": { "PasswordPolicy": { "PasswordHistorySize": 1 } } }), "Password History"),
        (
            json!({ "LambdaConfig": version("V2_0") }),
            "Token Customization with Pre-Token Generation Lambda V2_0",
        ),
        (
            json!({ "LambdaConfig": version("V3_0") }),
            "Token Customization with Pre-Token Generation Lambda V3_0",
        ),
        (json!({ "DcrConfiguration": {} }), "Dynamic Client Registration"),
        (json!({ "AcrConfiguration": { "Level4": { "AcrValue": "gold" } } }), "Custom ACR Values"),
        (
            json!({ "Policies": passwordless(), "UserPoolAddOns": { "AdvancedSecurityMode": "AUDIT" } }),
            "Passwordless Sign-In, Threat Protection",
        ),
    ] {
        let mut lite = members.clone();
        lite["UserPoolTier"] = json!("LITE");
        assert_eq!(refused(&service, lite).await, unavailable("LITE", features), "{members}");
        service.pool(members).await;
    }
    let protected =
        json!({ "UserPoolTier": "ESSENTIALS", "UserPoolAddOns": { "AdvancedSecurityMode": "ENFORCED" } });
    assert_eq!(refused(&service, protected).await, unavailable("ESSENTIALS", "Threat Protection"));
    for members in [
        json!({ "UserPoolTier": "LITE", "LambdaConfig": version("V1_0") }),
        json!({ "UserPoolTier": "LITE", "UserPoolAddOns": { "AdvancedSecurityMode": "OFF" } }),
        json!({ "UserPoolTier": "LITE", "AcrConfiguration": { "Level4": { "AcrValue": "urn:cognito:loa:4" } } }),
        json!({ "UserPoolTier": "LITE", "Policies": { "PasswordPolicy": { "PasswordHistorySize": 0 } } }),
        json!({ "UserPoolTier": "PLUS", "UserPoolAddOns": { "AdvancedSecurityMode": "ENFORCED" } }),
    ] {
        service.pool(members).await;
    }
}

#[tokio::test]
async fn factors_need_their_tier() {
    let service = TestService::new().await;
    let pool = service.pool(json!({ "UserPoolTier": "LITE" })).await;
    for (member, value, feature) in [
        ("EmailMfaConfiguration", json!({}), "Email MFA"),
        ("WebAuthnConfiguration", json!({ "RelyingPartyId": "example.com" }), "Passkeys"),
    ] {
        let mut request = json!({
            "UserPoolId": pool, "MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": { "Enabled": true },
        });
        service.ok("SetUserPoolMfaConfig", request.clone()).await;
        request[member] = value;
        let text =
            format!("The following feature is not available for the LITE pricing tier configured: {feature}");
        let expected = ("FeatureUnavailableInTierException".to_owned(), text);
        assert_eq!(service.fails("SetUserPoolMfaConfig", request).await, expected);
    }
}

#[tokio::test]
async fn the_tier_does_not_go_down_below_a_feature() {
    let service = TestService::new().await;
    let pool = service.pool(json!({ "Policies": passwordless() })).await;
    let down = json!({ "UserPoolId": pool, "UserPoolTier": "LITE" });
    assert_eq!(
        service.fails("UpdateUserPool", down.clone()).await,
        not_allowed("LITE", "Passwordless Sign-In")
    );
    assert_eq!(describe(&service, &pool).await["UserPoolTier"], "ESSENTIALS");

    let mut with_password = down;
    with_password["Policies"] = json!({ "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD"] } });
    service.ok("UpdateUserPool", with_password).await;
    assert_eq!(describe(&service, &pool).await["UserPoolTier"], "LITE");
}

#[tokio::test]
async fn the_tier_does_not_go_down_below_a_client() {
    let service = TestService::new().await;
    for (members, feature) in [
        (json!({ "RefreshTokenRotation": { "Feature": "ENABLED" } }), "Refresh Token Rotation"),
        (json!({ "ExplicitAuthFlows": ["ALLOW_USER_AUTH"] }), "Choice-Based Sign-In"),
    ] {
        let pool = service.pool(json!({})).await;
        service.client(&pool, json!({})).await;
        let client = service.client(&pool, members).await;
        let down = json!({ "UserPoolId": pool, "UserPoolTier": "LITE" });
        assert_eq!(service.fails("UpdateUserPool", down.clone()).await, not_allowed("LITE", feature));
        service.ok("DeleteUserPoolClient", json!({ "UserPoolId": pool, "ClientId": client })).await;
        service.ok("UpdateUserPool", down).await;
    }
}

#[tokio::test]
async fn threat_protection_chooses_the_tier_of_new_pools_that_name_none() {
    let service = TestService::new().await;
    let protection = json!({ "AdvancedSecurityMode": "AUDIT" });
    let pool = service.pool(json!({ "UserPoolAddOns": protection })).await;
    assert_eq!(describe(&service, &pool).await["UserPoolTier"], "PLUS");
    let named = json!({ "PoolName": "p", "UserPoolAddOns": protection, "UserPoolTier": "ESSENTIALS" });
    assert_eq!(service.fails("CreateUserPool", named).await, unavailable("ESSENTIALS", "Threat Protection"));
    let pool = service.pool(json!({})).await;
    let mut protect = json!({ "UserPoolId": pool, "UserPoolAddOns": protection });
    let refused = service.fails("UpdateUserPool", protect.clone()).await;
    assert_eq!(refused, unavailable("ESSENTIALS", "Threat Protection"));
    protect["UserPoolTier"] = json!("PLUS");
    service.ok("UpdateUserPool", protect).await;
    assert_eq!(describe(&service, &pool).await["UserPoolTier"], "PLUS");
}
