use cenote_core::testing::TestService;
use serde_json::{Value, json};

use crate::{create, invalid, refused};

fn flow_error(text: &str) -> (String, String) {
    ("InvalidOAuthFlowException".into(), text.into())
}

#[tokio::test]
async fn flows_need_what_they_use() {
    let service = TestService::new().await;
    let pool = service.pool(json!({})).await;
    let required = "AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows.";
    for (members, text) in [
        (json!({ "AllowedOAuthFlowsUserPoolClient": true }), required),
        (
            json!({ "AllowedOAuthFlowsUserPoolClient": true, "AllowedOAuthFlows": ["code"], "CallbackURLs": ["a:b"] }),
            required,
        ),
        (json!({ "AllowedOAuthFlowsUserPoolClient": true, "AllowedOAuthScopes": ["openid"] }), required),
        (
            json!({ "AllowedOAuthFlows": ["client_credentials", "code"], "GenerateSecret": true }),
            "client_credentials flow can not be selected along with code flow or implicit flow.",
        ),
        (
            json!({ "AllowedOAuthFlows": ["client_credentials"] }),
            "client_credentials flow can not be selected if client does not have a client secret.",
        ),
        (
            json!({
                "AllowedOAuthFlows": ["client_credentials"], "GenerateSecret": true, "AllowedOAuthScopes": ["openid"],
            }),
            "openid is not supported with client_credentials flow",
        ),
        (
            json!({ "AllowedOAuthFlows": ["implicit"] }),
            "CallbackUrls can not be empty when code flow or implicit flow is selected",
        ),
    ] {
        assert_eq!(refused(&service, &pool, members.clone()).await, flow_error(text), "{members}");
    }
    let machine = json!({ "AllowedOAuthFlows": ["client_credentials"], "GenerateSecret": true });
    create(&service, &pool, machine).await;
}

#[tokio::test]
async fn scopes_must_exist() {
    let service = TestService::new().await;
    let pool = service.pool(json!({})).await;
    let scopes = |list: Value| json!({ "AllowedOAuthScopes": list });
    for scope in ["Cognito", "server/read"] {
        assert_eq!(
            refused(&service, &pool, scopes(json!(["openid", scope]))).await,
            ("ScopeDoesNotExistException".to_owned(), format!("Invalid scope requested: {scope}"))
        );
    }
    let known = json!([
        "openid",
        "email",
        "phone",
        "profile",
        "aws.cognito.signin.user.admin",
        "aws.cognito/dcr/register"
    ]);
    create(&service, &pool, scopes(known)).await;
}

#[tokio::test]
async fn addresses_are_safe_to_redirect_to() {
    let service = TestService::new().await;
    let pool = service.pool(json!({})).await;
    for member in ["CallbackURLs", "LogoutURLs"] {
        for (address, text) in [
            ("http://example.com", "cannot use the HTTP protocol."),
            ("HTTP://example.com", "cannot use the HTTP protocol."),
            ("http://localhost.example.com", "cannot use the HTTP protocol."),
            ("http://localhost:3000@example.com", "cannot use the HTTP protocol."),
            ("http://127.0.0.1:x/", "cannot use the HTTP protocol."),
            ("https://example.com/#x", "cannot use fragment"),
            ("example.com/path", "is not an absolute URL"),
            ("/path", "is not an absolute URL"),
            ("https:example.com", "is not an absolute URL"),
            ("https://", "is not an absolute URL"),
            ("myapp:", "is not an absolute URL"),
            ("1app://x", "is not an absolute URL"),
            ("JavaScript://x/%0aalert(1)", "uses a scheme that is not allowed"),
            ("data:text/html,x", "uses a scheme that is not allowed"),
        ] {
            let members = json!({ member: [address] });
            assert_eq!(refused(&service, &pool, members).await, invalid(&format!("{address} {text}")));
        }
        let good = [
            "https://example.com",
            "https://example.com:8443/a?b=c",
            "http://localhost",
            "http://localhost:3000/a",
            "http://127.0.0.1:8000",
            "http://[::1]:9/x",
            "http://localhost?a",
            "myapp://",
            "com.example.app:/done",
        ];
        create(&service, &pool, json!({ member: good })).await;
    }
    let members = json!({ "CallbackURLs": ["a:b"], "DefaultRedirectURI": "a:c" });
    assert_eq!(
        refused(&service, &pool, members).await,
        invalid("The default redirect URI a:c is not in the callback URIs list.")
    );
}

#[tokio::test]
async fn providers_must_exist() {
    let service = TestService::new().await;
    let pool = service.pool(json!({})).await;
    assert_eq!(
        refused(&service, &pool, json!({ "SupportedIdentityProviders": ["COGNITO", "Google"] })).await,
        invalid(&format!("The provider Google does not exist for User Pool {pool}."))
    );
}
