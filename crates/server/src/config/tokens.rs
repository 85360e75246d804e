use serde::Deserialize;

/// `[tokens]`: what is stricter than Cognito where the operator wants it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokensSection {
    pub reuse_revokes: bool,
}
