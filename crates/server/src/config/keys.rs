use serde::Deserialize;

use super::Problem;
use super::files::check_private;

/// `[keys]`: the master key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeysSection {
    pub master_key_file: String,
}

impl KeysSection {
    /// The environment variable that may hold what would stand in the file.
    pub const VARIABLE: &str = "CENOTE_MASTER_KEY";

    pub(super) fn check_for_serve(&self, has_variable: bool, problems: &mut Vec<Problem>) {
        match (self.master_key_file.is_empty(), has_variable) {
            (true, false) => problems.push(Problem(
                "there is no master key: make one with `cenote keys master generate --out FILE` and set \
                 `keys.master_key_file`, or set the environment variable CENOTE_MASTER_KEY"
                    .into(),
            )),
            (false, true) => problems.push(Problem(
                "`keys.master_key_file` and the environment variable CENOTE_MASTER_KEY are both set: keep one".into(),
            )),
            (false, false) | (true, true) => {}
        }
        check_private(&self.master_key_file, problems);
    }
}
