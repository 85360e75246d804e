use serde::Deserialize;

/// `[recovery]`: the forgotten password.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecoverySection {
    pub ineligible: IneligibleAnswer,
}

/// What is said of an existing user who can't get a code, where users are hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IneligibleAnswer {
    Simulate,
    Error,
}
