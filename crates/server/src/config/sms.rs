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
}

impl SmsSection {
    /// What signs the posts, if there is something.
    ///
    /// # Errors
    /// When its file can't be read.
    pub fn secret(&self) -> Result<Option<SecretString>, Problem> {
        either(&self.secret, &self.secret_file)
    }

    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        check_both("sms.secret", &self.secret, &self.secret_file, problems);
        if self.webhook_url.is_empty() {
            return;
        }
        if !self.webhook_url.starts_with("https://") && !self.webhook_url.starts_with("http://") {
            problems.push(Problem("`sms.webhook_url` has to start with https:// (or http://)".into()));
        }
        if self.secret.expose().is_empty() && self.secret_file.is_empty() {
            problems.push(Problem(
                "`sms.secret` is not set: the gateway could not tell our posts from anybody else's".into(),
            ));
        }
    }

    pub(super) fn check_files(&self, problems: &mut Vec<Problem>) {
        check_private(&self.secret_file, problems);
    }
}
