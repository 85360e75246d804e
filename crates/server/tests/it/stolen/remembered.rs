//! What was seen in requests, answers and messages, and the search for it in whatever encoding.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

/// Members whose values open something.
const SECRETS: &[&str] = &[
    "Password",
    "TemporaryPassword",
    "PreviousPassword",
    "ProposedPassword",
    "PASSWORD",
    "NEW_PASSWORD",
    "AccessToken",
    "IdToken",
    "RefreshToken",
    "Token",
    "SubjectToken",
    "ActorToken",
    "IssuedToken",
    "Secret",
    "REFRESH_TOKEN",
    "Session",
    "SecretHash",
    "SECRET_HASH",
    "ClientSecret",
    "ClientSecretValue",
    "PaginationToken",
    "NextToken",
    "PasswordVerifier",
    "Salt",
    "SECRET_BLOCK",
    "DeviceGroupKey",
    "SecretCode",
];
/// Members whose values say who somebody is, and what the model calls sensitive beside.
const PEOPLE: &[&str] = &[
    "Username",
    "USERNAME",
    "UserSub",
    "USER_ID_FOR_SRP",
    "Destination",
    "CODE_DELIVERY_DESTINATION",
    "EMAIL",
    "ClientId",
    "Filter",
    "FriendlyDeviceName",
    "DeviceName",
];
/// Attributes of devices that say nothing of a person; addresses are in the log anyway.
const OF_DEVICES: &[&str] =
    &["device_status", "last_ip_used", "dev:device_remembered_status", "dev:device_sdk"];
/// Members that hold a code.
const CODES: &[&str] =
    &["ConfirmationCode", "Code", "UserCode", "SOFTWARE_TOKEN_MFA_CODE", "SMS_MFA_CODE", "EMAIL_OTP_CODE"];
/// Members that only pass through.
const PASSING: &[&str] = &["ClientMetadata", "ValidationData", "UserContextData", "AnalyticsMetadata"];

/// Something was found: what it is, and around where.
#[derive(Debug)]
#[expect(dead_code, reason = "read by whoever reads the failure")]
pub struct Found {
    what: String,
    text: String,
    form: &'static str,
    around: String,
}

/// What must not be found.
#[derive(Debug, Default)]
pub struct Remembered {
    /// By what it is: the values that belong neither in a database nor in a log.
    secrets: BTreeMap<String, BTreeSet<String>>,
    /// Those that belong in no log.
    people: BTreeMap<String, BTreeSet<String>>,
    /// Six digits, that may stand by chance within others.
    codes: BTreeSet<String>,
    /// Of users who were deleted.
    deleted: BTreeSet<String>,
}

impl Remembered {
    pub fn secret(&mut self, what: &str, text: &str) {
        // What is shorter is found everywhere.
        if text.len() >= START {
            self.secrets.entry(what.to_owned()).or_default().insert(text.to_owned());
        }
    }

    pub fn person(&mut self, what: &str, text: &str) {
        if text.len() >= START {
            self.people.entry(what.to_owned()).or_default().insert(text.to_owned());
        }
    }

    pub fn code(&mut self, text: &str) {
        self.codes.insert(text.to_owned());
    }

    pub fn deleted(&mut self, text: &str) {
        self.deleted.insert(text.to_owned());
    }

    /// Remembers what is in a request or an answer.
    pub fn remember(&mut self, document: &Value) {
        match document {
            Value::Array(items) => items.iter().for_each(|item| self.remember(item)),
            Value::Object(members) => {
                if let (Some(Value::String(name)), Some(Value::String(value))) =
                    (members.get("Name"), members.get("Value"))
                    && !matches!(value.as_str(), "true" | "false")
                {
                    if !OF_DEVICES.contains(&name.as_str()) {
                        self.person(&format!("attribute {name}"), value);
                    }
                    return;
                }
                for (name, value) in members {
                    match value {
                        Value::String(text) if SECRETS.contains(&name.as_str()) => self.secret(name, text),
                        Value::String(text) if PEOPLE.contains(&name.as_str()) => self.person(name, text),
                        Value::String(text) if CODES.contains(&name.as_str()) => self.code(text),
                        _ if PASSING.contains(&name.as_str()) => self.remember_all(name, value),
                        _ => self.remember(value),
                    }
                }
            }
            _ => {}
        }
    }

