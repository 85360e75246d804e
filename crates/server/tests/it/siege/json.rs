//! Bodies that cost more than they should.

use tokio::io::AsyncWriteExt as _;

use super::{Attacker, Siege, connect, until_closed};

const MOST: usize = 1024 * 1024;

fn many_members() -> Vec<u8> {
    let mut body = b"{".to_vec();
    for number in 0.. {
        if body.len() > MOST - 30 {
            break;
        }
        body.extend_from_slice(format!("\"{number}\":1,").as_bytes());
    }
    body.extend_from_slice(b"\"z\":1}");
    body
}

fn bodies() -> Vec<Vec<u8>> {
    let deep = 100_000;
    let within = |start: &str, middle: &str, end: &str| {
        let count = (MOST - start.len() - end.len()) / middle.len();
        [start.as_bytes(), middle.repeat(count).as_bytes(), end.as_bytes()].concat()
    };
    vec![
        [b"[".repeat(deep), b"]".repeat(deep)].concat(),
        [b"{\"a\":".repeat(deep), b"1".to_vec(), b"}".repeat(deep)].concat(),
        b"[".repeat(MOST),
        b"{\"a\":[".repeat(MOST / 6),
        within("{\"Username\":[", "[],", "[]]}"),
        within("{\"Username\":[", "{\"a\":1},", "{}]}"),
        within("{\"Username\":\"", "x", "\"}"),
        within("{\"Username\":\"", "\\u0041", "\"}"),
        within("{", "\"a\":1,", "\"a\":1}"),
        many_members(),
        within("{\"Username\":", "1", "}"),
        within("{\"Username\":1e", "9", "}"),
        b"\xff".repeat(MOST),
        b"{\"Username\":\"\xc3\x28\xed\xa0\x80\"}".to_vec(),
        b"{\"Username\":\"\\ud800\"}".to_vec(),
        // The beginning of a bomb that nobody unpacks.
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03".repeat(1000),
        b"\0".repeat(MOST),
    ]
}

#[tokio::test]
async fn bodies_that_cost_more_than_they_should() {
    let siege = Siege::lay(&[]).await;
    let address = siege.address();
    let operations = ["SignUp", "ForgotPassword", "InitiateAuth"];
    let requests: Vec<_> = operations
        .iter()
        .flat_map(|operation| bodies().into_iter().map(move |body| (*operation, body)))
        .collect();
    for portion in requests.chunks(13) {
        let attack = |number: usize, attacker: Attacker| {
            let (operation, body) = portion[number].clone();
            async move {
                let mut stream = connect(2, address).await;
                let head = format!(
                    "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\
                     X-Amz-Target: AWSCognitoIdentityProviderService.{operation}\r\n\r\n",
                    body.len()
                );
                stream.write_all(head.as_bytes()).await.unwrap();
                attacker.stands();
                stream.write_all(&body).await.unwrap();
                let answer = String::from_utf8(until_closed(&mut stream).await).unwrap();
                assert!(answer.starts_with("HTTP/1.1 400 "), "{operation} {answer}");
                assert!(
                    answer.contains("\"SerializationException\"")
                        || answer.contains("\"InvalidParameterException\""),
                    "{operation} {answer}"
                );
                // What is refused is not sent back whole.
                assert!(answer.len() < 8192, "{operation} {}", answer.len());
            }
        };
        siege.withstands(portion.len(), 1, attack).await;
    }
    siege.raise(13 * 2048).await;
}
