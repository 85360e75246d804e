//! Reading `RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }` (RFC 8017, A.1.1) in DER. aws-lc-rs
//! gives a key's public half in this form only, unless one takes in another parser with it.

const INTEGER: u8 = 0x02;
const SEQUENCE: u8 = 0x30;

/// Modulus and exponent, big-endian, each perhaps with a zero byte in front.
pub(super) fn parse(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (sequence, rest) = element(der, SEQUENCE)?;
    let (modulus, sequence) = element(sequence, INTEGER)?;
    let (exponent, sequence) = element(sequence, INTEGER)?;
    (rest.is_empty() && sequence.is_empty()).then_some((modulus, exponent))
}

/// Splits off the content of one element of the expected kind.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (first, rest) = der.split_first()?;
    let (length, rest) = rest.split_first()?;
    let (length, rest) = match *length {
        length @ 0..=0x7f => (usize::from(length), rest),
        0x81 => rest.split_first().map(|(length, rest)| (usize::from(*length), rest))?,
        0x82 => {
            rest.split_first_chunk().map(|(length, rest)| (usize::from(u16::from_be_bytes(*length)), rest))?
        }
        _ => return None,
    };
    (*first == tag).then(|| rest.split_at_checked(length)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_short_and_long_lengths() {
        assert_eq!(parse(&[0x30, 6, 2, 1, 9, 2, 1, 3]), Some((&[9][..], &[3][..])));
        let mut long = vec![0x30, 0x82, 1, 7, 2, 0x82, 1, 0];
        long.extend([5; 256]);
        long.extend([2, 1, 3]);
        assert_eq!(parse(&long), Some((&[5; 256][..], &[3][..])));
        let mut medium = vec![0x30, 0x81, 134, 2, 0x81, 128];
        medium.extend([5; 128]);
        medium.extend([2, 1, 3]);
        assert_eq!(parse(&medium), Some((&[5; 128][..], &[3][..])));
        for end in 0..long.len() {
            assert_eq!(parse(&long[..end]), None, "{end}");
        }
        long.push(0);
        assert_eq!(parse(&long), None);
        assert_eq!(parse(&[0x30, 6, 4, 1, 9, 2, 1, 3]), None);
    }
}
