//! A stolen database and a stolen log: after a run of everything, nothing is in them that must not be there, in no encoding.
//!
//! | file | holds |
//! | --- | --- |
//! | [`app`] | an authenticator app |
//! | [`columns`] | every value of a database, one by one |
//! | [`remembered`] | what must not be found |
//! | [`needles`] | the search for it |
//! | [`resealed`] | a new master key |
//! | [`seeded`] | a seed file |
//! | [`post`] | a mail server and an SMS gateway |
//! | [`served`] | the program as an operator runs it |
//! | [`srp`] | a client that proves passwords |
//! | [`story`] | every operation, done well |
//! | [`malformed`] | every operation, and all of HTTP, done badly |

mod app;
mod columns;
mod malformed;
mod needles;
mod post;
mod remembered;
mod resealed;
mod seeded;
mod served;
mod srp;
mod story;

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use cenote_core::operations::is_built;
use cenote_model::Operation;
use cenote_store::testing::postgres::empty_database;

use columns::Cell;
use needles::Found;
use remembered::Remembered;
use served::Served;
use story::Story;

/// The files of the database while the program runs, with its log beside it.
fn sqlite_files(directory: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for name in ["cenote.db", "cenote.db-wal"] {
        bytes.extend(std::fs::read(directory.join(name)).unwrap_or_default());
    }
    bytes
}

/// Everything in a folder that was written since.
fn files_since(since: SystemTime, folder: &Path, bytes: &mut Vec<u8>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // Files come and go while the server runs.
        let Ok(metadata) = path.metadata() else { continue };
        if metadata.is_dir() {
            files_since(since, &path, bytes);
        } else if metadata.modified().unwrap() >= since {
            bytes.extend(std::fs::read(&path).unwrap_or_default());
        }
    }
}

/// Runs everything, and returns what was seen on the way, the metrics and the log.
async fn run(served: &Served) -> (Remembered, String) {
    let mut story = Story::new(served);
    story.tell().await;
    let missing: Vec<_> = Operation::ALL
        .iter()
        .filter(|operation| is_built(**operation) && !story.succeeded.contains(operation))
        .collect();
    assert!(missing.is_empty(), "built, but no part of the story: {missing:?}");
    let model = malformed::model();
    for shape in ["AuthFlowType", "ChallengeNameType"] {
        let names = model["shapes"][shape]["enum"].as_array().unwrap();
        let missing: Vec<_> =
            names.iter().filter(|name| !story.ways.contains(name.as_str().unwrap())).collect();
        assert!(missing.is_empty(), "{shape}: no part of the story: {missing:?}");
    }
    malformed::send(&mut story).await;
    let metrics = served.get("/_cenote/metrics").await;
    assert!(metrics.text().contains("operation=\"SignUp\""), "{}", metrics.text());
    (story.remembered, metrics.text().to_owned())
}

fn none(found: &[Found], place: &str) {
    assert!(found.is_empty(), "in {place}: {found:#?}");
}

/// Whatever the program wrote about what it did.
fn search_log(remembered: &Remembered, log: &str, metrics: &str) {
    assert!(log.contains("request.failed") || log.lines().count() > 500, "too little was logged");
    for operation in Operation::ALL {
        assert!(log.contains(operation.as_str()), "nothing in the log about {operation}");
    }
    none(&remembered.search_log(log), "the log");
    none(&remembered.search_log(metrics), "the metrics");
}

/// What is in the tables.
fn search_columns(remembered: &Remembered, cells: &[Cell]) {
    let all = columns::joined(cells);
    // Names are in the clear, so the tables are those of the story.
    assert!(String::from_utf8_lossy(&all).contains("\0wilhelmina-k\0"), "{} values", cells.len());
    none(&remembered.search_database(&all), "the tables");
    none(&remembered.search_for_deleted(&all), "the tables");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sqlite_database_its_backup_and_a_json_log_tell_no_secrets() {
    let served = Served::start("sqlite:cenote.db", "json").await;
    let (remembered, metrics) = run(&served).await;
    none(&remembered.search_database(&sqlite_files(served.directory())), "the database and its log");
    let backup = served.directory().join("backup.db");
    served.run(&["backup", "--config", "cenote.toml", "--out", "backup.db"]);
    none(&remembered.search_database(&std::fs::read(&backup).unwrap()), "the backup");
    let (log, directory) = served.stop();
    let database = sqlite_files(directory.path());
    none(&remembered.search_database(&database), "the database");
    none(&remembered.search_for_deleted(&database), "the database");
    search_columns(&remembered, &columns::of_sqlite(&directory.path().join("cenote.db")));
    search_log(&remembered, &log, &metrics);
    resealed::seal_again(directory.path());
    none(
        &remembered.search_database(&sqlite_files(directory.path())),
        "the database under another master key",
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_database_and_a_text_log_tell_no_secrets() {
    let Some(postgres) = empty_database().await else { return };
    let served = Served::start(&postgres.url, "text").await;
    let started = served.directory().join("master.key").metadata().unwrap().modified().unwrap();
    let (remembered, metrics) = run(&served).await;
    search_columns(&remembered, &columns::of_postgres(&postgres.url).await);
    // The server that the tests start keeps its files beside its socket.
    if let Some(folder) = folder_of(&postgres.url) {
        columns::connect(&postgres.url).await.batch_execute("CHECKPOINT").await.unwrap();
        let mut files = Vec::new();
        files_since(started, &folder.join("data"), &mut files);
        assert!(files.len() > 1_000_000, "{}", folder.display());
        none(&remembered.search_database(&files), "the files of PostgreSQL");
        let log = std::fs::read_to_string(folder.join("log")).unwrap();
        none(&remembered.search_log(&log), "the log of PostgreSQL");
    }
    let (log, _directory) = served.stop();
    search_log(&remembered, &log, &metrics);
}

/// Where a server keeps its files that listens on a socket in a folder.
fn folder_of(url: &str) -> Option<PathBuf> {
    let host = url.split_once('@')?.1.split_once("/postgres")?.0;
    host.contains("%2F").then(|| host.replace("%2F", "/").into())
}
