//! What the parts of `cargo xtask verify` need on the machine.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::process::Workspace;

/// Something that must be installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// The server's programs; no server has to run.
    Postgres,
    /// With its module for virtual environments.
    Python,
    Node,
    Chromium,
    /// For the fuzzer.
    CompilerOfCpp,
    /// For what the README lets people paste.
    Curl,
    CargoDeny,
}

impl Need {
    pub(crate) fn what(self) -> &'static str {
        match self {
            Self::Postgres => "the programs of PostgreSQL 15 or newer (initdb, pg_ctl, postgres)",
            Self::Python => "Python 3.10 or newer with the module venv",
            Self::Node => "Node.js 20 or newer with npm",
            Self::Chromium => "Chromium",
            Self::CompilerOfCpp => "a compiler of C++ (c++)",
            Self::Curl => "curl",
            Self::CargoDeny => "cargo-deny 0.20 or newer",
        }
    }

    /// How it is installed on Debian and its relatives.
    pub(crate) fn command(self) -> &'static str {
        match self {
            Self::Postgres => "apt-get install postgresql",
            Self::Python => "apt-get install python3 python3-venv",
            Self::Node => "apt-get install nodejs npm",
            Self::Chromium => "apt-get install chromium   (or name another one in CENOTE_CHROMIUM)",
            Self::CompilerOfCpp => "apt-get install g++",
            Self::Curl => "apt-get install curl",
            Self::CargoDeny => "cargo install --locked cargo-deny",
        }
    }

    pub(crate) fn is_met(self) -> bool {
        match self {
            Self::Postgres => {
                std::env::var_os("CENOTE_TEST_POSTGRES_URL").is_some() || postgres_programs().is_some()
            }
            Self::Python => succeeds(
                "python3",
                &["-c", "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))"],
            ),
            Self::Node => {
                succeeds(
                    "node",
                    &["-e", "process.exit(Number(process.versions.node.split('.')[0]) < 20 ? 1 : 0)"],
                ) && succeeds("npm", &["--version"])
            }
            Self::Chromium => chromium().is_some(),
            Self::CompilerOfCpp => on_path("c++").is_some(),
            Self::Curl => on_path("curl").is_some(),
            Self::CargoDeny => cargo_deny().is_some(),
        }
    }
}

/// The checker of dependencies: as `.ci/run` installs it, or one of the path.
pub(crate) fn cargo_deny() -> Option<PathBuf> {
    let own = Workspace::find().target.join("tools/bin/cargo-deny");
    Some(own).filter(|path| path.is_file()).or_else(|| on_path("cargo-deny"))
}

/// The browser that the tests drive.
pub(crate) fn chromium() -> Option<PathBuf> {
    let named = std::env::var_os("CENOTE_CHROMIUM").map(PathBuf::from);
    named
        .or_else(|| on_path("chromium"))
        .or_else(|| on_path("chromium-browser"))
        .filter(|path| path.is_file())
}

/// The folder with the server's programs: the newest of Debian's, or one of the path.
pub(crate) fn postgres_programs() -> Option<PathBuf> {
    let complete =
        |folder: &PathBuf| ["initdb", "pg_ctl", "postgres"].iter().all(|name| folder.join(name).is_file());
    let mut installed: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    installed.sort();
    let installed = installed.into_iter().rev().filter(|(version, _)| *version >= 15).map(|(_, path)| path);
    let path = std::env::var_os("PATH").unwrap_or_default();
    installed.chain(std::env::split_paths(&path)).find(complete)
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|path| Path::is_file(path))
}

fn succeeds(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
