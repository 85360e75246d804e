//! A disk that fails, under one directory of a server.

use std::path::PathBuf;

use crate::Failure;
use crate::server::{Setup, named};

pub const EIO: i32 = 5;
pub const ENOSPC: i32 = 28;
pub const EROFS: i32 = 30;

/// The library `cenote-disk-faults` describes rules and journal.
#[derive(Clone, Debug)]
pub struct Disk {
    control: PathBuf,
    journal: PathBuf,
}

impl Disk {
    /// Puts it under the data of a server that has not started.
    ///
    /// # Errors
    /// When `CENOTE_DISK_FAULTS` does not name the library.
    pub fn under(setup: &mut Setup) -> Result<Self, Failure> {
        let library = std::fs::canonicalize(named("CENOTE_DISK_FAULTS")?)?;
        let (control, journal) = (setup.directory.join("rules"), setup.directory.join("journal"));
        setup.environment = vec![
            ("LD_PRELOAD", library),
            ("DISK_FAULTS_DIRECTORY", setup.data()),
            ("DISK_FAULTS_CONTROL", control.clone()),
            ("DISK_FAULTS_JOURNAL", journal.clone()),
        ];
        Ok(Self { control, journal })
    }

    /// From now on this goes wrong, and nothing else.
    ///
    /// # Errors
    /// When the rules can't be written.
    pub fn fails(&self, rules: &str) -> Result<(), Failure> {
        let new = self.control.with_extension("new");
        std::fs::write(&new, rules)?;
        Ok(std::fs::rename(new, &self.control)?)
    }

    /// Nothing goes wrong any more.
    ///
    /// # Errors
    /// When the rules can't be written.
    pub fn recovers(&self) -> Result<(), Failure> {
        self.fails("")
    }

    /// What was done on it.
    ///
    /// # Errors
    /// When there is no journal, or one that can't be read.
    pub fn journal(&self) -> Result<Vec<Record>, Failure> {
        let bytes = std::fs::read(&self.journal)?;
        let mut rest = bytes.as_slice();
        let mut records = Vec::new();
        while !rest.is_empty() {
            records.push(Record::read(&mut rest).ok_or("the journal can't be read")?);
        }
        Ok(records)
    }
}

/// One thing that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub what: u8,
    pub number: u64,
    pub name: String,
    pub bytes: Vec<u8>,
}

impl Record {
    fn read(rest: &mut &[u8]) -> Option<Self> {
        let mut take = |length: usize| {
            let (taken, left) = rest.split_at_checked(length)?;
            *rest = left;
            Some(taken)
        };
        let what = *take(1)?.first()?;
        let number = u64::from_le_bytes(take(8)?.try_into().ok()?);
        let name_length = u32::from_le_bytes(take(4)?.try_into().ok()?);
        let length = u32::from_le_bytes(take(4)?.try_into().ok()?);
        let name = String::from_utf8(take(name_length as usize)?.to_vec()).ok()?;
        Some(Self { what, number, name, bytes: take(length as usize)?.to_vec() })
    }
}
