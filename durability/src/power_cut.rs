//! What a power cut leaves of the files that a process wrote.
//!
//! Only what a flush has ended for is certain. Of what was written after, each write is there or not, in any order, and the
//! last ones may be there in part, sector by sector. A flush that failed makes nothing certain, and what it was to write is
//! not tried again. A new name is certain once its directory was flushed.

use std::collections::BTreeMap;
use std::path::Path;

use crate::Failure;
use crate::disk::Record;
use crate::random::Random;

const SECTOR: usize = 512;

#[derive(Clone, Debug)]
enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Resize(usize),
}

#[derive(Clone, Debug, Default)]
struct File {
    certain: Vec<u8>,
    pending: Vec<Change>,
    /// How many changes are pending no more.
    settled: usize,
}

impl File {
    /// What a flush decides about that began after so many changes.
    fn settle(&mut self, covered: usize) -> Vec<Change> {
        let count = covered.saturating_sub(self.settled);
        self.settled += count;
        self.pending.drain(..count).collect()
    }
}

#[derive(Clone, Debug)]
enum Naming {
    Add(String, usize),
    Remove(String),
    Move(String, String),
}

/// The disk as the process saw it, and what of that is certain. Starts empty.
#[derive(Clone, Debug, Default)]
pub struct Platter {
    files: Vec<File>,
    /// As the process sees them.
    names: BTreeMap<String, usize>,
    certain_names: BTreeMap<String, usize>,
    pending_names: Vec<Naming>,
    settled_names: usize,
    /// For each flush under way: how many changes of its file it covers.
    flushes: BTreeMap<u64, usize>,
}

/// How much of what is not certain is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    Nothing,
    All,
    /// The first ones of each file.
    Beginning,
    /// Each at random, whole or in part.
    AtRandom,
}

impl Left {
    pub const ALL: [Self; 4] = [Self::Nothing, Self::All, Self::Beginning, Self::AtRandom];
}

impl Platter {
    /// Does what the journal says.
    ///
    /// # Errors
    /// When it speaks of files that it never made.
    pub fn replay(&mut self, journal: &[Record]) -> Result<(), Failure> {
        for record in journal {
            self.apply(record)
                .ok_or_else(|| format!("{} {}: unknown", char::from(record.what), record.name))?;
        }
        // The process is gone, and its flushes with it.
        self.flushes.clear();
        Ok(())
    }

    fn apply(&mut self, record: &Record) -> Option<()> {
        let name = record.name.as_str();
        let number = usize::try_from(record.number).ok()?;
        let flush = record.number;
        match record.what {
            b'c' => {
                self.files.push(File::default());
                self.names.insert(name.to_owned(), self.files.len() - 1);
                self.pending_names.push(Naming::Add(name.to_owned(), self.files.len() - 1));
            }
            b'w' => {
                let bytes = record.bytes.clone();
                self.file(name)?.pending.push(Change::Write { at: number, bytes });
            }
            b't' => self.file(name)?.pending.push(Change::Resize(number)),
            b'b' if name.is_empty() => {
                self.flushes.insert(flush, self.settled_names + self.pending_names.len());
            }
            b'b' => {
                let file = self.file(name)?;
                let covered = file.settled + file.pending.len();
                self.flushes.insert(flush, covered);
            }
            b'e' | b'f' if name.is_empty() => {
                let count = self.flushes.remove(&flush)?.saturating_sub(self.settled_names);
                self.settled_names += count;
                for naming in self.pending_names.drain(..count).filter(|_| record.what == b'e') {
                    rename(&mut self.certain_names, &naming);
                }
            }
            b'e' | b'f' => {
                let covered = self.flushes.remove(&flush)?;
                let file = self.file(name)?;
                for change in file.settle(covered).iter().filter(|_| record.what == b'e') {
                    write(&mut file.certain, change);
                }
            }
            b'u' => {
                self.names.remove(name);
                self.pending_names.push(Naming::Remove(name.to_owned()));
            }
            b'r' => {
                let to = String::from_utf8(record.bytes.clone()).ok()?;
                let file = self.names.remove(name)?;
                self.names.insert(to.clone(), file);
                self.pending_names.push(Naming::Move(name.to_owned(), to));
            }
            _ => return None,
        }
        Some(())
    }

    fn file(&mut self, name: &str) -> Option<&mut File> {
        self.files.get_mut(*self.names.get(name)?)
    }

    /// How many writes are not certain.
    #[must_use]
    pub fn uncertain(&self) -> usize {
        self.files.iter().map(|file| file.pending.len()).sum()
    }

