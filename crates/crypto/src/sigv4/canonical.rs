//! The canonical form of a request: what both sides compute and sign.

use super::Request;
use crate::encoding::encode_hex;

/// The canonical request with these headers, which are separated by semicolons and must be in lower case; `None` if one of
/// them is not there. Of the query, `X-Amz-Signature` is left out.
pub(super) fn canonical_request(request: &Request<'_>, signed_headers: &str) -> Option<String> {
    let mut text = String::new();
    for line in [request.method, &canonical_path(request.path), &canonical_query(request.query)] {
        text.push_str(line);
        text.push('\n');
    }
    for name in signed_headers.split(';') {
        let values: Vec<String> = request.header_values(name).map(canonical_value).collect();
        if values.is_empty() {
            return None;
        }
        text.push_str(name);
        text.push(':');
        text.push_str(&values.join(","));
        text.push('\n');
    }
    text.push('\n');
    text.push_str(signed_headers);
    text.push('\n');
    text.push_str(&encode_hex(&request.payload_sha256));
    Some(text)
}

/// The path without empty and dot segments, each segment encoded once more: every service but S3 signs the encoding of
/// what is on the wire.
fn canonical_path(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    let mut text = String::from("/");
    for (index, segment) in segments.iter().enumerate() {
        if index > 0 {
            text.push('/');
        }
        encode_into(&mut text, segment.as_bytes());
    }
    let directory = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
    if directory && !segments.is_empty() {
        text.push('/');
    }
    text
}

/// The query's parameters decoded, encoded in the one canonical way, and sorted by name and value.
fn canonical_query(query: &str) -> String {
    let mut parameters: Vec<(String, String)> = parameters(query)
        .filter(|(name, _)| name != b"X-Amz-Signature")
        .map(|(name, value)| (encode(&name), encode(&value)))
        .collect();
    parameters.sort();
    let parameters: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
    parameters.join("&")
}

/// The parameters of a query, percent-decoded. A plus sign stands for itself.
pub(super) fn parameters(query: &str) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> {
    query.split('&').filter(|parameter| !parameter.is_empty()).map(|parameter| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        (percent_decode(name), percent_decode(value))
    })
}

/// A percent sign without two hex digits stands for itself.
fn percent_decode(text: &str) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let escape = (*byte == b'%').then(|| after.split_first_chunk()).flatten();
        let escape = escape.and_then(|(digits, after)| Some((hex_value(*digits)?, after)));
        let (byte, after) = escape.unwrap_or((*byte, after));
        decoded.push(byte);
        rest = after;
    }
    decoded
}

fn hex_value(digits: [u8; 2]) -> Option<u8> {
    let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
    u8::try_from(high? * 16 + low?).ok()
}

fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    encode_into(&mut text, bytes);
    text
}

/// Percent-encodes every byte but the unreserved characters of RFC 3986, with upper-case digits.
fn encode_into(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            text.push(char::from(*byte));
        } else {
            text.push('%');
            text.push_str(&encode_hex(&[*byte]).to_ascii_uppercase());
        }
    }
}

/// A header value without white space at its ends and with single spaces inside.
fn canonical_value(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for character in value.trim_matches([' ', '\t']).chars() {
        if character != ' ' || !text.ends_with(' ') {
            text.push(character);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lose_empty_and_dot_segments() {
        let cases = [
            ("/", "/"),
            ("", "/"),
            ("//", "/"),
            ("/./", "/"),
            ("/.", "/"),
            ("/..", "/"),
            ("/example/..", "/"),
            ("/example1/example2/../..", "/"),
            ("/./example", "/example"),
            ("//example//", "/example/"),
            ("/a/b/../", "/a/"),
            ("/a/b/..", "/a/"),
            ("/ሴ", "/%E1%88%B4"),
            ("/%E1%88%B4", "/%25E1%2588%25B4"),
            ("/a b+c", "/a%20b%2Bc"),
        ];
        for (path, canonical) in cases {
            assert_eq!(canonical_path(path), canonical, "{path}");
        }
    }

    #[test]
    fn queries_are_sorted_and_encoded_in_one_way() {
        let cases = [
            ("", ""),
            ("a", "a="),
            ("a=&&b", "a=&b="),
            ("Param-3=Value3&Param=Value2&%E1%88%B4=Value1", "%E1%88%B4=Value1&Param=Value2&Param-3=Value3"),
            ("b=2&a=2&b=1&B=0", "B=0&a=2&b=1&b=2"),
            ("a=b=c", "a=b%3Dc"),
            ("a=%2f%7e*+~", "a=%2F~%2A%2B~"),
            ("a=%&b=%zz&c=%4", "a=%25&b=%25zz&c=%254"),
            ("X-Amz-Signature=1&a=1&X%2DAmz-Signature=2", "a=1"),
        ];
        for (query, canonical) in cases {
            assert_eq!(canonical_query(query), canonical, "{query}");
        }
    }

    #[test]
    fn header_values_are_trimmed_and_their_spaces_merged() {
        assert_eq!(canonical_value("  a   b \t c\t "), "a b \t c");
        assert_eq!(canonical_value("\"a   b\""), "\"a b\"");
        assert_eq!(canonical_value("   "), "");
    }
}
