use cenote_store::testing::TemporaryStore;
use cenote_store::{Change, Conflict, User, UserSession};

use crate::samples::*;

async fn list(store: &TemporaryStore, user: &User) -> Vec<(UserSession, bool)> {
    store.list_user_sessions(&user.pool_id, &user.sub).await.unwrap()
}

pub async fn sessions_are_listed_with_their_last_use(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let (one, two) = (user(&pool, "1"), user(&pool, "2"));
    let sessions = ["a", "b"].map(|id| user_session(&one, id, 10));
    let insert_session = |session: &UserSession| Change::InsertUserSession(session.clone());
    assert_eq!(conflict(store, [insert_session(&sessions[0])]).await, Conflict::VersionChanged);
    commit(store, [insert(&one), insert(&two), insert_session(&sessions[1]), insert_session(&sessions[0])])
        .await;
    assert_eq!(conflict(store, [insert_session(&sessions[0])]).await, Conflict::AlreadyExists);
    commit(store, [insert_session(&user_session(&two, "a", 10))]).await;
    let [a, b] = sessions.map(|session| (session, false));
    assert_eq!(list(store, &one).await, [a.clone(), b.clone()]);
    commit(store, [touch(&one, "a", 9), touch(&one, "nothing", 9)]).await;
    let a = (UserSession { activity: activity(9), ..a.0 }, false);
    assert_eq!(list(store, &one).await, [a.clone(), b.clone()]);
    assert_eq!(list(store, &two).await[0].0.activity, activity(2));
    commit(store, [Change::Revoke(revocation(&pool, &b.0.family, 5))]).await;
    assert_eq!(list(store, &one).await, [a.clone(), (b.0, true)]);
    let delete = Change::DeleteUserSession { pool_id: pool.id.clone(), sub: one.sub.clone(), id: "b".into() };
    commit(store, [delete.clone(), delete]).await;
    assert_eq!(list(store, &one).await, [a]);
}

pub async fn sessions_go_with_their_user_or_when_they_expire(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let (gone, kept) = (user(&pool, "gone"), user(&pool, "kept"));
    commit(store, [insert(&gone), insert(&kept)]).await;
    for (user, id) in [(&gone, "a"), (&gone, "b"), (&kept, "a"), (&kept, "b")] {
        let expires = if id == "b" { 20 } else { 10 };
        commit(store, [Change::InsertUserSession(user_session(user, id, expires))]).await;
    }
    commit(store, [delete(&gone)]).await;
    assert_eq!(list(store, &gone).await, []);
    assert_eq!(list(store, &kept).await.len(), 2);
    assert_eq!(store.sweep(9, 10).await.unwrap(), 0);
    assert_eq!(store.sweep(10, 10).await.unwrap(), 1);
    assert_eq!(list(store, &kept).await, [(user_session(&kept, "b", 20), false)]);
}
