use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use cenote_store::testing::TemporaryStore;
use cenote_store::{Change, CommitError, Conflict, NameKind, Pool, RefreshFamily, Store, Sub, User};
use tokio::task::JoinSet;

use crate::samples::*;

/// Starts `count` tasks and returns what they return.
async fn all<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    count: usize,
    task: impl Fn(usize) -> F,
) -> Vec<T> {
    let mut tasks = JoinSet::new();
    for number in 0..count {
        tasks.spawn(task(number));
    }
    tasks.join_all().await
}

/// Counts one failure more, however often others are faster; how often they were.
async fn count_failure(store: &Store, pool: &Pool, sub: &str) -> u32 {
    let mut retries = 0;
    loop {
        let before = store.find_user(&pool.id, &Sub::new(sub)).await.unwrap().unwrap();
        let mut after = before.clone();
        after.lockout.failures += 1;
        match store.commit(vec![update(&before, &after)]).await {
            Ok(()) => return retries,
            Err(CommitError::Conflict(Conflict::VersionChanged)) => retries += 1,
            Err(other) => panic!("{other}"),
        }
    }
}

pub async fn each_version_of_a_user_has_one_successor(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    commit(store, [insert(&user(&pool, "sub"))]).await;
    all(16, |_| {
        let (store, pool) = (store.store.clone(), pool.clone());
        async move {
            for _ in 0..5 {
                count_failure(&store, &pool, "sub").await;
            }
        }
    })
    .await;
    let user = store.find_user(&pool.id, &Sub::new("sub")).await.unwrap().unwrap();
    assert_eq!((user.lockout.failures, user.version), (80, 81));
}

