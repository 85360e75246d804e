use serde::Deserialize;

use super::Problem;

/// `[aws]`: what stands in ARNs and issuers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AwsSection {
    pub region: String,
    pub account_id: String,
    pub issuer: IssuerName,
}

/// How issuers are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IssuerName {
    Own,
    Aws,
}

impl AwsSection {
    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        let region_ok = !self.region.is_empty()
            && self
                .region
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if !region_ok {
            problems.push(Problem("`aws.region` has to be a name such as us-east-1".into()));
        }
        if self.account_id.len() != 12 || !self.account_id.bytes().all(|byte| byte.is_ascii_digit()) {
            problems.push(Problem("`aws.account_id` has to be twelve digits".into()));
        }
    }
}
