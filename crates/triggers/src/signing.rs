//! Signature Version 4 of an invocation.

use std::error::Error;
use std::time::{Duration, SystemTime};

use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use http::{HeaderValue, Request};
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
    // Not applied by the library itself, which panics if the credentials are no text for a header.
    for header in instructions.into_parts().0 {
        let mut value = HeaderValue::from_str(header.value())?;
        value.set_sensitive(header.sensitive());
        request.headers_mut().insert(header.name(), value);
    }
    Ok(())
}
