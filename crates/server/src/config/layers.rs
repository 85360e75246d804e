//! Defaults, file, environment, command line: one over the other.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use toml::{Table, Value};

use super::{Config, Preset};

/// Settings whose entries the operator names.
const MAPS: [&str; 1] = ["triggers.endpoints"];

/// Something wrong with the configuration, in a sentence that says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem(pub String);

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Everything that is wrong, one line each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "- {problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// The configuration while it is put together. Problems are collected, so that all can be mended at once.
#[derive(Debug)]
pub struct Layers {
    defaults: Table,
    values: Table,
    /// The settings that somebody has set, whatever to.
    named: BTreeSet<String>,
    problems: Vec<Problem>,
}

impl Default for Layers {
    fn default() -> Self {
        Self::new()
    }
}

impl Layers {
    /// Every setting with its default and what it means, as TOML.
    pub const DEFAULTS: &str = include_str!("../../cenote.default.toml");

    /// The defaults alone.
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "the text is part of the program, and every test of this module reads it"
    )]
    pub fn new() -> Self {
        let defaults: Table = Self::DEFAULTS.parse().expect("the defaults are TOML");
        Self { values: defaults.clone(), defaults, named: BTreeSet::new(), problems: Vec::new() }
    }

    /// The defaults of `cenote dev`: without request rates, which test suites would run into.
    #[must_use]
    pub fn for_dev() -> Self {
        let mut layers = Self::new();
        insert(&mut layers.values, Preset::SETTING, Value::from("none"));
        layers
    }

    /// Puts a configuration file over what is there.
    #[must_use]
    pub fn file(mut self, path: &Path) -> Self {
        let name = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => self.toml(&name, &text),
            Err(error) => {
                self.problem(format!("{name} can't be read: {error}"));
                self
            }
        }
    }

    /// Puts the text of a configuration file over what is there. `source` is its name for messages.
    #[must_use]
    pub fn toml(mut self, source: &str, text: &str) -> Self {
        match text.parse::<Table>() {
            Ok(table) => self.table(source, "", table),
            // The whole message shows the line, and a line may hold a secret.
            Err(error) => {
                let line = error.span().map_or(1, |span| {
                    text.get(..span.start).map_or(1, |before| before.lines().count().max(1))
                });
                self.problem(format!("{source}: line {line} is not TOML: {}", error.message()));
            }
        }
        self
    }

    fn table(&mut self, source: &str, prefix: &str, table: Table) {
        for (key, value) in table {
            let path = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
            match (value, find(&self.defaults, &path)) {
                (Value::Table(inner), Some(Value::Table(_))) => self.table(source, &path, inner),
                (value, _) => self.set(source, &path, value),
            }
        }
    }

    /// Puts the variables `CENOTE_SECTION__KEY` over what is there.
    #[must_use]
    pub fn environment(mut self, variables: impl Iterator<Item = (String, String)>) -> Self {
        let mut variables: Vec<_> = variables.collect();
        variables.sort();
        for (name, value) in variables {
            let Some(path) = name.strip_prefix("CENOTE_") else { continue };
            if !path.contains("__") {
                if !is_known_variable(path) {
                    self.problem(format!("{name} names no setting: write CENOTE_SECTION__KEY"));
                }
                continue;
            }
            let path = path.to_lowercase().replace("__", ".");
            match map_entry(&path) {
                // Names of variables don't keep the case of keys.
                Some((map, _)) => self
                    .problem(format!("{name}: give `{map}` as a whole, as TOML: {{ \"key\" = \"value\" }}")),
                None => self.set_text(&name, &path, &value),
            }
        }
        self
    }

    /// Puts `section.key=value` over what is there.
    #[must_use]
    pub fn assignment(mut self, assignment: &str) -> Self {
        match assignment.split_once('=') {
            Some((path, value)) => self.set_text("--set", path.trim(), value),
            None => self.problem(format!("--set {assignment}: write section.key=value")),
        }
        self
    }

    /// Sets a value that a flag of its own stands for.
    #[must_use]
    pub fn value(mut self, source: &str, path: &str, value: impl Into<Value>) -> Self {
        self.set(source, path, value.into());
        self
    }

    /// A text becomes what the default is: a number, true or false, a list (with commas or as TOML), a map (as TOML).
    fn set_text(&mut self, source: &str, path: &str, text: &str) {
        let as_toml =
            || format!("value = {text}").parse::<Table>().ok().and_then(|mut table| table.remove("value"));
        let value = match find(&self.defaults, path) {
            None | Some(Value::String(_) | Value::Datetime(_)) => Some(Value::from(text)),
            Some(Value::Array(_)) if !text.trim_start().starts_with('[') => {
                let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
                Some(Value::Array(entries.map(Value::from).collect()))
            }
            Some(Value::Table(_)) => match as_toml() {
                Some(Value::Table(inner)) => return self.table(source, path, inner),
                _ => None,
            },
            Some(_) => as_toml(),
        };
        match value {
            Some(value) => self.set(source, path, value),
            None => self.problem(format!("{source}: the value of `{path}` can't be understood")),
        }
    }

    /// Sets one value, after trying it alone on the defaults: so each problem is found and named.
    fn set(&mut self, source: &str, path: &str, value: Value) {
        if map_entry(path).is_none() && find(&self.defaults, path).is_none_or(Value::is_table) {
            return self.unknown(source, path);
        }
        let mut alone = self.defaults.clone();
        insert(&mut alone, path, value.clone());
        match alone.try_into::<Config>() {
            Ok(_) => {
                insert(&mut self.values, path, value);
                self.named.insert(path.to_owned());
            }
            Err(error) => self.problem(format!("{source}: `{path}`: {}", error.message())),
        }
    }

    fn unknown(&mut self, source: &str, path: &str) {
        // The nearest thing above that exists says what could have been meant.
        let mut section = path;
        while let Some((parent, _)) = section.rsplit_once('.') {
            section = parent;
            if let Some(Value::Table(table)) = find(&self.defaults, section) {
                let known: Vec<&str> = table.keys().map(String::as_str).collect();
                return self.problem(format!(
                    "{source}: there is no setting `{path}`. `{section}` has: {}",
                    known.join(", ")
                ));
            }
        }
        let known: Vec<&str> = self.defaults.keys().map(String::as_str).collect();
        self.problem(format!(
            "{source}: there is no setting `{path}`. The sections are: {}",
            known.join(", ")
        ));
    }

    /// Without the preset, only the rates that somebody has set hold.
    fn leave_out_rates(&mut self) {
        if find(&self.values, Preset::SETTING).and_then(Value::as_str) != Some("none") {
            return;
        }
        let paths = Preset::SETTINGS.iter().flat_map(|setting| match find(&self.defaults, setting) {
            Some(Value::Table(table)) => table.keys().map(|key| format!("{setting}.{key}")).collect(),
            _ => vec![(*setting).to_owned()],
        });
        for path in paths.filter(|path| !self.named.contains(path)) {
            insert(&mut self.values, &path, Value::from(0));
        }
    }

    fn problem(&mut self, text: String) {
        self.problems.push(Problem(text));
    }

    /// The configuration.
    ///
    /// # Errors
    /// Everything that is wrong with it so far; [`Config::check`] has not run.
    pub fn finish(mut self) -> Result<Config, Problems> {
        if !self.problems.is_empty() {
            return Err(Problems(self.problems));
        }
        self.leave_out_rates();
        self.values.try_into().map_err(|error| Problems(vec![Problem(error.message().to_owned())]))
    }
}

