//! HTTP/2, frame by frame.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{interval, timeout};

use super::{Attacker, PATIENCE, Siege, connect, get, pour, until_closed};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;
const MIB: usize = 1024 * 1024;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let head = [&length[1..], &[kind, flags], &stream.to_be_bytes()].concat();
    [head, payload.to_vec()].concat()
}

/// A header that no table has or gets.
fn literal(name: &str, value: &str) -> Vec<u8> {
    let text = |text: &str| {
        let length = match text.len() {
            short @ 0..127 => vec![u8::try_from(short).unwrap()],
            long => {
                let more = u16::try_from(long - 127).unwrap();
                vec![127, more.to_be_bytes()[1] | 0x80, u8::try_from(more >> 7).unwrap()]
            }
        };
        [length, text.as_bytes().to_vec()].concat()
    };
    [vec![0], text(name), text(value)].concat()
}

/// `:method`, `:scheme` http and `:path`.
fn request(method: &str, path: &str) -> Vec<u8> {
    [literal(":method", method), vec![0x86], literal(":path", path), literal(":authority", "x")].concat()
}

async fn open(address: std::net::SocketAddr, settings: &[u8]) -> TcpStream {
    let mut stream = connect(2, address).await;
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    stream.write_all(&frame(SETTINGS, 0, 0, settings)).await.unwrap();
    stream
}

/// The next frame: kind, flags, stream, payload. None when the server has closed.
async fn next(stream: &mut TcpStream) -> Option<(u8, u8, u32, Vec<u8>)> {
    let mut head = [0; 9];
    timeout(PATIENCE, stream.read_exact(&mut head)).await.expect("a frame in time").ok()?;
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
    let mut payload = vec![0; usize::try_from(length).unwrap()];
    timeout(PATIENCE, stream.read_exact(&mut payload)).await.expect("a frame in time").ok()?;
    let id = u32::from_be_bytes([head[5] & 0x7f, head[6], head[7], head[8]]);
    Some((head[3], head[4], id, payload))
}

/// Waits until the server has read all that was sent so far. Whether it did.
async fn is_read(stream: &mut TcpStream, mark: u64) -> bool {
    let payload = mark.to_be_bytes();
    if stream.write_all(&frame(PING, 0, 0, &payload)).await.is_err() {
        return false;
    }
    while let Some((kind, flags, _, answer)) = next(stream).await {
        if kind == PING && flags & ACK != 0 && answer == payload {
            return true;
        }
    }
    false
}

/// Asks twenty things at once, resets them all when the server has read them, and so on. How much was asked, and on how many
/// connections: one that was told to calm down is replaced.
async fn ask_and_reset(address: std::net::SocketAddr, body: impl Fn(u32) -> String) -> (usize, u64) {
    let target = "AWSCognitoIdentityProviderService.SignUp";
    let head = [request("POST", "/"), literal("x-amz-target", target)].concat();
    let (mut asked, mut opened) = (0, 0);
    let mut current: Option<(TcpStream, u32)> = None;
    for round in 0..75_u32 {
        let (mut stream, first) = match current.take() {
            Some(current) => current,
            None => {
                opened += 1;
                (open(address, &[]).await, 1)
            }
        };
        let ids: Vec<u32> = (0..20).map(|number| first + number * 2).collect();
        let mut frames = Vec::new();
        for (number, id) in (round * 20..).zip(&ids) {
            frames.extend(frame(HEADERS, END_HEADERS, *id, &head));
            frames.extend(frame(DATA, END_STREAM, *id, body(number).as_bytes()));
        }
        if stream.write_all(&frames).await.is_err() || !is_read(&mut stream, u64::from(round)).await {
            continue;
        }
        asked += ids.len();
        let resets: Vec<u8> = ids.iter().flat_map(|id| frame(RST_STREAM, 0, *id, &[0, 0, 0, 8])).collect();
        if stream.write_all(&resets).await.is_ok() {
            current = Some((stream, first + 40));
        }
    }
    (asked, opened)
}