    fn remember_all(&mut self, what: &str, value: &Value) {
        match value {
            Value::String(text) => self.secret(what, text),
            Value::Array(items) => items.iter().for_each(|item| self.remember_all(what, item)),
            Value::Object(members) => members.values().for_each(|value| self.remember_all(what, value)),
            _ => {}
        }
    }

    /// What a database must not hold.
    pub fn search_database(&self, bytes: &[u8]) -> Vec<Found> {
        let mut needles = needles(&self.secrets);
        needles.extend(self.codes());
        scan(&needles, bytes)
    }

    /// What a database must not hold any more.
    pub fn search_for_deleted(&self, bytes: &[u8]) -> Vec<Found> {
        scan(&needles(&BTreeMap::from([("of a deleted user".to_owned(), self.deleted.clone())])), bytes)
    }

    /// What a log must not hold.
    pub fn search_log(&self, text: &str) -> Vec<Found> {
        let mut needles = [needles(&self.secrets), needles(&self.people)].concat();
        needles.extend(self.codes());
        scan(&needles, text.as_bytes())
    }

    fn codes(&self) -> Vec<Needle> {
        let codes = BTreeMap::from([("code".to_owned(), self.codes.clone())]);
        let alone = |needle: Needle| Needle { alone: needle.form == AS_IT_IS, ..needle };
        needles(&codes).into_iter().map(alone).collect()
    }
}

/// One form of something.
#[derive(Clone, Debug)]
struct Needle {
    what: String,
    text: String,
    form: &'static str,
    encoded: Vec<u8>,
    /// Found only where it is no part of something longer: digits are everywhere.
    alone: bool,
}

const AS_IT_IS: &str = "as it is";
/// As much of each needle is looked up first.
const START: usize = 6;

fn needles(wanted: &BTreeMap<String, BTreeSet<String>>) -> Vec<Needle> {
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
fn scan(needles: &[Needle], bytes: &[u8]) -> Vec<Found> {
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
            let part_of_more = |byte: &u8| byte.is_ascii_alphanumeric() || b".-_%+".contains(byte);
            let before = at.checked_sub(1).and_then(|at| bytes.get(at));
            let after = bytes.get(at + needle.encoded.len());
            let alone = !before.is_some_and(part_of_more) && !after.is_some_and(part_of_more);
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

fn base64(bytes: &[u8]) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_found_in_every_encoding() {
        let mut remembered = Remembered::default();
        let request = serde_json::json!({
            "Username": "wilhelmina", "Password": "Xyzzy \"Plugh\"/1!", "ConfirmationCode": "987654",
            "UserAttributes": [{ "Name": "email", "Value": "wilhelmina@secret.example" }],
            "ClientMetadata": { "anything": "passes through" },
        });
        remembered.remember(&request);
        let secret = "Xyzzy \"Plugh\"/1!";
        let encoded = [
            secret.to_owned(),
            format!("x{secret}x"),
            Value::from(secret).to_string(),
            secret.bytes().map(|byte| format!("{byte:02X}")).collect(),
            format!("a=b&c={}", "Xyzzy%20%22Plugh%22%2F1%21"),
            base64(secret.as_bytes()),
            base64(format!("{{\"Password\":\"{secret}\",\"more\":1}}").as_bytes()),
            base64(format!("?{secret}???").as_bytes()).replace('+', "-").replace('/', "_"),
            "a message passes through it".into(),
            r#"{"code":"987654"}"#.into(),
            format!("<b>{}</b>", 987_654),
            base64(b"your code is 987654."),
        ];
        for text in &encoded {
            assert!(!remembered.search_database(text.as_bytes()).is_empty(), "{text}");
            assert!(!remembered.search_log(text).is_empty(), "{text}");
        }
        for text in ["user wilhelmina signed up", "wilhelmina%40secret.example"] {
            assert!(remembered.search_database(text.as_bytes()).is_empty(), "{text}");
            assert!(!remembered.search_log(text).is_empty(), "{text}");
        }
        for text in ["at 1795987654000", "duration_ms=0.987654", "Password ConfirmationCode"] {
            assert!(remembered.search_log(text).is_empty(), "{text}");
        }
    }
}
