//! A disk that fills, fails, hangs and forgets, put under an unchanged program.
//!
//! The library is loaded before the C library (`LD_PRELOAD`) and stands in for what writes files. It looks after the files
//! in one directory and leaves everything else alone:
//!
//! | variable | holds |
//! | --- | --- |
//! | `DISK_FAULTS_DIRECTORY` | the directory, an absolute path without links |
//! | `DISK_FAULTS_CONTROL` | a file with what goes wrong ([`rules`]); it may change at any time |
//! | `DISK_FAULTS_JOURNAL` | where what was done is noted |
//!
//! The journal is what a power cut is simulated from: writes reach the disk only when a flush that began after them has
//! ended. A record is a letter, a number (8 bytes), the lengths of name and bytes (4 each), name, and bytes:
//!
//! | letter | |
//! | --- | --- |
//! | `c` | the file was created |
//! | `w` | bytes were written at the offset `number` |
//! | `t` | it was cut to, or grew to, `number` bytes |
//! | `b`, `e`, `f` | the flush `number` began, ended, failed; an empty name is the directory's own |
//! | `u` | it was removed |
//! | `r` | it was renamed to `bytes` |
//!
//! Functions with a variable number of arguments are written with a fixed one here, which is the same to a caller on Linux
//! for x86-64 and AArch64.

#![cfg(target_os = "linux")]

mod disk;
mod real;
mod rules;

use disk::{Disk, file_of};
use libc::{c_char, c_int, c_void, iovec, mode_t, off_t, size_t, ssize_t};
use rules::Operation;

fn fail(error: c_int) -> c_int {
    // SAFETY: it is this thread's.
    unsafe { *libc::__errno_location() = error };
    -1
}

/// # Safety
/// As `open`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn open(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: as above.
    unsafe { open_with(path, flags, || real::open(path, flags, mode)) }
}

/// # Safety
/// As `open`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn open64(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: as above.
    unsafe { open(path, flags, mode) }
}

/// # Safety
/// As `openat`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openat(directory: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: as above.
    unsafe { open_with(path, flags, || real::openat(directory, path, flags, mode)) }
}

/// # Safety
/// As `openat`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openat64(
    directory: c_int,
    path: *const c_char,
    flags: c_int,
    mode: mode_t,
) -> c_int {
    // SAFETY: as above.
    unsafe { openat(directory, path, flags, mode) }
}

/// # Safety
/// The path is a C string.
unsafe fn open_with(path: *const c_char, flags: c_int, open: impl FnOnce() -> c_int) -> c_int {
    // SAFETY: as above.
    let Some((disk, name)) = disk::find().and_then(|disk| Some((disk, unsafe { disk.name(path) }?))) else {
        return open();
    };
    let writes = flags & libc::O_ACCMODE != libc::O_RDONLY || flags & libc::O_CREAT != 0;
    if writes && let Err(error) = disk.ask(Operation::Open, &name, 0) {
        return fail(error);
    }
    let mut state = disk.lock();
    // SAFETY: as above.
    let existed = unsafe { libc::access(path, libc::F_OK) } == 0;
    let descriptor = open();
    if descriptor >= 0 {
        if !existed && flags & libc::O_CREAT != 0 {
            state.note(b'c', 0, &name, &[]);
        } else if flags & libc::O_TRUNC != 0 {
            state.note(b't', 0, &name, &[]);
        }
        state.remember(descriptor, name);
    }
    descriptor
}

/// # Safety
/// As `close`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn close(descriptor: c_int) -> c_int {
    disk::forget(descriptor);
    // SAFETY: as above.
    unsafe { real::close(descriptor) }
}

/// # Safety
/// As `write`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn write(descriptor: c_int, bytes: *const c_void, length: size_t) -> ssize_t {
    let write = |length| {
        // SAFETY: as above, and no more than there is.
        unsafe { real::write(descriptor, bytes, length) }
    };
    let Some(file) = file_of(descriptor) else { return write(length) };
    // SAFETY: it only tells where the descriptor stands.
    let offset = unsafe { libc::lseek(descriptor, 0, libc::SEEK_CUR) };
    // SAFETY: as above.
    unsafe { write_with(file, bytes, length, offset, write) }
}

/// # Safety
/// As `pwrite`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwrite(
    descriptor: c_int,
    bytes: *const c_void,
    length: size_t,
    offset: off_t,
) -> ssize_t {
    let write = |length| {
        // SAFETY: as above, and no more than there is.
        unsafe { real::pwrite(descriptor, bytes, length, offset) }
    };
    let Some(file) = file_of(descriptor) else { return write(length) };
    // SAFETY: as above.
    unsafe { write_with(file, bytes, length, offset, write) }
}

/// # Safety
/// As `pwrite`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwrite64(
    descriptor: c_int,
    bytes: *const c_void,
    length: size_t,
    offset: off_t,
) -> ssize_t {
    // SAFETY: as above.
    unsafe { pwrite(descriptor, bytes, length, offset) }
}

