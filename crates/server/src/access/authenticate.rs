//! From a signature to whoever made it.

use cenote_core::Error;
use cenote_crypto::sigv4::{self, SigV4Error};
use cenote_model::ErrorCode;
use http::header::HOST;
use http::request::Parts;

use super::{Access, Principal};
use crate::site::Site;

/// The service that signatures have to be scoped to.
pub(super) const SERVICE: &str = "cognito-idp";

impl Access {
    /// Checks the signature of a request over its raw body.
    pub(crate) async fn authenticate(
        &self,
        site: &Site,
        head: &Parts,
        body: &[u8],
    ) -> Result<Principal, Error> {
        let mut headers: Vec<(&str, &str)> = Vec::with_capacity(head.headers.len() + 1);
        headers.extend(
            head.headers.iter().filter_map(|(name, value)| {
                Some((name.as_str(), std::str::from_utf8(value.as_bytes()).ok()?))
            }),
        );
        // HTTP/2 has it in the target.
        if let (false, Some(authority)) = (head.headers.contains_key(HOST), head.uri.authority()) {
            headers.push((HOST.as_str(), authority.as_str()));
        }
        let request = sigv4::Request {
            method: head.method.as_str(),
            path: head.uri.path(),
            query: head.uri.query().unwrap_or_default(),
            headers: &headers,
            payload_sha256: match self {
                // Nothing is verified.
                Self::Anybody => [0; 32],
                Self::Keys(_) => sigv4::payload_sha256(body),
            },
        };
        let presented = sigv4::parse(&request).map_err(|error| refused(&error))?;
        // It becomes a part of ids and ARNs.
        if !is_region(&presented.region) {
            let text = "Credential should be scoped to a valid region. ".to_owned();
            return Err(refused(&SigV4Error::WrongScope { text }));
        }
        match self {
            Self::Anybody => Ok(Principal {
                arn: arn(&site.service.settings.account_id, "dev"),
                region: presented.region.into_owned(),
                policy: None,
            }),
            Self::Keys(keys) => {
                // There are no temporary credentials here, so no session token is a good one.
                if presented.has_session_token {
                    return Err(unknown_key());
                }
                let key =
                    keys.find(&site.service, &presented.access_key_id).await?.ok_or_else(unknown_key)?;
                // Any region will do: it says where new pools belong.
                presented.require_scope(&presented.region, SERVICE).map_err(|error| refused(&error))?;
                let now = site.service.clock.now_ms().div_euclid(1000);
                key.verify(&presented, &request, now).map_err(|error| refused(&error))?;
                Ok(Principal {
                    arn: arn(&site.service.settings.account_id, &key.name),
                    region: presented.region.into_owned(),
                    policy: Some(key.policy.clone()),
                })
            }
        }
    }
}

/// Whether a text has the form of a region's name.
fn is_region(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=32).contains(&text.len()) && text.bytes().all(fits)
}

fn arn(account_id: &str, name: &str) -> String {
    ["arn:aws:iam::", account_id, ":user/", name].concat()
}

fn unknown_key() -> Error {
    Error::new(
        ErrorCode::UnrecognizedClientException,
        "The security token included in the request is invalid.",
    )
}

fn refused(error: &SigV4Error) -> Error {
    let code = match error {
        SigV4Error::Missing => ErrorCode::MissingAuthenticationTokenException,
        SigV4Error::Incomplete { .. } => ErrorCode::IncompleteSignatureException,
        SigV4Error::Expired { .. }
        | SigV4Error::NotYetCurrent { .. }
        | SigV4Error::WrongScope { .. }
        | SigV4Error::UnsignedHeader { .. }
        | SigV4Error::Mismatch => ErrorCode::InvalidSignatureException,
    };
    Error::new(code, error.message())
}
