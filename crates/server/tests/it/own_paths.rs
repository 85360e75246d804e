//! `/_cenote/…` and the issuer's documents.

use cenote_store::Conflict;
use cenote_store::testing::Fault;
use serde_json::{Value, json};

use crate::support::TestServer;

#[tokio::test]
async fn health_and_readiness() {
    let server = TestServer::new().await;
    insta::assert_snapshot!(server.get("/_cenote/health").await.shown());
    let ready = server.get("/_cenote/ready").await;
    assert_eq!((ready.status, ready.json()), (200, json!({ "status": "ready" })));
}

#[tokio::test]
async fn a_server_whose_store_is_gone_is_healthy_but_not_ready() {
    let server = TestServer::new().await;
    server.server.service().store.close().await;
    assert_eq!(server.get("/_cenote/health").await.status, 200);
    let ready = server.get("/_cenote/ready").await;
    assert_eq!(ready.status, 503, "{}", ready.text());
    assert_eq!(ready.json()["missing"][0]["what"], "store");
    let reply = server.call("ListUserPools", &json!({ "MaxResults": 1 })).await;
    assert_eq!((reply.status, reply.error().as_str()), (500, "InternalErrorException"));
}

#[tokio::test]
async fn metrics_count_requests_by_operation_and_outcome() {
    let server = TestServer::new().await;
    server.ok("ListUserPools", &json!({ "MaxResults": 1 })).await;
    server.call("ListUserPools", &json!({})).await;
    server.call("MakeTea", &json!({})).await;
    let reply = server.get("/_cenote/metrics").await;
    assert_eq!(
        reply.header("content-type"),
        Some("application/openmetrics-text; version=1.0.0; charset=utf-8")
    );
    let text = reply.text();
    for line in [
        "cenote_requests_total{operation=\"ListUserPools\",outcome=\"ok\"} 1",
        "cenote_requests_total{operation=\"ListUserPools\",outcome=\"InvalidParameterException\"} 1",
        "cenote_requests_total{operation=\"unknown\",outcome=\"UnknownOperationException\"} 1",
        "cenote_request_duration_seconds_count{operation=\"ListUserPools\"} 2",
        "cenote_requests_in_flight 0",
        "cenote_connections 1",
        "cenote_outbox_pending 0",
        "cenote_outbox_dead 0",
        "cenote_deliveries_total{channel=\"email\",outcome=\"sent\"} 0",
        "cenote_build_info{version=\"0.1.0\"} 1",
    ] {
        assert!(text.lines().any(|one| one == line), "{line}\n{text}");
    }
    assert!(text.contains("cenote_store_commits_total "));
    assert!(text.ends_with("# EOF\n"));
}

