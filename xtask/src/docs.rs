//! The documentation: what rustdoc makes, and the Markdown files.

use std::fs;
use std::path::{Path, PathBuf};

use crate::links;
use crate::process::{Outcome, Workspace, output, run as run_program, say};

pub(crate) fn run(workspace: &Workspace) -> Outcome {
    let files = markdown_files(workspace)?;
    let mut broken = Vec::new();
    for file in &files {
        let text = read(&workspace.root.join(file))?;
        for link in links::links(&text) {
            if let Err(reason) = check(workspace, file, link.target, &text) {
                broken.push(format!("{}:{}: {}: {reason}", file.display(), link.line, link.target));
            }
        }
    }
    if !broken.is_empty() {
        return Err(format!("broken links:\n{}", broken.join("\n")));
    }
    say(&format!("the links of {} Markdown files are good", files.len()));
    let mut cargo = workspace.cargo();
    cargo.args(["doc", "--quiet", "--workspace", "--no-deps", "--all-features"]);
    run_program(cargo.env("RUSTDOCFLAGS", "-D warnings"))
}

/// Every Markdown file that is, or could be, committed.
fn markdown_files(workspace: &Workspace) -> Result<Vec<PathBuf>, String> {
    let mut git = workspace.command("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"]);
    let names = output(&mut git)?;
    let files = names.split('\0').filter(|name| !name.is_empty()).map(PathBuf::from);
    Ok(files.filter(|file| workspace.root.join(file).is_file()).collect())
}

fn check(workspace: &Workspace, file: &Path, target: &str, text: &str) -> Result<(), String> {
    if links::is_elsewhere(target) {
        return Ok(());
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    if path.is_empty() {
        return check_anchor(text, anchor);
    }
    if path.starts_with('/') {
        return Err("write it relative to the file".to_owned());
    }
    let wanted = workspace.root.join(file).parent().unwrap_or(&workspace.root).join(path);
    let resolved = wanted.canonicalize().map_err(|_| "there is no such file".to_owned())?;
    let root = workspace.root.canonicalize().map_err(|error| error.to_string())?;
    if !resolved.starts_with(&root) {
        return Err("it leaves the project".to_owned());
    }
    if anchor.is_empty() || !path.ends_with(".md") { Ok(()) } else { check_anchor(&read(&resolved)?, anchor) }
}

fn check_anchor(text: &str, anchor: &str) -> Result<(), String> {
    if links::anchors(text).iter().any(|known| known == anchor) {
        Ok(())
    } else {
        Err("there is no such heading".to_owned())
    }
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}
