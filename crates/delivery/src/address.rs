//! What can be known about a destination without contacting anyone.

use lettre::Address;

/// The longest address that fits an SMTP path (RFC 5321, section 4.5.3.1.3, without the angle brackets).
const EMAIL_OCTETS: usize = 254;

/// Whether a mail can be addressed to `text`: one plain address without display name, comment, white space or control
/// character, that the SMTP client accepts. Says nothing about whether the mailbox exists.
#[must_use]
pub fn is_deliverable_email(text: &str) -> bool {
    parse_email(text).is_some()
}

/// The address as the SMTP client wants it, or none when it is not deliverable.
pub(crate) fn parse_email(text: &str) -> Option<Address> {
    let harmless = |character: char| {
        !character.is_control() && !character.is_whitespace() && !matches!(character, '<' | '>' | ',' | ';')
    };
    if text.len() > EMAIL_OCTETS || !text.chars().all(harmless) {
        return None;
    }
    text.parse().ok()
}

/// Whether a text message can be addressed to `text`: a plus sign and up to 15 digits (E.164).
#[must_use]
pub fn is_deliverable_phone(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (1..=15).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_addresses_are_deliverable() {
        for address in [
            "rosa@example.org",
            "rosa.luna+tag@mail.example.co.uk",
            "o'neil@example.org",
            "x@[192.0.2.1]",
            "rosa@localhost",
            "jörg@example.org",
            "rosa@bücher.example",
        ] {
            assert!(is_deliverable_email(address), "{address}");
        }
    }

    #[test]
    fn nothing_that_could_change_a_header_or_a_command_is_deliverable() {
        for address in [
            "",
            "rosa",
            "@example.org",
            "rosa@",
            "rosa@example.org\r\nBcc: eve@example.org",
            "rosa@example.org\n",
            "rosa\0@example.org",
            "Rosa <rosa@example.org>",
            "<rosa@example.org>",
            "rosa@example.org, eve@example.org",
            "rosa@example.org;eve@example.org",
            "rosa @example.org",
            "\"rosa \r\n\"@example.org",
            "rosa@exa mple.org",
            "rosa@example.org\u{2028}",
        ] {
            assert!(!is_deliverable_email(address), "{address:?}");
        }
        assert!(!is_deliverable_email(&format!("{}@example.org", "r".repeat(250))));
    }

    #[test]
    fn phone_numbers_are_e164() {
        for number in ["+15555550100", "+4915112345678", "+999999999999999"] {
            assert!(is_deliverable_phone(number), "{number}");
        }
        for number in
            ["", "+", "15555550100", "+1555 5550100", "+1555-555", "+9999999999999999", "+１２３４５"]
        {
            assert!(!is_deliverable_phone(number), "{number}");
        }
    }
}
