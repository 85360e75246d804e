//! Stopping.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::support::{ANY_DATE, ANY_SIGNATURE, Reply, TestServer};

/// Opens a request and leaves out its last byte.
async fn open_request(server: &TestServer) -> TcpStream {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let target = [("X-Amz-Target", "AWSCognitoIdentityProviderService.SignUp")];
    stream.write_all(server.head("POST", "/", &target, 2).as_bytes()).await.unwrap();
    stream.write_all(b"{").await.unwrap();
    stream
}

async fn connections(server: &TestServer) -> usize {
    let text = server.get("/_cenote/metrics").await;
    let line = text.text().lines().find(|line| line.starts_with("cenote_connections ")).unwrap().to_owned();
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_request_in_flight_is_answered() {
    let server = TestServer::new().await;
    let mut stream = open_request(&server).await;
    while connections(&server).await < 2 {}
    let address = server.address;
    let stopping = tokio::spawn(server.server.stop());
    // New connections are refused from now on.
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!stopping.is_finished(), "the request has not been answered yet");
    stream.write_all(b"}").await.unwrap();
    let reply = Reply::read(&mut stream).await;
    assert_eq!(reply.error(), "InvalidParameterException");
    tokio::time::timeout(Duration::from_secs(10), stopping).await.expect("stopped in time").unwrap();
}

#[tokio::test]
async fn who_hangs_up_early_gets_what_was_asked_for() {
    let server = TestServer::new().await;
    for number in 0..5 {
        let body = format!("{{\"PoolName\":\"p{number}\"}}");
        let target =
            [("X-Amz-Target", "AWSCognitoIdentityProviderService.CreateUserPool"), ANY_SIGNATURE, ANY_DATE];
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let head = server.head("POST", "/", &target, body.len());
        stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        drop(stream);
        // Making the keys of a pool takes a while: the server notices that nobody waits before it is done.
        let made = async {
            loop {
                let pools = server.ok("ListUserPools", &json!({ "MaxResults": 60 })).await;
                if pools["UserPools"].as_array().unwrap().len() > number {
                    break;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), made).await.expect("a pool in time");
    }
}

#[tokio::test]
async fn idle_connections_do_not_hold_it_up() {
    let server = TestServer::new().await;
    let mut idle = TcpStream::connect(server.address).await.unwrap();
    idle.write_all(b"GET /_cenote/health HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    while connections(&server).await < 2 {}
    let started = Instant::now();
    server.server.stop().await;
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn patience_has_an_end() {
    let server = TestServer::builder().set("server.drain_timeout_ms=300").start().await;
    let _stuck = open_request(&server).await;
    while connections(&server).await < 2 {}
    let started = Instant::now();
    server.server.stop().await;
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

#[tokio::test]
async fn connections_without_a_request_do_not_hold_it_up() {
    let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let (certificate_file, key_file) = (directory.path().join("c.pem"), directory.path().join("k.pem"));
    std::fs::write(&certificate_file, certificate.cert.pem()).unwrap();
    std::fs::write(&key_file, certificate.signing_key.serialize_pem()).unwrap();
    let patient =
        || TestServer::builder().set("server.drain_timeout_ms=600000").set("server.header_timeout_ms=600000");
    let plain = patient().start().await;
    let encrypted = patient()
        .set(format!("tls.certificate_file={}", certificate_file.display()))
        .set(format!("tls.key_file={}", key_file.display()))
        .start()
        .await;
    let mut open = Vec::new();
    for (address, bytes) in [
        (plain.address, &b""[..]),
        (plain.address, b"POST / HTTP/1.1\r\nX-Slow: "),
        (plain.address, b"GET /_cenote/health HTTP/1.1\r\nHost: x\r\n\r\nGET /"),
        (encrypted.address, b""),
        (encrypted.address, b"\x16\x03\x01"),
    ] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        open.push(stream);
    }
    while connections(&plain).await < 4 {}
    let stopped = async {
        plain.server.stop().await;
        encrypted.server.stop().await;
    };
    tokio::time::timeout(Duration::from_secs(20), stopped).await.expect("stopped in time");
}

/// Asks for a path on a connection of its own, which the client would keep.
async fn get_and_stay(address: SocketAddr, path: &str) -> Reply {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes()).await.unwrap();
    Reply::read(&mut stream).await
}

#[tokio::test]
async fn load_balancers_learn_of_it_before_anybody_is_refused() {
    let server = TestServer::builder().set("server.drain_delay_ms=600000").start().await;
    let address = server.address;
    assert_eq!(server.get("/_cenote/ready").await.status, 200);
    let stopping = tokio::spawn(server.server.stop());
    let ready = async || {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = "GET /_cenote/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).await.unwrap();
        Reply::read(&mut stream).await.status
    };
    while ready().await != 503 {}
    // Who comes nevertheless is served, and asked to go.
    let reply = get_and_stay(address, "/_cenote/health").await;
    assert_eq!((reply.status, reply.header("connection")), (200, Some("close")));
    assert!(!stopping.is_finished());
    stopping.abort();
}
