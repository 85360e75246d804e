//! The signature of a request, in its header or in its query. Lines: method, path, query, then `name: value` of each header.

use cenote_crypto::SecretString;
use cenote_crypto::sigv4::{self, Request};

use super::{text, texts};

const NOW: i64 = 1_440_938_160;

pub(crate) fn run(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let mut lines = text.split('\n');
    let mut next = || lines.next().unwrap_or_default();
    let (method, path, query) = (next(), next(), next());
    let headers: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(": ")).collect();
    let request =
        Request { method, path, query, headers: &headers, payload_sha256: sigv4::payload_sha256(b"") };
    match sigv4::parse(&request) {
        Ok(presented) => {
            let _ = presented.require_scope("us-east-1", "cognito-idp");
            // Nobody knows this secret, so no signature is good.
            let secret = SecretString::from("a secret that no seed was signed with");
            let outcome = presented.verify(&request, &secret, NOW);
            assert!(outcome.is_err(), "{presented:?}");
        }
        Err(error) => assert!(error.message().len() < 4096),
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let header = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/cognito-idp/aws4_request, \
                  SignedHeaders=content-type;host;x-amz-date;x-amz-target, \
                  Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";
    let query = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fcognito-idp%2F\
                 aws4_request&X-Amz-Date=20150830T123600Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=5d672d79\
                 c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7&a=b%20c&a=&%zz=+";
    texts(&[
        &format!(
            "POST\n/\n\nauthorization: {header}\nhost: example.com\nx-amz-date: 20150830T123600Z\ncontent-type: \
             application/x-amz-json-1.1\nx-amz-target: AWSCognitoIdentityProviderService.ListUsers\nx-amz-security-token: t"
        ),
        &format!("GET\n/%7euser/../a//b/./%E1%88%B4\n{query}\nhost: example.com"),
        "POST\n/\n\nauthorization: Bearer abc",
        "POST\n/\n\nauthorization: AWS4-HMAC-SHA256 Credential=a/b/c/d/e,SignedHeaders=,Signature=\ndate: x",
    ])
}
