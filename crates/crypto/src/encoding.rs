//! Encodings shared by the modules: hex, lenient base64, and a list of byte strings without ambiguity.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const LENIENT_STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const LENIENT_URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// Base64 in either alphabet, with or without padding, ASCII white space ignored.
pub(crate) fn decode_base64_lenient(text: &str) -> Option<Vec<u8>> {
    let compact: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let url_safe = compact.iter().any(|byte| matches!(byte, b'-' | b'_'));
    let engine = if url_safe { LENIENT_URL_SAFE } else { LENIENT_STANDARD };
    engine.decode(&compact).ok()
}

/// The two digits of a byte, as ASCII.
pub(crate) const fn hex_digits(byte: u8) -> [u8; 2] {
    const fn digit(number: u8) -> u8 {
        if number < 10 { b'0' + number } else { b'a' + (number - 10) }
    }
    [digit(byte >> 4), digit(byte & 15)]
}

/// Lower-case hex, two digits a byte.
pub(crate) fn encode_hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    text.extend(bytes.iter().flat_map(|byte| hex_digits(*byte).map(char::from)));
    text
}

/// Hex of any letter case. An odd number of digits is read as if a zero stood in front.
pub(crate) fn decode_hex(text: &str) -> Option<Vec<u8>> {
    let mut digits = Vec::with_capacity(text.len() + 1);
    if text.len() % 2 == 1 {
        digits.push(0);
    }
    for character in text.chars() {
        digits.push(u8::try_from(character.to_digit(16)?).ok()?);
    }
    Some(digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect())
}

/// Appends each piece after its length (four bytes, big-endian), so that two different lists never give the same bytes.
pub(crate) fn append_length_prefixed<'a>(out: &mut Vec<u8>, pieces: impl IntoIterator<Item = &'a [u8]>) {
    for piece in pieces {
        // A piece longer than 4 GiB cannot occur: contexts are identifiers. Saturating would still not be ambiguous
        // with a shorter piece.
        out.extend_from_slice(&u32::try_from(piece.len()).unwrap_or(u32::MAX).to_be_bytes());
        out.extend_from_slice(piece);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_goes_both_ways_and_takes_odd_lengths() {
        assert_eq!(encode_hex(&[0x00, 0x0f, 0xa5]), "000fa5");
        assert_eq!(decode_hex("000fA5"), Some(vec![0x00, 0x0f, 0xa5]));
        assert_eq!(decode_hex("fa5"), Some(vec![0x0f, 0xa5]));
        assert_eq!(decode_hex(""), Some(vec![]));
        assert_eq!(decode_hex("+1"), None);
        assert_eq!(decode_hex("é1"), None);
    }

    #[test]
    fn base64_is_read_in_every_form_clients_send() {
        for text in ["+/+/", "-_-_", "+/\n+/\n", " -_ -_ "] {
            assert_eq!(decode_base64_lenient(text), Some(vec![0xfb, 0xff, 0xbf]), "{text:?}");
        }
        assert_eq!(decode_base64_lenient("YQ=="), Some(vec![b'a']));
        assert_eq!(decode_base64_lenient("YQ"), Some(vec![b'a']));
        assert_eq!(decode_base64_lenient("+_+_"), None, "mixed alphabets");
        assert_eq!(decode_base64_lenient("Y"), None);
    }

    #[test]
    fn lists_with_the_same_joined_text_differ() {
        let encode = |pieces: &[&str]| {
            let mut out = Vec::new();
            append_length_prefixed(&mut out, pieces.iter().map(|piece| piece.as_bytes()));
            out
        };
        assert_ne!(encode(&["ab", "c"]), encode(&["a", "bc"]));
        assert_ne!(encode(&["a", ""]), encode(&["a"]));
    }
}
