//! The disk: which descriptors are its files, the rules, and the journal of what was asked of it.

use std::ffi::{CStr, CString, OsStr};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use libc::{c_char, c_int, c_void};

use crate::real;
use crate::rules::{Operation, Rules, Verdict};

/// Descriptors above are not looked after.
const DESCRIPTORS: usize = 4096;
/// How long an operation that hangs waits before it looks at the rules again.
const NAP: Duration = Duration::from_millis(1);

/// For each descriptor the number of its file, from 1. Without locks, because signal handlers write too.
static FILES: [AtomicU32; DESCRIPTORS] = [const { AtomicU32::new(0) }; DESCRIPTORS];
static DISK: OnceLock<Option<Disk>> = OnceLock::new();

pub(crate) struct Disk {
    directory: PathBuf,
    control: CString,
    state: Mutex<State>,
}

pub(crate) struct State {
    rules: Rules,
    /// The names of the files by their number, less one.
    names: Vec<String>,
    journal: c_int,
    flushes: u64,
}

/// The disk, if the environment names one.
pub(crate) fn find() -> Option<&'static Disk> {
    DISK.get_or_init(open).as_ref()
}

fn open() -> Option<Disk> {
    let variable = |name| std::env::var_os(name);
    let directory = PathBuf::from(variable("DISK_FAULTS_DIRECTORY")?);
    let path = |name| CString::new(variable(name)?.as_bytes()).ok();
    let (control, journal) = (path("DISK_FAULTS_CONTROL")?, path("DISK_FAULTS_JOURNAL")?);
    let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_APPEND | libc::O_CLOEXEC;
    // SAFETY: the path is a C string.
    let journal = unsafe { real::open(journal.as_ptr(), flags, 0o600) };
    let state = State { rules: Rules::default(), names: Vec::new(), journal, flushes: 0 };
    Some(Disk { directory, control, state: Mutex::new(state) })
}

/// The number of the file behind a descriptor.
pub(crate) fn file_of(descriptor: c_int) -> Option<u32> {
    let slot = FILES.get(usize::try_from(descriptor).ok()?)?;
    Some(slot.load(Ordering::Relaxed)).filter(|number| *number > 0)
}

pub(crate) fn forget(descriptor: c_int) {
    if let Some(slot) = usize::try_from(descriptor).ok().and_then(|index| FILES.get(index)) {
        slot.store(0, Ordering::Relaxed);
    }
}

impl Disk {
    /// The name on this disk of a path, which must be absolute; the empty one is the directory's own.
    ///
    /// # Safety
    /// The path is a C string.
    pub(crate) unsafe fn name(&self, path: *const c_char) -> Option<String> {
        // SAFETY: as above.
        let path = Path::new(OsStr::from_bytes(unsafe { CStr::from_ptr(path) }.to_bytes()));
        Some(path.strip_prefix(&self.directory).ok()?.to_string_lossy().into_owned())
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the rules, and waits as long as they say. Returns how many bytes may be written, or the error.
    pub(crate) fn ask(&self, operation: Operation, name: &str, length: usize) -> Result<usize, c_int> {
        loop {
            let (verdict, delay) = {
                let mut state = self.lock();
                // What can't be read right now is as it was.
                if let Some(rules) = read(&self.control) {
                    state.rules.update(&rules);
                }
                state.rules.judge(operation, name, length)
            };
            nap(delay);
            match verdict {
                Verdict::Allow(length) => return Ok(length),
                Verdict::Fail(error) => return Err(error),
                Verdict::Wait => nap(NAP),
            }
        }
    }
}

impl State {
    pub(crate) fn remember(&mut self, descriptor: c_int, name: String) {
        let number = match self.names.iter().position(|known| *known == name) {
            Some(index) => index,
            None => {
                self.names.push(name);
                self.names.len() - 1
            }
        };
        let slot = usize::try_from(descriptor).ok().and_then(|index| FILES.get(index));
        if let (Some(slot), Ok(number)) = (slot, u32::try_from(number)) {
            slot.store(number + 1, Ordering::Relaxed);
        }
    }

    pub(crate) fn name(&self, file: u32) -> String {
        self.names.get(file as usize - 1).cloned().unwrap_or_default()
    }

    /// The number of a new flush.
    pub(crate) fn next_flush(&mut self) -> u64 {
        self.flushes += 1;
        self.flushes
    }

    /// Appends to the journal what has been done: a letter, a number, the name, and bytes.
    pub(crate) fn note(&self, what: u8, number: u64, name: &str, bytes: &[u8]) {
        // Readers make it anew after every end of the process: it never has to survive one.
        if name.ends_with("-shm") {
            return;
        }
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes();
        let mut record = vec![what];
        record.extend(number.to_le_bytes());
        record.extend(length(name.as_bytes()));
        record.extend(length(bytes));
        record.extend(name.as_bytes());
        record.extend(bytes);
        // SAFETY: the buffer is as long as it says. In one piece, so that a kill can't cut it.
        unsafe { real::write(self.journal, record.as_ptr().cast::<c_void>(), record.len()) };
    }
}

/// The whole of a small file.
fn read(path: &CStr) -> Option<String> {
    let mut buffer = [0_u8; 1024];
    // SAFETY: the path is a C string, and no more is read than there is room for.
    let length = unsafe {
        let descriptor = real::open(path.as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC, 0);
        let length = libc::read(descriptor, buffer.as_mut_ptr().cast::<c_void>(), buffer.len());
        real::close(descriptor);
        length
    };
    let bytes = buffer.get(..usize::try_from(length).ok()?)?;
    Some(String::from_utf8_lossy(bytes).into_owned())
}

fn nap(time: Duration) {
    if !time.is_zero() {
        let time = libc::timespec {
            tv_sec: time.as_secs().try_into().unwrap_or_default(),
            tv_nsec: time.subsec_nanos().into(),
        };
        // SAFETY: a null pointer says that nobody wants to know what is left.
        unsafe { libc::nanosleep(&raw const time, std::ptr::null_mut()) };
    }
}