#[tokio::test]
async fn requests_that_are_reset_as_soon_as_they_run() {
    let siege = Siege::lay(&[]).await;
    let address = siege.address();
    let call = |operation: &str, body: serde_json::Value| {
        let (status, answer) = siege.program.call(operation, &body);
        assert_eq!(status, 200, "{answer}");
        answer
    };
    let pool = call("CreateUserPool", json!({ "PoolName": "p" }));
    let pool_id = pool["UserPool"]["Id"].as_str().unwrap().to_owned();
    let client = json!({
        "UserPoolId": pool_id, "ClientName": "c", "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"]
    });
    let client = call("CreateUserPoolClient", client);
    let client_id = client["UserPoolClient"]["ClientId"].as_str().unwrap().to_owned();
    // Each costs a power.
    let sign_up = move |number: u32| {
        let name = format!("user{number}");
        json!({ "ClientId": client_id, "Username": name, "Password": "Passw0rd!" }).to_string()
    };
    let (asked, connections) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicU64::new(0)));
    let attack = |number: usize, attacker: Attacker| {
        let (sign_up, asked, connections) = (sign_up.clone(), Arc::clone(&asked), Arc::clone(&connections));
        async move {
            attacker.stands();
            let first = u32::try_from(number).unwrap() * 100_000;
            let (requests, opened) = ask_and_reset(address, |number| sign_up(first + number)).await;
            asked.fetch_add(requests, Ordering::SeqCst);
            connections.fetch_add(opened, Ordering::SeqCst);
        }
    };
    let mut most = 0;
    let watched = async {
        loop {
            most = most.max(siege.metric("cenote_requests_in_flight").await);
        }
    };
    tokio::select! {
        () = siege.withstands(3, 2, attack) => {}
        () = watched => {}
    }
    let (asked, connections) = (asked.load(Ordering::SeqCst), connections.load(Ordering::SeqCst));
    println!("{asked} requests on {connections} connections, {most} at once");
    assert!(asked > 1000, "{asked}");
    assert!(most <= connections * 32 + 2, "{most} at once on {connections} connections");
    siege.raise(16 * 1024).await;
}

#[tokio::test]
async fn headers_without_an_end() {
    let siege = Siege::lay(&["server.header_timeout_ms=2000", "server.idle_timeout_ms=2000"]).await;
    let address = siege.address();
    let attack = move |number: usize, attacker: Attacker| async move {
        let mut stream = open(address, &[]).await;
        stream.write_all(&frame(HEADERS, 0, 1, &request("GET", "/"))).await.unwrap();
        attacker.stands();
        let piece = match number % 3 {
            0 => Some(frame(CONTINUATION, 0, 1, &literal("x-header", &"x".repeat(100)).repeat(140))),
            1 => Some(frame(CONTINUATION, 0, 1, b"")),
            // Nothing more comes.
            _ => None,
        };
        if let Some(piece) = piece {
            let written = pour(&mut stream, &piece, 50 * MIB).await;
            assert!(written < 50 * MIB, "nobody reads that much");
        }
        until_closed(&mut stream).await;
    };
    siege.withstands(30, 5, attack).await;
    siege.all_closed().await;
    siege.raise(30 * 100).await;
}

#[tokio::test]
async fn floods_of_small_frames() {
    let siege = Siege::lay(&["server.header_timeout_ms=2000", "server.idle_timeout_ms=2000"]).await;
    let address = siege.address();
    let kinds: [Vec<u8>; 5] = [
        frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0xff, 0xff]),
        frame(PING, 0, 0, &[0; 8]),
        frame(8, 0, 0, &[0, 0, 0, 1]),
        frame(2, 0, 1, &[0, 0, 0, 0, 1]),
        frame(RST_STREAM, 0, 1, &[0, 0, 0, 8]),
    ];
    let attack = move |number: usize, attacker: Attacker| {
        let piece = kinds[number % kinds.len()].repeat(100);
        async move {
            let mut stream = open(address, &[]).await;
            attacker.stands();
            // Never reads what it is answered.
            pour(&mut stream, &piece, 2 * MIB).await;
            let mut pause = interval(Duration::from_millis(50));
            while stream.write_all(&piece).await.is_ok() {
                pause.tick().await;
            }
        }
    };
    siege.withstands(20, 6, attack).await;
    siege.all_closed().await;
    siege.raise(20 * 150).await;
}

#[tokio::test]
async fn streams_without_an_end() {
    let siege = Siege::lay(&["server.body_timeout_ms=1500", "server.idle_timeout_ms=1500"]).await;
    let address = siege.address();
    let attack = move |_: usize, attacker: Attacker| async move {
        let mut stream = open(address, &[]).await;
        attacker.stands();
        for number in 0..500_u32 {
            let head = frame(HEADERS, END_HEADERS, number * 2 + 1, &request("POST", "/"));
            if stream.write_all(&head).await.is_err() {
                break;
            }
            let data = frame(DATA, 0, number * 2 + 1, &[b' '; 1000]);
            if stream.write_all(&data).await.is_err() {
                break;
            }
        }
        until_closed(&mut stream).await;
    };
    siege.withstands(20, 4, attack).await;
    siege.all_closed().await;
    siege.raise(20 * 300).await;
}

