//! The C library's own functions, found behind ours.

use std::ffi::CStr;
use std::sync::OnceLock;

use libc::{c_char, c_int, c_void, mode_t, off_t, size_t, ssize_t};

/// Declares a function that calls the next one of its name.
macro_rules! real {
    ($(fn $name:ident($($argument:ident: $type:ty),*) -> $result:ty;)*) => {$(
        pub(crate) unsafe fn $name($($argument: $type),*) -> $result {
            type Function = unsafe extern "C" fn($($type),*) -> $result;
            static ADDRESS: OnceLock<usize> = OnceLock::new();
            const NAME: &CStr = match CStr::from_bytes_with_nul(concat!(stringify!($name), "\0").as_bytes()) {
                Ok(name) => name,
                Err(_) => c"",
            };
            // SAFETY: the name ends with a zero.
            let address = *ADDRESS.get_or_init(|| unsafe { libc::dlsym(libc::RTLD_NEXT, NAME.as_ptr()) as usize });
            if address == 0 {
                // SAFETY: it only ends the process.
                unsafe { libc::abort() }
            }
            // SAFETY: it is the C library's function of this name, which has this signature.
            let function = unsafe { std::mem::transmute::<usize, Function>(address) };
            // SAFETY: the caller's arguments are passed on as they are.
            unsafe { function($($argument),*) }
        }
    )*};
}

real! {
    fn open(path: *const c_char, flags: c_int, mode: mode_t) -> c_int;
    fn openat(directory: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int;
    fn close(descriptor: c_int) -> c_int;
    fn write(descriptor: c_int, bytes: *const c_void, length: size_t) -> ssize_t;
    fn pwrite(descriptor: c_int, bytes: *const c_void, length: size_t, offset: off_t) -> ssize_t;
    fn fsync(descriptor: c_int) -> c_int;
    fn fdatasync(descriptor: c_int) -> c_int;
    fn ftruncate(descriptor: c_int, length: off_t) -> c_int;
    fn unlink(path: *const c_char) -> c_int;
    fn rename(from: *const c_char, to: *const c_char) -> c_int;
}
