//! The real binary on a failing disk. `CENOTE_BINARY` and `CENOTE_DISK_FAULTS` name the program and the library that fails.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "tests"
)]

mod answers;
mod backup;
mod full;
mod power;
mod start;
mod stop;
mod support;
mod torn_log;