/// A header block in as many frames as it takes.
fn head(stream: u32, block: &[u8]) -> Vec<u8> {
    let pieces: Vec<&[u8]> = block.chunks(16_384).collect();
    let flags = |index: usize| if index + 1 == pieces.len() { END_HEADERS } else { 0 };
    let kind = |index: usize| if index == 0 { HEADERS } else { CONTINUATION };
    let frames = pieces.iter().enumerate();
    frames.flat_map(|(index, piece)| frame(kind(index), flags(index), stream, piece)).collect()
}

/// Waits until the server takes so much on a connection, and sends it.
async fn send(stream: &mut TcpStream, window: &mut usize, id: u32, body: &[u8]) {
    while *window < body.len() {
        if let (WINDOW_UPDATE, _, 0, more) = next(stream).await.expect("the connection stays") {
            *window += usize::try_from(u32::from_be_bytes(more.try_into().unwrap())).unwrap();
        }
    }
    *window -= body.len();
    stream.write_all(&frame(DATA, 0, id, body)).await.unwrap();
}

#[tokio::test]
async fn streams_that_hold_as_much_as_they_can() {
    let siege = Siege::lay(&["server.max_buffered_bytes=16777216"]).await;
    let address = siege.address();
    let start =
        [request("POST", "/"), literal("x-amz-target", "AWSCognitoIdentityProviderService.SignUp")].concat();
    let small = start.clone();
    // What was put into the table of headers once takes a byte each time it is repeated.
    let many = [start.clone(), vec![0x40, 1, b'x', 0], vec![0xbe; 900]].concat();
    let large = [start, literal("x-header", &"x".repeat(290)).repeat(95)].concat();
    let attackers: Vec<_> = (0..100_usize)
        .map(|number| {
            let block = [&small, &many, &large][number % 3].clone();
            tokio::spawn(async move {
                let mut stream = open(address, &[]).await;
                let mut window = 65_535;
                for id in (0..32_u32).map(|number| number * 2 + 1) {
                    stream.write_all(&head(id, &block)).await.unwrap();
                    // A body that is not counted, and does not end.
                    send(&mut stream, &mut window, id, &[b' '; 16_000]).await;
                }
                assert!(is_read(&mut stream, 0).await);
                stream
            })
        })
        .collect();
    // All of them at once.
    let mut open = Vec::new();
    for attacker in attackers {
        open.push(attacker.await.unwrap());
    }
    siege.serves().await;
    assert!(siege.metric("cenote_connections").await > 100, "they stood all the while");
    drop(open);
    siege.all_closed().await;
    // Each might hold three megabytes if nobody counted.
    siege.raise(2 * 16 * 1024 + 100 * 400).await;
}

#[tokio::test]
async fn requests_beside_others_find_room_or_are_refused() {
    // In pieces of 4096 bytes, of which a request whose length nobody knows takes five: room for 51, and for four on each
    // connection.
    let siege = Siege::lay(&["server.max_buffered_bytes=1052672", "server.body_timeout_ms=600000"]).await;
    let refused = async || -> usize {
        let metrics = get(siege.address(), "/_cenote/metrics").await;
        let series = "cenote_requests_total{operation=\"unknown\",outcome=\"ServiceUnavailableException\"} ";
        let line = metrics.lines().find_map(|line| line.strip_prefix(series));
        line.map_or(0, |count| count.parse().unwrap())
    };
    let target = literal("x-amz-target", "AWSCognitoIdentityProviderService.SignUp");
    let block = [request("POST", "/"), target].concat();
    let mut streams = Vec::new();
    for _ in 0..6 {
        let mut stream = open(siege.address(), &[]).await;
        for id in (0..32_u32).map(|number| number * 2 + 1) {
            stream.write_all(&head(id, &block)).await.unwrap();
        }
        streams.push(stream);
    }
    let expected = 6 * (32 - 4) - 51;
    timeout(PATIENCE, async { while refused().await < expected {} }).await.expect("refused in time");
    siege.serves().await;
    assert!(siege.metric("cenote_connections").await > streams.len() as u64, "they stood all the while");
    drop(streams);
    siege.all_closed().await;
    assert_eq!(refused().await, expected);
    siege.raise(1024 + 6 * 285).await;
}

/// The status of a head, as our server writes it: from the static table, or its digits in Huffman's code.
fn status(head: &[u8]) -> u16 {
    match head {
        [0x88, ..] => 200,
        [0x48, 0x83, 0x69, 0x90, 0xff, ..] => 431,
        other => panic!("{other:x?}"),
    }
}

