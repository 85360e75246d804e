//! Verification of AWS Signature Version 4, the way SDKs sign requests with an access key: in an `Authorization` header or
//! in the query of a presigned URL. After "AWS Signature Version 4 for API requests" in the AWS IAM user guide.
//!
//! Two steps, because the secret is looked up in between: [`parse`] reads what the request presents, and
//! [`Presented::verify`] checks it against the secret of the access key. Nothing is trusted before the second step.

mod canonical;
mod error;
mod parse;
mod verify;

pub use error::SigV4Error;
pub use parse::{Presented, parse};
pub use verify::{CLOCK_SKEW_SECONDS, derive_signing_key, payload_sha256};

/// What of a request is signed.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Such as `POST`.
    pub method: &'a str,
    /// The path as it stood in the request line, percent-encoding untouched.
    pub path: &'a str,
    /// What follows the `?`, untouched; empty if there is none.
    pub query: &'a str,
    /// Every header, names in lower case, in the order of arrival. With HTTP/2, `host` has the value of `:authority`.
    pub headers: &'a [(&'a str, &'a str)],
    /// SHA-256 of the body, see [`payload_sha256`].
    pub payload_sha256: [u8; 32],
}

impl<'a> Request<'a> {
    /// The values of a header, in the order of arrival.
    fn header_values(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |header| header.0 == name).map(|header| header.1)
    }

    fn header(&self, name: &str) -> Option<&'a str> {
        self.header_values(name).next()
    }
}

#[cfg(test)]
mod tests;
