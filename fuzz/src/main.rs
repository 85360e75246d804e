//! One target under libFuzzer. `cargo xtask fuzz` builds and starts it.
//!
//! `CENOTE_FUZZ_TARGET` names the target (`list` prints all names), `CENOTE_FUZZ_CORPUS` the directory of its corpus, into which the seeds are written
//! before libFuzzer reads it.

#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use cenote_fuzz::{Target, find};

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let name = std::env::var("CENOTE_FUZZ_TARGET").unwrap_or_default();
    if name == "list" {
        list();
    }
    find(&name).unwrap_or_else(|| fail(&format!("there is no target `{name}`")))
});

libfuzzer_sys::fuzz_target!(
    init: {
        LazyLock::force(&TARGET);
        if let Some(corpus) = std::env::var_os("CENOTE_FUZZ_CORPUS").map(PathBuf::from) {
            write_seeds(&corpus).unwrap_or_else(|error| fail(&format!("{}: {error}", corpus.display())));
        }
    },
    |data: &[u8]| {
        (TARGET.run)(data);
    }
);

fn write_seeds(corpus: &std::path::Path) -> std::io::Result<()> {
    std::fs::create_dir_all(corpus)?;
    for (index, seed) in (TARGET.seeds)().into_iter().enumerate() {
        std::fs::write(corpus.join(format!("seed-{index:04}")), seed)?;
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a program for the terminal")]
fn list() -> ! {
    for target in cenote_fuzz::TARGETS {
        println!("{}", target.name);
    }
    std::process::exit(0)
}

#[expect(clippy::print_stderr, reason = "a program for the terminal")]
fn fail(problem: &str) -> ! {
    eprintln!("{problem}");
    std::process::exit(2)
}
