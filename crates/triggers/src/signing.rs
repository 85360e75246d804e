//! Signature Version 4 of an invocation.

use std::error::Error;
use std::time::{Duration, SystemTime};

use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use http::Request;
use http_body_util::Full;
use hyper::body::Bytes;

use crate::settings::Credentials;

/// Adds the headers of the signature to `request`, whose body is `body`.
pub(crate) fn sign_request(
    request: &mut Request<Full<Bytes>>,
    body: &[u8],
    region: &str,
    credentials: &Credentials,
    now_ms: i64,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let identity = credentials.inner().clone().into();
    let now = SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(now_ms)?);
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("lambda")
        .time(now)
        .settings(SigningSettings::default())
        .build()?
        .into();
    let headers = request
        .headers()
        .iter()
        .map(|(name, value)| Ok((name.as_str(), value.to_str()?)))
        .collect::<Result<Vec<_>, http::header::ToStrError>>()?;
    let signable = SignableRequest::new(
        request.method().as_str(),
        request.uri().to_string(),
        headers.into_iter(),
        SignableBody::Bytes(body),
    )?;
    let (instructions, _signature) = sign(signable, &parameters)?.into_parts();
    instructions.apply_to_request_http1x(request);
    Ok(())
}
