//! A process is killed in the middle of its writes: what it was told is committed is there, the rest is whole or absent.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use cenote_store::{Change, Durability, SqliteOptions, Store, Sub};
use tokio::task::JoinSet;

use crate::samples::*;

const DATABASE: &str = "CENOTE_TEST_CRASH_DATABASE";
const WRITERS: usize = 8;

fn open(path: &Path) -> Store {
    let options = SqliteOptions { path: path.to_owned(), durability: Durability::Full, readers: 2 };
    Store::open_sqlite(options).unwrap()
}

/// The process that is killed: started by the test below, and only then does it do anything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_until_it_is_killed() {
    let Some(path) = std::env::var_os(DATABASE) else { return };
    let store = open(Path::new(&path));
    let pool = pool("eu_a");
    let _ = store.commit(vec![Change::InsertPool(pool.clone())]).await;
    let round = std::process::id();
    let mut tasks = JoinSet::new();
    for writer in 0..WRITERS {
        let (store, pool) = (store.clone(), pool.clone());
        tasks.spawn(async move {
            for number in 0.. {
                let name = format!("{round}-{writer}-{number}");
                let set = vec![
                    insert(&full_user(&pool, &name)),
                    Change::AppendMessage(message(&pool, &name, 1)),
                    Change::MarkSessionUsed(used_session(&name, 1)),
                ];
                store.commit(set).await.unwrap();
                println!("acknowledged {name}");
            }
        });
    }
    tasks.join_all().await;
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("cenote.db");
    let mut acknowledged = Vec::new();
    for round in 1..=3 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::writes_until_it_is_killed", "--nocapture", "--quiet"])
            .env(DATABASE, &path)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        let mut killed = false;
        while output.read_line(&mut line).unwrap() > 0 {
            // The last line may have been cut.
            if let Some(name) = line.strip_prefix("acknowledged ").and_then(|rest| rest.strip_suffix('\n')) {
                acknowledged.push(name.to_owned());
            }
            if !killed && acknowledged.len() >= round * 100 {
                child.kill().unwrap();
                killed = true;
            }
            line.clear();
        }
        child.wait().unwrap();
        assert!(killed, "it ended by itself");
    }
    let store = open(&path);
    let pool = pool("eu_a");
    for name in &acknowledged {
        let user = store.find_user(&pool.id, &Sub::new(name)).await.unwrap();
        assert!(user.is_some(), "{name} was acknowledged and is lost");
    }
    let users = store.list_users(&pool.id, None, None, 100_000).await.unwrap();
    let messages = store.due_messages(1, 100_000).await.unwrap();
    assert_eq!(users.len(), messages.len());
    for user in &users {
        assert!(store.is_session_used(user.sub.as_str()).await.unwrap());
        assert!(messages.iter().any(|message| message.id.as_str() == user.sub.as_str()));
    }
    // At most what each writer had under way in each round was written without an answer.
    assert!(users.len() - acknowledged.len() <= 3 * WRITERS);
}