pub async fn one_of_many_claims_a_name(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let outcomes = all(24, |number| {
        let store = store.store.clone();
        let mut user = user(&pool, &format!("{number}"));
        user.names.insert(name(NameKind::Email, "wanted@example.org"));
        async move { store.commit(vec![insert(&user)]).await.map(|()| user) }
    })
    .await;
    let mut winners = Vec::new();
    for outcome in outcomes {
        match outcome {
            Ok(user) => winners.push(user),
            Err(CommitError::Conflict(conflict)) => {
                assert_eq!(conflict, Conflict::NameTaken(NameKind::Email));
            }
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(winners.len(), 1);
    let owner = store.find_user_by_name(&pool.id, NameKind::Email, "wanted@example.org").await.unwrap();
    assert_eq!(owner.as_ref(), winners.first());
    assert_eq!(store.count_users(&pool.id).await.unwrap(), 1);
}

pub async fn users_who_come_and_go_together_are_counted(store: &TemporaryStore) {
    let (pool, other) = (with_pool(store, "eu_a").await, with_pool(store, "eu_b").await);
    all(16, |number| {
        let (store, pool, other) = (store.store.clone(), pool.clone(), other.clone());
        async move {
            // Some share the end of their subs, and half of the tasks take their users in the opposite order.
            let mut users: Vec<_> =
                (0..10).map(|end| user(&pool, &format!("{number:02}-{end:02}"))).collect();
            users.push(user(&other, &format!("{number:02}")));
            if number % 2 == 0 {
                users.reverse();
            }
            commit(&store, users.iter().map(insert)).await;
            assert_eq!(conflict(&store, users.iter().map(insert)).await, Conflict::AlreadyExists);
            commit(&store, users.iter().step_by(2).map(delete)).await;
        }
    })
    .await;
    assert_eq!(store.list_users(&pool.id, None, None, 1000).await.unwrap().len(), 80);
    assert_eq!(store.count_users(&pool.id).await.unwrap(), 80);
    assert_eq!(store.count_users(&other.id).await.unwrap(), 0);
    // One who makes room for another.
    let (old, new) = (user(&pool, "old-00"), user(&pool, "new-00"));
    commit(store, [insert(&old)]).await;
    commit(store, [delete(&old), insert(&new)]).await;
    assert_eq!(store.count_users(&pool.id).await.unwrap(), 81);
}

pub async fn one_of_many_uses_a_session(store: &TemporaryStore) {
    let outcomes = all(24, |_| {
        let store = store.store.clone();
        async move { store.commit(vec![Change::MarkSessionUsed(used_session("s", 1))]).await }
    })
    .await;
    let (won, lost): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1);
    assert!(
        lost.iter().all(|outcome| matches!(outcome, Err(CommitError::Conflict(Conflict::SessionUsed)))),
        "{lost:?}"
    );
}

pub async fn one_of_many_rotates_a_family(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let user = user(&pool, "sub");
    commit(store, [insert(&user)]).await;
    for version in 0..3 {
        let outcomes = all(24, |number| {
            let store = store.store.clone();
            let current = number.to_string();
            let family = RefreshFamily { version, current, ..refresh_family(&user, "f", 1) };
            async move { store.commit(vec![Change::PutRefreshFamily(family)]).await.map(|()| number) }
        })
        .await;
        let (won, lost): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
        let winners: Vec<_> = won.into_iter().map(|number| number.unwrap().to_string()).collect();
        let (_, family) = store.find_refresh_family(&pool.id, "f").await.unwrap();
        assert_eq!(winners, [family.unwrap().current]);
        assert!(
            lost.iter()
                .all(|outcome| matches!(outcome, Err(CommitError::Conflict(Conflict::VersionChanged)))),
            "{lost:?}"
        );
    }
}

pub async fn opposite_orders_do_not_block_each_other_for_good(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let users = [user(&pool, "1"), user(&pool, "2")];
    commit(store, users.iter().map(insert)).await;
    all(8, |number| {
        let (store, pool) = (store.store.clone(), pool.clone());
        async move {
            let mut done = 0;
            while done < 5 {
                let mut changes = Vec::new();
                for sub in ["1", "2"] {
                    let before = store.find_user(&pool.id, &Sub::new(sub)).await.unwrap().unwrap();
                    let mut after = before.clone();
                    after.lockout.failures += 1;
                    changes.push(update(&before, &after));
                }
                if number % 2 == 0 {
                    changes.reverse();
                }
                match store.commit(changes).await {
                    Ok(()) => done += 1,
                    Err(CommitError::Conflict(Conflict::VersionChanged)) => {}
                    Err(other) => panic!("{other}"),
                }
            }
        }
    })
    .await;
    for user in &users {
        assert_eq!(find(store, user).await.unwrap().lockout.failures, 40);
    }
}

pub async fn no_user_survives_its_pool(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let inserts = all(16, |number| {
        let (store, pool) = (store.store.clone(), pool.clone());
        async move {
            for round in 0.. {
                if number == 0 && round == 3 {
                    commit(&store, [Change::DeletePool { id: pool.id.clone(), version: 1 }]).await;
                }
                let user = full_user(&pool, &format!("{number}-{round}"));
                match store.commit(vec![insert(&user)]).await {
                    Ok(()) => {}
                    Err(CommitError::Conflict(Conflict::VersionChanged)) => break,
                    Err(other) => panic!("{other}"),
                }
            }
        }
    });
    inserts.await;
    with_pool(store, "eu_a").await;
    assert_eq!(subs(store, &pool, None).await, [""; 0]);
    // Their names are free too.
    for number in 0..16 {
        commit(store, [insert(&full_user(&pool, &format!("{number}-0")))]).await;
    }
}

pub async fn what_was_acknowledged_is_read_at_once(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    all(8, |number| {
        let (store, pool) = (store.store.clone(), pool.clone());
        async move {
            for round in 0..10 {
                let user = user(&pool, &format!("{number}-{round}"));
                commit(&store, [insert(&user)]).await;
                assert_eq!(find(&store, &user).await.as_ref(), Some(&user));
                assert!(subs(&store, &pool, None).await.contains(&user.username));
                let gone = delete(&user);
                commit(&store, [gone]).await;
                assert_eq!(find(&store, &user).await, None);
            }
        }
    })
    .await;
}

pub async fn a_caller_that_stops_waiting_stops_nothing(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let user: User = full_user(&pool, "sub");
    {
        let mut commit = pin!(store.commit(vec![insert(&user)]));
        poll_fn(|cx| {
            let _ = commit.as_mut().poll(cx);
            Poll::Ready(())
        })
        .await;
    }
    while find(store, &user).await.is_none() {
        tokio::task::yield_now().await;
    }
    assert_eq!(find(store, &user).await, Some(user));
    // No transaction is left behind that would hold anybody up.
    commit(store, [Change::DeletePool { id: pool.id, version: 1 }]).await;
}
