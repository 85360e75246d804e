//! Files with secrets in them.

use std::path::Path;

use cenote_crypto::SecretString;

use super::Problem;

/// Refuses a file that others than its owner can read.
///
/// # Errors
/// A sentence that says what to do.
pub fn ensure_private(path: &Path) -> Result<(), Problem> {
    let name = path.display();
    let metadata =
        std::fs::metadata(path).map_err(|error| Problem(format!("{name} can't be read: {error}")))?;
    if !metadata.is_file() {
        return Err(Problem(format!("{name} is not a file")));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = metadata.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(Problem(format!(
                "{name} holds a secret and others can read it (mode {mode:o}): run `chmod 600 {name}`"
            )));
        }
    }
    Ok(())
}

/// Reads a secret from a file, without the line end.
///
/// # Errors
/// When it can't be read or is empty.
pub fn read_secret(path: &Path) -> Result<SecretString, Problem> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Problem(format!("{} can't be read: {error}", path.display())))?;
    let secret = SecretString::new(text.trim().to_owned());
    drop(SecretString::new(text));
    if secret.expose().is_empty() {
        return Err(Problem(format!("{} is empty", path.display())));
    }
    Ok(secret)
}

/// The secret that is in a setting or in the file of another.
pub(super) fn either(setting: &SecretString, file: &str) -> Result<Option<SecretString>, Problem> {
    if !setting.expose().is_empty() {
        return Ok(Some(setting.clone()));
    }
    if file.is_empty() { Ok(None) } else { read_secret(Path::new(file)).map(Some) }
}

/// Complains when both are set, or when the file is open to others.
pub(super) fn check_both(name: &str, setting: &SecretString, file: &str, problems: &mut Vec<Problem>) {
    if !setting.expose().is_empty() && !file.is_empty() {
        problems.push(Problem(format!("`{name}` and `{name}_file` are both set: keep one")));
    }
}

pub(super) fn check_private(file: &str, problems: &mut Vec<Problem>) {
    if !file.is_empty() {
        problems.extend(ensure_private(Path::new(file)).err());
    }
}
