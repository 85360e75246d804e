//! Clients that send too much, or too slowly.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{Reply, TestServer};

#[tokio::test]
async fn a_body_that_is_too_large() {
    let server = TestServer::new().await;
    let reply = server.post("SignUp", &vec![b' '; 10 * 1024 * 1024], &[]).await;
    insta::assert_snapshot!(reply.shown());
}

#[tokio::test]
async fn the_largest_body_is_as_configured() {
    let server = TestServer::builder().set("server.max_body_bytes=2048").start().await;
    let with = |length: usize| format!("{{\"x\":\"{}\"}}", "a".repeat(length - 8)).into_bytes();
    assert_eq!(server.post("SignUp", &with(2048), &[]).await.status, 400);
    assert_eq!(server.post("SignUp", &with(2049), &[]).await.status, 413);
    // Without a length nobody knows before.
    let mut text = format!(
        "POST / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nX-Amz-Target: AWSCognitoIdentityProviderService.SignUp\r\n\
         Transfer-Encoding: chunked\r\n\r\n",
        server.address
    );
    for _ in 0..3 {
        text.push_str(&format!("400\r\n{}\r\n", " ".repeat(1024)));
    }
    text.push_str("0\r\n\r\n");
    assert_eq!(server.send(text.as_bytes()).await.status, 413);
}

#[tokio::test]
async fn who_asks_first_need_not_send_it() {
    let server = TestServer::new().await;
    let head = server.head("POST", "/", &[("Expect", "100-continue")], 10 * 1024 * 1024);
    assert_eq!(server.send(head.as_bytes()).await.status, 413);
}

#[tokio::test]
async fn too_many_headers() {
    let server = TestServer::new().await;
    let names: Vec<String> = (0..200).map(|number| format!("X-Header-{number}")).collect();
    let headers: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "x")).collect();
    assert_eq!(server.request("GET", "/_cenote/health", &headers, b"").await.status, 431);
    assert_eq!(server.request("GET", "/_cenote/health", &headers[..90], b"").await.status, 200);
}

#[tokio::test]
async fn headers_that_are_too_large() {
    let server = TestServer::builder().set("server.max_header_bytes=8192").start().await;
    let value = "x".repeat(100_000);
    assert_eq!(server.request("GET", "/_cenote/health", &[("X-Header", &value)], b"").await.status, 431);
    let value = "x".repeat(6_000);
    assert_eq!(server.request("GET", "/_cenote/health", &[("X-Header", &value)], b"").await.status, 200);
}

/// Long enough for any machine, and far less than the limits that are not to be reached.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long until the server closes a connection on which these bytes were sent.
async fn time_to_close(server: &TestServer, bytes: &[u8], trickle: bool) -> Duration {
    let started = Instant::now();
    let stream = TcpStream::connect(server.address).await.unwrap();
    let (mut read, mut write) = stream.into_split();
    write.write_all(bytes).await.unwrap();
    let feeder = tokio::spawn(async move {
        let mut pause = tokio::time::interval(Duration::from_millis(20));
        loop {
            pause.tick().await;
            if trickle && write.write_all(b"x").await.is_err() {
                break;
            }
        }
    });
    let mut rest = Vec::new();
    tokio::time::timeout(PATIENCE, read.read_to_end(&mut rest)).await.expect("closed in time").ok();
    feeder.abort();
    started.elapsed()
}

#[tokio::test]
async fn slow_headers_end_the_connection() {
    let server = TestServer::builder()
        .set("server.header_timeout_ms=200")
        .set("server.idle_timeout_ms=600000")
        .start()
        .await;
    let http1 = "POST / HTTP/1.1\r\nHost: x\r\nX-Slow: ";
    let http2 = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    for (start, trickle) in [
        ("", false),
        ("G", false),
        ("G", true),
        (http1, false),
        (http1, true),
        (&http2[..16], false),
        (http2, false),
    ] {
        let time = time_to_close(&server, start.as_bytes(), trickle).await;
        assert!(time >= Duration::from_millis(190), "{start:?} {time:?}");
    }
}

#[tokio::test]
async fn a_slow_second_request_is_no_idle_connection() {
    let server = TestServer::builder()
        .set("server.header_timeout_ms=200")
        .set("server.idle_timeout_ms=600000")
        .start()
        .await;
    let bytes = "GET /_cenote/health HTTP/1.1\r\nHost: x\r\n\r\nGET /_cenote/health HTTP/1.1\r\nX-Slow: ";
    time_to_close(&server, bytes.as_bytes(), true).await;
}

#[tokio::test]
async fn an_idle_connection_may_stay_for_its_time() {
    let server = TestServer::builder()
        .set("server.header_timeout_ms=100")
        .set("server.idle_timeout_ms=700")
        .start()
        .await;
    let time = time_to_close(&server, b"GET /_cenote/health HTTP/1.1\r\nHost: x\r\n\r\n", false).await;
    assert!(time >= Duration::from_millis(690), "{time:?}");
}

#[tokio::test]
async fn an_idle_connection_has_no_longer_than_its_time() {
    let server = TestServer::builder()
        .set("server.header_timeout_ms=600000")
        .set("server.idle_timeout_ms=100")
        .start()
        .await;
    let http1 = b"GET /_cenote/health HTTP/1.1\r\nHost: x\r\n\r\n";
    // The same over HTTP/2: its preface, no settings, and a head.
    let http2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\0\0\x19\x01\x05\0\0\0\x01\
        \x82\x86\x04\x0f/_cenote/health\x01\x04test";
    for start in [&http1[..], &http2[..]] {
        time_to_close(&server, start, false).await;
    }
}

