//! The check of a signature against a secret.

use super::canonical::canonical_request;
use super::parse::basic_time;
use super::{Presented, Request, SigV4Error};
use crate::encoding::{decode_hex, encode_hex};
use crate::hash::{hmac_sha256, sha256};
use crate::secret::{SecretString, constant_time_eq};

/// How far the signer's clock may be off, either way.
pub const CLOCK_SKEW_SECONDS: i64 = 5 * 60;

/// Headers that decide over a request: where one is present, the signature has to cover it. `host` has to be present. In
/// presigned URLs the date is part of the query, which is always covered.
const MUST_BE_SIGNED: [(&str, &str); 4] = [
    ("host", "'Host' or ':authority'"),
    ("x-amz-date", "'X-Amz-Date'"),
    ("x-amz-target", "'X-Amz-Target'"),
    ("x-amz-content-sha256", "'X-Amz-Content-Sha256'"),
];

/// SHA-256 of a body, for [`Request::payload_sha256`].
pub fn payload_sha256(body: &[u8]) -> [u8; 32] {
    sha256(&[body])
}

/// The key that signs everything of one day, region and service. It is as secret as the access key itself, for that day.
pub fn derive_signing_key(secret: &SecretString, date: &str, region: &str, service: &str) -> [u8; 32] {
    let mut initial = zeroize::Zeroizing::new(b"AWS4".to_vec());
    initial.extend_from_slice(secret.expose().as_bytes());
    let mut key = hmac_sha256(&initial, &[date.as_bytes()]);
    for part in [region, service, "aws4_request"] {
        key = hmac_sha256(&key, &[part.as_bytes()]);
    }
    key
}

impl Presented<'_> {
    /// Checks time, coverage and signature. `request` must be the one that was parsed.
    pub fn verify(
        &self,
        request: &Request<'_>,
        secret: &SecretString,
        now_epoch_seconds: i64,
    ) -> Result<(), SigV4Error> {
        let key = derive_signing_key(secret, &self.date, &self.region, &self.service);
        self.verify_with_key(request, &key, now_epoch_seconds)
    }

    /// Like [`Presented::verify`], with a key from [`derive_signing_key`] that the caller may have kept.
    pub fn verify_with_key(
        &self,
        request: &Request<'_>,
        signing_key: &[u8; 32],
        now_epoch_seconds: i64,
    ) -> Result<(), SigV4Error> {
        self.check_coverage(request)?;
        self.check_time(now_epoch_seconds)?;
        let declared = request.header_values("x-amz-content-sha256");
        let payload = encode_hex(&request.payload_sha256);
        if declared.into_iter().any(|declared| declared.trim() != payload) {
            return Err(SigV4Error::Mismatch);
        }
        let expected = self.expected_signature(request, signing_key).ok_or(SigV4Error::Mismatch)?;
        let signature = &*self.signature.0;
        let presented = (signature.len() == 64).then(|| decode_hex(signature)).flatten().unwrap_or_default();
        if constant_time_eq(&expected, &presented) { Ok(()) } else { Err(SigV4Error::Mismatch) }
    }

    fn check_coverage(&self, request: &Request<'_>) -> Result<(), SigV4Error> {
        let covers = |name: &str| self.signed_headers.split(';').any(|signed| signed == name);
        for (header, name) in MUST_BE_SIGNED {
            let required = header == "host" || request.header(header).is_some();
            if required && !covers(header) {
                return Err(SigV4Error::UnsignedHeader { name });
            }
        }
        // Without X-Amz-Date the time stands in Date.
        if !self.presigned && !covers("x-amz-date") && !covers("date") {
            return Err(SigV4Error::UnsignedHeader { name: "'X-Amz-Date'" });
        }
        Ok(())
    }

    fn check_time(&self, now: i64) -> Result<(), SigV4Error> {
        let signed = basic_time::format(self.request_time);
        let valid_for = self.expires_seconds.map_or(CLOCK_SKEW_SECONDS, i64::from);
        let minutes = |seconds: i64| match seconds % 60 {
            0 => format!("{} min.", seconds / 60),
            _ => format!("{seconds} sec."),
        };
        let text = |phrase: &str, limit: i64, sign: char, span: i64| {
            let (limit, now) = (basic_time::format(limit), basic_time::format(now));
            format!("{signed} is {phrase} {limit} ({now} {sign} {})", minutes(span))
        };
        let earliest = now.saturating_sub(valid_for);
        if self.request_time < earliest {
            let text = text("now earlier than", earliest, '-', valid_for);
            return Err(SigV4Error::Expired { text: format!("Signature expired: {text}") });
        }
        let latest = now.saturating_add(CLOCK_SKEW_SECONDS);
        if self.request_time > latest {
            let text = text("still later than", latest, '+', CLOCK_SKEW_SECONDS);
            return Err(SigV4Error::NotYetCurrent { text: format!("Signature not yet current: {text}") });
        }
        Ok(())
    }

    fn expected_signature(&self, request: &Request<'_>, signing_key: &[u8; 32]) -> Option<[u8; 32]> {
        if !self.signed_headers.split(';').is_sorted_by(|one, next| one < next) {
            return None;
        }
        let canonical = canonical_request(request, &self.signed_headers)?;
        let time = basic_time::format(self.request_time);
        let scope = [&*self.date, &self.region, &self.service, "aws4_request"].join("/");
        let canonical = encode_hex(&sha256(&[canonical.as_bytes()]));
        let string_to_sign = ["AWS4-HMAC-SHA256", &time, &scope, &canonical].join("\n");
        Some(hmac_sha256(signing_key, &[string_to_sign.as_bytes()]))
    }
}
