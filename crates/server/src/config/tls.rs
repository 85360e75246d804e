use std::path::Path;

use serde::Deserialize;

use super::Problem;
use super::files::check_private;

/// `[tls]`: certificate and key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsSection {
    pub certificate_file: String,
    pub key_file: String,
}

impl TlsSection {
    /// The two files, if TLS is on.
    #[must_use]
    pub fn files(&self) -> Option<(&Path, &Path)> {
        (!self.certificate_file.is_empty() && !self.key_file.is_empty())
            .then(|| (Path::new(&self.certificate_file), Path::new(&self.key_file)))
    }

    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        if self.certificate_file.is_empty() != self.key_file.is_empty() {
            problems.push(Problem(
                "`tls.certificate_file` and `tls.key_file` belong together: set both or neither".into(),
            ));
        }
    }

    pub(super) fn check_files(&self, problems: &mut Vec<Problem>) {
        check_private(&self.key_file, problems);
    }
}
