//! What runs beside the requests: delivery, spare keys, and sweeping out what has expired.

use std::sync::Arc;
use std::time::Duration;

use cenote_core::Service;
use cenote_core::tokens::spare_keys;
use cenote_delivery::Worker;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::http::Stop;

/// How often the store is swept, and how much at a time.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);
const SWEEP_ROWS: u32 = 500;

/// How long after the start nothing is made ahead: who starts a server wants its first answers.
const FIRST_ANSWERS: Duration = Duration::from_secs(3);

/// The tasks.
#[derive(Debug)]
pub(crate) struct Background {
    tasks: JoinSet<()>,
    stop: Stop,
}

/// Starts everything.
pub(crate) fn start(service: Arc<Service>, worker: Worker, spare_keys: bool) -> Background {
    let stop = Stop::new();
    let mut tasks = JoinSet::new();
    let wake = Arc::clone(&service.outbox_wake);
    let stopping = stop.clone();
    tasks.spawn(async move { worker.run(wake, stopping.wait()).await });
    if spare_keys {
        let (filled, stopping) = (Arc::clone(&service), stop.clone());
        tasks.spawn(async move {
            let fill = async {
                sleep(FIRST_ANSWERS).await;
                spare_keys::keep_filled(filled, lower_priority, std::future::pending()).await;
            };
            tokio::select! {
                () = fill => {}
                () = stopping.wait() => {}
            }
        });
    }
    let stopping = stop.clone();
    tasks.spawn(async move {
        tokio::select! {
            () = sweep(service) => {}
            () = stopping.wait() => {}
        }
    });
    Background { tasks, stop }
}

impl Background {
    /// Lets everything finish what it does, for so long. A message that is being sent longer stays in the outbox.
    pub(crate) async fn stop(mut self, patience: Duration) {
        self.stop.stop();
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(patience, all).await.is_err() {
            tracing::warn!("server.background_cut_short");
        }
        self.tasks.shutdown().await;
    }
}

async fn sweep(service: Arc<Service>) {
    loop {
        sleep(SWEEP_INTERVAL).await;
        loop {
            match service.sweep(SWEEP_ROWS).await {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "store.sweep_failed");
                    break;
                }
            }
        }
    }
}

/// Lets everything else go before this thread.
fn lower_priority() {
    // Only Linux has a priority for each thread. Without it the work is done all the same, only less politely.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(19);
}
