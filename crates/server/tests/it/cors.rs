//! Calls from web pages.

use serde_json::json;

use crate::support::TestServer;

const ORIGIN: &str = "access-control-allow-origin";
const EXPOSED: &str = "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date";

#[tokio::test]
async fn a_preflight() {
    let server = TestServer::new().await;
    let headers = [
        ("Origin", "https://app.example.com"),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "content-type,x-amz-target,x-own"),
    ];
    insta::assert_snapshot!(server.request("OPTIONS", "/", &headers, b"").await.shown());
    insta::assert_snapshot!(server.request("OPTIONS", "/", &[], b"").await.shown());
}

#[tokio::test]
async fn every_answer_can_be_read() {
    let server = TestServer::new().await;
    for reply in [
        server.call("ListUserPools", &json!({ "MaxResults": 1 })).await,
        server.call("ListUserPools", &json!({})).await,
        server.call("MakeTea", &json!({})).await,
        server.get("/nowhere").await,
        server.post("SignUp", &vec![b' '; 2_000_000], &[]).await,
    ] {
        assert_eq!(reply.header(ORIGIN), Some("*"), "{}", reply.shown());
        assert_eq!(reply.header("access-control-expose-headers"), Some(EXPOSED));
        assert_eq!(reply.header("vary"), None);
    }
}

#[tokio::test]
async fn a_list_of_origins_echoes_those_on_it() {
    let server =
        TestServer::builder().set("cors.allowed_origins=https://a.example,https://b.example").start().await;
    let from = |origin: &'static str| {
        let server = &server;
        async move { server.request("OPTIONS", "/", &[("Origin", origin)], b"").await }
    };
    let listed = from("https://b.example").await;
    assert_eq!(listed.header(ORIGIN), Some("https://b.example"));
    assert_eq!(listed.header("access-control-allow-credentials"), Some("true"));
    assert_eq!(listed.header("vary"), Some("Origin"));
    for other in ["https://c.example", "https://b.example.evil", "null", "HTTPS://B.EXAMPLE"] {
        let reply = from(other).await;
        assert_eq!(reply.header(ORIGIN), None, "{other}");
        assert_eq!(reply.header("access-control-allow-credentials"), None, "{other}");
        assert_eq!(reply.header("vary"), Some("Origin"));
    }
}

#[tokio::test]
async fn our_own_paths_are_closed_to_web_pages() {
    let server = TestServer::builder().clock().start().await;
    for path in ["/_cenote/inbox.json", "/_cenote/health", "/_cenote/metrics"] {
        assert_eq!(server.get(path).await.header(ORIGIN), None, "{path}");
        let reply = server.request("OPTIONS", path, &[("Origin", "https://evil.example")], b"").await;
        assert_eq!(reply.header(ORIGIN), None, "{path}");
        assert_eq!(reply.header("access-control-allow-methods"), None, "{path}");
    }
    let foreign = [("Origin", "https://evil.example")];
    assert_eq!(server.request("POST", "/_cenote/reset", &foreign, b"").await.status, 403);
    assert_eq!(server.request("DELETE", "/_cenote/inbox.json", &foreign, b"").await.status, 403);
    assert_eq!(server.request("POST", "/_cenote/reset", &[("Origin", "null")], b"").await.status, 403);
    let own = format!("http://{}", server.address);
    assert_eq!(server.request("DELETE", "/_cenote/inbox.json", &[("Origin", &own)], b"").await.status, 200);
}