/// The value at a dotted path.
fn find<'a>(table: &'a Table, path: &str) -> Option<&'a Value> {
    match path.split_once('.') {
        Some((first, rest)) => find(table.get(first)?.as_table()?, rest),
        None => table.get(path),
    }
}

/// What else begins with `CENOTE_` and is no mistake: the master key, what our own tests are told, and what Kubernetes sets
/// for a service named `cenote`. Without the prefix.
fn is_known_variable(name: &str) -> bool {
    let others = ["MASTER_KEY", "BINARY", "CHROMIUM", "POSTGRES_PROGRAMS", "PORT", "SERVICE_HOST"];
    let beginnings = ["TEST_", "REQUIRE_", "SERVICE_PORT", "PORT_"];
    others.contains(&name) || beginnings.iter().any(|beginning| name.starts_with(beginning))
}

/// The map and the key in it, which may hold dots itself.
fn map_entry(path: &str) -> Option<(&'static str, &str)> {
    MAPS.into_iter().find_map(|map| Some((map, path.strip_prefix(map)?.strip_prefix('.')?)))
}

fn insert(table: &mut Table, path: &str, value: Value) {
    let (parent, key) = map_entry(path).unwrap_or_else(|| path.rsplit_once('.').unwrap_or(("", path)));
    if let Some(inner) = table_at(table, parent) {
        inner.insert(key.to_owned(), value);
    }
}

fn table_at<'a>(table: &'a mut Table, path: &str) -> Option<&'a mut Table> {
    if path.is_empty() {
        return Some(table);
    }
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    table_at(table.get_mut(first)?.as_table_mut()?, rest)
}
impl std::error::Error for Problem {}
