use cenote_crypto::SecretString;
use serde::Deserialize;

use super::Problem;
use super::files::{check_both, check_private, either};

/// `[sms]`: how text messages leave.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmsSection {
    pub webhook_url: String,
    pub secret: SecretString,
    pub secret_file: String,
    pub bearer_token: SecretString,
    pub bearer_token_file: String,
}

impl SmsSection {
    /// What signs the posts, if there is something.
    ///
    /// # Errors
    /// When its file can't be read.
    pub fn secret(&self) -> Result<Option<SecretString>, Problem> {
        either(&self.secret, &self.secret_file)
    }

    /// What is sent as `Authorization: Bearer`, if there is something.
    ///
    /// # Errors
    /// When its file can't be read.
    pub fn bearer_token(&self) -> Result<Option<SecretString>, Problem> {
        either(&self.bearer_token, &self.bearer_token_file)
    }

    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        check_both("sms.secret", &self.secret, &self.secret_file, problems);
        check_both("sms.bearer_token", &self.bearer_token, &self.bearer_token_file, problems);
        if self.webhook_url.is_empty() {
            return;
        }
        if !self.webhook_url.starts_with("https://") && !self.webhook_url.starts_with("http://") {
            problems.push(Problem("`sms.webhook_url` has to start with https:// (or http://)".into()));
        }
        let given = |secret: &SecretString, file: &str| !secret.expose().is_empty() || !file.is_empty();
        if !given(&self.secret, &self.secret_file) && !given(&self.bearer_token, &self.bearer_token_file) {
            problems.push(Problem(
                "neither `sms.secret` nor `sms.bearer_token` is set: the gateway could not tell our posts from anybody else's"
                    .into(),
            ));
        }
    }

    pub(super) fn check_files(&self, problems: &mut Vec<Problem>) {
        check_private(&self.secret_file, problems);
        check_private(&self.bearer_token_file, problems);
    }
}
