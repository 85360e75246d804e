//! Which keys of authenticators are taken.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ParsedPublicKey};
use ciborium::Value;

use super::Refusal;

/// Coordinates of P-256.
const COORDINATE_BYTES: usize = 32;
/// 2048 to 8192 bits.
const MODULUS_BYTES: core::ops::RangeInclusive<usize> = 256..=1024;
/// 65537 has three bytes.
const MAX_EXPONENT_BYTES: usize = 4;

/// A signature algorithm that authenticators are asked for, by its number in COSE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256.
    Es256 = -7,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256 = -257,
}

impl Algorithm {
    /// All of them, the preferred one first.
    pub const ALL: [Self; 2] = [Self::Es256, Self::Rs256];

    /// Its number.
    #[must_use]
    pub const fn number(self) -> i32 {
        self as i32
    }

    /// The algorithm of a number.
    #[must_use]
    pub fn find(number: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.number() == number)
    }
}

/// Whether signatures can be verified with a COSE key (RFC 9052, section 7).
pub(super) fn check(public_key: &[u8], algorithm: i32) -> Result<Algorithm, Refusal> {
    let algorithm = Algorithm::find(algorithm).ok_or(Refusal::KeyNotSupported)?;
    let Ok(Value::Map(members)) = ciborium::from_reader(public_key) else {
        return Err(Refusal::KeyNotSupported);
    };
    let member = |label: i64| members.iter().find(|(name, _)| *name == Value::from(label)).map(|(_, it)| it);
    let number = |label| member(label).and_then(Value::as_integer).and_then(|it| i64::try_from(it).ok());
    let bytes = |label| member(label).and_then(Value::as_bytes).map(Vec::as_slice).unwrap_or_default();
    let usable = match algorithm {
        Algorithm::Es256 => {
            let (x, y) = (bytes(-2), bytes(-3));
            let point = [&[4], x, y].concat();
            number(1) == Some(2)
                && number(-1) == Some(1)
                && [x, y].iter().all(|coordinate| coordinate.len() == COORDINATE_BYTES)
                && ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).is_ok()
        }
        Algorithm::Rs256 => {
            let (modulus, exponent) = (bytes(-1), bytes(-2));
            number(1) == Some(3)
                && MODULUS_BYTES.contains(&modulus.len())
                && (1..=MAX_EXPONENT_BYTES).contains(&exponent.len())
                && [modulus, exponent].iter().all(|number| number.first().is_some_and(|first| *first != 0))
        }
    };
    if usable { Ok(algorithm) } else { Err(Refusal::KeyNotSupported) }
}
