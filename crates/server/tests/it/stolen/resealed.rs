//! A new master key, and what the database has left of the old one.

use std::path::Path;

use rusqlite::Connection;

use super::columns;
use super::served::output;

/// Where messages wait that are gone soon.
const MESSAGES: &str = "outbox.";

/// Puts a new key above the old one and seals everything again: then nothing is sealed with the old one, whose id stands in
/// front of all that is.
pub fn seal_again(directory: &Path) {
    let old = key_in_use(directory);
    assert!(places(directory, &old).len() > 8, "{:?}", places(directory, &old));
    output(directory, &["keys", "master", "generate", "--out", "new.key"]);
    let read = |name: &str| std::fs::read_to_string(directory.join(name)).unwrap();
    std::fs::write(directory.join("master.key"), format!("{}\n{}\n", read("new.key"), read("master.key")))
        .unwrap();
    let said = output(directory, &["keys", "master", "reseal", "--config", "cenote.toml"]);
    assert!(said.contains("records were sealed again: all are sealed with master key"), "{said}");
    assert_ne!(key_in_use(directory), old);
    assert!(places(directory, &old).is_empty(), "{:?}", places(directory, &old));
    // The new one alone opens the database, and there is nothing left to do.
    std::fs::copy(directory.join("new.key"), directory.join("master.key")).unwrap();
    let said = output(directory, &["keys", "master", "reseal", "--config", "cenote.toml"]);
    assert!(said.starts_with("0 of "), "{said}");
}

/// What a value begins with that this master key sealed: the version and the key's id.
fn key_in_use(directory: &Path) -> String {
    let database = Connection::open(directory.join("cenote.db")).unwrap();
    let value: String =
        database.query_row("SELECT value FROM meta WHERE key = 'key_check'", [], |row| row.get(0)).unwrap();
    value[..6].to_owned()
}

/// Every value of every table in which the text occurs, by its table and column.
fn places(directory: &Path, text: &str) -> Vec<String> {
    let cells = columns::of_sqlite(&directory.join("cenote.db"));
    cells
        .into_iter()
        .filter(|cell| {
            !cell.place.starts_with(MESSAGES) && String::from_utf8_lossy(&cell.value).contains(text)
        })
        .map(|cell| cell.place)
        .collect()
}