/// Asks something on a stream, and returns the status.
async fn ask_on(stream: &mut TcpStream, id: u32, block: &[u8]) -> u16 {
    let mut bytes = head(id, block);
    // The first frame says that nothing but the rest of the head follows.
    bytes[4] |= END_STREAM;
    stream.write_all(&bytes).await.unwrap();
    loop {
        match next(stream).await.expect("the connection stays") {
            (HEADERS, _, answered, payload) if answered == id => break status(&payload),
            _ => {}
        }
    }
}

#[tokio::test]
async fn no_more_headers_than_over_http_1() {
    let siege = Siege::lay(&["server.max_headers=20"]).await;
    for (count, expected) in [(20, 200), (21, 431), (900, 431)] {
        let mut stream = open(siege.address(), &[]).await;
        let health = request("GET", "/_cenote/health");
        let headers = literal("x", "").repeat(count);
        assert_eq!(ask_on(&mut stream, 1, &[health.clone(), headers].concat()).await, expected, "{count}");
        assert_eq!(ask_on(&mut stream, 3, &health).await, 200, "after {count}");
    }
    siege.raise(0).await;
}

#[tokio::test]
async fn a_request_that_crosses_the_farewell_is_answered() {
    // It is refused when its body has not come in time, and runs longer than a connection without a request may stay.
    let siege = Siege::lay(&["server.idle_timeout_ms=300", "server.body_timeout_ms=2500"]).await;
    let mut stream = open(siege.address(), &[]).await;
    assert_eq!(ask_on(&mut stream, 1, &request("GET", "/_cenote/health")).await, 200);
    while next(&mut stream).await.expect("a farewell before the end").0 != GOAWAY {}
    let target = literal("x-amz-target", "AWSCognitoIdentityProviderService.SignUp");
    stream.write_all(&head(3, &[request("POST", "/"), target].concat())).await.unwrap();
    let answer = loop {
        match next(&mut stream).await.expect("an answer before the end") {
            (DATA, _, 3, payload) if !payload.is_empty() => break payload,
            _ => {}
        }
    };
    assert!(String::from_utf8_lossy(&answer).contains("in time"));
    siege.all_closed().await;
    siege.raise(0).await;
}

#[tokio::test]
async fn windows_that_never_open() {
    let siege = Siege::lay(&["server.idle_timeout_ms=2000"]).await;
    let address = siege.address();
    let attack = move |_: usize, attacker: Attacker| async move {
        // Nothing may be sent to it.
        let mut stream = open(address, &[0, 4, 0, 0, 0, 0]).await;
        attacker.stands();
        for number in 0..200_u32 {
            let head = request("GET", "/_cenote/metrics");
            if stream
                .write_all(&frame(HEADERS, END_HEADERS | END_STREAM, number * 2 + 1, &head))
                .await
                .is_err()
            {
                break;
            }
        }
        until_closed(&mut stream).await;
    };
    siege.withstands(50, 25, attack).await;
    siege.all_closed().await;
    siege.raise(50 * 230).await;
}

#[tokio::test]
async fn a_list_of_headers_that_is_too_large_ends_its_stream_only() {
    let siege = Siege::lay(&[]).await;
    let mut stream = open(siege.address(), &[]).await;
    let large =
        [request("GET", "/_cenote/health"), literal("x-header", &"x".repeat(100)).repeat(140)].concat();
    stream.write_all(&frame(HEADERS, END_STREAM, 1, &large)).await.unwrap();
    let more = literal("x-header", &"x".repeat(100)).repeat(140);
    stream.write_all(&frame(CONTINUATION, 0, 1, &more)).await.unwrap();
    stream.write_all(&frame(CONTINUATION, END_HEADERS, 1, &more)).await.unwrap();
    let small = request("GET", "/_cenote/health");
    stream.write_all(&frame(HEADERS, END_HEADERS | END_STREAM, 3, &small)).await.unwrap();
    let mut refused = false;
    loop {
        let (kind, _, id, payload) = next(&mut stream).await.expect("the connection stays");
        match (kind, id) {
            // Status 200 is the one byte 0x88.
            (HEADERS, 1) => refused = payload.first() != Some(&0x88),
            (RST_STREAM, 1) => refused = true,
            (DATA, 3) => {
                assert_eq!(payload, b"{\"status\":\"ok\"}");
                break;
            }
            _ => {}
        }
    }
    assert!(refused);
    drop(stream);
    siege.raise(0).await;
}