#[tokio::test]
async fn the_inbox_shows_what_was_sent() {
    let server = TestServer::new().await;
    let pool = server
        .ok("CreateUserPool", &json!({ "PoolName": "x", "AutoVerifiedAttributes": ["email"] }))
        .await["UserPool"]["Id"]
        .clone();
    let client = server
        .ok("CreateUserPoolClient", &json!({ "UserPoolId": pool, "ClientName": "x" }))
        .await["UserPoolClient"]["ClientId"]
        .clone();
    server
        .ok("SignUp", &json!({ "ClientId": client, "Username": "alice", "Password": "Passw0rd!", "UserAttributes": [{ "Name": "email", "Value": "alice@example.com" }] }))
        .await;
    let message = server.message_to("alice%40example.com").await;
    assert_eq!(message["purpose"], "SignUp");
    assert_eq!(message["username"], "alice");
    let code = message["code"].clone();
    server
        .ok("ConfirmSignUp", &json!({ "ClientId": client, "Username": "alice", "ConfirmationCode": code }))
        .await;
    assert_eq!(
        server.get("/_cenote/inbox.json?to=bob%40example.com").await.json(),
        json!({ "messages": [] })
    );
    let page = server.get("/_cenote/inbox").await;
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(page.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert_eq!(server.request("DELETE", "/_cenote/inbox.json", &[], b"").await.status, 200);
    assert_eq!(server.get("/_cenote/inbox.json").await.json(), json!({ "messages": [] }));
}

#[tokio::test]
async fn the_clock_moves_forward_only() {
    let server = TestServer::builder().clock().start().await;
    let before = server.get("/_cenote/clock").await.json()["now"].as_i64().unwrap();
    let advance = |body: Value| {
        let server = &server;
        async move { server.request("POST", "/_cenote/clock", &[], body.to_string().as_bytes()).await }
    };
    let after = advance(json!({ "advance_seconds": 3601 })).await.json()["now"].as_i64().unwrap();
    assert!((3601..3660).contains(&(after - before)), "{before} {after}");
    for wrong in [
        json!({}),
        json!({ "advance_seconds": -1 }),
        json!({ "advance_seconds": 1.5 }),
        json!({ "advance_seconds": i64::MAX }),
        json!([]),
        json!({ "advance_seconds": 1, "x": 1 }),
    ] {
        assert_eq!(advance(wrong.clone()).await.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn a_reset_is_not_stopped_by_a_change() {
    let server = TestServer::builder().clock().start().await;
    server.ok("CreateUserPool", &json!({ "PoolName": "x" })).await;
    let first = std::sync::atomic::AtomicBool::new(true);
    assert!(server.server.service().store.inject_faults(move |_| {
        first
            .swap(false, std::sync::atomic::Ordering::SeqCst)
            .then_some(Fault::Conflict(Conflict::VersionChanged))
    }));
    let reply = server.request("POST", "/_cenote/reset", &[], b"").await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let pools = server.ok("ListUserPools", &json!({ "MaxResults": 1 })).await;
    assert_eq!(pools["UserPools"], json!([]));
}

#[tokio::test]
async fn clock_and_reset_are_closed_unless_opened() {
    let server = TestServer::new().await;
    assert_eq!(server.get("/_cenote/clock").await.status, 404);
    assert_eq!(server.request("POST", "/_cenote/reset", &[], b"").await.status, 404);
}

#[tokio::test]
async fn serving_for_real_shows_no_inbox() {
    let server =
        TestServer::builder().serve().set("server.public_url=https://auth.example.com").start().await;
    for path in ["inbox", "inbox.json", "clock"] {
        assert_eq!(server.get(&format!("/_cenote/{path}")).await.status, 404, "{path}");
    }
    assert_eq!(server.request("DELETE", "/_cenote/inbox.json", &[], b"").await.status, 404);
    assert_eq!(server.request("POST", "/_cenote/reset", &[], b"").await.status, 404);
    assert_eq!(server.get("/_cenote/ready").await.status, 200);
}

#[tokio::test]
async fn operators_are_known_by_their_network() {
    let server = TestServer::builder()
        .serve()
        .set("server.public_url=https://auth.example.com")
        .set("server.trusted_proxies=127.0.0.1")
        .start()
        .await;
    for (address, status) in [
        ("203.0.113.1", 404),
        ("2001:db8::1", 404),
        ("10.1.2.3", 200),
        ("fd00::1", 200),
        // The client's own words, and what a proxy has added.
        ("\u{ff}, 203.0.113.1", 404),
        ("\u{ff}, 10.1.2.3", 404),
        ("203.0.113.1, 10.1.2.3", 404),
        ("\u{ff}", 404),
        ("unknown", 404),
        ("", 404),
    ] {
        let headers = [("X-Forwarded-For", address)];
        for path in ["/_cenote/metrics", "/_cenote/ready"] {
            assert_eq!(server.request("GET", path, &headers, b"").await.status, status, "{address} {path}");
        }
        assert_eq!(server.request("GET", "/_cenote/health", &headers, b"").await.status, 200);
    }
}

#[tokio::test]
async fn an_issuer_shows_its_keys() {
    let server = TestServer::new().await;
    let pool = server.ok("CreateUserPool", &json!({ "PoolName": "x" })).await["UserPool"]["Id"].clone();
    let pool = pool.as_str().unwrap();
    let keys = server.get(&format!("/{pool}/.well-known/jwks.json")).await;
    assert_eq!(keys.header("content-type"), Some("application/json"));
    assert_eq!(keys.header("cache-control"), Some("no-cache"));
    assert_eq!(keys.header("access-control-allow-origin"), Some("*"));
    assert_eq!(keys.json()["keys"].as_array().unwrap().len(), 2);
    let document = server.get(&format!("/{pool}/.well-known/openid-configuration")).await.json();
    assert_eq!(document["issuer"], format!("http://{}/{pool}", server.address));
    assert_eq!(document["jwks_uri"], format!("http://{}/{pool}/.well-known/jwks.json", server.address));
    let missing = server.get("/eu-west-1_Nowhere01/.well-known/jwks.json").await;
    assert_eq!(missing.status, 404);
    assert_eq!(missing.json()["message"], "User pool eu-west-1_Nowhere01 does not exist.");
    let metrics = server.get("/_cenote/metrics").await;
    for line in [
        "cenote_requests_total{operation=\"IssuerDocument\",outcome=\"ok\"} 2",
        "cenote_requests_total{operation=\"IssuerDocument\",outcome=\"ResourceNotFoundException\"} 1",
        "cenote_request_duration_seconds_count{operation=\"IssuerDocument\"} 3",
    ] {
        assert!(metrics.text().lines().any(|one| one == line), "{line}\n{}", metrics.text());
    }
}

#[tokio::test]
async fn whoever_asks_under_a_foreign_name_sees_no_inbox() {
    let ask = async |server: &TestServer, path: &str, host: &str| {
        let text = format!("GET /_cenote/{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        server.send(text.as_bytes()).await
    };
    let server = TestServer::builder().clock().set("server.public_url=http://cenote.test:7665").start().await;
    for path in ["inbox", "inbox.json", "clock", "metrics", "ready"] {
        let refused = ask(&server, path, "evil.example:7665").await;
        assert_eq!(refused.status, 403, "{path}");
        assert!(refused.text().contains("--expose"), "{}", refused.text());
        for host in ["localhost:7665", "127.0.0.1", "app.localhost", "[::1]:1", "cenote.test:7665"] {
            assert_eq!(ask(&server, path, host).await.status, 200, "{path} {host}");
        }
    }
    assert_eq!(ask(&server, "health", "evil.example").await.status, 200);
    let exposed = TestServer::builder().exposed().start().await;
    assert_eq!(ask(&exposed, "inbox", "cenote:7665").await.status, 200);
}

#[tokio::test]
async fn a_proxy_that_nobody_vouches_for_lends_no_rights() {
    let server =
        TestServer::builder().serve().set("server.public_url=https://auth.example.com").start().await;
    for path in ["/_cenote/metrics", "/_cenote/ready"] {
        assert_eq!(server.get(path).await.status, 200, "{path}");
        for header in [("X-Forwarded-For", "10.0.0.1"), ("Forwarded", "for=10.0.0.1")] {
            assert_eq!(server.request("GET", path, &[header], b"").await.status, 404, "{path} {header:?}");
        }
    }
}
