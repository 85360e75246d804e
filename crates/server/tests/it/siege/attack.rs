//! An attack that stands until somebody else was served beside it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::PATIENCE;

/// How often somebody else must be answered while the attack stands.
pub(super) const ANSWERS: usize = 5;

/// What one attacker says of itself, and hears.
#[derive(Clone)]
pub(super) struct Attacker {
    /// Grows when it begins to stand and when it does not any more, and so is odd while it stands.
    changes: Arc<AtomicUsize>,
    over: watch::Receiver<bool>,
}

impl Attacker {
    /// From now on, until its connection is closed, the server has to bear with it.
    pub(super) fn stands(&self) {
        self.changes.fetch_or(1, Ordering::SeqCst);
    }

    fn is_gone(&self) {
        let changes = self.changes.load(Ordering::SeqCst);
        self.changes.store(changes.next_multiple_of(2), Ordering::SeqCst);
    }

    /// Completes when the others were served and nobody takes its place any more.
    pub(super) async fn over(&mut self) {
        let _ = self.over.wait_for(|over| *over).await;
    }
}

/// Attacks with so many at once. Whoever is thrown out is replaced, until a few questions were answered while at least so
/// many stood all the time from the question to its answer: a server that answers nobody before the attackers are gone never
/// gets there. All of them end by themselves then.
pub(super) async fn withstand<F: Future<Output = ()> + Send + 'static>(
    attackers: usize,
    standing: usize,
    attack: impl Fn(usize, Attacker) -> F,
    ask: impl AsyncFn(),
) {
    let (served, over) = watch::channel(false);
    let all: Vec<Attacker> =
        (0..attackers).map(|_| Attacker { changes: Arc::default(), over: over.clone() }).collect();
    let begin = |running: &mut JoinSet<usize>, number: usize| {
        let attacker = all[number].clone();
        let attacked = attack(number, attacker.clone());
        running.spawn(async move {
            attacked.await;
            attacker.is_gone();
            number
        });
    };
    let attacked = async {
        let mut running = JoinSet::new();
        for number in 0..attackers {
            begin(&mut running, number);
        }
        while let Some(ended) = running.join_next().await {
            let number = ended.unwrap();
            if !*served.borrow() {
                begin(&mut running, number);
            }
        }
    };
    let changes = || -> Vec<usize> { all.iter().map(|one| one.changes.load(Ordering::SeqCst)).collect() };
    let asked = async {
        let mut answered = 0;
        while answered < ANSWERS {
            let before = changes();
            ask().await;
            let both = before.iter().zip(changes());
            let stood = both.filter(|(before, after)| *before == after && after % 2 == 1).count();
            answered += usize::from(stood >= standing);
        }
        served.send_replace(true);
    };
    let served_in_time =
        async { timeout(PATIENCE, asked).await.expect("others are served while the attack stands") };
    tokio::join!(attacked, served_in_time);
}
