//! Copies of a database under load, and what may take its place.

use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;

use cenote_store::testing::{TemporaryStore, temporary_sqlite};
use cenote_store::{
    Backup, BackupError, BackupManifest, BackupProgress, BackupStage, Change, CommitError, Durability, Pool,
    SqliteOptions, Store, StoreError, Sub, User,
};
use tempfile::TempDir;

use crate::samples::*;

const CREATED: &str = "2026-11-23T16:00:00Z";
const WRITERS: usize = 4;

fn path_of(store: &TemporaryStore) -> PathBuf {
    store.sqlite_options().unwrap().path
}

fn open(path: &Path) -> Store {
    try_open(path).unwrap()
}

fn try_open(path: &Path) -> Result<Store, StoreError> {
    Store::open_sqlite(SqliteOptions { path: path.to_owned(), durability: Durability::Off, readers: 1 })
}

fn create(database: &Path, out: &Path) -> Result<BackupManifest, BackupError> {
    Backup::create(database, out, CREATED, &mut |_| {})
}

fn verify(backup: &Path) -> Result<Backup, BackupError> {
    Backup::verify(backup, &mut |_| {})
}

fn restore(backup: &Path, target: &Path, replace: bool) -> Result<(), BackupError> {
    verify(backup).unwrap().restore(target, replace, &mut |_| {})
}

/// What is in a directory, sorted.
fn files(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    names
}

/// A backup of a pool with one user, in a directory of its own.
async fn a_backup() -> (TempDir, PathBuf, Pool, User) {
    let store = temporary_sqlite().await;
    let pool = with_pool(&store, "eu_a").await;
    let user = full_user(&pool, "kept");
    commit(&store, [insert(&user)]).await;
    let directory = tempfile::tempdir().unwrap();
    let backup = directory.path().join("backup.db");
    create(&path_of(&store), &backup).unwrap();
    (directory, backup, pool, user)
}

/// Users of some size, so that a copy takes many steps.
fn large_user(pool: &Pool, name: &str) -> User {
    let mut user = full_user(pool, name);
    user.attributes.insert("custom:large".into(), "x".repeat(64 << 10));
    user
}

fn change_set(pool: &Pool, name: &str) -> Vec<Change> {
    vec![
        insert(&large_user(pool, name)),
        Change::AppendMessage(message(pool, name, 1)),
        Change::MarkSessionUsed(used_session(name, 1)),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_of_one_moment_while_others_write() {
    let store = temporary_sqlite().await;
    let pool = with_pool(&store, "eu_a").await;
    let before: Vec<String> = (0..200).map(|number| format!("before-{number}")).collect();
    for name in &before {
        commit(&store, change_set(&pool, name)).await;
    }
    let stop = Arc::new(AtomicBool::new(false));
    let (acknowledge, acknowledged) = channel();
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (store, pool, stop) = (store.store.clone(), pool.clone(), Arc::clone(&stop));
            let acknowledge = acknowledge.clone();
            tokio::spawn(async move {
                for number in 0.. {
                    let name = format!("{writer}-{number}");
                    store.commit(change_set(&pool, &name)).await.unwrap();
                    if acknowledge.send(name).is_err() || stop.load(Ordering::Relaxed) {
                        return;
                    }
                }
            })
        })
        .collect();
    let directory = tempfile::tempdir().unwrap();
    let (backup, database) = (directory.path().join("backup.db"), path_of(&store));
    // They are all at it before the copy begins.
    let names_before: Vec<String> = acknowledged.iter().take(5 * WRITERS).collect();
    let (mut after, mut steps) = (Vec::new(), 0);
    let manifest = Backup::create(&database, &backup, CREATED, &mut |progress| {
        if progress.stage == BackupStage::Copy {
            if steps == 0 {
                // Its moment is fixed: what was acknowledged until now may be on either side of it.
                acknowledged.try_iter().for_each(drop);
            }
            steps += 1;
            assert!(steps < 100, "it starts over whenever somebody writes");
            // Between any two steps others get something done: nobody waits for the copy.
            after.extend(acknowledged.iter().take(3 * WRITERS));
        }
    })
    .unwrap();
    stop.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await.unwrap();
    }
    assert!(steps >= 4, "{steps} steps are too few to show anything");

    let restored = directory.path().join("restored.db");
    restore(&backup, &restored, false).unwrap();
    let copy = open(&restored);
    for name in before.iter().chain(&names_before) {
        let user = copy.find_user(&pool.id, &Sub::new(name)).await.unwrap();
        assert!(user.is_some(), "{name} was acknowledged before and is not in the backup");
    }
    // The first of each writer may have been under way at that moment; the others were begun later.
    for writer in 0..WRITERS {
        for name in after.iter().filter(|name| name.starts_with(&format!("{writer}-"))).skip(1) {
            let user = copy.find_user(&pool.id, &Sub::new(name)).await.unwrap();
            assert!(user.is_none(), "{name} was written later and is in the backup");
        }
    }
    let users = copy.list_users(&pool.id, None, None, 100_000).await.unwrap();
    let messages = copy.pending_messages().await.unwrap();
    assert_eq!((users.len(), users.len() as u64), (messages.len(), manifest.users));
    for user in &users {
        assert!(copy.is_session_used(user.sub.as_str()).await.unwrap());
    }
}

