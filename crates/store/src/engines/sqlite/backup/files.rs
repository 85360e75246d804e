//! Files that get their name when they are whole.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest;

use super::{BackupError, BackupProgress, BackupStage, OnProgress};
use crate::directory::sync_directory;

/// A new file for nobody but its owner, beside the name it gets in the end. Removed unless it gets there.
pub(super) struct Partial {
    pub(super) file: File,
    path: PathBuf,
    name: PathBuf,
    named: bool,
}

impl Partial {
    pub(super) fn create(name: &Path) -> Result<Self, BackupError> {
        use std::os::unix::fs::OpenOptionsExt as _;
        let path = beside(name, ".partial");
        match File::options().write(true).create_new(true).mode(0o600).open(&path) {
            Ok(file) => Ok(Self { file, path, name: name.to_owned(), named: false }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(BackupError::Unfinished(path)),
            Err(error) => Err(at(&path)(error)),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Waits until its contents have reached the disk, whoever wrote them.
    pub(super) fn sync(&self) -> Result<(), BackupError> {
        self.file.sync_all().map_err(at(&self.path))
    }

    /// Gives it its name, for good.
    pub(super) fn finish(mut self) -> Result<(), BackupError> {
        self.sync()?;
        std::fs::rename(&self.path, &self.name).map_err(at(&self.name))?;
        self.named = true;
        sync_directory(&self.name).map_err(at(&self.name))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.named {
            // What failed is what counts; the next one complains if this stays.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// The path with something added to the file's name.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Whether there is such a file.
pub(super) fn exists(path: &Path) -> Result<bool, BackupError> {
    path.try_exists().map_err(at(path))
}

/// What an error is about.
pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    let path = path.to_owned();
    move |error| BackupError::File { path, error }
}

/// Reads a file, copies it when that is asked for, and returns how many bytes it has and their SHA-256 in hexadecimal.
///
/// Never for a database that a connection of this process has open: closing the file would give up that one's locks.
pub(super) fn pump(
    from: &Path,
    mut into: Option<&mut Partial>,
    stage: BackupStage,
    progress: OnProgress<'_>,
) -> Result<(u64, String), BackupError> {
    let mut file = File::open(from).map_err(at(from))?;
    let total = file.metadata().map_err(at(from))?.len();
    let mut digest = digest::Context::new(&digest::SHA256);
    let mut buffer = vec![0; 1 << 20];
    let mut done = 0;
    loop {
        let read = match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => buffer.get(..read).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(at(from)(error)),
        };
        digest.update(read);
        if let Some(into) = &mut into {
            into.file.write_all(read).map_err(at(&into.path))?;
        }
        done += read.len() as u64;
        progress(BackupProgress { stage, done, total });
    }
    let hex = digest.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((done, hex))
}
