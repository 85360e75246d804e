use cenote_crypto::SecretString;
use serde::Deserialize;

use super::Problem;
use super::files::{check_both, check_private, either};

/// `[email]`: how mail leaves.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmailSection {
    pub smtp_url: SecretString,
    pub smtp_url_file: String,
    pub from: String,
    pub ca_file: String,
}

impl EmailSection {
    /// The URL of the mail server, if there is one.
    ///
    /// # Errors
    /// When its file can't be read.
    pub fn smtp_url(&self) -> Result<Option<SecretString>, Problem> {
        either(&self.smtp_url, &self.smtp_url_file)
    }

    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        check_both("email.smtp_url", &self.smtp_url, &self.smtp_url_file, problems);
        let url = self.smtp_url.expose();
        if !url.is_empty() && !url.starts_with("smtp://") && !url.starts_with("smtps://") {
            problems.push(Problem("`email.smtp_url` has to start with smtp:// or smtps://".into()));
        }
        if self.from.contains(['\r', '\n']) {
            problems.push(Problem("`email.from` has to be one line".into()));
        }
        let has_server = !url.is_empty() || !self.smtp_url_file.is_empty();
        if has_server && self.from.is_empty() {
            problems
                .push(Problem("`email.from` is not set: write the sender of pools that name none".into()));
        }
    }

    pub(super) fn check_files(&self, problems: &mut Vec<Problem>) {
        check_private(&self.smtp_url_file, problems);
    }
}
