//! Writes the Rust types of every shape in `model/cognito-idp.json` into `crates/model/src/generated`.
//!
//!     cargo run -p cenote-model-gen              rewrites the files
//!     cargo run -p cenote-model-gen -- --check   fails, naming them, if they are not what it would write
//!
//! * [`model`]: the service model, read
//! * [`patches`]: where Cenote differs from the published model, and why
//! * [`groups`]: which file an operation's shapes go to
//! * [`names`]: AWS names in Rust spelling
//! * [`java_regex`]: the model's patterns as byte classes and as expressions of the `regex` crate
//! * [`emit`]: the text of the files

mod emit;
mod groups;
mod java_regex;
mod model;
mod names;
mod patches;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

type Fallible<T> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => write_files(),
        ["--check"] => check_files(),
        _ => Err("usage: cenote-model-gen [--check]".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing can be done about a closed standard error.
            let _ = writeln!(std::io::stderr(), "cenote-model-gen: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write_files() -> Fallible<()> {
    let places = Places::find()?;
    let wanted = generate(&places)?;
    fs::create_dir_all(&places.output)?;
    for name in existing_files(&places.output)? {
        if !wanted.contains_key(&name) {
            fs::remove_file(places.output.join(name))?;
        }
    }
    for (name, text) in wanted {
        let path = places.output.join(name);
        // An unchanged file keeps its time, so that nothing is compiled again.
        if fs::read_to_string(&path).ok().as_deref() != Some(text.as_str()) {
            fs::write(path, text)?;
        }
    }
    Ok(())
}

fn check_files() -> Fallible<()> {
    let places = Places::find()?;
    let wanted = generate(&places)?;
    let mut stale: Vec<String> =
        existing_files(&places.output)?.into_iter().filter(|name| !wanted.contains_key(name)).collect();
    for (name, text) in &wanted {
        if fs::read_to_string(places.output.join(name)).ok().as_deref() != Some(text.as_str()) {
            stale.push(name.clone());
        }
    }
    if stale.is_empty() {
        return Ok(());
    }
    stale.sort();
    Err(format!(
        "crates/model/src/generated is stale: {}; run `cargo run -p cenote-model-gen` and commit the result",
        stale.join(", ")
    )
    .into())
}

fn generate(places: &Places) -> Fallible<BTreeMap<String, String>> {
    let mut model = model::Model::parse(&fs::read_to_string(&places.model)?)?;
    patches::apply(&mut model)?;
    let mut files = BTreeMap::new();
    for (name, text) in emit::files(&model)? {
        files.insert(name, format_with_rustfmt(places, &text)?);
    }
    Ok(files)
}

struct Places {
    root: PathBuf,
    model: PathBuf,
    output: PathBuf,
}

impl Places {
    /// Cargo tells a program it runs where its package is; the workspace is two folders up.
    fn find() -> Fallible<Self> {
        let package =
            std::env::var_os("CARGO_MANIFEST_DIR").ok_or("run me with `cargo run -p cenote-model-gen`")?;
        let root = Path::new(&package).join("../..");
        Ok(Self {
            model: root.join("model/cognito-idp.json"),
            output: root.join("crates/model/src/generated"),
            root,
        })
    }
}

fn existing_files(folder: &Path) -> Fallible<Vec<String>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

fn format_with_rustfmt(places: &Places, text: &str) -> Fallible<String> {
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024", "--config-path"])
        .arg(places.root.join("rustfmt.toml"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("rustfmt does not start: {error}"))?;
    let mut input = rustfmt.stdin.take().ok_or("rustfmt has no standard input")?;
    let text = text.to_owned();
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = rustfmt.wait_with_output()?;
    writer.join().map_err(|_| "writing to rustfmt failed")??;
    if !output.status.success() {
        return Err("rustfmt refused generated text".into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_checked_in_files_are_current() {
        super::check_files().unwrap();
    }
}
