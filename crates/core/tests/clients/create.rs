use cenote_core::testing::{TestService, merged, text};
use serde_json::{Value, json};

use crate::{create, describe, refused};

fn is_number(text: &str) -> bool {
    !text.starts_with('0') && text.chars().all(|it| it.is_ascii_digit() || ('a'..='v').contains(&it))
}

#[tokio::test]
async fn a_client_with_only_a_name() {
    let service = TestService::new().await;
    let pool = service.pool(json!({})).await;
    let client = create(&service, &pool, json!({})).await;
    let id = text(&client["ClientId"]);
    assert!((25..=26).contains(&id.len()) && is_number(&id), "{id}");
    assert_eq!(
        client,
        json!({
            "UserPoolId": pool,
            "ClientName": "client",
            "ClientId": id,
            "ClientType": "REGULAR",
            "CreationDate": 1_795_449_600,
            "LastModifiedDate": 1_795_449_600,
            "RefreshTokenValidity": 30,
            "TokenValidityUnits": {},
            "AllowedOAuthFlowsUserPoolClient": false,
            "EnableTokenRevocation": true,
            "EnablePropagateAdditionalUserContextData": false,
            "AuthSessionValidity": 3,
        })
    );
    assert_eq!(describe(&service, &pool, &id).await, client);
}

#[tokio::test]
async fn everything_that_is_given_is_described() {
    let service = TestService::new().await;
    let pool = service.pool(json!({ "Schema": [{ "Name": "tenant", "AttributeDataType": "String" }] })).await;
    let given = json!({
        "AccessTokenValidity": 10, "IdTokenValidity": 20, "RefreshTokenValidity": 5,
        "TokenValidityUnits": { "AccessToken": "minutes", "IdToken": "minutes", "RefreshToken": "hours" },
        "AuthSessionValidity": 15,
        "EnableTokenRevocation": false,
        "EnablePropagateAdditionalUserContextData": true,
        "PreventUserExistenceErrors": "ENABLED",
        "RefreshTokenRotation": { "Feature": "ENABLED", "RetryGracePeriodSeconds": 10 },
        "DefaultRedirectURI": "myapp://done",
        "AllowedOAuthFlowsUserPoolClient": true,
        "AnalyticsConfiguration": {
            "ApplicationArn": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/x", "UserDataShared": true,
        },
    });
    // Lists are sets: what comes in some order goes out sorted.
    let lists = json!({
        "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH", "ALLOW_USER_SRP_AUTH"],
        "ReadAttributes": ["name", "custom:tenant", "email", "email_verified"],
        "WriteAttributes": ["name", "custom:tenant"],
        "SupportedIdentityProviders": ["COGNITO"],
        "AllowedOAuthFlows": ["implicit", "code"],
        "AllowedOAuthScopes": ["profile", "openid", "aws.cognito.signin.user.admin"],
        "CallbackURLs": ["myapp://done", "https://example.com/in", "http://localhost:3000"],
        "LogoutURLs": ["https://example.com/out", "http://127.0.0.1/out"],
    });
    let mut members = merged(given.clone(), lists);
    members["GenerateSecret"] = json!(true);
    let client = create(&service, &pool, members).await;
    for (member, value) in given.as_object().unwrap() {
        assert_eq!(&client[member], value, "{member}");
    }
    for (member, value) in [
        ("ExplicitAuthFlows", json!(["ALLOW_CUSTOM_AUTH", "ALLOW_USER_SRP_AUTH"])),
        ("ReadAttributes", json!(["custom:tenant", "email", "email_verified", "name"])),
        ("WriteAttributes", json!(["custom:tenant", "name"])),
        ("SupportedIdentityProviders", json!(["COGNITO"])),
        ("AllowedOAuthFlows", json!(["code", "implicit"])),
        ("AllowedOAuthScopes", json!(["aws.cognito.signin.user.admin", "openid", "profile"])),
        ("CallbackURLs", json!(["http://localhost:3000", "https://example.com/in", "myapp://done"])),
        ("LogoutURLs", json!(["http://127.0.0.1/out", "https://example.com/out"])),
    ] {
        assert_eq!(client[member], value, "{member}");
    }
    assert_eq!(describe(&service, &pool, &text(&client["ClientId"])).await, client);
}

#[tokio::test]
async fn empty_lists_are_absent() {
    let service = TestService::new().await;
    let pool = service.pool(json!({})).await;
    let lists = [
        "ExplicitAuthFlows",
        "ReadAttributes",
        "WriteAttributes",
        "SupportedIdentityProviders",
        "AllowedOAuthFlows",
        "AllowedOAuthScopes",
        "CallbackURLs",
        "LogoutURLs",
    ];
    let empty: Value =
        lists.iter().map(|name| ((*name).to_owned(), json!([]))).collect::<serde_json::Map<_, _>>().into();
    let client = create(&service, &pool, empty).await;
    for name in lists {
        assert_eq!(client.get(name), None, "{name}");
    }
}