#[tokio::test]
async fn what_was_copied_comes_back() {
    let (directory, backup, pool, user) = a_backup().await;
    let stages = std::cell::RefCell::new(Vec::new());
    let mut note = |progress: BackupProgress| {
        assert!(progress.done <= progress.total);
        stages.borrow_mut().push(progress.stage);
    };
    let verified = Backup::verify(&backup, &mut note).unwrap();
    let manifest = verified.manifest();
    assert_eq!((manifest.pools, manifest.users, manifest.created.as_str()), (1, 1, CREATED));
    assert_eq!(manifest.bytes, backup.metadata().unwrap().len());
    assert_eq!(manifest.sha256.len(), 64);
    assert_eq!(verified.find_meta("schema_version").unwrap(), Some(manifest.schema_version.to_string()));
    assert_eq!(verified.find_meta("nothing").unwrap(), None);
    let target = directory.path().join("cenote.db");
    verified.restore(&target, false, &mut note).unwrap();
    for stage in [BackupStage::Checksum, BackupStage::Integrity, BackupStage::Copy] {
        assert!(stages.borrow().contains(&stage), "{stage:?}");
    }
    // Nothing is left but what was asked for, and all of it is for its owner alone.
    assert_eq!(files(directory.path()), ["backup.db", "backup.db.sha256", "cenote.db"]);
    for name in files(directory.path()) {
        let mode = directory.path().join(&name).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let store = open(&target);
    assert_eq!(find(&store, &user).await, Some(user.clone()));
    assert_eq!(store.find_pool(&pool.id).await.unwrap(), Some(pool));
    // It works as any other.
    commit(&store, [delete(&user)]).await;
}

#[tokio::test]
async fn a_stopped_and_a_killed_servers_database_are_copied_too() {
    let store = temporary_sqlite().await;
    let user = full_user(&with_pool(&store, "eu_a").await, "kept");
    commit(&store, [insert(&user)]).await;
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    // As a kill leaves them, with everything still in the log.
    std::fs::copy(path_of(&store), at("killed.db")).unwrap();
    std::fs::copy(path_of(&store).with_extension("db-wal"), at("killed.db-wal")).unwrap();
    assert_eq!(create(&at("killed.db"), &at("1")).unwrap().users, 1);
    store.close().await;
    assert_eq!(create(&path_of(&store), &at("2")).unwrap().users, 1);
    assert_eq!(files(directory.path()), ["1", "1.sha256", "2", "2.sha256", "killed.db"]);
}

#[tokio::test]
async fn what_was_changed_on_the_way_is_refused() {
    let (_directory, backup, _, _) = a_backup().await;
    let manifest = Backup::manifest_path(&backup);
    let (bytes, text) = (std::fs::read(&backup).unwrap(), std::fs::read_to_string(&manifest).unwrap());
    let damaged = || matches!(verify(&backup), Err(BackupError::Damaged { .. }));
    for length in [0, 100, bytes.len() / 2, bytes.len() - 1] {
        std::fs::write(&backup, &bytes[..length]).unwrap();
        assert!(damaged(), "{length} bytes");
    }
    for place in [0, 18, bytes.len() / 2, bytes.len() - 1] {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        std::fs::write(&backup, &changed).unwrap();
        assert!(damaged(), "byte {place}");
    }
    std::fs::write(&backup, [&bytes[..], &[0]].concat()).unwrap();
    assert!(damaged());
    std::fs::write(&backup, &bytes).unwrap();
    verify(&backup).unwrap();
    for text in
        [&text[..text.len() / 2], "", "{}", &text.replace("\"schema_version\": ", "\"schema_version\": 9")]
    {
        std::fs::write(&manifest, text).unwrap();
        assert!(damaged(), "{text}");
    }
    std::fs::remove_file(&manifest).unwrap();
    assert!(matches!(verify(&backup), Err(BackupError::Missing(path)) if path == manifest));
    std::fs::remove_file(&backup).unwrap();
    assert!(matches!(verify(&backup), Err(BackupError::Missing(path)) if path == backup));
}

#[tokio::test]
async fn a_database_that_was_damaged_before_it_was_copied_is_refused() {
    let (_directory, backup, _, _) = a_backup().await;
    // The checksum fits, the contents do not: an index lacks a row.
    let connection = rusqlite::Connection::open(&backup).unwrap();
    let number =
        |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap().unsigned_abs();
    let page = number("SELECT rootpage FROM sqlite_schema WHERE name = 'users_by_time'");
    let size = number("PRAGMA page_size");
    connection.close().unwrap();
    let mut file = std::fs::File::options().write(true).open(&backup).unwrap();
    // The number of cells of the index's only page.
    file.seek(SeekFrom::Start((page - 1) * size + 3)).unwrap();
    file.write_all(&[0, 0]).unwrap();
    drop(file);
    let bytes = std::fs::read(&backup).unwrap();
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bytes);
    let path = Backup::manifest_path(&backup);
    let mut manifest: BackupManifest = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    manifest.bytes = bytes.len() as u64;
    manifest.sha256 = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    std::fs::write(&path, serde_json::to_vec(&manifest).unwrap()).unwrap();
    match verify(&backup) {
        Err(BackupError::Damaged { reason, .. }) => assert!(!reason.contains("checksum"), "{reason}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_backup_that_changed_after_it_was_verified_is_refused() {
    let (directory, backup, _, _) = a_backup().await;
    let verified = verify(&backup).unwrap();
    let mut bytes = std::fs::read(&backup).unwrap();
    bytes[5000] ^= 1;
    std::fs::write(&backup, bytes).unwrap();
    let target = directory.path().join("cenote.db");
    let refused = verified.restore(&target, false, &mut |_| {});
    assert!(matches!(refused, Err(BackupError::Damaged { .. })), "{refused:?}");
    assert_eq!(files(directory.path()), ["backup.db", "backup.db.sha256"]);
}

#[tokio::test]
async fn only_what_this_release_understands_is_copied() {
    let (directory, _, _, _) = a_backup().await;
    let at = |name: &str| directory.path().join(name);
    assert!(matches!(create(&at("nothing"), &at("out")), Err(BackupError::Missing(_))));
    std::fs::write(at("text"), "no database, but long enough to be taken for one ".repeat(100)).unwrap();
    assert!(matches!(create(&at("text"), &at("out")), Err(BackupError::Damaged { .. })));
    rusqlite::Connection::open(at("other")).unwrap().execute_batch("CREATE TABLE other (a)").unwrap();
    match create(&at("other"), &at("out")) {
        Err(BackupError::Damaged { reason, .. }) => assert!(reason.contains("no database of Cenote")),
        other => panic!("{other:?}"),
    }
    restore(&at("backup.db"), &at("newer"), false).unwrap();
    let newer = "UPDATE meta SET value = '1000' WHERE key = 'schema_version'";
    rusqlite::Connection::open(at("newer")).unwrap().execute(newer, []).unwrap();
    match create(&at("newer"), &at("out")) {
        Err(BackupError::Store { error: StoreError::NewerSchema { found, .. }, .. }) => {
            assert_eq!(found, 1000);
        }
        other => panic!("{other:?}"),
    }
    // And nothing is written over, or left.
    assert!(matches!(create(&at("newer"), &at("text")), Err(BackupError::Exists(_))));
    let expected = ["backup.db", "backup.db.sha256", "newer", "other", "text"];
    assert_eq!(files(directory.path()), expected);
    std::fs::write(at("out.partial"), "another's").unwrap();
    assert!(matches!(create(&at("other"), &at("out")), Err(BackupError::Unfinished(_))));
    assert_eq!(std::fs::read(at("out.partial")).unwrap(), b"another's");
}

#[tokio::test]
async fn existing_data_is_replaced_only_when_allowed() {
    let (directory, backup, _, kept) = a_backup().await;
    let target = directory.path().join("cenote.db");
    let store = open(&target);
    let other = full_user(&with_pool(&store, "eu_b").await, "other");
    commit(&store, [insert(&other)]).await;
    store.close().await;
    assert!(matches!(restore(&backup, &target, false), Err(BackupError::Exists(_))));
    let store = open(&target);
    assert_eq!(find(&store, &other).await, Some(other.clone()));
    store.close().await;
    restore(&backup, &target, true).unwrap();
    let store = open(&target);
    assert_eq!((find(&store, &other).await, find(&store, &kept).await), (None, Some(kept)));
}

#[tokio::test]
async fn a_log_that_was_left_is_never_taken_for_that_of_the_restored_database() {
    let (directory, backup, pool, kept) = a_backup().await;
    let (target, log) = (directory.path().join("cenote.db"), directory.path().join("cenote.db-wal"));
    restore(&backup, &target, false).unwrap();
    let store = open(&target);
    commit(&store, [insert(&full_user(&pool, "later"))]).await;
    let left = std::fs::read(&log).unwrap();
    store.close().await;
    assert!(!left.is_empty() && !log.exists());
    for (database, broken) in [(false, false), (true, false), (true, true)] {
        std::fs::write(&log, &left).unwrap();
        if !database {
            std::fs::remove_file(&target).unwrap();
        }
        if broken {
            std::fs::write(&target, "no database ".repeat(1000)).unwrap();
        }
        assert!(matches!(restore(&backup, &target, false), Err(BackupError::Exists(_))));
        restore(&backup, &target, true).unwrap();
        assert!(!log.exists());
        let store = open(&target);
        assert_eq!(subs(&store, &pool, None).await, ["kept"], "{database} {broken}");
        assert_eq!(find(&store, &kept).await, Some(kept.clone()));
        store.close().await;
    }
}

#[tokio::test]
async fn an_open_database_is_left_alone() {
    let (_directory, backup, _, _) = a_backup().await;
    let store = temporary_sqlite().await;
    let pool = with_pool(&store, "eu_b").await;
    let target = path_of(&store);
    let refused = restore(&backup, &target, true);
    assert!(matches!(refused, Err(BackupError::InUse(_))), "{refused:?}");
    // It goes on.
    commit(&store, [insert(&full_user(&pool, "later"))]).await;
    // However broken its file is.
    let mut file = std::fs::File::options().write(true).open(&target).unwrap();
    file.write_all(&[0; 4096]).unwrap();
    // Closing it would give up the locks of this process's connections.
    std::mem::forget(file);
    let refused = restore(&backup, &target, true);
    assert!(matches!(refused, Err(BackupError::InUse(_))), "{refused:?}");
    // With nothing in its log there is no telling.
    std::fs::File::options().write(true).open(target.with_extension("db-wal")).unwrap().set_len(0).unwrap();
    let refused = restore(&backup, &target, true);
    assert!(matches!(refused, Err(BackupError::Uncertain(_))), "{refused:?}");
    store.close().await;
    // Whoever has stopped it can say so.
    let _ = std::fs::remove_file(target.with_extension("db-shm"));
    restore(&backup, &target, true).unwrap();
    assert_eq!(files(target.parent().unwrap()), ["cenote.db"]);
}

#[tokio::test]
async fn whoever_opened_what_was_replaced_is_refused() {
    let (directory, backup, _, _) = a_backup().await;
    let (target, opened) = (directory.path().join("cenote.db"), directory.path().join("opened.db"));
    restore(&backup, &target, false).unwrap();
    // A second name for the file instead of a process that opened it by the first.
    std::fs::hard_link(&target, &opened).unwrap();
    restore(&backup, &target, true).unwrap();
    assert!(matches!(try_open(&opened), Err(StoreError::NewerSchema { .. })));
    open(&target).close().await;
}

#[tokio::test]
async fn a_restore_that_fails_leaves_the_database_as_it_is() {
    let (directory, backup, _, _) = a_backup().await;
    let target = directory.path().join("cenote.db");
    let store = open(&target);
    let other = full_user(&with_pool(&store, "eu_b").await, "other");
    commit(&store, [insert(&other)]).await;
    store.close().await;
    // The copy can't be made.
    std::fs::create_dir(directory.path().join("cenote.db.partial")).unwrap();
    assert!(matches!(restore(&backup, &target, true), Err(BackupError::Unfinished(_))));
    let expected = ["backup.db", "backup.db.sha256", "cenote.db", "cenote.db.partial"];
    assert_eq!(files(directory.path()), expected);
    let store = open(&target);
    assert_eq!(find(&store, &other).await, Some(other.clone()));
    match store.commit(vec![insert(&other)]).await {
        Err(CommitError::Conflict(_)) => {}
        outcome => panic!("{outcome:?}"),
    }
}