/// # Safety
/// As `writev`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn writev(descriptor: c_int, pieces: *const iovec, count: c_int) -> ssize_t {
    if count < 1 || pieces.is_null() {
        return 0;
    }
    // SAFETY: there are so many.
    let pieces = unsafe { std::slice::from_raw_parts(pieces, usize::try_from(count).unwrap_or(0)) };
    // A short write is always allowed, and whoever writes in pieces writes the rest again.
    let Some(piece) = pieces.iter().find(|piece| piece.iov_len > 0) else { return 0 };
    // SAFETY: as above.
    unsafe { write(descriptor, piece.iov_base, piece.iov_len) }
}

/// # Safety
/// There are `length` bytes.
unsafe fn write_with(
    file: u32,
    bytes: *const c_void,
    length: size_t,
    offset: off_t,
    write: impl FnOnce(size_t) -> ssize_t,
) -> ssize_t {
    let Some(disk) = disk::find() else { return write(length) };
    let name = disk.lock().name(file);
    let allowed = match disk.ask(Operation::Write, &name, length) {
        Ok(allowed) => allowed,
        Err(error) => return fail(error) as ssize_t,
    };
    // Held over the write, so that the journal has the order of the writes.
    let state = disk.lock();
    let written = write(allowed);
    if let (Ok(written), Ok(offset)) = (usize::try_from(written), u64::try_from(offset)) {
        // SAFETY: no more than there is.
        let bytes = unsafe { std::slice::from_raw_parts(bytes.cast::<u8>(), written) };
        state.note(b'w', offset, &name, bytes);
    }
    written
}

/// # Safety
/// As `fsync`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fsync(descriptor: c_int) -> c_int {
    // SAFETY: as above.
    flush_with(descriptor, || unsafe { real::fsync(descriptor) })
}

/// # Safety
/// As `fdatasync`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fdatasync(descriptor: c_int) -> c_int {
    // SAFETY: as above.
    flush_with(descriptor, || unsafe { real::fdatasync(descriptor) })
}

fn flush_with(descriptor: c_int, flush: impl FnOnce() -> c_int) -> c_int {
    let Some((disk, file)) = disk::find().zip(file_of(descriptor)) else { return flush() };
    let (name, number) = {
        let mut state = disk.lock();
        let (name, number) = (state.name(file), state.next_flush());
        state.note(b'b', number, &name, &[]);
        (name, number)
    };
    let outcome = match disk.ask(Operation::Sync, &name, 0) {
        Ok(_) => flush(),
        Err(error) => fail(error),
    };
    disk.lock().note(if outcome == 0 { b'e' } else { b'f' }, number, &name, &[]);
    outcome
}

/// # Safety
/// As `ftruncate`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ftruncate(descriptor: c_int, length: off_t) -> c_int {
    let truncate = || {
        // SAFETY: as above.
        unsafe { real::ftruncate(descriptor, length) }
    };
    let Some((disk, file)) = disk::find().zip(file_of(descriptor)) else { return truncate() };
    let name = disk.lock().name(file);
    if let Err(error) = disk.ask(Operation::Truncate, &name, 0) {
        return fail(error);
    }
    let state = disk.lock();
    let outcome = truncate();
    if outcome == 0 {
        state.note(b't', u64::try_from(length).unwrap_or_default(), &name, &[]);
    }
    outcome
}

/// # Safety
/// As `ftruncate`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ftruncate64(descriptor: c_int, length: off_t) -> c_int {
    // SAFETY: as above.
    unsafe { ftruncate(descriptor, length) }
}

/// # Safety
/// As `unlink`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn unlink(path: *const c_char) -> c_int {
    let unlink = || {
        // SAFETY: as above.
        unsafe { real::unlink(path) }
    };
    // SAFETY: as above.
    let Some((disk, name)) = disk::find().and_then(|disk| Some((disk, unsafe { disk.name(path) }?))) else {
        return unlink();
    };
    noted(disk, Operation::Unlink, unlink, b'u', &name, &[])
}

/// # Safety
/// As `rename`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rename(from: *const c_char, to: *const c_char) -> c_int {
    let rename = || {
        // SAFETY: as above.
        unsafe { real::rename(from, to) }
    };
    // SAFETY: as above.
    let names = disk::find().and_then(|disk| unsafe { Some((disk, disk.name(from)?, disk.name(to)?)) });
    let Some((disk, from, to)) = names else { return rename() };
    noted(disk, Operation::Rename, rename, b'r', &from, to.as_bytes())
}

fn noted(
    disk: &Disk,
    operation: Operation,
    act: impl FnOnce() -> c_int,
    letter: u8,
    name: &str,
    bytes: &[u8],
) -> c_int {
    if let Err(error) = disk.ask(operation, name, 0) {
        return fail(error);
    }
    let state = disk.lock();
    let outcome = act();
    if outcome == 0 {
        state.note(letter, 0, name, bytes);
    }
    outcome
}
