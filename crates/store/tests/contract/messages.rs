use cenote_store::testing::TemporaryStore;
use cenote_store::{Change, Conflict, InboxFilter, MessageCount, MessageId, MessageState, OutboxMessage};

use crate::samples::*;

fn ids(messages: &[OutboxMessage]) -> Vec<&str> {
    messages.iter().map(|message| message.id.as_str()).collect()
}

pub async fn due_messages_come_longest_waiting_first(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    assert_eq!(store.next_due_ms().await.unwrap(), None);
    let all = [("c", 10), ("a", 30), ("b", 10), ("d", 20)].map(|(id, due)| message(&pool, id, due));
    commit(store, all.iter().cloned().map(Change::AppendMessage)).await;
    assert_eq!(store.next_due_ms().await.unwrap(), Some(10));
    assert!(store.due_messages(9, 10).await.unwrap().is_empty());
    let due = store.due_messages(20, 10).await.unwrap();
    assert_eq!(ids(&due), ["b", "c", "d"]);
    assert_eq!(due[1], all[0]);
    assert_eq!(ids(&store.due_messages(30, 2).await.unwrap()), ["b", "c"]);
    // Whoever takes a message moves it on.
    let leased = OutboxMessage { due_ms: 100, attempts: 1, ..due[0].clone() };
    commit(store, [Change::UpdateMessage(leased)]).await;
    assert_eq!(ids(&store.due_messages(20, 10).await.unwrap()), ["c", "d"]);
}

pub async fn a_message_needs_a_free_id_and_its_version(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let first = message(&pool, "m", 1);
    commit(store, [Change::AppendMessage(first.clone())]).await;
    assert_eq!(conflict(store, [Change::AppendMessage(first.clone())]).await, Conflict::AlreadyExists);
    let next = OutboxMessage { last_error: Some("timeout".into()), ..first.clone() };
    commit(store, [Change::UpdateMessage(next.clone())]).await;
    assert_eq!(conflict(store, [Change::UpdateMessage(next.clone())]).await, Conflict::VersionChanged);
    assert_eq!(store.due_messages(1, 1).await.unwrap(), [OutboxMessage { version: 2, ..next }]);
    let delete = |version| Change::DeleteMessage { id: first.id.clone(), version };
    assert_eq!(conflict(store, [delete(1)]).await, Conflict::VersionChanged);
    commit(store, [delete(2)]).await;
    assert_eq!(conflict(store, [delete(2)]).await, Conflict::VersionChanged);
    assert_eq!(store.count_messages().await.unwrap(), MessageCount::default());
}

pub async fn dead_messages_are_kept_apart(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    for id in ["c", "a", "b", "alive"] {
        commit(store, [Change::AppendMessage(message(&pool, id, 1))]).await;
        if id != "alive" {
            let dead = OutboxMessage { state: MessageState::Dead, ..message(&pool, id, 1) };
            commit(store, [Change::UpdateMessage(dead)]).await;
        }
    }
    assert_eq!(store.count_messages().await.unwrap(), MessageCount { pending: 1, dead: 3 });
    assert_eq!(ids(&store.due_messages(i64::MAX, 10).await.unwrap()), ["alive"]);
    let page = store.list_dead_messages(None, 2).await.unwrap();
    assert_eq!(ids(&page), ["a", "b"]);
    assert_eq!(page[0].state, MessageState::Dead);
    assert_eq!(ids(&store.list_dead_messages(Some(&page[1].id), 2).await.unwrap()), ["c"]);
}

pub async fn the_inbox_is_filtered_newest_first(store: &TemporaryStore) {
    let (one, two) = (pool("eu_a"), pool("eu_b"));
    let all = [
        inbox_message(&one, "1", "anna", "anna@example.org"),
        inbox_message(&one, "2", "ben", "ben@example.org"),
        inbox_message(&two, "3", "anna", "+491234"),
        inbox_message(&one, "4", "anna", "+491234"),
    ];
    commit(store, all.iter().cloned().map(Change::InsertInboxMessage)).await;
    let again = Change::InsertInboxMessage(all[0].clone());
    assert_eq!(conflict(store, [again]).await, Conflict::AlreadyExists);
    let any = InboxFilter::default();
    let after = |id: &str| Some(MessageId::new(id));
    for (filter, expected) in [
        (any.clone(), vec!["4", "3", "2", "1"]),
        (InboxFilter { to: Some("+491234".into()), ..any.clone() }, vec!["4", "3"]),
        (InboxFilter { to: Some("+49123".into()), ..any.clone() }, vec![]),
        (InboxFilter { pool: Some(one.id.clone()), ..any.clone() }, vec!["4", "2", "1"]),
        (InboxFilter { user: Some("anna".into()), ..any.clone() }, vec!["4", "3", "1"]),
        (InboxFilter { after: after("2"), ..any.clone() }, vec!["4", "3"]),
        (InboxFilter { after: after("4"), ..any.clone() }, vec![]),
        (
            InboxFilter {
                pool: Some(one.id.clone()),
                user: Some("anna".into()),
                after: after("1"),
                to: None,
            },
            vec!["4"],
        ),
    ] {
        let found = store.list_inbox(&filter, 10).await.unwrap();
        let found: Vec<_> = found.iter().map(|message| message.id.as_str()).collect();
        assert_eq!(found, expected, "{filter:?}");
    }
    assert_eq!(store.list_inbox(&any, 1).await.unwrap(), [all[3].clone()]);
    commit(store, [Change::ClearInbox]).await;
    assert!(store.list_inbox(&any, 10).await.unwrap().is_empty());
}