    /// Writes to an empty directory what is left after a power cut, and goes on from there.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn cut(&mut self, left: Left, random: &mut Random, directory: &Path) -> Result<(), Failure> {
        let namings = std::mem::take(&mut self.pending_names);
        self.settled_names = 0;
        let kept = match left {
            Left::Nothing => 0,
            Left::All => namings.len(),
            Left::Beginning | Left::AtRandom => random.index(namings.len() + 1),
        };
        namings.iter().take(kept).for_each(|naming| rename(&mut self.certain_names, naming));
        self.names = self.certain_names.clone();
        for file in &mut self.files {
            let changes = std::mem::take(&mut file.pending);
            file.settled = 0;
            let beginning = random.index(changes.len() + 1);
            for (index, change) in changes.iter().enumerate() {
                match left {
                    Left::Nothing => {}
                    Left::All => write(&mut file.certain, change),
                    Left::Beginning if index < beginning => write(&mut file.certain, change),
                    Left::Beginning => {}
                    Left::AtRandom => write_in_part(&mut file.certain, change, random),
                }
            }
        }
        std::fs::create_dir_all(directory)?;
        for (name, file) in &self.certain_names {
            let file = self.files.get(*file).ok_or("a name without a file")?;
            let path = directory.join(name);
            std::fs::write(&path, &file.certain)?;
            std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        }
        Ok(())
    }
}

fn rename(names: &mut BTreeMap<String, usize>, naming: &Naming) {
    match naming {
        Naming::Add(name, file) => {
            names.insert(name.clone(), *file);
        }
        Naming::Remove(name) => {
            names.remove(name);
        }
        Naming::Move(from, to) => {
            if let Some(file) = names.remove(from) {
                names.insert(to.clone(), file);
            }
        }
    }
}

fn write(file: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Write { at, bytes } => {
            if file.len() < at + bytes.len() {
                file.resize(at + bytes.len(), 0);
            }
            if let Some(target) = file.get_mut(*at..at + bytes.len()) {
                target.copy_from_slice(bytes);
            }
        }
        Change::Resize(length) => file.resize(*length, 0),
    }
}

/// The whole, nothing, or some of its sectors.
fn write_in_part(file: &mut Vec<u8>, change: &Change, random: &mut Random) {
    match (random.below(3), change) {
        (0, _) => {}
        (1, Change::Write { at, bytes }) => {
            for (sector, piece) in bytes.chunks(SECTOR).enumerate() {
                if random.percent(50) {
                    write(file, &Change::Write { at: at + sector * SECTOR, bytes: piece.to_vec() });
                }
            }
        }
        _ => write(file, change),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(what: u8, number: u64, name: &str, bytes: &[u8]) -> Record {
        Record { what, number, name: name.to_owned(), bytes: bytes.to_vec() }
    }

    fn after_cut(journal: &[Record], left: Left) -> BTreeMap<String, Vec<u8>> {
        let directory = tempfile::tempdir().unwrap();
        let mut platter = Platter::default();
        platter.replay(journal).unwrap();
        platter.cut(left, &mut Random::new(1), directory.path()).unwrap();
        let entries = std::fs::read_dir(directory.path()).unwrap().map(Result::unwrap);
        entries
            .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
            .collect()
    }

    #[test]
    fn only_what_was_written_before_a_flush_that_ended_is_certain() {
        let journal = [
            record(b'c', 0, "f", b""),
            record(b'b', 1, "", b""),
            record(b'e', 1, "", b""),
            record(b'w', 0, "f", b"aaaa"),
            record(b'b', 2, "f", b""),
            record(b'w', 4, "f", b"bbbb"),
            record(b'e', 2, "f", b""),
            record(b'w', 8, "f", b"cccc"),
            record(b'b', 3, "f", b""),
        ];
        assert_eq!(after_cut(&journal, Left::Nothing), [("f".to_owned(), b"aaaa".to_vec())].into());
        assert_eq!(after_cut(&journal, Left::All), [("f".to_owned(), b"aaaabbbbcccc".to_vec())].into());
    }

    #[test]
    fn a_failed_flush_loses_what_it_was_to_write() {
        let journal = [
            record(b'c', 0, "f", b""),
            record(b'b', 1, "", b""),
            record(b'e', 1, "", b""),
            record(b'w', 0, "f", b"aaaa"),
            record(b'b', 2, "f", b""),
            record(b'f', 2, "f", b""),
            record(b'w', 4, "f", b"bbbb"),
            record(b'b', 3, "f", b""),
            record(b'e', 3, "f", b""),
        ];
        assert_eq!(after_cut(&journal, Left::All), [("f".to_owned(), b"\0\0\0\0bbbb".to_vec())].into());
    }

    #[test]
    fn a_name_is_certain_once_its_directory_was_flushed() {
        let journal = [record(b'c', 0, "f", b""), record(b'b', 1, "f", b""), record(b'e', 1, "f", b"")];
        assert_eq!(after_cut(&journal, Left::Nothing), BTreeMap::new());
        let moved = [
            record(b'c', 0, "f", b""),
            record(b'b', 1, "", b""),
            record(b'e', 1, "", b""),
            record(b'r', 0, "f", b"g"),
        ];
        assert_eq!(after_cut(&moved, Left::Nothing), [("f".to_owned(), Vec::new())].into());
        assert_eq!(after_cut(&moved, Left::All), [("g".to_owned(), Vec::new())].into());
    }
}
