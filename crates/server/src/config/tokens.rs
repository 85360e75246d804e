use serde::Deserialize;

/// `[tokens]`: what differs from Cognito where the operator wants it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokensSection {
    pub reuse_revokes: bool,
    pub acr_in_every_token: bool,
}
