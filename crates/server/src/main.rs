//! The `cenote` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    cenote::cli::main()
}
