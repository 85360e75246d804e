//! The search for texts in whatever encoding.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

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

pub fn needles(wanted: &BTreeMap<String, BTreeSet<String>>) -> Vec<Needle> {
    let mut needles = Vec::new();
    for (what, values) in wanted {
        for text in values {
            for (form, encoded) in forms(text).into_iter().filter(|(_, encoded)| encoded.len() >= START) {
                let (what, text, encoded) = (what.clone(), text.clone(), encoded.into_bytes());
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

/// A text in every encoding in which it might be written down. Of a long one its halves, too: each is enough to know it by.
fn forms(value: &str) -> Vec<(&'static str, String)> {
    let mut forms = Vec::new();
    let middle = value.floor_char_boundary(value.len() / 2);
    let parts = if value.len() > 80 { vec![&value[..middle], &value[middle..]] } else { vec![value] };
    for part in parts {
        forms.push((AS_IT_IS, part.to_owned()));
        forms.push(("in lower case", part.to_lowercase()));
        let json = Value::from(part).to_string();
        forms.push(("as JSON", json[1..json.len() - 1].to_owned()));
        let hex: String = part.bytes().map(|byte| format!("{byte:02x}")).collect();
        forms.push(("in hexadecimal", hex.to_uppercase()));
        forms.push(("in hexadecimal", hex));
        let percent: String = form_urlencoded::byte_serialize(part.as_bytes()).collect();
        forms.push(("percent-encoded", percent.replace('+', "%20")));
        // Within a longer text that is encoded it may begin at any of three places.
        for shift in 0..3 {
            let shifted = format!("{}{part}", &"   "[..shift]);
            let encoded = base64(shifted.as_bytes());
            // Characters that depend on what stands before and after are left out.
            let from = [0, 2, 3][shift];
            let to = shifted.len() * 8 / 6;
            if to > from + START {
                forms.push(("in base64", encoded[from..to].to_owned()));
                forms.push(("in base64url", encoded[from..to].replace('+', "-").replace('/', "_")));
            }
        }
    }
    forms.sort_by(|one, other| one.1.cmp(&other.1));
    forms.dedup_by(|one, other| one.1 == other.1);
    forms
}

pub fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let mut group = [0; 3];
        group[..chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes([0, group[0], group[1], group[2]]);
        for place in 0..=chunk.len() {
            text.push(char::from(ALPHABET[(bits >> (18 - 6 * place)) as usize & 63]));
        }
    }
    text
}
