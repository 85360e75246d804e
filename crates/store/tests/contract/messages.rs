use cenote_store::testing::TemporaryStore;
use cenote_store::{
    Change, Channel, Conflict, InboxFilter, MessageCount, MessageId, MessageState, OutboxMessage, Queue,
};

use crate::samples::*;

const EMAIL: Queue = Queue::Channel(Channel::Email);

fn ids(messages: &[OutboxMessage]) -> Vec<&str> {
    messages.iter().map(|message| message.id.as_str()).collect()
}

pub async fn due_messages_come_longest_waiting_first(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    assert_eq!(store.next_due_ms(EMAIL).await.unwrap(), None);
    let all = [("c", 10), ("a", 30), ("b", 10), ("d", 20)].map(|(id, due)| message(&pool, id, due));
    commit(store, all.iter().cloned().map(Change::AppendMessage)).await;
    assert_eq!(store.next_due_ms(EMAIL).await.unwrap(), Some(10));
    assert!(store.due_messages(EMAIL, 9, 10).await.unwrap().is_empty());
    let due = store.due_messages(EMAIL, 20, 10).await.unwrap();
    assert_eq!(ids(&due), ["b", "c", "d"]);
    assert_eq!(due[1], all[0]);
    assert_eq!(ids(&store.due_messages(EMAIL, 30, 2).await.unwrap()), ["b", "c"]);
    // Whoever takes a message moves it on.
    let leased = OutboxMessage { due_ms: 100, attempts: 1, ..due[0].clone() };
    commit(store, [Change::UpdateMessage(leased)]).await;
    assert_eq!(ids(&store.due_messages(EMAIL, 20, 10).await.unwrap()), ["c", "d"]);
}

pub async fn each_queue_is_read_by_itself(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let sms = |id, due| OutboxMessage { channel: Channel::Sms, ..message(&pool, id, due) };
    let decoy = |message| OutboxMessage { decoy: true, ..message };
    let all = [
        message(&pool, "mail", 1),
        sms("text", 2),
        decoy(message(&pool, "no-mail", 3)),
        decoy(sms("no-text", 4)),
        OutboxMessage { state: MessageState::Dead, ..sms("dead", 0) },
    ];
    commit(store, all.map(Change::AppendMessage)).await;
    for (queue, waiting, next_ms) in [
        (EMAIL, ["mail"].as_slice(), 1),
        (Queue::Channel(Channel::Sms), &["text"], 2),
        (Queue::Decoys, &["no-mail", "no-text"], 3),
    ] {
        assert_eq!(ids(&store.due_messages(queue, 10, 10).await.unwrap()), waiting);
        assert_eq!(store.next_due_ms(queue).await.unwrap(), Some(next_ms));
    }
    assert_eq!(ids(&store.pending_messages().await.unwrap()), ["mail", "text", "no-mail", "no-text"]);
    assert_eq!(store.count_messages().await.unwrap(), MessageCount { pending: 4, dead: 1 });
}

pub async fn dead_messages_go_after_a_week(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    for (id, due_ms) in [("c", 30), ("a", 10), ("b", 20)] {
        let dead = OutboxMessage { state: MessageState::Dead, ..message(&pool, id, due_ms) };
        commit(store, [Change::AppendMessage(dead)]).await;
    }
    commit(store, [Change::AppendMessage(message(&pool, "pending", 1))]).await;
    let week_ms = 7 * 86_400_000;
    assert_eq!(store.sweep(week_ms + 9, 10).await.unwrap(), 0);
    assert_eq!(store.sweep(week_ms + 25, 1).await.unwrap(), 1);
    assert_eq!(ids(&store.list_dead_messages(None, 10).await.unwrap()), ["b", "c"]);
    assert_eq!(store.sweep(week_ms + 25, 1).await.unwrap(), 1);
    assert_eq!(store.sweep(week_ms + 25, 1).await.unwrap(), 0);
    assert_eq!(ids(&store.list_dead_messages(None, 10).await.unwrap()), ["c"]);
    assert_eq!(ids(&store.pending_messages().await.unwrap()), ["pending"]);
}

pub async fn a_message_needs_a_free_id_and_its_version(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let first = message(&pool, "m", 1);
    commit(store, [Change::AppendMessage(first.clone())]).await;
    assert_eq!(conflict(store, [Change::AppendMessage(first.clone())]).await, Conflict::AlreadyExists);
    let next = OutboxMessage { last_error: Some("timeout".into()), ..first.clone() };
    commit(store, [Change::UpdateMessage(next.clone())]).await;
    assert_eq!(conflict(store, [Change::UpdateMessage(next.clone())]).await, Conflict::VersionChanged);
    assert_eq!(store.due_messages(EMAIL, 1, 1).await.unwrap(), [OutboxMessage { version: 2, ..next }]);
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
    assert_eq!(ids(&store.due_messages(EMAIL, i64::MAX, 10).await.unwrap()), ["alive"]);
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
