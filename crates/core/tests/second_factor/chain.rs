//! What a sign-in has shown on its way, and what its tokens must say of that.

use serde_json::{Value, json};

/// What the steps that led somewhere have shown.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    /// As `amr` has it.
    pub shown: Vec<String>,
    /// Whether any of it was shown in these steps, and not before them.
    pub fresh: bool,
    /// The levels that were asked for.
    pub wanted: Vec<usize>,
}

impl Chain {
    pub fn with(&self, method: &str) -> Self {
        let mut chain = Self { fresh: true, ..self.clone() };
        if !chain.shown.iter().any(|it| it == method) {
            chain.shown.push(method.to_owned());
        }
        chain
    }

    pub fn has(&self, method: &str) -> bool {
        self.shown.iter().any(|it| it == method)
    }

    pub fn level(&self) -> usize {
        let sent = self.has("sms") || self.has("email_otp");
        match (self.has("pwd"), self.has("otp"), sent) {
            (true, true, _) => 4,
            (true, _, true) => 3,
            (false, _, true) => 2,
            (true, _, _) => 1,
            _ => 0,
        }
    }

    /// What tokens say of it.
    pub fn claims(&self) -> Value {
        let mut amr = self.shown.clone();
        amr.extend((amr.len() > 1).then(|| "mfa".to_owned()));
        json!([format!("urn:cognito:loa:{}", self.level()), amr])
    }
}
