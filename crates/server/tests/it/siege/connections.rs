//! Connections that do nothing, or nearly.

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{interval, timeout};
use tokio_rustls::TlsConnector;

use super::attack::withstand;
use super::{Attacker, PATIENCE, Siege, connect, until_closed};
use crate::support::TestServer;

#[tokio::test]
async fn one_byte_at_a_time() {
    let siege = Siege::lay(&[
        "server.header_timeout_ms=1000",
        "server.body_timeout_ms=1500",
        "server.idle_timeout_ms=1000",
    ])
    .await;
    let address = siege.address();
    let starts: [&str; 6] = [
        "",
        "G",
        "POST / HTTP/1.1\r\nX-Slow: ",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n{",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5000\r\n{",
        "PRI * HTTP/2.0\r\n\r\nSM",
    ];
    let attack = move |number: usize, attacker: Attacker| async move {
        let mut stream = connect(2, address).await;
        stream.write_all(starts[number % starts.len()].as_bytes()).await.unwrap();
        attacker.stands();
        let (mut read, mut write) = stream.split();
        let trickle = async {
            let mut pause = interval(Duration::from_millis(100));
            while write.write_all(b"x").await.is_ok() {
                pause.tick().await;
            }
        };
        let closed = async {
            let mut rest = Vec::new();
            let _ = read.read_to_end(&mut rest).await;
        };
        let both = async { tokio::join!(trickle, closed) };
        timeout(PATIENCE, both).await.expect("closed in time");
    };
    siege.withstands(300, 150, attack).await;
    siege.raise(300 * 40).await;
}

#[tokio::test]
async fn idle_connections_of_one_address() {
    // Within the thousand descriptors that a process may have at least.
    let count = if super::is_long() { 9000 } else { 400 };
    let siege = Siege::lay(&[
        "server.max_connections=2000",
        "server.max_connections_per_address=100",
        "server.header_timeout_ms=600000",
        "server.idle_timeout_ms=600000",
    ])
    .await;
    let mut streams = Vec::new();
    for _ in 0..count {
        streams.push(connect(2, siege.address()).await);
    }
    let refused = async { while siege.metric("cenote_connections_refused_total").await < count - 100 {} };
    timeout(PATIENCE, refused).await.expect("refused in time");
    assert_eq!(siege.metric("cenote_connections_refused_total").await, count - 100);
    siege.serves().await;
    assert!(siege.metric("cenote_connections").await > 100, "they stood all the while");
    let mut other = connect(3, siege.address()).await;
    other.write_all(b"GET /_cenote/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    assert!(until_closed(&mut other).await.starts_with(b"HTTP/1.1 200 "));
    // Those that were accepted stay, and their places are free again when they close.
    drop(streams);
    siege.all_closed().await;
    let mut again = connect(2, siege.address()).await;
    again.write_all(b"GET /_cenote/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    assert!(until_closed(&mut again).await.starts_with(b"HTTP/1.1 200 "));
    siege.raise(100 * 20).await;
}

#[tokio::test]
async fn idle_connections_make_room_when_every_place_is_taken() {
    let siege = Siege::lay(&[
        "server.max_connections=20",
        "server.max_connections_per_address=0",
        "server.header_timeout_ms=600000",
        "server.idle_timeout_ms=600000",
    ])
    .await;
    let starts: [&str; 4] = [
        "",
        "POST / HTTP/1.1\r\nX-Slow: ",
        "GET /_cenote/health HTTP/1.1\r\nHost: x\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
    ];
    let address = siege.address();
    // More than there are places, and none of them closes by itself.
    let attack = move |number: usize, mut attacker: Attacker| async move {
        let mut stream = connect(2, address).await;
        stream.write_all(starts[number % starts.len()].as_bytes()).await.unwrap();
        attacker.stands();
        tokio::select! {
            _ = until_closed(&mut stream) => {}
            () = attacker.over() => {}
        }
    };
    siege.withstands(30, 5, attack).await;
    siege.raise(20 * 60).await;
}

#[tokio::test]
async fn clients_that_vanish_half_way() {
    let siege = Siege::lay(&["server.idle_timeout_ms=1000", "server.body_timeout_ms=1000"]).await;
    let address = siege.address();
    let attack = move |number: usize, mut attacker: Attacker| async move {
        let mut stream = connect(2, address).await;
        stream.write_all(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{").await.unwrap();
        attacker.stands();
        match number % 4 {
            // Only its half is closed: it waits for an answer.
            0 => {
                stream.shutdown().await.unwrap();
                until_closed(&mut stream).await;
            }
            // These take their time before they vanish.
            1 => tokio::select! {
                _ = until_closed(&mut stream) => {}
                () = attacker.over() => {}
            },
            _ => {}
        }
    };
    siege.withstands(200, 15, attack).await;
    siege.all_closed().await;
    // Who vanishes is replaced sooner than the server notices.
    siege.raise(400 * 80).await;
}

#[tokio::test]
async fn handshakes_that_stall() {
    let certificate = rcgen::generate_simple_self_signed(["auth.example.com".to_owned()]).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let (certificate_file, key_file) = (directory.path().join("c.pem"), directory.path().join("k.pem"));
    std::fs::write(&certificate_file, certificate.cert.pem()).unwrap();
    std::fs::write(&key_file, certificate.signing_key.serialize_pem()).unwrap();
    let server = TestServer::builder()
        .set(format!("tls.certificate_file={}", certificate_file.display()))
        .set(format!("tls.key_file={}", key_file.display()))
        .set("server.header_timeout_ms=700")
        .start()
        .await;
    let address = server.address;
    // A hello that announces more than comes, a hello that is none, and silence.
    let starts: [&[u8]; 4] =
        [b"", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\x16\x03\x01", b"GET / "];
    let attack = move |number: usize, attacker: Attacker| async move {
        let mut stream = connect(2, address).await;
        stream.write_all(starts[number % starts.len()]).await.unwrap();
        attacker.stands();
        until_closed(&mut stream).await;
    };
    let mut roots = RootCertStore::empty();
    roots.add(certificate.cert.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(config));
    let ask = async || {
        let asked = async {
            let stream = connect(1, address).await;
            let name = ServerName::try_from("auth.example.com").unwrap();
            let mut stream = connector.connect(name, stream).await.unwrap();
            let request = b"GET /_cenote/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
            stream.write_all(request).await.unwrap();
            let answer = until_closed(&mut stream).await;
            assert!(answer.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&answer));
        };
        timeout(PATIENCE, asked).await.expect("an answer in time");
    };
    withstand(200, 75, attack, ask).await;
}
