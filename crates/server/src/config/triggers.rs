use std::collections::BTreeMap;

use serde::Deserialize;

use super::Problem;

/// `[triggers]`: where the functions of Lambda triggers are.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TriggersSection {
    pub endpoint: String,
    pub timeout_ms: u64,
    pub attempts: u32,
    pub allow_private_networks: bool,
    /// Function ARN to endpoint.
    pub endpoints: BTreeMap<String, String>,
}

impl TriggersSection {
    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        let is_url = |text: &str| text.starts_with("https://") || text.starts_with("http://");
        if !self.endpoint.is_empty() && !is_url(&self.endpoint) {
            problems.push(Problem("`triggers.endpoint` has to start with https:// (or http://)".into()));
        }
        for (arn, url) in &self.endpoints {
            if !is_url(url) {
                problems.push(Problem(format!(
                    "`triggers.endpoints.\"{arn}\"` has to start with https:// (or http://)"
                )));
            }
        }
        if self.timeout_ms == 0 {
            problems.push(Problem("`triggers.timeout_ms` has to be at least 1".into()));
        }
        if self.attempts == 0 {
            problems.push(Problem("`triggers.attempts` has to be at least 1".into()));
        }
    }
}
