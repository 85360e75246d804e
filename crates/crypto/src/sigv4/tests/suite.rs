//! Expected values of the signature version 4 test suite that AWS publishes: every case with its signature in the header
//! and in the query.

use crate::secret::SecretString;
use crate::sigv4::{Request, parse, payload_sha256};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const TIME: &str = "20150830T123600Z";
const EPOCH_SECONDS: i64 = 1_440_938_160;
const CREDENTIAL: &str = "AKIDEXAMPLE/20150830/us-east-1/service/aws4_request";
const TOKEN: &str = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267";
const UNRESERVED: &str = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const FORM_SHA256: &str = "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e";

struct Case {
    name: &'static str,
    method: &'static str,
    path: String,
    query: String,
    /// Without host and date, which every case has.
    headers: Vec<(&'static str, &'static str)>,
    body: &'static str,
    token: Option<&'static str>,
    header_signature: &'static str,
    query_signature: &'static str,
}

/// `GET /` with the suite's two signatures.
fn get(name: &'static str, header_signature: &'static str, query_signature: &'static str) -> Case {
    Case {
        name,
        method: "GET",
        path: "/".to_owned(),
        query: String::new(),
        headers: Vec::new(),
        body: "",
        token: None,
        header_signature,
        query_signature,
    }
}

/// `POST /` with the suite's two signatures.
fn post(name: &'static str, header_signature: &'static str, query_signature: &'static str) -> Case {
    Case { method: "POST", ..get(name, header_signature, query_signature) }
}

fn cases() -> Vec<Case> {
    let vanilla = (
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        "e93c787ed7f371d5c6b165c1b38ede9550f4dce4144713e844b25b7192d3865d",
    );
    let vanilla_path = |name, path: &str| Case { path: path.to_owned(), ..get(name, vanilla.0, vanilla.1) };
    vec![
        get("get-vanilla", vanilla.0, vanilla.1),
        vanilla_path("get-relative", "/example/.."),
        vanilla_path("get-relative-relative", "/example1/example2/../.."),
        vanilla_path("get-slash", "//"),
        vanilla_path("get-slash-dot-slash", "/./"),
        Case {
            path: "/./example".to_owned(),
            ..get(
                "get-slash-pointless-dot",
                "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5",
                "35034b1a0bdd969f346975386daf8aedfd4976573b8348cf4f67eaa41c5857de",
            )
        },
        Case {
            path: "//example//".to_owned(),
            ..get(
                "get-slashes",
                "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84",
                "c1834e8fb0307243711f0f907f6ab7311ed300d87f13792d7ee4da89ab93e082",
            )
        },
        Case {
            path: "/example space/".to_owned(),
            ..get(
                "get-space",
                "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741",
                "7a1f416954786484c9824d93c1f26ef64acb9b1b6c9154d08c9f07d0e394abf6",
            )
        },
        Case {
            path: format!("/{UNRESERVED}"),
            ..get(
                "get-unreserved",
                "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
                "95968482db1b9e0fadef6efc1bd24689f77c77d9ef56919c96a28cc92e0d6005",
            )
        },
        Case {
            path: "/ሴ".to_owned(),
            ..get(
                "get-utf8",
                "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85",
                "10eae3f14a260bd3911cc6d008d3c576d143b05b62f09782a7a4b37f52178e44",
            )
        },
        Case {
            headers: vec![("my-header1", "value2"), ("my-header1", "value2"), ("my-header1", "value1")],
            ..get(
                "get-header-key-duplicate",
                "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
                "3349ee0b81b4b589da0ff28a395c3591e04de515651dd74f298fa992d1507a97",
            )
        },
        Case {
            headers: vec![
                ("my-header1", "value4"),
                ("my-header1", "value1"),
                ("my-header1", "value3"),
                ("my-header1", "value2"),
            ],
            ..get(
                "get-header-value-order",
                "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01",
                "313720e71ca6202fdcfa9b20f88de01a4eb0638a83c833b1c184359a4eda864e",
            )
        },
        Case {
            headers: vec![("my-header1", " value1"), ("my-header2", " \"a   b   c\"")],
            ..get(
                "get-header-value-trim",
                "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
                "e7bb0fd515e125e1aec2ecc4c0c17484fb06f6846b927c35e46005dd3df3acd4",
            )
        },
        Case {
            query: "Param1=value1".to_owned(),
            ..get(
                "get-vanilla-empty-query-key",
                "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb",
                "49096700cbbaa5753443850f40df10f904fc2fdb544dc9512203cc77c471a9de",
            )
        },
        Case {
            query: "Param-3=Value3&Param=Value2&%E1%88%B4=Value1".to_owned(),
            ..get(
                "get-vanilla-query-order-encoded",
                "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac",
                "c5f1848ceec943ac2ca68ee720460c23aaae30a2300586597ada94c4a65e4787",
            )
        },
        Case {
            query: "Param2=value2&Param1=value1".to_owned(),
            ..get(
                "get-vanilla-query-order-key-case",
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
                "86012e2c9ad4d77369f5d81c11f75158aae4f895a085212cc6d3f923d300bed5",
            )
        },
        Case {
            query: format!("{UNRESERVED}={UNRESERVED}"),
            ..get(
                "get-vanilla-query-unreserved",
                "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
                "8e76a88a7433637b12778d5592799b29ad21ecd6cf6325051c21d86f0acda2bf",
            )
        },
        Case {
            query: "ሴ=bar".to_owned(),
            ..get(
                "get-vanilla-utf8-query",
                "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
                "0bdd809b1519ac4f0c1dc3540e2cc46bd0c7f778eda408b2ebf3b913d21ff600",
            )
        },
        Case {
            token: Some(TOKEN),
            ..get(
                "get-vanilla-with-session-token",
                "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8",
                "7ff2b50b376cb4d151970630573d6291dc128cc5c2a12ffb237f73cc53f67b6c",
            )
        },
        post(
            "post-vanilla",
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
            "2ce6e6d2e0cf2f9d1b55fafec88cd20574c31dc2e7631979f71ba2310083e95b",
        ),
        Case {
            headers: vec![("my-header1", "value1")],
            ..post(
                "post-header-key-sort",
                "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
                "c09d07e0d55871f10f2a6d350d994acf6825a3cae70673d7def55616e6119dd7",
            )
        },
        Case {
            headers: vec![("my-header1", "VALUE1")],
            ..post(
                "post-header-value-case",
                "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
                "0698bc9e4f7f9139065ba2909c0e99da257e8e2a42492a097bcd46d792391fed",
            )
        },
        Case {
            query: "Param1=value1".to_owned(),
            ..post(
                "post-vanilla-query",
                "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
                "a9ef26247f293bffe40eeff86a0480ba8c14d31503b2e0c3399e3a16bf1a3682",
            )
        },
        Case {
            headers: vec![("content-type", "application/x-www-form-urlencoded"), ("content-length", "13")],
            body: "Param1=value1",
            ..post(
                "post-x-www-form-urlencoded",
                "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b",
                "89a40deed0f26f9461242825a082d2222717248abc7ab41f552ad84a94ad46e9",
            )
        },
        Case {
            headers: vec![
                ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
                ("content-length", "13"),
            ],
            body: "Param1=value1",
            ..post(
                "post-x-www-form-urlencoded-parameters",
                "328d1b9eaadca9f5818ef05e8392801e091653bafec24fcab71e7344e7f51422",
                "0dbeb9b026c7b6675f266b8427efec9b4fa8b1f6ef1477d717aea231106eab4d",
            )
        },
    ]
}

