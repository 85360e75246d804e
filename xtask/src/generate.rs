//! Generated code and documents.

use std::fs;

use crate::process::{Outcome, Workspace, output, run as run_program};

const DOCUMENT: &str = "docs/compatibility.md";
const START: &str = "<!-- operations: generated -->";
const END: &str = "<!-- /operations -->";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Write,
    /// Writes nothing, and fails if something would be.
    Check,
}

pub(crate) fn run(workspace: &Workspace, mode: Mode) -> Outcome {
    let mut generator = workspace.cargo();
    generator.args(["run", "--quiet", "--package", "cenote-model-gen", "--"]);
    if mode == Mode::Check {
        generator.arg("--check");
    }
    run_program(&mut generator)?;

    let mut printer = workspace.cargo();
    printer.args(["run", "--quiet", "--package", "xtask", "--features", "operations"]);
    let table = output(printer.args(["--bin", "operation-table"]))?;
    let path = workspace.root.join(DOCUMENT);
    let text = fs::read_to_string(&path).map_err(|error| format!("{DOCUMENT}: {error}"))?;
    let wanted = with_table(&text, &table)?;
    if wanted == text {
        return Ok(());
    }
    match mode {
        Mode::Write => fs::write(&path, wanted).map_err(|error| format!("{DOCUMENT}: {error}")),
        Mode::Check => Err(format!(
            "the operation table in {DOCUMENT} is stale: run `cargo xtask generate` and commit the result"
        )),
    }
}

/// The document with this table between its marks.
fn with_table(text: &str, table: &str) -> Result<String, String> {
    let missing = || format!("{DOCUMENT} must have the lines `{START}` and `{END}`, in this order, once");
    let (before, rest) = text.split_once(START).ok_or_else(missing)?;
    let (old, after) = rest.split_once(END).ok_or_else(missing)?;
    if old.contains(START) || after.contains(START) || after.contains(END) {
        return Err(missing());
    }
    Ok(format!("{before}{START}\n\n{}\n\n{END}{after}", table.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_marks_is_replaced() {
        let text = format!("head\n\n{START}\n\nold\n\n{END}\n\ntail\n");
        let new = with_table(&text, "new\n").unwrap();
        assert_eq!(new, format!("head\n\n{START}\n\nnew\n\n{END}\n\ntail\n"));
        assert_eq!(with_table(&new, "new\n").unwrap(), new);
    }

    #[test]
    fn a_document_without_its_marks_is_refused() {
        for text in [String::new(), START.to_owned(), format!("{END}{START}"), format!("{START}{START}{END}")]
        {
            assert!(with_table(&text, "new").is_err(), "{text}");
        }
    }
}
