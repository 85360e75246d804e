use std::fs::File;
use std::io;
use std::path::Path;

/// Makes the names in a file's directory survive a power cut.
///
/// # Errors
/// When the directory can't be opened or flushed.
pub fn sync_directory(file: &Path) -> io::Result<()> {
    let directory = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(directory)?.sync_all()
}
