//! What was seen in requests, answers and messages.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::needles::{Found, Needle, START, Values, decoded, needles, scan};

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
    "ACCESS_TOKEN",
    "SECRET_BLOCK",
    "PASSWORD_CLAIM_SECRET_BLOCK",
    "PASSWORD_CLAIM_SIGNATURE",
    "SALT",
    "SRP_A",
    "SRP_B",
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
/// Members that may be in a log: error codes, addresses of peers, and what attributes are called.
const NAMED: &[&str] = &["__type", "LastIPAddress", "Name"];
/// Members that hold a code.
const CODES: &[&str] = &[
    "ConfirmationCode",
    "Code",
    "UserCode",
    "SOFTWARE_TOKEN_MFA_CODE",
    "SMS_MFA_CODE",
    "SMS_OTP_CODE",
    "EMAIL_OTP_CODE",
];
/// Members that only pass through.
const PASSING: &[&str] = &["ClientMetadata", "ValidationData", "UserContextData", "AnalyticsMetadata"];

/// What must not be found.
#[derive(Debug, Default)]
pub struct Remembered {
    /// By what it is: the values that belong neither in a database nor in a log.
    secrets: Values,
    /// Those that belong in no log.
    people: Values,
    /// Six digits, that may stand by chance within others.
    codes: BTreeSet<Vec<u8>>,
    /// Of users who were deleted.
    deleted: BTreeSet<Vec<u8>>,
}

impl Remembered {
    pub fn secret(&mut self, what: &str, text: &str) {
        self.secret_bytes(what, text.as_bytes());
        for bytes in decoded(text) {
            self.secret_bytes(what, &bytes);
        }
    }

    pub fn secret_bytes(&mut self, what: &str, bytes: &[u8]) {
        insert(&mut self.secrets, what, bytes);
    }

    pub fn person(&mut self, what: &str, text: &str) {
        insert(&mut self.people, what, text.as_bytes());
    }

    pub fn code(&mut self, text: &str) {
        self.codes.insert(text.into());
    }

    pub fn deleted(&mut self, text: &str) {
        self.deleted.insert(text.into());
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
                        Value::String(text) if !may_be_logged(name, text) => self.person(name, text),
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
        needles(&codes).into_iter().map(Needle::of_digits).collect()
    }
}

/// Whether it is the id of a pool, a word of the model, or a member that a log may hold.
fn may_be_logged(member: &str, text: &str) -> bool {
    let is_pool = text.split_once('_').is_some_and(|(region, id)| region == "eu-west-1" && id.len() == 9);
    let is_constant = text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    is_pool || is_constant || NAMED.contains(&member)
}

fn insert(values: &mut Values, what: &str, bytes: &[u8]) {
    // What is shorter is found everywhere.
    if bytes.len() >= START {
        values.entry(what.to_owned()).or_default().insert(bytes.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD_NO_PAD;

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
            STANDARD_NO_PAD.encode(secret.as_bytes()),
            STANDARD_NO_PAD.encode(format!("{{\"Password\":\"{secret}\",\"more\":1}}").as_bytes()),
            STANDARD_NO_PAD.encode(format!("?{secret}???").as_bytes()).replace('+', "-").replace('/', "_"),
            "a message passes through it".into(),
            r#"{"code":"987654"}"#.into(),
            format!("<b>{}</b>", 987_654),
            STANDARD_NO_PAD.encode(b"your code is 987654."),
            "your code is 987654.".into(),
            "code_987654 code-987654: 987654-, +987654%".into(),
        ];
        for text in &encoded {
            assert!(!remembered.search_database(text.as_bytes()).is_empty(), "{text}");
            assert!(!remembered.search_log(text).is_empty(), "{text}");
        }
        for text in ["user wilhelmina signed up", "wilhelmina%40secret.example"] {
            assert!(remembered.search_database(text.as_bytes()).is_empty(), "{text}");
            assert!(!remembered.search_log(text).is_empty(), "{text}");
        }
        for text in [
            "at 1795987654000",
            "duration_ms=0.987654",
            "987654.5 seconds",
            "a987654",
            "Password ConfirmationCode",
        ] {
            assert!(remembered.search_log(text).is_empty(), "{text}");
        }
    }
}