#[tokio::test]
async fn a_request_that_is_slow_after_a_while_is_no_idle_connection() {
    let server = TestServer::builder()
        .set("server.header_timeout_ms=100")
        .set("server.idle_timeout_ms=600000")
        .start()
        .await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"GET /_cenote/health HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    read_health(&mut stream).await;
    // Others have had their time meanwhile.
    for _ in 0..2 {
        time_to_close(&server, b"", false).await;
    }
    stream.write_all(b"GET /_cenote/health HTTP/1.1\r\nX-Slow: ").await.unwrap();
    let mut rest = Vec::new();
    let closed = stream.read_to_end(&mut rest);
    tokio::time::timeout(PATIENCE, closed).await.expect("closed in time").unwrap();
}

#[tokio::test]
async fn a_slow_body_is_refused() {
    let server = TestServer::builder().set("server.body_timeout_ms=200").start().await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let target = [("X-Amz-Target", "AWSCognitoIdentityProviderService.SignUp")];
    stream.write_all(server.head("POST", "/", &target, 100).as_bytes()).await.unwrap();
    stream.write_all(b"{").await.unwrap();
    let reply = Reply::read(&mut stream).await;
    assert_eq!((reply.status, reply.error().as_str()), (400, "SerializationException"));
    assert_eq!(reply.json()["Message"], "The request did not arrive in time.");
}

/// A connection on which a request is running: it lacks its last byte.
async fn busy(server: &TestServer) -> TcpStream {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let target = [("X-Amz-Target", "AWSCognitoIdentityProviderService.SignUp")];
    stream.write_all(server.head("POST", "/", &target, 2).as_bytes()).await.unwrap();
    stream.write_all(b"{").await.unwrap();
    stream
}

#[tokio::test]
async fn connections_beyond_the_limit_wait() {
    let server = TestServer::builder().set("server.max_connections=2").start().await;
    let mut first = busy(&server).await;
    let _second = busy(&server).await;
    let waiting = server.get("/_cenote/health");
    tokio::pin!(waiting);
    assert!(
        tokio::time::timeout(Duration::from_millis(300), &mut waiting).await.is_err(),
        "no place is free"
    );
    first.write_all(b"}").await.unwrap();
    assert_eq!(waiting.await.status, 200);
}

#[tokio::test]
async fn who_is_idle_may_stay_while_nobody_waits() {
    // A body that never comes whole is refused after longer than an idle connection may stay while others wait.
    let server = TestServer::builder()
        .set("server.max_connections=3")
        .set("server.body_timeout_ms=2500")
        .start()
        .await;
    let health = b"GET /_cenote/health HTTP/1.1\r\nHost: x\r\n\r\n";
    let mut idle = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(health).await.unwrap();
        read_health(&mut stream).await;
        idle.push(stream);
    }
    // Every place is taken now.
    let mut busy = busy(&server).await;
    assert_eq!(Reply::read(&mut busy).await.status, 400);
    for mut stream in idle {
        stream.write_all(health).await.unwrap();
        read_health(&mut stream).await;
    }
}

/// Reads one answer, and leaves the connection open.
async fn read_health(stream: &mut TcpStream) {
    let mut text = Vec::new();
    while !text.ends_with(b"{\"status\":\"ok\"}") {
        let read = stream.read_buf(&mut text);
        let read = tokio::time::timeout(PATIENCE, read).await.expect("an answer in time");
        assert!(read.unwrap() > 0, "closed after {:?}", String::from_utf8_lossy(&text));
    }
}

#[tokio::test]
async fn bodies_beyond_the_room_for_them_are_refused() {
    let server = TestServer::builder()
        .set("server.max_body_bytes=45056")
        .set("server.max_buffered_bytes=49152")
        .start()
        .await;
    let target = [("X-Amz-Target", "AWSCognitoIdentityProviderService.SignUp")];
    let mut first = TcpStream::connect(server.address).await.unwrap();
    first.write_all(server.head("POST", "/", &target, 45_001).as_bytes()).await.unwrap();
    first.write_all(&[b' '; 45_000]).await.unwrap();
    let refused = async {
        loop {
            let reply = server.post("SignUp", &[b' '; 44_000], &[]).await;
            if reply.status == 503 {
                return reply;
            }
        }
    };
    let refused = tokio::time::timeout(PATIENCE, refused).await.expect("no room in time");
    assert_eq!(refused.error(), "ServiceUnavailableException");
    assert!(refused.json()["message"].as_str().unwrap().contains("room"), "{}", refused.text());
    assert_eq!(server.post("SignUp", &[b' '; 16_384], &[]).await.status, 400, "a small one always fits");
    first.write_all(b" ").await.unwrap();
    assert_eq!(Reply::read(&mut first).await.error(), "SerializationException");
    assert_eq!(server.post("SignUp", &[b' '; 44_000], &[]).await.status, 400, "the room is free again");
}

#[tokio::test]
async fn what_is_refused_for_its_body_counts_under_its_operation() {
    let server = TestServer::builder().set("server.max_body_bytes=2048").start().await;
    assert_eq!(server.post("SignUp", &[b' '; 3_000], &[]).await.status, 413);
    let metrics = server.get("/_cenote/metrics").await;
    let line = "cenote_requests_total{operation=\"SignUp\",outcome=\"RequestEntityTooLargeException\"} 1";
    assert!(metrics.text().lines().any(|one| one == line), "{}", metrics.text());
}
