//! Answers of the API, byte by byte.

use serde_json::json;

use crate::support::{ANY_DATE, ANY_SIGNATURE, TestServer};

#[tokio::test]
async fn a_success() {
    let server = TestServer::new().await;
    let reply = server.call("ListUserPools", &json!({ "MaxResults": 1 })).await;
    insta::assert_snapshot!(reply.shown());
}

#[tokio::test]
async fn an_operation_without_output_has_an_empty_body() {
    let server = TestServer::new().await;
    let pool = server.ok("CreateUserPool", &json!({ "PoolName": "x" })).await["UserPool"]["Id"].clone();
    let reply = server.call("DeleteUserPool", &json!({ "UserPoolId": pool })).await;
    insta::assert_snapshot!(reply.shown());
}

#[tokio::test]
async fn an_operation_with_an_empty_output_has_an_empty_object() {
    let server = TestServer::new().await;
    let pool = server.ok("CreateUserPool", &json!({ "PoolName": "x" })).await["UserPool"]["Id"].clone();
    let reply = server
        .call("TagResource", &json!({ "ResourceArn": format!("arn:aws:cognito-idp:eu-west-1:000000000000:userpool/{}", pool.as_str().unwrap()), "Tags": { "a": "b" } }))
        .await;
    assert_eq!((reply.status, reply.text()), (200, "{}"));
}

#[tokio::test]
async fn the_region_of_the_signature_names_the_pool() {
    let server = TestServer::new().await;
    let pool = server.ok("CreateUserPool", &json!({ "PoolName": "x" })).await;
    assert!(pool["UserPool"]["Id"].as_str().unwrap().starts_with("eu-west-1_"), "{pool}");
}

#[tokio::test]
async fn an_error_of_an_operation() {
    let server = TestServer::new().await;
    let reply = server.call("DescribeUserPool", &json!({ "UserPoolId": "eu-west-1_Nowhere01" })).await;
    insta::assert_snapshot!(reply.shown());
}

#[tokio::test]
async fn an_error_with_a_message_beyond_ascii() {
    let server = TestServer::new().await;
    let reply = server.call("DescribeUserPool", &json!({ "UserPoolId": "é\r\nx-evil: 1" })).await;
    insta::assert_snapshot!(reply.shown());
}

#[tokio::test]
async fn an_operation_that_does_not_exist() {
    let server = TestServer::new().await;
    let reply = server.call("MakeTea", &json!({})).await;
    insta::assert_snapshot!(reply.shown());
}

#[tokio::test]
async fn the_target_is_compared_exactly() {
    let server = TestServer::new().await;
    let target = |value: &'static str| {
        let server = &server;
        async move {
            server.request("POST", "/", &[("X-Amz-Target", value), ANY_SIGNATURE, ANY_DATE], b"{}").await
        }
    };
    for wrong in [
        "",
        "ListUserPools",
        "AWSCognitoIdentityProviderService.",
        "AWSCognitoIdentityProviderService.listUserPools",
        "AWSCognitoIdentityProviderService.ListUserPools ListUserPools",
        "AWSCognitoIdentityService.ListUserPools",
        "awscognitoidentityproviderservice.ListUserPools",
    ] {
        let reply = target(wrong).await;
        assert_eq!(
            (reply.status, reply.text()),
            (400, "{\"__type\":\"UnknownOperationException\"}"),
            "{wrong}"
        );
    }
    let none = server.request("POST", "/", &[], b"{}").await;
    assert_eq!((none.status, none.text()), (400, "{\"__type\":\"UnknownOperationException\"}"));
}

#[tokio::test]
async fn content_types_do_not_matter() {
    let server = TestServer::new().await;
    for content_type in ["application/x-amz-json-1.1; charset=utf-8", "text/plain", "application/json"] {
        let headers = [
            ("Content-Type", content_type),
            ("X-Amz-Target", "AWSCognitoIdentityProviderService.ListUserPools"),
            ANY_SIGNATURE,
            ANY_DATE,
        ];
        let reply = server.request("POST", "/", &headers, b"{\"MaxResults\":1}").await;
        assert_eq!(reply.status, 200, "{content_type}");
    }
}

#[tokio::test]
async fn a_signed_operation_without_signature() {
    let server = TestServer::new().await;
    let reply = server.post("ListUserPools", b"{\"MaxResults\":1}", &[]).await;
    insta::assert_snapshot!(reply.shown());
}

#[tokio::test]
async fn unsigned_operations_ignore_the_authorization_header() {
    let server = TestServer::new().await;
    let body = json!({ "ClientId": "nowhere", "Username": "a", "ConfirmationCode": "1" }).to_string();
    for authorization in ["Bearer x", "AWS4-HMAC-SHA256 nonsense", "Basic eDp4"] {
        let reply = server.post("ConfirmSignUp", body.as_bytes(), &[("Authorization", authorization)]).await;
        assert_eq!(reply.error(), "ResourceNotFoundException", "{authorization}: {}", reply.text());
    }
}

#[tokio::test]
async fn what_is_not_here() {
    let server = TestServer::new().await;
    insta::assert_snapshot!(server.get("/").await.shown());
    for (method, path) in
        [("POST", "/x"), ("PUT", "/"), ("DELETE", "/"), ("GET", "/a/b"), ("GET", "/x/.well-known/x")]
    {
        let reply = server.request(method, path, &[], b"").await;
        assert_eq!(
            (reply.status, reply.text()),
            (404, "{\"__type\":\"UnknownOperationException\"}"),
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn every_request_has_its_own_id() {
    let server = TestServer::new().await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        let reply = server.call("MakeTea", &json!({})).await;
        ids.push(reply.header("x-amzn-requestid").unwrap().to_owned());
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 5);
}
