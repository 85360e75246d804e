//! Tasks of the project.
//!
//! * [`verify`]: everything that `cargo test` does not prove
//! * [`needs`]: what the parts of it need on the machine
//! * [`clients`]: the client suites' own packages
//! * [`fuzz`]: the fuzz targets, for a bounded time
//! * [`generate`]: generated code and documents
//! * [`docs`], [`links`]: the documentation
//! * [`process`]: other programs, and what is said about them

mod clients;
mod docs;
mod fuzz;
mod generate;
mod links;
mod needs;
mod process;
mod verify;

use std::process::ExitCode;

use process::{Extent, Outcome, Workspace, complain, say};

const USAGE: &str = "\
Tasks of the project. `cargo test` needs nothing but Rust; these need a little more.

  cargo xtask verify             `cargo test` with PostgreSQL, and everything beyond it: real clients, crashes
  cargo xtask verify NAME...     only these parts
  cargo xtask verify --long ...  the same, with more of everything: hours instead of minutes
  cargo xtask verify --list      the parts, and what each needs on this machine
  cargo xtask fuzz [--seconds N] [TARGET...]
                                 look for inputs that break a decoder, N seconds for each target
  cargo xtask generate           write generated code and documents
  cargo xtask generate --check   fail if they are not what would be written
  cargo xtask docs               build the documentation, check every relative link";

fn are_names(words: &[&str]) -> bool {
    words.iter().all(|word| !word.starts_with('-'))
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let workspace = Workspace::find();
    let outcome: Outcome = match words.as_slice() {
        ["verify", "--list"] => {
            verify::list();
            Ok(())
        }
        ["verify", "--long", names @ ..] if are_names(names) => verify::run(&workspace, Extent::Long, names),
        ["verify", names @ ..] if are_names(names) => verify::run(&workspace, Extent::Short, names),
        ["fuzz", "--seconds", seconds, names @ ..] if are_names(names) => match seconds.parse() {
            Ok(seconds) => fuzz::fuzz(&workspace, Some(seconds), names),
            Err(_) => Err(format!("`{seconds}` is no number of seconds")),
        },
        ["fuzz", names @ ..] if are_names(names) => fuzz::fuzz(&workspace, None, names),
        ["generate"] => generate::run(&workspace, generate::Mode::Write),
        ["generate", "--check"] => generate::run(&workspace, generate::Mode::Check),
        ["docs"] => docs::run(&workspace),
        ["--help" | "-h" | "help"] => {
            say(USAGE);
            Ok(())
        }
        _ => {
            complain(USAGE);
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            complain(&format!("\nxtask: {message}"));
            ExitCode::FAILURE
        }
    }
}
