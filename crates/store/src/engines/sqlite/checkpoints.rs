//! Folding the log into the database, so that it stays short.
//!
//! SQLite would do this within the commit that makes the log too long, and everybody in that batch would wait until thousands
//! of pages are written and flushed. Here a thread with a connection of its own does it while the writer goes on. It is always
//! a few commits behind, so the writer folds in the rest itself, between two batches and after their answers; with nothing
//! left in the log but what is in the database too, SQLite starts it over from its beginning, unless somebody reads from it
//! at that moment.
//!
//! What was acknowledged is safe all the while: it is in the log, and that was flushed. A checkpoint flushes the database before
//! it lets anything in the log be overwritten.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use super::SqliteOptions;
use super::connection::Connection;
use crate::error::StoreError;

/// How many pages the log has when folding begins: 8 MiB. The more there are, the more changes of one page become one write,
/// and the longer a start after a crash takes, which reads them all: some milliseconds.
const BEGIN_AT: u32 = 2048;
/// The thread goes on until so few are left, but does not run after a fast writer for ever.
const FEW: u32 = 256;
const MOST_PASSES: usize = 4;
/// After how many batches the writer tries to get the log started over, before it lets whoever reads go on.
const MOST_TRIES: u32 = 16;

/// The writer's side.
pub(super) struct Checkpoints {
    ask: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
    /// Set by the thread when it has done what it was asked for.
    done: Arc<AtomicBool>,
    asked: bool,
    /// How often the writer still tries to fold in the rest.
    tries: u32,
    /// How long the log was after the last batch.
    pages: u32,
    begin_at: u32,
}

impl Checkpoints {
    pub(super) fn start(options: SqliteOptions) -> Result<Self, StoreError> {
        let (ask, asked) = sync_channel(1);
        let done = Arc::new(AtomicBool::new(false));
        let tell = Arc::clone(&done);
        let thread = thread::Builder::new()
            .name("store-checkpoint".into())
            .spawn(move || run(&options, &asked, &tell))
            .map_err(|error| StoreError::unavailable(format!("no thread for checkpoints: {error}")))?;
        let (asked, tries, pages) = (false, 0, 0);
        Ok(Self { ask: Some(ask), thread: Some(thread), done, asked, tries, pages, begin_at: BEGIN_AT })
    }

    /// Does what is to be done after a batch.
    pub(super) fn after_batch(&mut self, writer: &Connection) {
        let pages = writer.log_pages();
        if pages < self.pages {
            // It was started over.
            self.tries = 0;
            self.begin_at = BEGIN_AT;
        }
        self.pages = pages;
        if self.asked {
            if self.done.swap(false, Ordering::Acquire) {
                self.asked = false;
                self.tries = MOST_TRIES;
                // Should a long read keep the log from being started over.
                self.begin_at = pages.saturating_add(BEGIN_AT);
            }
        } else if pages >= self.begin_at
            && let Some(ask) = &self.ask
        {
            self.asked = ask.try_send(()).is_ok();
        }
        if self.tries > 0 {
            self.tries -= 1;
            fold(writer);
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        // Without a sender the thread ends, and closes its connection.
        self.ask = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(options: &SqliteOptions, asked: &Receiver<()>, done: &AtomicBool) {
    let mut connection = None;
    while asked.recv().is_ok() {
        if connection.is_none() {
            connection = Connection::open_writer(&options.path, options.durability)
                .inspect_err(|error| tracing::warn!(%error, "store.checkpoint_failed"))
                .ok();
        }
        if let Some(connection) = &connection {
            for _ in 0..MOST_PASSES {
                if fold(connection).is_none_or(|left| left <= FEW) {
                    break;
                }
            }
        }
        // In any case: where this failed the writer may still succeed.
        done.store(true, Ordering::Release);
    }
}

/// Folds in as much as is possible without waiting for anybody, and says how many pages are left; nothing if another process
/// is at it.
fn fold(connection: &Connection) -> Option<u32> {
    connection.checkpoint().unwrap_or_else(|error| {
        tracing::warn!(%error, "store.checkpoint_failed");
        None
    })
}
