//! Where the master key comes from.

use std::io::Write as _;
use std::path::Path;

use cenote_crypto::{KeyRing, MasterKey, SecretString, SystemRandom};
use cenote_store::sync_directory;

use super::Failure;
use crate::config::{KeysSection, ensure_private};

/// The key ring of the configured file or of the environment.
pub(super) fn load(section: &KeysSection) -> Result<KeyRing, Failure> {
    match std::env::var(KeysSection::VARIABLE).map(SecretString::new) {
        Ok(text) => {
            KeyRing::parse(text.expose()).map_err(|error| format!("CENOTE_MASTER_KEY: {error}").into())
        }
        Err(_) if section.master_key_file.is_empty() => {
            Err("there is no master key: set `keys.master_key_file` or CENOTE_MASTER_KEY".into())
        }
        Err(_) => read(Path::new(&section.master_key_file)),
    }
}

/// The key ring of a file.
pub(super) fn read(path: &Path) -> Result<KeyRing, Failure> {
    ensure_private(path).map_err(|problem| problem.0)?;
    let text = std::fs::read_to_string(path)
        .map(SecretString::new)
        .map_err(|error| format!("the key file {} can't be read: {error}", path.display()))?;
    KeyRing::parse(text.expose()).map_err(|error| format!("{}: {error}", path.display()).into())
}

/// The key ring of a file that is made when it is not there.
pub(super) fn load_or_create(path: &Path) -> Result<KeyRing, Failure> {
    if !path.exists() {
        create(path)?;
    }
    read(path)
}

/// Writes a new master key into a new file that only its owner can read; the key's id. An existing file is never touched.
pub(super) fn create(path: &Path) -> Result<String, Failure> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let key = MasterKey::generate(&SystemRandom);
    let text = key.to_text();
    let written = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).and_then(
        |mut file| {
            let written = writeln!(file, "{}", text.expose()).and_then(|()| file.sync_all());
            // Half a key would be in the way of the next start.
            written.and_then(|()| sync_directory(path)).inspect_err(|_| drop(std::fs::remove_file(path)))
        },
    );
    match written {
        Ok(()) => Ok(key.id().to_string()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Err(format!(
            "{} exists already and stays as it is: what was sealed with its key could not be opened with another",
            path.display()
        )
        .into()),
        Err(error) => Err(format!("the key file {} can't be written: {error}", path.display()).into()),
    }
}