#[tokio::test]
async fn secrets_are_generated_given_or_absent() {
    let service = TestService::new().await;
    let pool = service.pool(json!({})).await;
    let generated = create(&service, &pool, json!({ "GenerateSecret": true })).await;
    let secret = text(&generated["ClientSecret"]);
    assert!((51..=52).contains(&secret.len()) && is_number(&secret), "{secret}");
    let given = create(&service, &pool, json!({ "ClientSecret": "abcdefghijklmnopqrstuvwx" })).await;
    assert_eq!(given["ClientSecret"], "abcdefghijklmnopqrstuvwx");
    let explicit = create(
        &service,
        &pool,
        json!({ "ClientSecret": "abcdefghijklmnopqrstuvwx", "GenerateSecret": false }),
    );
    assert_eq!(explicit.await["ClientSecret"], "abcdefghijklmnopqrstuvwx");
    assert_eq!(create(&service, &pool, json!({ "GenerateSecret": false })).await.get("ClientSecret"), None);
    let both = json!({ "ClientSecret": "abcdefghijklmnopqrstuvwx", "GenerateSecret": true });
    assert_eq!(refused(&service, &pool, both).await.0, "InvalidParameterException");
    let (_, message) = refused(&service, &pool, json!({ "ClientSecret": "short" })).await;
    assert_eq!(
        message,
        "1 validation error detected: Value at 'clientSecret' failed to satisfy constraint: Member must have length \
         greater than or equal to 24"
    );
}

#[tokio::test]
async fn thirty_days_in_every_unit() {
    let service = TestService::new().await;
    let pool = service.pool(json!({})).await;
    for (unit, thirty_days) in [("seconds", 2_592_000), ("minutes", 43_200), ("hours", 720), ("days", 30)] {
        let zero = json!({ "RefreshTokenValidity": 0, "TokenValidityUnits": { "RefreshToken": unit } });
        assert_eq!(create(&service, &pool, zero).await["RefreshTokenValidity"], thirty_days, "{unit}");
    }
    assert_eq!(
        create(&service, &pool, json!({ "RefreshTokenValidity": 0 })).await["RefreshTokenValidity"],
        30
    );
}

#[tokio::test]
async fn rotation_has_a_period_even_when_none_was_given() {
    let service = TestService::new().await;
    let pool = service.pool(json!({})).await;
    for feature in ["ENABLED", "DISABLED"] {
        let client = create(&service, &pool, json!({ "RefreshTokenRotation": { "Feature": feature } })).await;
        let expected = json!({ "Feature": feature, "RetryGracePeriodSeconds": 0 });
        assert_eq!(client["RefreshTokenRotation"], expected);
    }
}

#[tokio::test]
async fn a_client_belongs_to_its_pool() {
    let service = TestService::new().await;
    let (pool, other) = (service.pool(json!({})).await, service.pool(json!({})).await);
    let client = service.client(&pool, json!({ "GenerateSecret": true })).await;
    let foreign = json!({ "UserPoolId": other, "ClientId": client });
    let missing =
        ("ResourceNotFoundException".to_owned(), format!("User pool client {client} does not exist."));
    for operation in [
        "DescribeUserPoolClient",
        "UpdateUserPoolClient",
        "DeleteUserPoolClient",
        "AddUserPoolClientSecret",
        "ListUserPoolClientSecrets",
    ] {
        assert_eq!(service.fails(operation, foreign.clone()).await, missing, "{operation}");
    }
    let delete = json!({ "UserPoolId": pool, "ClientId": client });
    assert_eq!(service.ok("DeleteUserPoolClient", delete.clone()).await, Value::Null);
    assert_eq!(service.fails("DeleteUserPoolClient", delete.clone()).await, missing);
    assert_eq!(service.fails("DescribeUserPoolClient", delete).await, missing);
}

#[tokio::test]
async fn the_thousand_and_first_client_is_refused() {
    use cenote_store::{Change, ClientId};
    let service = TestService::new().await;
    let pool = service.pool(json!({})).await;
    let first = ClientId::new(service.client(&pool, json!({})).await);
    let record = service.service.store.find_client(&first).await.unwrap().unwrap();
    let copies = (1..1000)
        .map(|number| {
            Change::InsertClient(cenote_store::Client {
                id: ClientId::new(format!("copy{number}")),
                ..record.clone()
            })
        })
        .collect();
    service.service.commit(copies).await.unwrap();
    assert_eq!(refused(&service, &pool, json!({})).await.0, "LimitExceededException");
    let other = service.pool(json!({})).await;
    service.client(&other, json!({})).await;
}
