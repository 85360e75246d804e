//! Whatever AWS's own signer for Rust signs is accepted, and any change to it is not.

use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign};
use aws_sigv4::sign::v4;
use proptest::prelude::*;

use crate::secret::SecretString;
use crate::sigv4::{Request, SigV4Error, parse, payload_sha256};

const NOW: i64 = 1_795_450_834;
const SECRET: &str = "secret/with+signs";

/// A request as it arrives at the server.
#[derive(Debug, Clone)]
struct Arrived {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Arrived {
    fn check(&self, now: i64) -> Result<(), SigV4Error> {
        let headers: Vec<(&str, &str)> = self.headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let request = Request {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            headers: &headers,
            payload_sha256: payload_sha256(&self.body),
        };
        parse(&request)?.verify(&request, &SecretString::from(SECRET), now)
    }
}

fn signed(mut request: Arrived, location: SignatureLocation, token: Option<&str>) -> Arrived {
    let identity = Credentials::new("AKIDEXAMPLE", SECRET, token.map(str::to_owned), None, "test").into();
    let mut settings = SigningSettings::default();
    settings.signature_location = location;
    if location == SignatureLocation::QueryParams {
        settings.expires_in = Some(Duration::from_secs(900));
    }
    let time = UNIX_EPOCH + Duration::from_secs(NOW.unsigned_abs());
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region("eu-west-1")
        .name("cognito-idp")
        .time(time)
        .settings(settings)
        .build()
        .unwrap()
        .into();
    let separator = if request.query.is_empty() { "" } else { "?" };
    let uri = format!("https://cognito.example{}{separator}{}", request.path, request.query);
    let headers = request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let body = SignableBody::Bytes(&request.body);
    let signable = SignableRequest::new(&request.method, uri, headers, body).unwrap();
    let (headers, query) = sign(signable, &parameters).unwrap().into_parts().0.into_parts();
    for header in headers {
        request.headers.push((header.name().to_owned(), header.value().to_owned()));
    }
    for (name, value) in query {
        let separator = if request.query.is_empty() { "" } else { "&" };
        let value: String = value
            .bytes()
            .map(|byte| match byte {
                b'/' | b';' | b'+' | b'=' => format!("%{byte:02X}"),
                other => char::from(other).to_string(),
            })
            .collect();
        request.query.push_str(&format!("{separator}{name}={value}"));
    }
    if !request.headers.iter().any(|header| header.0 == "host") {
        request.headers.push(("host".into(), "cognito.example".into()));
    }
    request
}

fn locations() -> impl Strategy<Value = SignatureLocation> {
    prop_oneof![Just(SignatureLocation::Headers), Just(SignatureLocation::QueryParams)]
}

prop_compose! {
    fn requests()(
        method in "GET|POST|PUT",
        path in "(/[A-Za-z0-9._~-]{0,6}){1,4}/?|/(a%20b|%E1%88%B4|a\\+b|a:b|\\(x\\))/[.]{0,3}",
        query in "|a=1|b=2&a=1&a=0|x=a%20b%2Fc|empty=|%E1%88%B4=%C3%A9",
        values in proptest::collection::vec("[!-~]([ -~]{0,12}[!-~])?", 0..4),
        target in proptest::option::of("AWSCognitoIdentityProviderService\\.[A-Z][a-z]{1,8}"),
        body in proptest::collection::vec(any::<u8>(), 0..80),
    ) -> Arrived {
        let mut headers: Vec<(String, String)> = Vec::new();
        for (number, value) in values.into_iter().enumerate() {
            headers.push((format!("x-test-{}", number / 2), value));
        }
        headers.extend(target.map(|target| ("x-amz-target".to_owned(), target)));
        Arrived { method, path, query, headers, body }
    }
}

proptest! {
    #[test]
    fn what_aws_signs_is_accepted(
        request in requests(),
        location in locations(),
        token in proptest::option::of("[A-Za-z0-9+/=]{1,30}"),
    ) {
        let request = signed(request, location, token.as_deref());
        prop_assert_eq!(request.check(NOW), Ok(()), "{:?}", request);
    }

    #[test]
    fn what_was_changed_on_the_way_is_refused(request in requests(), location in locations(), bit in any::<u16>()) {
        let request = signed(request, location, None);
        let refused = |change: &dyn Fn(&mut Arrived)| {
            let mut changed = request.clone();
            change(&mut changed);
            changed.check(NOW).is_err()
        };
        prop_assert!(refused(&|request| request.method.push('X')));
        prop_assert!(refused(&|request| request.path.push_str("/x")));
        prop_assert!(refused(&|request| request.query.push_str("&extra=1")));
        prop_assert!(refused(&|request| request.body.push(0)));
        if !request.body.is_empty() {
            let bit = usize::from(bit) % (request.body.len() * 8);
            prop_assert!(refused(&|request| request.body[bit / 8] ^= 1 << (bit % 8)));
        }
        for index in 0..request.headers.len() {
            prop_assert!(refused(&|request| request.headers[index].1.push('x')), "{}", request.headers[index].0);
            prop_assert!(refused(&|request| drop(request.headers.remove(index))), "{}", request.headers[index].0);
        }
        prop_assert!(request.check(NOW + 901).is_err());
        prop_assert!(request.check(NOW - 301).is_err());
    }
}
