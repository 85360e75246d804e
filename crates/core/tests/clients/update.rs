use cenote_core::testing::{TestService, merged, text};
use serde_json::{Value, json};

use crate::{create, describe, invalid};

#[tokio::test]
async fn an_update_replaces_everything_but_the_name_and_the_secret() {
    let service = TestService::new().await;
    let pool = service.pool(json!({})).await;
    let bare = create(&service, &pool, json!({ "GenerateSecret": true })).await;
    let full = create(
        &service,
        &pool,
        json!({
            "ClientName": "full", "GenerateSecret": true, "AccessTokenValidity": 2, "IdTokenValidity": 2,
            "RefreshTokenValidity": 2, "AuthSessionValidity": 10, "EnableTokenRevocation": false,
            "EnablePropagateAdditionalUserContextData": true, "PreventUserExistenceErrors": "ENABLED",
            "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH"], "ReadAttributes": ["email"], "WriteAttributes": ["email"],
            "RefreshTokenRotation": { "Feature": "ENABLED" }, "SupportedIdentityProviders": ["COGNITO"],
            "AllowedOAuthFlowsUserPoolClient": true, "AllowedOAuthFlows": ["code"], "AllowedOAuthScopes": ["openid"],
            "CallbackURLs": ["https://example.com"], "LogoutURLs": ["https://example.com"],
            "DefaultRedirectURI": "https://example.com",
            "AnalyticsConfiguration": { "ApplicationArn": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/x" },
        }),
    )
    .await;
    service.clock.advance_seconds(9);
    let id = text(&full["ClientId"]);
    let answer = service.ok("UpdateUserPoolClient", json!({ "UserPoolId": pool, "ClientId": id })).await;
    let mut expected = bare;
    for kept in ["ClientName", "ClientId", "ClientSecret", "RefreshTokenRotation"] {
        expected[kept] = full[kept].clone();
    }
    expected["LastModifiedDate"] = json!(1_795_449_609);
    assert_eq!(answer, json!({ "UserPoolClient": expected }));
    assert_eq!(describe(&service, &pool, &id).await, expected);
}

#[tokio::test]
async fn what_an_update_gives_is_stored() {
    let service = TestService::new().await;
    let pool = service.pool(json!({})).await;
    let id = service.client(&pool, json!({})).await;
    let update = json!({
        "UserPoolId": pool, "ClientId": id, "ClientName": "renamed", "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"],
        "PreventUserExistenceErrors": "LEGACY", "AccessTokenValidity": 30,
        "TokenValidityUnits": { "AccessToken": "minutes" },
    });
    service.ok("UpdateUserPoolClient", update.clone()).await;
    let shown = describe(&service, &pool, &id).await;
    for (member, value) in update.as_object().unwrap() {
        assert_eq!(&shown[member], value, "{member}");
    }
}

/// Tools read a client, change a member, and write all of it back.
#[tokio::test]
async fn what_is_described_can_be_sent_back() {
    let service = TestService::new().await;
    let pool = service.pool(json!({})).await;
    for members in [
        json!({}),
        json!({ "RefreshTokenValidity": 0, "TokenValidityUnits": { "RefreshToken": "hours" } }),
        json!({ "RefreshTokenRotation": { "Feature": "ENABLED" }, "ClientSecret": "abcdefghijklmnopqrstuvwx" }),
    ] {
        let client = create(&service, &pool, members).await;
        let answer = service.ok("UpdateUserPoolClient", client.clone()).await;
        assert_eq!(answer["UserPoolClient"], client);
    }
}

#[tokio::test]
async fn an_update_is_checked_like_a_creation() {
    let service = TestService::new().await;
    let pool = service.pool(json!({})).await;
    let update = |id: &str, members: Value| merged(json!({ "UserPoolId": pool, "ClientId": id }), members);
    let public = service.client(&pool, json!({})).await;
    let propagate = json!({ "EnablePropagateAdditionalUserContextData": true });
    assert_eq!(
        service.fails("UpdateUserPoolClient", update(&public, propagate.clone())).await,
        invalid("Client Secret is required to set EnablePropagateAdditionalUserContextData as true")
    );
    let confidential = service.client(&pool, json!({ "GenerateSecret": true })).await;
    service.ok("UpdateUserPoolClient", update(&confidential, propagate)).await;
    assert_eq!(
        service
            .fails("UpdateUserPoolClient", update(&public, json!({ "ReadAttributes": ["custom:none"] })))
            .await,
        invalid("Invalid read attributes specified while updating a client")
    );
    assert_eq!(
        service.fails("UpdateUserPoolClient", update("nobody", json!({}))).await,
        ("ResourceNotFoundException".into(), "User pool client nobody does not exist.".into())
    );
}
