//! Group commit, and the database's files.

use std::future::{Future, poll_fn};
use std::os::unix::fs::PermissionsExt;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use cenote_store::testing::{Fault, FaultPoint, temporary_sqlite};
use cenote_store::{Change, CommitError, Conflict, SqliteOptions, Store, StoreError};

use crate::samples::*;

type Commit<'a> = Pin<Box<dyn Future<Output = Result<(), CommitError>> + 'a>>;

/// Polls each once, which puts it into the writer's queue.
async fn queue(commits: &mut [Commit<'_>]) {
    for commit in commits {
        poll_fn(|cx| {
            assert!(commit.as_mut().poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
    }
}

/// Holds the writer in its first commit until `release` is dropped or sent to, then fails the second one if asked to.
fn hold_first_commit(
    store: &Store,
    fail_second: bool,
) -> (std::sync::mpsc::Receiver<()>, std::sync::mpsc::Sender<()>) {
    let (reached, wait_for_it) = channel();
    let (release, held) = channel::<()>();
    let held = Mutex::new(held);
    let first = AtomicBool::new(true);
    assert!(store.inject_faults(move |point| {
        if point != FaultPoint::BeforeCommit {
            return None;
        }
        if first.swap(false, Ordering::Relaxed) {
            reached.send(()).unwrap();
            let _ = held.lock().unwrap().recv();
            return None;
        }
        fail_second.then_some(Fault::Unavailable)
    }));
    (wait_for_it, release)
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_does_not_come_back_is_told() {
    let store = temporary_sqlite().await;
    let (reached, release) = hold_first_commit(&store, false);
    let mark = vec![Change::MarkSessionUsed(used_session("held", 1))];
    let mut held = [Box::pin(store.commit(mark)) as Commit<'_>];
    queue(&mut held).await;
    reached.recv().unwrap();
    store.ping().await.unwrap();
    tokio::time::advance(Duration::from_secs(3)).await;
    let told = store.ping().await.unwrap_err().to_string();
    assert_eq!(told, "the store is unavailable: no commit has come back for 3 seconds");
    drop(release);
    let [held] = held;
    held.await.unwrap();
    store.ping().await.unwrap();
}

#[tokio::test]
async fn everybody_who_waits_is_committed_by_one_flush() {
    let store = temporary_sqlite().await;
    let (reached, release) = hold_first_commit(&store, false);
    let mark = |id: String| {
        Box::pin(store.commit(vec![Change::MarkSessionUsed(used_session(&id, 1))])) as Commit<'_>
    };
    let mut first = [mark("first".into())];
    queue(&mut first).await;
    reached.recv().unwrap();
    let mut waiting: Vec<_> = (0..100).map(|number| mark(number.to_string())).collect();
    // One in between meets a conflict, which is its own affair.
    waiting.insert(50, mark("7".into()));
    queue(&mut waiting).await;
    release.send(()).unwrap();
    for commit in &mut first {
        commit.await.unwrap();
    }
    for (number, commit) in waiting.into_iter().enumerate() {
        match commit.await {
            Err(CommitError::Conflict(Conflict::SessionUsed)) => assert_eq!(number, 50),
            outcome => outcome.unwrap(),
        }
    }
    let statistics = store.statistics();
    assert_eq!((statistics.commits, statistics.conflicts, statistics.batches), (101, 1, 2));
    for number in 0..100 {
        assert!(store.is_session_used(&number.to_string()).await.unwrap());
    }
}

#[tokio::test]
async fn a_failed_flush_fails_everybody_who_shared_it() {
    let store = temporary_sqlite().await;
    let (reached, release) = hold_first_commit(&store, true);
    let mark =
        |id: &str| Box::pin(store.commit(vec![Change::MarkSessionUsed(used_session(id, 1))])) as Commit<'_>;
    let mut first = [mark("first")];
    queue(&mut first).await;
    reached.recv().unwrap();
    let mut waiting = vec![mark("a"), mark("b"), mark("first")];
    queue(&mut waiting).await;
    release.send(()).unwrap();
    for commit in waiting {
        // The one with the conflict as well: nothing of what it saw is certain.
        assert!(matches!(commit.await, Err(CommitError::Store(StoreError::Unavailable { .. }))));
    }
    assert!(store.is_session_used("first").await.unwrap());
    assert!(!store.is_session_used("a").await.unwrap());
}

#[tokio::test]
async fn a_change_set_that_is_refused_after_it_has_written_leaves_nothing_and_the_others_alone() {
    let store = temporary_sqlite().await;
    let pool = with_pool(&store, "eu_a").await;
    let batches = store.statistics().batches;
    let (reached, release) = hold_first_commit(&store, false);
    let mark = |id: &str| Change::MarkSessionUsed(used_session(id, 1));
    let mut first = [Box::pin(store.commit(vec![mark("first")])) as Commit<'_>];
    queue(&mut first).await;
    reached.recv().unwrap();
    let (taken, other) = (user(&pool, "taken"), user(&pool, "other"));
    let sets = [
        vec![mark("before")],
        // Writes, and then meets what was there before the batch.
        vec![insert(&other), mark("late"), mark("first")],
        // What the one before would have taken is free.
        vec![mark("late"), insert(&taken)],
        // Writes, and then meets what is in the batch.
        vec![mark("after"), insert(&taken)],
        vec![mark("after")],
        // Refused at once.
        vec![mark("late"), mark("last")],
    ];
    let mut waiting: Vec<_> = sets.into_iter().map(|set| Box::pin(store.commit(set)) as Commit<'_>).collect();
    queue(&mut waiting).await;
    release.send(()).unwrap();
    let mut outcomes = Vec::new();
    for commit in waiting {
        outcomes.push(match commit.await {
            Ok(()) => None,
            Err(CommitError::Conflict(conflict)) => Some(conflict),
            Err(other) => panic!("{other}"),
        });
    }
    let (used, exists) = (Some(Conflict::SessionUsed), Some(Conflict::AlreadyExists));
    assert_eq!(outcomes, [None, used, None, exists, None, used]);
    for commit in &mut first {
        commit.await.unwrap();
    }
    assert_eq!(store.statistics().batches - batches, 2);
    assert_eq!(store.find_user(&pool.id, &other.sub).await.unwrap(), None);
    assert!(store.find_user(&pool.id, &taken.sub).await.unwrap().is_some());
    for (id, there) in [("before", true), ("late", true), ("after", true), ("last", false)] {
        assert_eq!(store.is_session_used(id).await.unwrap(), there, "{id}");
    }
}

#[tokio::test]
async fn closing_finishes_what_was_asked_before() {
    let store = temporary_sqlite().await;
    let (reached, release) = hold_first_commit(&store, false);
    let mark =
        |id: &str| Box::pin(store.commit(vec![Change::MarkSessionUsed(used_session(id, 1))])) as Commit<'_>;
    let mut waiting = vec![mark("a")];
    queue(&mut waiting).await;
    reached.recv().unwrap();
    waiting.push(mark("b"));
    queue(&mut waiting[1..]).await;
    release.send(()).unwrap();
    store.close().await;
    for commit in waiting {
        commit.await.unwrap();
    }
    let path = store.sqlite_options().unwrap().path;
    // The log was folded in and is gone.
    assert!(!path.with_extension("db-wal").exists());
    let again = store.open_again().await.unwrap();
    assert!(again.is_session_used("a").await.unwrap() && again.is_session_used("b").await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn the_log_stays_short_while_many_read_and_write() {
    const MIB: usize = 1024 * 1024;
    let store = temporary_sqlite().await;
    let pool = with_pool(&store, "eu_a").await;
    let log = store.sqlite_options().unwrap().path.with_extension("db-wal");
    let stop = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let (store, pool, stop) = (store.store.clone(), pool.clone(), Arc::clone(&stop));
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    assert!(store.find_pool(&pool.id).await.unwrap().is_some());
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    // Twice as long in the log, for there is an index.
    let id = |round: usize| format!("{round:03}{}", "x".repeat(2 * MIB));
    for round in 0..28 {
        commit(&store, [Change::MarkSessionUsed(used_session(&id(round), 1))]).await;
        // Leaves room for the next one in the database, so that only the log grows.
        assert_eq!(store.sweep(if round == 27 { 0 } else { 1 }, 9).await.unwrap(), u64::from(round < 27));
        let length = usize::try_from(log.metadata().unwrap().len()).unwrap();
        assert!(length < 96 * MIB, "{} MiB in round {round}", length / MIB);
    }
    stop.store(true, Ordering::Relaxed);
    for reader in readers {
        reader.await.unwrap();
    }
    assert!(!store.is_session_used(&id(26)).await.unwrap());
    assert!(store.is_session_used(&id(27)).await.unwrap());
}

#[tokio::test]
async fn dropping_the_last_clone_closes() {
    let store = temporary_sqlite().await;
    let options = store.sqlite_options().unwrap();
    let (directory, clone) = (options.path.parent().unwrap().to_owned(), store.open_again().await.unwrap());
    commit(&clone, [Change::MarkSessionUsed(used_session("a", 1))]).await;
    store.close().await;
    assert!(directory.join("cenote.db-wal").exists());
    drop(clone);
    assert!(!directory.join("cenote.db-wal").exists());
}

#[tokio::test]
async fn its_files_are_for_nobody_else() {
    let store = temporary_sqlite().await;
    with_pool(&store, "eu_a").await;
    let path = store.sqlite_options().unwrap().path;
    for extension in ["db", "db-wal", "db-shm"] {
        let mode = path.with_extension(extension).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{extension}");
    }
}

#[tokio::test]
async fn what_is_no_database_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let open = |path| {
        let durability = cenote_store::Durability::Full;
        Store::open_sqlite(SqliteOptions { path, durability, readers: 1 })
    };
    let missing = open(directory.path().join("no/such/directory.db"));
    assert!(matches!(missing, Err(StoreError::Configuration { .. })), "{missing:?}");
    let path = directory.path().join("text");
    std::fs::write(
        &path,
        "no database, but a text that is long enough to be read as the header of one, if only just so",
    )
    .unwrap();
    assert!(open(path).is_err());
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_reported_without_its_contents() {
    let store = temporary_sqlite().await;
    let pool = with_pool(&store, "eu_a").await;
    let path = store.sqlite_options().unwrap().path;
    let sql = "UPDATE pools SET data = '{\"id\": hunter2}'";
    rusqlite::Connection::open(path).unwrap().execute(sql, []).unwrap();
    let error = store.find_pool(&pool.id).await.unwrap_err();
    assert_eq!(error, StoreError::Corrupt { table: "pools", column: "data" });
    assert!(!error.to_string().contains("hunter2"));
}
