//! The search for texts in whatever encoding.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::Value;

use super::app;

/// Values by what they are.
pub type Values = BTreeMap<String, BTreeSet<Vec<u8>>>;

/// Something was found: what it is, and around where.
#[derive(Debug)]
#[expect(dead_code, reason = "read by whoever reads the failure")]
pub struct Found {
    what: String,
    text: String,
    form: &'static str,
    around: String,
}

/// One form of something.
#[derive(Clone, Debug)]
pub struct Needle {
    what: String,
    text: String,
    form: &'static str,
    encoded: Vec<u8>,
    /// Found only where it is no part of something longer: digits are everywhere.
    alone: bool,
}

impl Needle {
    /// The same for something that consists of a few digits.
    pub fn of_digits(self) -> Self {
        Self { alone: self.form == AS_IT_IS, ..self }
    }
}

const AS_IT_IS: &str = "as it is";
/// As much of each needle is looked up first.
pub const START: usize = 6;

pub fn needles(wanted: &Values) -> Vec<Needle> {
    let mut needles = Vec::new();
    for (what, values) in wanted {
        for value in values {
            for (form, encoded) in forms(value).into_iter().filter(|(_, encoded)| encoded.len() >= START) {
                let (what, text) = (what.clone(), String::from_utf8_lossy(value).into_owned());
                needles.push(Needle { what, text, form, encoded, alone: false });
            }
        }
    }
    needles
}

/// Finds each needle once.
pub fn scan(needles: &[Needle], bytes: &[u8]) -> Vec<Found> {
    let mut by_start: HashMap<&[u8], Vec<usize>> = HashMap::new();
    let mut likely = vec![false; 1 << 16];
    for (number, needle) in needles.iter().enumerate() {
        by_start.entry(&needle.encoded[..START]).or_default().push(number);
        likely[pair(&needle.encoded)] = true;
    }
    let mut found = BTreeMap::new();
    for at in 0..bytes.len().saturating_sub(START - 1) {
        let rest = &bytes[at..];
        if !likely[pair(rest)] {
            continue;
        }
        for number in by_start.get(&rest[..START]).into_iter().flatten() {
            let needle = &needles[*number];
            let before = bytes[..at].iter().rev();
            let after = bytes[at..].iter().skip(needle.encoded.len());
            let alone = !goes_on(before) && !goes_on(after);
            if rest.starts_with(&needle.encoded) && (alone || !needle.alone) {
                found.entry(*number).or_insert_with(|| {
                    let around = &bytes[at.saturating_sub(120)..bytes.len().min(at + 160)];
                    Found {
                        what: needle.what.clone(),
                        text: needle.text.clone(),
                        form: needle.form,
                        around: String::from_utf8_lossy(around).into_owned(),
                    }
                });
            }
        }
    }
    found.into_values().collect()
}

/// Whether a word or a number goes on with these bytes, away from where it was found. Behind a point it is a number with a
/// fraction, or the end of a sentence.
fn goes_on<'a>(mut bytes: impl Iterator<Item = &'a u8>) -> bool {
    match bytes.next() {
        Some(b'.') => bytes.next().is_some_and(u8::is_ascii_digit),
        next => next.is_some_and(u8::is_ascii_alphanumeric),
    }
}

fn pair(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 8 | usize::from(bytes[1])
}

/// A value in every encoding in which it might be written down. Of a long one its halves, too: each is enough to know it by.
fn forms(value: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut forms = Vec::new();
    let half = value.len() / 2;
    let middle = std::str::from_utf8(value).map_or(half, |text| text.floor_char_boundary(half));
    let parts = if value.len() > 80 { vec![&value[..middle], &value[middle..]] } else { vec![value] };
    for part in parts {
        forms.push((AS_IT_IS, part.to_owned()));
        if let Ok(text) = std::str::from_utf8(part) {
            forms.push(("in lower case", text.to_lowercase().into_bytes()));
            let json = Value::from(text).to_string();
            forms.push(("as JSON", json.as_bytes()[1..json.len() - 1].to_vec()));
            let percent: String = form_urlencoded::byte_serialize(part).collect();
            forms.push(("percent-encoded", percent.replace('+', "%20").into_bytes()));
        }
        let hex: String = part.iter().map(|byte| format!("{byte:02x}")).collect();
        forms.push(("in hexadecimal", hex.to_uppercase().into_bytes()));
        forms.push(("in hexadecimal", hex.into_bytes()));
        // Within something longer that is encoded it may begin at any of three places.
        for shift in 0..3 {
            let shifted = [&b"   "[..shift], part].concat();
            let encoded = STANDARD_NO_PAD.encode(&shifted);
            // Characters that depend on what stands before and after are left out.
            let from = [0, 2, 3][shift];
            let to = shifted.len() * 8 / 6;
            if to > from + START {
                let encoded = &encoded[from..to];
                forms.push(("in base64", encoded.as_bytes().to_vec()));
                forms.push(("in base64url", encoded.replace('+', "-").replace('/', "_").into_bytes()));
            }
        }
    }
    forms.sort_by(|one, other| one.1.cmp(&other.1));
    forms.dedup_by(|one, other| one.1 == other.1);
    forms
}

/// What a text stands for that is itself an encoding: somebody may write that down.
pub fn decoded(text: &str) -> Vec<Vec<u8>> {
    let hexadecimal = || {
        let pairs = text.as_bytes().chunks(2);
        pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
    };
    let is_base32 = text.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7'));
    let found = [
        STANDARD.decode(text).ok(),
        URL_SAFE_NO_PAD.decode(text).ok(),
        hexadecimal(),
        is_base32.then(|| app::from_base32(text)),
    ];
    // What is shorter is found by chance.
    found.into_iter().flatten().filter(|bytes| bytes.len() >= 10).collect()
}
