//! Bodies that are no requests.

use serde_json::json;

use crate::support::{ANY_DATE, ANY_SIGNATURE, Reply, TestServer};

async fn post(server: &TestServer, body: &[u8]) -> Reply {
    server.post("DescribeUserPool", body, &[ANY_SIGNATURE, ANY_DATE]).await
}

#[tokio::test]
async fn what_is_no_json_is_refused_without_a_message() {
    let server = TestServer::new().await;
    for body in [
        &b""[..],
        b"null",
        b"1",
        b"\"text\"",
        b"true",
        b"{",
        b"{\"UserPoolId\":}",
        b"{\"UserPoolId\":\"a\"} x",
        b"{'UserPoolId':'a'}",
        b"{\"UserPoolId\":\"\xff\xfe\"}",
        b"\xef\xbb\xbf{}",
        b"NaN",
    ] {
        let reply = post(&server, body).await;
        assert_eq!(
            (reply.status, reply.text()),
            (400, "{\"__type\":\"SerializationException\"}"),
            "{}",
            String::from_utf8_lossy(body)
        );
        assert_eq!(reply.header("x-amzn-errortype"), Some("SerializationException:"));
        assert_eq!(reply.header("x-amzn-errormessage"), None);
    }
}

#[tokio::test]
async fn a_list_has_a_message_with_a_capital() {
    let server = TestServer::new().await;
    insta::assert_snapshot!(post(&server, b"[]").await.shown());
}

#[tokio::test]
async fn wrong_types_are_refused() {
    let server = TestServer::new().await;
    for body in ["{\"UserPoolId\":1}", "{\"UserPoolId\":{}}", "{\"UserPoolId\":[]}", "{\"UserPoolId\":true}"]
    {
        let reply = post(&server, body.as_bytes()).await;
        assert_eq!((reply.status, reply.error().as_str()), (400, "SerializationException"), "{body}");
    }
    let reply = server.call("CreateUserPool", &json!({ "PoolName": "x", "UserPoolTags": "x" })).await;
    assert_eq!(
        reply.json(),
        json!({ "__type": "SerializationException", "Message": "Expected map or null" })
    );
}

#[tokio::test]
async fn an_empty_object_goes_on_to_validation() {
    let server = TestServer::new().await;
    let reply = post(&server, b"{}").await;
    assert_eq!(reply.error(), "InvalidParameterException");
    assert_eq!(
        reply.json()["message"],
        "1 validation error detected: Value null at 'userPoolId' failed to satisfy constraint: Member must not be null"
    );
    assert_eq!(reply.header("x-amzn-errormessage"), reply.json()["message"].as_str());
}

#[tokio::test]
async fn deep_nesting_is_refused_and_does_no_harm() {
    let server = TestServer::new().await;
    for depth in [200, 100_000] {
        let body = format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(post(&server, body.as_bytes()).await.error(), "SerializationException");
        let body = format!("{{\"x\":{}1{}}}", "{\"a\":".repeat(depth), "}".repeat(depth));
        assert_eq!(post(&server, body.as_bytes()).await.error(), "SerializationException");
    }
}

#[tokio::test]
async fn of_members_that_are_given_twice_the_last_counts() {
    let server = TestServer::new().await;
    let reply = post(&server, b"{\"UserPoolId\":\"eu-west-1_One\",\"UserPoolId\":\"eu-west-1_Two\"}").await;
    assert_eq!(reply.json()["message"], "User pool eu-west-1_Two does not exist.");
}

#[tokio::test]
async fn a_chunked_body_is_read() {
    let server = TestServer::new().await;
    let text = format!(
        "POST / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nX-Amz-Target: AWSCognitoIdentityProviderService.SignUp\r\n\
         Transfer-Encoding: chunked\r\n\r\n1\r\n{{\r\n1\r\n}}\r\n0\r\n\r\n",
        server.address
    );
    assert_eq!(server.send(text.as_bytes()).await.error(), "InvalidParameterException");
}
