//! A line on a terminal that says how far long work is.

use std::io::{IsTerminal as _, Write as _};

use cenote_store::{BackupProgress, BackupStage};

const WIDTH: u64 = 30;
/// Back to the start of the line, and erase it.
const ERASE: &str = "\r\u{1b}[2K";

/// Standard error's last line; nothing where that is no terminal. Erased in the end.
#[derive(Debug)]
pub(super) struct ProgressLine {
    enabled: bool,
    shown: String,
}

impl ProgressLine {
    pub(super) fn new() -> Self {
        Self { enabled: std::io::stderr().is_terminal(), shown: String::new() }
    }

    pub(super) fn show(&mut self, progress: BackupProgress) {
        self.put(|| line(progress));
    }

    /// How many of about so many things are done.
    pub(super) fn show_count(&mut self, name: &str, done: u64, total: u64) {
        self.put(|| bar(name, done, total, &total.to_string()));
    }

    fn put(&mut self, line: impl FnOnce() -> String) {
        if !self.enabled {
            return;
        }
        let line = line();
        if line != self.shown {
            // Nobody misses it if it can't be shown.
            let _ = write!(std::io::stderr(), "{ERASE}{line}");
            self.shown = line;
        }
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        if !self.shown.is_empty() {
            let _ = write!(std::io::stderr(), "{ERASE}");
        }
    }
}

fn line(progress: BackupProgress) -> String {
    let BackupProgress { stage, done, total } = progress;
    let name = match stage {
        BackupStage::Copy => "copying",
        BackupStage::Checksum => "checksum",
        BackupStage::Integrity => return format!("checking every table and index ({})", size(total)),
    };
    bar(name, done, total, &size(total))
}

fn bar(name: &str, done: u64, total: u64, of: &str) -> String {
    let part = |whole: u64| done.min(total).saturating_mul(whole) / total.max(1);
    let bar: String = (0..WIDTH).map(|place| if place < part(WIDTH) { '#' } else { '.' }).collect();
    format!("{name:<8} [{bar}] {:>3}% of {of}", part(100))
}

/// A number of bytes for people.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let mut tenths = bytes.saturating_mul(10) / 1024;
    let mut units = UNITS.into_iter();
    let mut unit = units.next().unwrap_or_default();
    for next in units {
        if tenths < 10_240 {
            break;
        }
        tenths /= 1024;
        unit = next;
    }
    format!("{}.{} {unit}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_how_far_it_is() {
        let at = |stage, done, total| line(BackupProgress { stage, done, total });
        assert_eq!(
            at(BackupStage::Copy, 1 << 20, 4 << 20),
            "copying  [#######.......................]  25% of 4.0 MiB"
        );
        assert_eq!(
            at(BackupStage::Checksum, 10, 10),
            "checksum [##############################] 100% of 0.0 KiB"
        );
        assert_eq!(at(BackupStage::Integrity, 0, 1536), "checking every table and index (1.5 KiB)");
        // Nothing to do at all.
        assert!(at(BackupStage::Copy, 0, 0).contains("  0%"));
    }

    #[test]
    fn sizes_are_for_people() {
        let sizes = [0, 102, 1024, 1_048_575, 1_048_576, 1_610_612_736, u64::MAX].map(size);
        assert_eq!(sizes[..6], ["0.0 KiB", "0.0 KiB", "1.0 KiB", "1023.9 KiB", "1.0 MiB", "1.5 GiB"]);
        assert!(sizes[6].ends_with(" TiB"));
    }
}