fn signed_names(headers: &[(&str, &str)], separator: &str) -> String {
    let mut names: Vec<&str> = headers.iter().map(|header| header.0).collect();
    names.sort_unstable();
    names.dedup();
    names.join(separator)
}

fn check(name: &str, request: &Request<'_>, presigned: bool) {
    let presented = parse(request).unwrap();
    assert_eq!(presented.access_key_id, "AKIDEXAMPLE", "{name}");
    assert_eq!(presented.request_time, EPOCH_SECONDS, "{name}");
    assert_eq!(presented.presigned, presigned, "{name}");
    presented.require_scope("us-east-1", "service").unwrap();
    let outcome = presented.verify(request, &SecretString::from(SECRET), EPOCH_SECONDS + 10);
    assert_eq!(outcome, Ok(()), "{name}, presigned: {presigned}");
}

#[test]
fn every_signature_in_a_header_verifies() {
    for case in cases() {
        let mut headers = case.headers.clone();
        headers.extend([("host", "example.amazonaws.com"), ("x-amz-date", TIME)]);
        headers.extend(case.token.map(|token| ("x-amz-security-token", token)));
        if !case.body.is_empty() {
            headers.push(("x-amz-content-sha256", FORM_SHA256));
        }
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={CREDENTIAL}, SignedHeaders={}, Signature={}",
            signed_names(&headers, ";"),
            case.header_signature
        );
        headers.push(("authorization", &authorization));
        let request = Request {
            method: case.method,
            path: &case.path,
            query: &case.query,
            headers: &headers,
            payload_sha256: payload_sha256(case.body.as_bytes()),
        };
        check(case.name, &request, false);
    }
}

#[test]
fn every_signature_in_a_query_verifies() {
    for case in cases() {
        let mut headers = case.headers.clone();
        headers.push(("host", "example.amazonaws.com"));
        let mut query = format!(
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={}&X-Amz-Date={TIME}&X-Amz-SignedHeaders={}\
             &X-Amz-Expires=3600&X-Amz-Signature={}",
            CREDENTIAL.replace('/', "%2F"),
            signed_names(&headers, "%3B"),
            case.query_signature
        );
        for more in
            [case.query.clone(), case.token.map(|t| format!("X-Amz-Security-Token={t}")).unwrap_or_default()]
        {
            if !more.is_empty() {
                query = format!("{more}&{query}");
            }
        }
        let request = Request {
            method: case.method,
            path: &case.path,
            query: &query,
            headers: &headers,
            payload_sha256: payload_sha256(case.body.as_bytes()),
        };
        check(case.name, &request, true);
    }
}
