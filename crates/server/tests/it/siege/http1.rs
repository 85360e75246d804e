//! HTTP/1.1: giant bodies, header floods, pipelining.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use super::{Attacker, PATIENCE, Siege, connect, connect_with, pour, until_closed};

const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn giant_bodies() {
    let siege = Siege::lay(&["server.max_buffered_bytes=16777216"]).await;
    let address = siege.address();
    let heads: [&str; 2] = [
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000000\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
    ];
    let attack = move |number: usize, attacker: Attacker| async move {
        let mut stream = connect(2, address).await;
        stream.write_all(heads[number % heads.len()].as_bytes()).await.unwrap();
        attacker.stands();
        let data = vec![b' '; 64 * 1024];
        let chunk = if number.is_multiple_of(2) { data } else { [b"10000\r\n", &data[..], b"\r\n"].concat() };
        let written = pour(&mut stream, &chunk, 200 * MIB).await;
        assert!(written < 200 * MIB, "nobody reads that much");
        until_closed(&mut stream).await;
    };
    siege.withstands(40, 1, attack).await;
    // What a body is put together in grows by doubling, up to twice the room.
    siege.raise(2 * 16 * 1024 + 40 * 400).await;
}

#[tokio::test]
async fn many_bodies_that_are_as_large_as_they_may_be() {
    let siege = Siege::lay(&["server.max_buffered_bytes=16777216", "server.body_timeout_ms=2000"]).await;
    let address = siege.address();
    let attack = move |_: usize, attacker: Attacker| async move {
        let mut stream = connect(2, address).await;
        stream.write_all(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1048576\r\n\r\n").await.unwrap();
        attacker.stands();
        // All but the last byte, which never comes.
        pour(&mut stream, &[b' '; 65_535], 16 * 65_535).await;
        let answer = until_closed(&mut stream).await;
        let answer = String::from_utf8_lossy(&answer);
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 503 ") || answer.contains("in time"),
            "{answer}"
        );
    };
    siege.withstands(200, 8, attack).await;
    siege.raise(2 * 16 * 1024 + 200 * 200).await;
}

#[tokio::test]
async fn requests_that_hold_as_much_as_they_can() {
    let siege = Siege::lay(&["server.body_timeout_ms=600000"]).await;
    let header = format!("X-Header: {}\r\n", "x".repeat(300));
    let head = format!(
        "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AWSCognitoIdentityProviderService.SignUp\r\n\
         Content-Length: 16384\r\n{}\r\n",
        header.repeat(95)
    );
    let mut streams = Vec::new();
    for _ in 0..100 {
        let mut stream = connect(2, siege.address()).await;
        stream.write_all(head.as_bytes()).await.unwrap();
        // A body that is not counted, and does not end.
        stream.write_all(&[b' '; 16_000]).await.unwrap();
        streams.push(stream);
    }
    siege.serves().await;
    assert!(siege.metric("cenote_connections").await > 100, "they stood all the while");
    drop(streams);
    siege.all_closed().await;
    siege.raise(100 * 150).await;
}

#[tokio::test]
async fn lengths_that_lie() {
    let siege = Siege::lay(&["server.body_timeout_ms=1000", "server.header_timeout_ms=1000"]).await;
    let address = siege.address();
    let requests: [(&str, &str); 8] = [
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n{}", "HTTP/1.1 4"),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n{}", "HTTP/1.1 400 "),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n", "HTTP/1.1 400 "),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x", "HTTP/1.1 400 "),
        (
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n{}",
            "HTTP/1.1 400 ",
        ),
        ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n{}", "HTTP/1.1 400 "),
        // What they promise does not come.
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n{}", "HTTP/1.1 400 "),
        ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{}", "HTTP/1.1 400 "),
    ];
    let attack = move |number: usize, attacker: Attacker| async move {
        let (request, start) = requests[number % requests.len()];
        let mut stream = connect(2, address).await;
        stream.write_all(request.as_bytes()).await.unwrap();
        attacker.stands();
        let answer = until_closed(&mut stream).await;
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.starts_with(start), "{request:?}: {answer}");
    };
    siege.withstands(32, 4, attack).await;
    siege.raise(32 * 30).await;
}

