use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use cenote_store::testing::{Fault, FaultPoint, TemporaryStore};
use cenote_store::{Change, CommitError, Conflict, Pool, Store, StoreError};
use tokio::task::JoinSet;

use crate::samples::*;

/// A switch for one fault.
type Switch = Arc<Mutex<Option<(FaultPoint, Fault)>>>;

fn switch(store: &Store) -> Switch {
    let switch: Switch = Arc::default();
    let armed = Arc::clone(&switch);
    assert!(store.inject_faults(move |point| {
        armed.lock().unwrap().filter(|(at, _)| *at == point).map(|(_, fault)| fault)
    }));
    switch
}

/// One set with a single statement, and one with many.
fn sets(pool: &Pool, name: &str) -> [Vec<Change>; 2] {
    [
        vec![Change::MarkSessionUsed(used_session(name, 1))],
        vec![insert(&full_user(pool, name)), Change::AppendMessage(message(pool, name, 1))],
    ]
}

async fn is_there(store: &Store, pool: &Pool, name: &str) -> [bool; 2] {
    [store.is_session_used(name).await.unwrap(), find(store, &user(pool, name)).await.is_some()]
}

pub async fn a_failure_before_the_commit_changes_nothing(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let switch = switch(store);
    for point in [FaultPoint::BeforeApply, FaultPoint::BeforeCommit] {
        *switch.lock().unwrap() = Some((point, Fault::Unavailable));
        for set in sets(&pool, "a") {
            let failed = store.commit(set).await;
            assert!(
                matches!(failed, Err(CommitError::Store(StoreError::Unavailable { .. }))),
                "{point:?}: {failed:?}"
            );
        }
        assert_eq!(is_there(store, &pool, "a").await, [false; 2], "{point:?}");
    }
    *switch.lock().unwrap() = None;
    for set in sets(&pool, "a") {
        commit(store, set).await;
    }
    assert_eq!(is_there(store, &pool, "a").await, [true; 2]);
    assert_eq!(store.statistics().failures, 4);
}

pub async fn a_conflict_before_the_commit_changes_nothing(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let switch = switch(store);
    for point in [FaultPoint::BeforeApply, FaultPoint::BeforeCommit] {
        *switch.lock().unwrap() = Some((point, Fault::Conflict(Conflict::VersionChanged)));
        for set in sets(&pool, "a") {
            assert_eq!(conflict(store, set).await, Conflict::VersionChanged);
        }
        assert_eq!(is_there(store, &pool, "a").await, [false; 2], "{point:?}");
    }
    assert_eq!(store.statistics().conflicts, 4);
}

pub async fn a_lost_answer_is_an_unknown_outcome(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let switch = switch(store);
    *switch.lock().unwrap() = Some((FaultPoint::AfterCommit, Fault::Unavailable));
    for set in sets(&pool, "a") {
        let failed = store.commit(set).await;
        assert!(matches!(failed, Err(CommitError::Store(StoreError::OutcomeUnknown { .. }))), "{failed:?}");
    }
    assert_eq!(is_there(store, &pool, "a").await, [true; 2]);
}

pub async fn a_storm_of_faults_leaves_every_set_whole_or_absent(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    // Counted by point: a batch passes some of them once, others once for each of its sets.
    let passed = [const { AtomicUsize::new(0) }; 3];
    assert!(store.inject_faults(move |point| {
        match (point, passed[point as usize].fetch_add(1, Ordering::Relaxed)) {
            (FaultPoint::BeforeApply, count) if count % 7 == 3 => {
                Some(Fault::Conflict(Conflict::VersionChanged))
            }
            (FaultPoint::BeforeApply, count) if count % 7 == 5 => Some(Fault::Unavailable),
            (FaultPoint::BeforeCommit, count) if count % 7 == 3 => Some(Fault::Unavailable),
            (FaultPoint::AfterCommit, count) if count % 5 == 1 => Some(Fault::Unavailable),
            _ => None,
        }
    }));
    let mut tasks = JoinSet::new();
    for task in 0..8 {
        let (store, pool) = (store.store.clone(), pool.clone());
        tasks.spawn(async move {
            let mut outcomes = Vec::new();
            for round in 0..25 {
                let name = format!("{task}-{round}");
                let [single, several] = sets(&pool, &name);
                let set = single.into_iter().chain(several).collect();
                outcomes.push((name, store.commit(set).await));
            }
            outcomes
        });
    }
    let outcomes: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
    let messages = store.pending_messages().await.unwrap();
    let mut seen = [0; 3];
    for (name, outcome) in outcomes {
        let message = messages.iter().any(|message| message.id.as_str() == name);
        let [session, user] = is_there(store, &pool, &name).await;
        assert!(session == user && user == message, "{name}: {session} {user} {message}");
        match outcome {
            Ok(()) => {
                assert!(user, "{name} was acknowledged and is lost");
                seen[0] += 1;
            }
            Err(CommitError::Store(StoreError::OutcomeUnknown { .. })) => seen[1] += 1,
            Err(_) => {
                assert!(!user, "{name} was refused and is there");
                seen[2] += 1;
            }
        }
    }
    assert!(seen.iter().all(|count| *count > 0), "{seen:?}");
}
