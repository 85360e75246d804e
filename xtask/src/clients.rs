//! The packages of the client suites: Python's live in cargo's target folder, Node's beside their manifest. Both are pinned,
//! and installed again when the pins change.

use std::fs;
use std::path::{Path, PathBuf};

use crate::process::{Outcome, Workspace, run, say};

/// The Python that has the packages of `clients/python/requirements.txt`.
pub(crate) fn python(workspace: &Workspace) -> Result<PathBuf, String> {
    let folder = workspace.target.join("clients/python");
    let python = folder.join("bin/python");
    let pins = workspace.root.join("clients/python/requirements.txt");
    let stamp = folder.join("installed.txt");
    if !is_current(&pins, &stamp) || !python.is_file() {
        say("installing the Python packages");
        run(workspace.command("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
        let mut pip = workspace.command(&python);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"])
            .arg(&pins);
        run(&mut pip)?;
        remember(&pins, &stamp)?;
    }
    Ok(python)
}

/// The folder of the JavaScript suites, with its packages.
pub(crate) fn javascript(workspace: &Workspace) -> Result<PathBuf, String> {
    let folder = workspace.root.join("clients/javascript");
    let pins = folder.join("package-lock.json");
    let stamp = folder.join("node_modules/.installed.json");
    if !is_current(&pins, &stamp) {
        say("installing the Node packages");
        run(workspace.command("npm").args(["ci", "--silent"]).current_dir(&folder))?;
        remember(&pins, &stamp)?;
    }
    Ok(folder)
}

fn is_current(pins: &Path, stamp: &Path) -> bool {
    fs::read(stamp).is_ok_and(|installed| fs::read(pins).is_ok_and(|pinned| pinned == installed))
}

fn remember(pins: &Path, stamp: &Path) -> Outcome {
    fs::copy(pins, stamp).map(drop).map_err(|error| format!("{}: {error}", stamp.display()))
}