#[tokio::test]
async fn floods_of_headers() {
    let siege = Siege::lay(&["server.header_timeout_ms=2000"]).await;
    let address = siege.address();
    let attack = move |number: usize, attacker: Attacker| async move {
        let mut stream = connect(2, address).await;
        let (start, piece) = match number % 4 {
            0 => ("GET / HTTP/1.1\r\n", "X: y\r\n".repeat(1000)),
            1 => ("GET / HTTP/1.1\r\nX-Giant: ", "x".repeat(10_000)),
            2 => ("GET /", "x".repeat(10_000)),
            _ => ("", "X".repeat(10_000)),
        };
        stream.write_all(start.as_bytes()).await.unwrap();
        attacker.stands();
        // Half of them stop before it is too much, and wait.
        let most = if number % 8 < 4 { 20 * MIB } else { 20_000 };
        let (mut read, mut write) = stream.split();
        let poured = async {
            let mut written = 0;
            while written < most && write.write_all(piece.as_bytes()).await.is_ok() {
                written += piece.len();
            }
            written
        };
        let answered = async {
            let mut answer = Vec::new();
            let _ = read.read_to_end(&mut answer).await;
            answer
        };
        let both = async { tokio::join!(poured, answered) };
        let (written, answer) = timeout(PATIENCE, both).await.expect("closed in time");
        assert!(written < 20 * MIB);
        let answer = String::from_utf8_lossy(&answer);
        // A client that goes on sending may find the connection reset before it has read the answer.
        let refused = ["HTTP/1.1 431 ", "HTTP/1.1 414 ", "HTTP/1.1 400 "];
        assert!(answer.is_empty() || refused.iter().any(|status| answer.starts_with(status)), "{answer}");
    };
    siege.withstands(64, 12, attack).await;
    siege.raise(64 * 80).await;
}

#[tokio::test]
async fn pipelines_that_are_read() {
    let siege = Siege::lay(&[]).await;
    let address = siege.address();
    let attack = move |_: usize, attacker: Attacker| async move {
        let mut stream = connect(2, address).await;
        attacker.stands();
        let (mut read, mut write) = stream.split();
        let asked = async {
            let request = "GET /_cenote/health HTTP/1.1\r\nHost: x\r\n\r\n";
            write.write_all(request.repeat(4999).as_bytes()).await.unwrap();
            let last = "GET /_cenote/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
            write.write_all(last.as_bytes()).await.unwrap();
        };
        let answered = async {
            let mut text = String::new();
            read.read_to_string(&mut text).await.unwrap();
            assert_eq!(text.matches("HTTP/1.1 200 ").count(), 5000);
        };
        timeout(PATIENCE, async { tokio::join!(asked, answered) }).await.expect("answered in time");
    };
    siege.withstands(4, 2, attack).await;
    siege.raise(4 * 100).await;
}

#[tokio::test]
async fn answers_that_nobody_reads() {
    let siege = Siege::lay(&["server.idle_timeout_ms=1500", "server.header_timeout_ms=1500"]).await;
    let address = siege.address();
    let attack = move |_: usize, attacker: Attacker| async move {
        // What the system takes in for it would be megabytes.
        let mut stream = connect_with(2, address, Some(16 * 1024)).await;
        // Large, and made without effort.
        let requests = "GET /_cenote/inbox HTTP/1.1\r\nHost: x\r\n\r\n".repeat(100);
        attacker.stands();
        // Never reads; the server stops reading as well, and then closes.
        pour(&mut stream, requests.as_bytes(), usize::MAX).await;
    };
    siege.withstands(8, 4, attack).await;
    siege.all_closed().await;
    siege.raise(8 * 150).await;
}
