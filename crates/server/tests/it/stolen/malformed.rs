//! Every operation with nonsense that may be a secret, and what is no request of the API at all.

use cenote_model::Operation;
use serde_json::{Map, Value, json};

use super::story::Story;

/// A secret that somebody puts where it does not belong. It fits most patterns, so that it gets as far as it can.
const CANARY: &str = "canary_Zq7xR2mTv9";

/// Sends everything. What is answered does not matter, what is written down does.
pub async fn send(story: &mut Story<'_>) {
    story.remembered.secret("misplaced secret", CANARY);
    operations(story).await;
    http(story).await;
}

pub fn model() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../model/cognito-idp.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

async fn operations(story: &mut Story<'_>) {
    let model = model();
    for operation in Operation::ALL {
        let name = operation.as_str();
        let input = model["operations"][name]["input"]["shape"].as_str().unwrap_or_default();
        let empty = Map::new();
        let members = model["shapes"][input]["members"].as_object().unwrap_or(&empty);
        let kind =
            |member: &Value| model["shapes"][member["shape"].as_str().unwrap_or_default()]["type"].clone();
        let all = |value: &dyn Fn(&Value) -> Value| -> Value {
            members
                .iter()
                .map(|(name, member)| (name.clone(), value(&kind(member))))
                .collect::<Map<_, _>>()
                .into()
        };
        let fitting = |kind: &Value| match kind.as_str().unwrap_or_default() {
            "list" => json!([CANARY]),
            "map" => {
                json!({ CANARY: CANARY, "USERNAME": CANARY, "PASSWORD": CANARY, "REFRESH_TOKEN": CANARY })
            }
            "boolean" => json!(true),
            "integer" | "long" => json!(1),
            "structure" => json!({ CANARY: CANARY }),
            _ => json!(CANARY),
        };
        let mut at_home = all(&fitting);
        for (member, value) in [("UserPoolId", &story.pool), ("ClientId", &story.client)] {
            // What is to be searched must not be gone by then.
            if members.contains_key(member) && !name.starts_with("DeleteUserPool") {
                at_home[member] = json!(value);
            }
        }
        let bodies = [
            all(&fitting).to_string(),
            at_home.to_string(),
            all(&|_| json!(CANARY)).to_string(),
            all(&|_| json!({ CANARY: [CANARY] })).to_string(),
            json!(CANARY).to_string(),
            format!("{{\"Password\":\"{CANARY}"),
            format!("{{\"{CANARY}\":{CANARY}}}"),
        ];
        for body in bodies {
            let _ = story.served.post(name, body.as_bytes(), &[]).await;
        }
        let _ = story.served.post(name, b"\xff\xfe{", &[("X-Api-Key", CANARY)]).await;
    }
}

async fn http(story: &mut Story<'_>) {
    let served = story.served;
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={CANARY}/20261123/eu-west-1/cognito-idp/aws4_request, SignedHeaders=host;{CANARY}, Signature={CANARY}"
    );
    let target = format!("AWSCognitoIdentityProviderService.{CANARY}");
    let header_sets: [&[(&str, &str)]; 6] = [
        &[("X-Amz-Target", CANARY)],
        &[("X-Amz-Target", &target)],
        &[
            ("X-Amz-Target", "AWSCognitoIdentityProviderService.ListUserPools"),
            ("Authorization", &authorization),
        ],
        &[("X-Amz-Target", "AWSCognitoIdentityProviderService.ListUserPools"), ("Authorization", CANARY)],
        &[
            ("X-Amz-Target", "AWSCognitoIdentityProviderService.GetUser"),
            ("Cookie", CANARY),
            ("User-Agent", CANARY),
            ("X-Forwarded-For", CANARY),
            ("X-Amzn-RequestId", CANARY),
            ("Origin", CANARY),
        ],
        &[(CANARY, CANARY)],
    ];
    for headers in header_sets {
        let body = format!("{{\"AccessToken\":\"{CANARY}\"}}");
        let _ =
            served.send(format!("{}{body}", served.head("POST", "/", headers, body.len())).as_bytes()).await;
        let _ = served.send(served.head("OPTIONS", "/", headers, 0).as_bytes()).await;
    }
    for path in [
        format!("/{CANARY}"),
        format!("/?token={CANARY}"),
        format!("/{CANARY}/.well-known/jwks.json?{CANARY}"),
        format!("/eu-west-1_Canary/.well-known/openid-configuration#{CANARY}"),
        format!("/_cenote/{CANARY}"),
        format!("/_cenote/inbox.json?to={CANARY}"),
        format!(
            "/confirmUser?client_id={CANARY}&user_name={CANARY}&confirmation_code={CANARY}&redirect_uri={CANARY}"
        ),
        format!("/confirmUser?client_id={}&user_name={CANARY}&confirmation_code={CANARY}", story.client),
    ] {
        let _ = served.get(&path).await;
        let _ = served.send(served.head("DELETE", &path, &[], 0).as_bytes()).await;
    }
    for broken in [
        format!("{CANARY}\r\n\r\n"),
        format!("POST / HTTP/1.1\r\nHost {CANARY}\r\n\r\n"),
        format!("POST / HTTP/1.1\r\nHost: x\r\nX: \u{1}{CANARY}\r\n\r\n"),
        format!("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {CANARY}\r\n\r\n"),
        format!("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{CANARY}\r\n"),
        format!("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n{CANARY}{CANARY}{CANARY}"),
        format!("\u{16}\u{3}\u{1}{CANARY}\r\n\r\n"),
    ] {
        drop(served.write(broken.as_bytes()).await);
    }
    // Cut off in the middle of the body.
    let head =
        served.head("POST", "/", &[("X-Amz-Target", "AWSCognitoIdentityProviderService.GetUser")], 500);
    drop(served.write(format!("{head}{{\"AccessToken\":\"{CANARY}").as_bytes()).await);
    // An answer to one more request shows that those before were dealt with, as far as they could be.
    assert_eq!(served.get("/_cenote/health").await.status, 200);
}
