//! What runs beside the requests: delivery, spare keys, and sweeping out what has expired.

use std::sync::Arc;
use std::time::Duration;

use cenote_core::Service;
use cenote_core::tokens::spare_keys;
use cenote_delivery::Worker;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use crate::http::Stop;

/// How often the store is swept, and how much at a time: of a deleted pool a row here is a user with all its names.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);
const SWEEP_ROWS: u32 = 100;

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
        if let Err(error) = in_portions(|| service.sweep(SWEEP_ROWS)).await {
            tracing::warn!(%error, "store.sweep_failed");
        }
    }
}

/// Does portion after portion until nothing is left. Between two of them others have as much time as the last one took.
async fn in_portions<P, E>(mut portion: impl FnMut() -> P) -> Result<(), E>
where
    P: Future<Output = Result<u64, E>>,
{
    loop {
        let began = Instant::now();
        if portion().await? == 0 {
            return Ok(());
        }
        sleep(began.elapsed()).await;
    }
}

/// Lets everything else go before this thread.
fn lower_priority() {
    // Only Linux has a priority for each thread. Without it the work is done all the same, only less politely.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(19);
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn others_have_half_of_the_time() {
        let (began, left) = (Instant::now(), Cell::new(4));
        let took = Duration::from_secs(10);
        let portions = in_portions(|| async {
            sleep(took).await;
            left.set(left.get() - 1);
            Ok::<_, ()>(left.get())
        });
        portions.await.unwrap();
        assert_eq!(began.elapsed(), took * 7);
    }
}
