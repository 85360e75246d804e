//! What is refused, and in which words.

use proptest::prelude::*;

use crate::encoding::encode_hex;
use crate::hash::hmac_sha256;
use crate::secret::SecretString;
use crate::sigv4::canonical::canonical_request;
use crate::sigv4::{Request, SigV4Error, derive_signing_key, parse, payload_sha256};

const TIME: &str = "20150830T123600Z";
const EPOCH_SECONDS: i64 = 1_440_938_160;
const GOOD: &str = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
    SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";

/// The suite's plainest request with other headers than host, and another query.
fn outcome(headers: &[(&str, &str)], query: &str, now: i64) -> Result<(), SigV4Error> {
    let mut all = vec![("host", "example.amazonaws.com")];
    all.extend_from_slice(headers);
    let request =
        Request { method: "GET", path: "/", query, headers: &all, payload_sha256: payload_sha256(b"") };
    let secret = SecretString::from("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    parse(&request)?.verify(&request, &secret, now)
}

fn with_authorization(authorization: &str) -> Result<(), SigV4Error> {
    outcome(&[("x-amz-date", TIME), ("authorization", authorization)], "", EPOCH_SECONDS)
}

fn message(outcome: Result<(), SigV4Error>) -> String {
    outcome.unwrap_err().message().into_owned()
}

#[test]
fn the_good_request_passes() {
    assert_eq!(with_authorization(GOOD), Ok(()));
    assert_eq!(with_authorization(&GOOD.replace(", ", ",")), Ok(()));
    assert_eq!(with_authorization(&GOOD.replace(", ", ",  ")), Ok(()));
}

#[test]
fn unsigned_requests_lack_a_token() {
    assert_eq!(outcome(&[], "", EPOCH_SECONDS), Err(SigV4Error::Missing));
    assert_eq!(outcome(&[("x-amz-date", TIME)], "a=b", EPOCH_SECONDS), Err(SigV4Error::Missing));
    assert_eq!(SigV4Error::Missing.message(), "Missing Authentication Token");
}

#[test]
fn each_missing_part_is_named() {
    let hashed = |text: &str| text.split("(Hashed").next().unwrap().to_owned();
    let text = message(with_authorization("AWS4-HMAC-SHA256 Credential=a/b/c/d/e"));
    assert_eq!(
        hashed(&text),
        "Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. "
    );
    assert!(text.contains("(Hashed with SHA-256 and encoded with Base64) Authorization="));
    let text = message(outcome(&[("authorization", "AWS4-HMAC-SHA256")], "", EPOCH_SECONDS));
    assert_eq!(
        hashed(&text),
        "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. \
         Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a \
         'X-Amz-Date' or a 'Date' header. "
    );
    let text = message(outcome(&[], "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=now", EPOCH_SECONDS));
    assert_eq!(
        text,
        "AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string parameters must include \
         'X-Amz-Signature'. AWS query-string parameters must include 'X-Amz-SignedHeaders'. Re-examine the query-string \
         parameters."
    );
}

#[test]
fn bearer_tokens_are_not_repeated() {
    for authorization in ["Bearer secret-token", "secret-token", "AWS4-HMAC-SHA256 secret-token"] {
        let error = with_authorization(authorization).unwrap_err();
        assert!(matches!(error, SigV4Error::Incomplete { .. }));
        assert!(error.message().starts_with("Invalid key=value pair (missing equal-sign)"), "{error}");
        assert!(!format!("{error} {error:?}").contains("secret-token"));
    }
}

#[test]
fn malformed_parts_are_described() {
    let cases = [
        (
            "AKIDEXAMPLE/20150830/us-east-1/service/aws4_request",
            "AKIDEXAMPLE",
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'AKIDEXAMPLE'",
        ),
        ("AKIDEXAMPLE/", "/", "Credential must hold an access key id."),
        (
            "AWS4-HMAC-SHA256",
            "AWS4-ECDSA-P256-SHA256",
            "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'.",
        ),
        (
            "aws4_request",
            "aws5_request",
            "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'.",
        ),
        (
            "20150830",
            "20150831",
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20150831' != \
             '20150830', from '20150830T123600Z'.",
        ),
    ];
    for (from, to, text) in cases {
        assert_eq!(message(with_authorization(&GOOD.replace(from, to))), text);
    }
    for date in [
        "2015-08-30T12:36:00Z",
        "20150830T123600",
        "20151330T123600Z",
        "+0150830T123600Z",
        "Sun, 30 Aug 2015",
    ] {
        let text = message(outcome(&[("x-amz-date", date), ("authorization", GOOD)], "", EPOCH_SECONDS));
        assert!(
            text.starts_with(&format!("Date must be in ISO-8601 'basic format'. Got '{date}'.")),
            "{text}"
        );
    }
    let long = "ü".repeat(10_000);
    assert!(message(with_authorization(&GOOD.replace("AKIDEXAMPLE", &format!("{long}/")))).len() < 500);
}

#[test]
fn the_clock_may_be_five_minutes_off() {
    let at = |seconds| outcome(&[("x-amz-date", TIME), ("authorization", GOOD)], "", EPOCH_SECONDS + seconds);
    assert_eq!(at(300), Ok(()));
    assert_eq!(at(-300), Ok(()));
    assert_eq!(
        message(at(660)),
        "Signature expired: 20150830T123600Z is now earlier than 20150830T124200Z (20150830T124700Z - 5 min.)"
    );
    assert!(matches!(at(301), Err(SigV4Error::Expired { .. })));
    assert_eq!(
        message(at(-660)),
        "Signature not yet current: 20150830T123600Z is still later than 20150830T123000Z (20150830T122500Z + 5 min.)"
    );
    assert!(matches!(at(-301), Err(SigV4Error::NotYetCurrent { .. })));
    assert!(matches!(at(i64::MAX - EPOCH_SECONDS), Err(SigV4Error::Expired { .. })));
}

#[test]
fn presigned_urls_expire_when_they_say() {
    let query = |expires: &str| {
        format!(
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fservice%2Faws4_request\
             &X-Amz-Date=20150830T123600Z&X-Amz-SignedHeaders=host&X-Amz-Expires={expires}\
             &X-Amz-Signature=e93c787ed7f371d5c6b165c1b38ede9550f4dce4144713e844b25b7192d3865d"
        )
    };
    assert_eq!(outcome(&[], &query("3600"), EPOCH_SECONDS + 3600), Ok(()));
    let text = message(outcome(&[], &query("3600"), EPOCH_SECONDS + 3601));
    assert!(text.ends_with("(20150830T133601Z - 60 min.)"), "{text}");
    assert_eq!(outcome(&[], &query("3601"), EPOCH_SECONDS), Err(SigV4Error::Mismatch));
    for wrong in ["0", "-1", "x", "604801", "99999999999"] {
        assert!(message(outcome(&[], &query(wrong), EPOCH_SECONDS)).starts_with("X-Amz-Expires"), "{wrong}");
    }
}

#[test]
fn headers_that_decide_must_be_signed() {
    let text = |signed: &str| message(with_authorization(&GOOD.replace("host;x-amz-date", signed)));
    assert_eq!(
        text("x-amz-date"),
        "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
    );
    assert_eq!(text("host"), "'X-Amz-Date' must be a 'SignedHeader' in the AWS Authorization.");
    for header in ["x-amz-target", "x-amz-content-sha256"] {
        let headers = [("x-amz-date", TIME), ("authorization", GOOD), (header, "x")];
        let error = outcome(&headers, "", EPOCH_SECONDS).unwrap_err();
        assert!(matches!(error, SigV4Error::UnsignedHeader { .. }), "{header}");
    }
    let unsigned_date = GOOD.replace("host;x-amz-date", "host");
    let headers = [("date", TIME), ("authorization", unsigned_date.as_str())];
    assert!(matches!(outcome(&headers, "", EPOCH_SECONDS), Err(SigV4Error::UnsignedHeader { .. })));
}

/// Signs these headers under this list as a sloppy client might, and checks the result.
fn signed_by_hand(signed: &str, more: &[(&str, &str)]) -> Result<(), SigV4Error> {
    let mut headers = vec![("x-amz-date", TIME)];
    headers.extend_from_slice(more);
    let mut with_host = vec![("host", "example.amazonaws.com")];
    with_host.extend_from_slice(&headers);
    let request = Request {
        method: "GET",
        path: "/",
        query: "",
        headers: &with_host,
        payload_sha256: payload_sha256(b""),
    };
    let canonical = canonical_request(&request, signed).unwrap_or_default();
    let canonical = encode_hex(&payload_sha256(canonical.as_bytes()));
    let text = format!("AWS4-HMAC-SHA256\n{TIME}\n20150830/us-east-1/service/aws4_request\n{canonical}");
    let secret = SecretString::from("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    let key = derive_signing_key(&secret, "20150830", "us-east-1", "service");
    let signature = encode_hex(&hmac_sha256(&key, &[text.as_bytes()]));
    let start = GOOD.split(" SignedHeaders").next().unwrap();
    let authorization = format!("{start} SignedHeaders={signed}, Signature={signature}");
    headers.push(("authorization", &authorization));
    outcome(&headers, "", EPOCH_SECONDS)
}

#[test]
fn signed_header_lists_are_sorted_and_complete() {
    assert_eq!(signed_by_hand("host;x-amz-date", &[]), Ok(()));
    for signed in ["x-amz-date;host", "host;host;x-amz-date", "host;missing;x-amz-date", ";host;x-amz-date"] {
        assert_eq!(signed_by_hand(signed, &[]), Err(SigV4Error::Mismatch), "{signed}");
    }
}

#[test]
fn signatures_and_secrets_must_fit() {
    for signature in ["", "5f", &"0".repeat(64), &"5fa00fa3".repeat(9), &"zz".repeat(32)] {
        let start = GOOD.split("Signature=").next().unwrap();
        let outcome = with_authorization(&format!("{start}Signature={signature}"));
        assert_eq!(outcome, Err(SigV4Error::Mismatch), "{signature}");
    }
    assert!(SigV4Error::Mismatch.message().starts_with("The request signature we calculated does not match"));
    for (from, to) in [("us-east-1", "us-east-2"), ("/service/", "/cognito-idp/")] {
        assert_eq!(with_authorization(&GOOD.replace(from, to)), Err(SigV4Error::Mismatch));
    }
}

#[test]
fn the_declared_hash_of_the_body_must_be_the_real_one() {
    let declaring = |hash: &str| {
        signed_by_hand("host;x-amz-content-sha256;x-amz-date", &[("x-amz-content-sha256", hash)])
    };
    assert_eq!(declaring(&encode_hex(&payload_sha256(b""))), Ok(()));
    for declared in ["UNSIGNED-PAYLOAD", "", &"0".repeat(64)] {
        assert_eq!(declaring(declared), Err(SigV4Error::Mismatch), "{declared}");
    }
}

#[test]
fn the_scope_is_the_callers_to_require() {
    let headers = [("host", "h"), ("x-amz-date", TIME), ("authorization", GOOD)];
    let request = Request {
        method: "GET",
        path: "/",
        query: "",
        headers: &headers,
        payload_sha256: payload_sha256(b""),
    };
    let presented = parse(&request).unwrap();
    assert_eq!(presented.require_scope("us-east-1", "service"), Ok(()));
    assert_eq!(
        message(presented.require_scope("us-east-1", "cognito-idp")),
        "Credential should be scoped to correct service: 'cognito-idp'. "
    );
    assert_eq!(
        message(presented.require_scope("eu-west-1", "service")),
        "Credential should be scoped to a valid region. "
    );
    assert!(!format!("{presented:?}").contains("5fa00fa3"));
}

/// The example of "Deriving the signing key" in AWS's general reference.
#[test]
fn the_signing_key_is_the_published_one() {
    let secret = SecretString::from("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    let key = derive_signing_key(&secret, "20150830", "us-east-1", "iam");
    assert_eq!(encode_hex(&key), "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9");
}

proptest! {
    #[test]
    fn anything_is_parsed_without_panic(
        authorization in "(AWS4-HMAC-SHA256 )?(Credential|SignedHeaders|Signature|=|/|,|;| |[ -~]|ü){0,30}",
        query in "(X-Amz-(Algorithm|Credential|Signature|SignedHeaders|Date|Expires)|=|&|%|/|[ -~]|ü){0,30}",
        date in "[0-9TZ]{14,17}|.{0,20}",
        path in ".{0,20}",
    ) {
        let header = [("x-amz-date", date.as_str()), ("authorization", authorization.as_str())];
        for headers in [&header[..], &header[..1]] {
            let request = Request { method: "GET", path: &path, query: &query, headers, payload_sha256: [0; 32] };
            if let Ok(presented) = parse(&request) {
                let outcome = presented.verify(&request, &SecretString::from("secret"), EPOCH_SECONDS);
                prop_assert!(outcome.is_err());
            }
        }
    }
}
