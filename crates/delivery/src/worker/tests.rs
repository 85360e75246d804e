mod queues;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use cenote_crypto::{KeyRing, SeededRandom};
use cenote_store::testing::{Fault, FaultPoint, TemporaryStore, temporary_sqlite};
use cenote_store::{Change, Channel, InboxFilter, OutboxMessage, Store, StoreError};
use tokio::sync::{Notify, oneshot};

use super::{Delivered, Worker, WorkerSettings};
use crate::inbox::{InboxQuery, empty_inbox, inbox_json};
use crate::message::tests::{keyring, mail};
use crate::message::{Message, seal, seal_decoy, unseal};
use crate::statistics::DeliveryStatistics;
use crate::transport::fake_gateway::FakeGateway;
use crate::transport::fake_smtp::{FakeSmtp, Script};
use crate::transport::{
    EmailTransport, SmsTransport, SmsWebhook, SmsWebhookSettings, SmtpSettings, SmtpTransport, Transports,
};

const START_MS: i64 = 1_795_000_000_000;
const CODE_LIFE_MS: i64 = 3_600_000;

/// A store with an outbox, its master key, and a clock that is moved by hand.
struct House {
    store: TemporaryStore,
    keyring: Arc<KeyRing>,
    random: Arc<SeededRandom>,
    now_ms: Arc<AtomicI64>,
}

impl House {
    async fn new() -> Self {
        Self {
            store: temporary_sqlite().await,
            keyring: Arc::new(keyring(1)),
            random: Arc::new(SeededRandom::new(2)),
            now_ms: Arc::new(AtomicI64::new(START_MS)),
        }
    }

    fn store(&self) -> Store {
        (*self.store).clone()
    }

    fn now_ms(&self) -> i64 {
        self.now_ms.load(Ordering::SeqCst)
    }

    fn advance(&self, by_ms: i64) {
        self.now_ms.fetch_add(by_ms, Ordering::SeqCst);
    }

    async fn append(&self, message: &Message) -> OutboxMessage {
        let expires_ms = self.now_ms() + CODE_LIFE_MS;
        let outbox = seal(message, self.now_ms(), expires_ms, &self.keyring, &*self.random);
        self.store.commit(vec![Change::AppendMessage(outbox.clone())]).await.unwrap();
        outbox
    }

    fn worker(&self, transports: Transports) -> Worker {
        self.worker_with(transports, WorkerSettings::default())
    }

    fn worker_with(&self, transports: Transports, settings: WorkerSettings) -> Worker {
        let now_ms = Arc::clone(&self.now_ms);
        Worker::new(
            self.store(),
            Arc::clone(&self.keyring),
            transports,
            Arc::new(move || now_ms.load(Ordering::SeqCst)),
            Arc::clone(&self.random) as _,
            settings,
        )
    }

    /// What is still pending, due or not.
    async fn pending(&self) -> Vec<OutboxMessage> {
        self.store.pending_messages().await.unwrap()
    }

    async fn dead(&self) -> Vec<OutboxMessage> {
        self.store.list_dead_messages(None, 1_000).await.unwrap()
    }

    async fn inbox_bodies(&self) -> Vec<String> {
        let messages = self.store.list_inbox(&InboxFilter::default(), 1_000).await.unwrap();
        messages.into_iter().map(|message| message.body).collect()
    }
}

fn text(number: usize) -> Message {
    Message {
        channel: Channel::Sms,
        to: "+15555550100".to_owned(),
        subject: None,
        body: format!("text {number}"),
        ..mail()
    }
}

fn sms_only(gateway: &FakeGateway) -> Transports {
    let webhook = SmsWebhook::new(&SmsWebhookSettings::new(gateway.url())).unwrap();
    Transports { email: EmailTransport::None, sms: SmsTransport::Webhook(webhook) }
}

fn delivered(sent: u64, retried: u64, dead: u64, expired: u64) -> Delivered {
    Delivered { sent, retried, dead, expired }
}

/// Sent, failed temporarily, dead and expired text messages.
fn sms_counts(statistics: &DeliveryStatistics) -> [u64; 4] {
    let sms = &statistics.sms;
    [&sms.sent, &sms.failed_temporarily, &sms.dead, &sms.expired]
        .map(|counter| counter.load(Ordering::Relaxed))
}

#[tokio::test]
async fn the_inbox_gets_each_message_once() {
    let house = House::new().await;
    let worker = house.worker(Transports::inbox());
    house.append(&mail()).await;
    house.append(&text(1)).await;
    assert_eq!(worker.deliver_due().await.unwrap(), delivered(2, 0, 0, 0));
    assert_eq!(worker.deliver_due().await.unwrap(), Delivered::default());
    assert!(house.pending().await.is_empty());
    assert_eq!(house.inbox_bodies().await.len(), 2);
    assert_eq!(sms_counts(&worker.statistics()), [1, 0, 0, 0]);
    assert_eq!(worker.statistics().email.sent.load(Ordering::Relaxed), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workers_put_nothing_into_the_inbox_twice() {
    let house = House::new().await;
    let (first, second) = (house.worker(Transports::inbox()), house.worker(Transports::inbox()));
    for number in 0..40 {
        house.append(&text(number)).await;
    }
    let (first, second) = tokio::join!(
        tokio::spawn(async move { first.deliver_due().await.unwrap() }),
        tokio::spawn(async move { second.deliver_due().await.unwrap() }),
    );
    assert_eq!(first.unwrap().sent + second.unwrap().sent, 40);
    let mut bodies = house.inbox_bodies().await;
    bodies.sort();
    bodies.dedup();
    assert_eq!(bodies.len(), 40);
    assert!(house.pending().await.is_empty());
}

#[tokio::test]
async fn the_inbox_is_readable_as_json() {
    let house = House::new().await;
    let worker = house.worker(Transports::inbox());
    house.append(&mail()).await;
    worker.deliver_due().await.unwrap();
    house.append(&Message { username: "</script>{####}".to_owned(), ..text(1) }).await;
    worker.deliver_due().await.unwrap();

    let read = async |query: &str| -> serde_json::Value {
        let json = inbox_json(&house.store, &InboxQuery::parse(Some(query))).await.unwrap();
        serde_json::from_str(&json).unwrap()
    };
    let all = read("").await;
    let messages = all["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[0]["username"], "</script>{####}");
    let mut first = messages[1].clone();
    let id = first.as_object_mut().unwrap().remove("id").unwrap();
    let expected = serde_json::json!({
        "time": "2026-11-18T11:06:40.000Z",
        "poolId": "us-east-1_Example01",
        "username": "rosa",
        "channel": "EMAIL",
        "to": "rosa@example.org",
        "subject": "Your verification code",
        "body": "Your code is <b>123456</b>.",
        "code": "123456",
        "purpose": "SignUp",
    });
    assert_eq!(first, expected);

    let after = read(&format!("after={}", id.as_str().unwrap())).await;
    assert_eq!(after["messages"].as_array().unwrap().len(), 1);
    for (query, count) in [
        ("to=+15555550100", 1),
        ("to=rosa%40example.org", 1),
        ("user=rosa", 1),
        ("pool=us-east-1_Example01", 2),
        ("pool=us-east-1_Other", 0),
        ("to=rosa%40example.org&user=eve", 0),
    ] {
        assert_eq!(read(query).await["messages"].as_array().unwrap().len(), count, "{query}");
    }
    empty_inbox(&house.store).await.unwrap();
    assert_eq!(inbox_json(&house.store, &InboxQuery::default()).await.unwrap(), "{\"messages\":[]}");
}

#[tokio::test]
async fn a_message_that_was_made_first_and_arrives_last_comes_after() {
    let house = House::new().await;
    let worker = house.worker(Transports::inbox());
    let early = seal(&text(1), START_MS, START_MS + CODE_LIFE_MS, &house.keyring, &*house.random);
    house.advance(1);
    house.append(&text(2)).await;
    worker.deliver_due().await.unwrap();
    let newest = house.store.list_inbox(&InboxFilter::default(), 1).await.unwrap().remove(0).id;
    house.store.commit(vec![Change::AppendMessage(early)]).await.unwrap();
    worker.deliver_due().await.unwrap();
    let later = InboxFilter { after: Some(newest), ..InboxFilter::default() };
    assert_eq!(house.store.list_inbox(&later, 10).await.unwrap()[0].body, "text 1");
}

#[tokio::test]
async fn mail_and_text_leave_through_their_transports() {
    let house = House::new().await;
    let (smtp, gateway) = (FakeSmtp::start(Script::default()).await, FakeGateway::start(&[200]).await);
    let settings = SmtpSettings::new(smtp.url("", ""), "no-reply@id.example.org");
    let email = EmailTransport::Smtp(SmtpTransport::new(&settings).unwrap());
    let worker = house.worker(Transports { email, ..sms_only(&gateway) });
    let message = house.append(&mail()).await;
    house.append(&text(1)).await;
    assert_eq!(worker.deliver_due().await.unwrap(), delivered(2, 0, 0, 0));
    assert!(smtp.mails()[0].data.contains(&format!("Message-ID: <{}@id.example.org>", message.id)));
    assert!(gateway.requests()[0].body.contains("text 1"));
    assert!(house.pending().await.is_empty());
}

#[tokio::test]
async fn one_round_takes_more_than_one_batch() {
    let house = House::new().await;
    let gateway = FakeGateway::start(&[200]).await;
    let settings = WorkerSettings { concurrency: 2, ..WorkerSettings::default() };
    let worker = house.worker_with(sms_only(&gateway), settings);
    for number in 0..50 {
        house.append(&text(number)).await;
    }
    assert_eq!(worker.deliver_due().await.unwrap(), delivered(50, 0, 0, 0));
    assert_eq!(gateway.requests().len(), 50);
}

#[tokio::test]
async fn failures_are_tried_again_later_and_later() {
    let house = House::new().await;
    let gateway = FakeGateway::start(&[503, 429, 200]).await;
    let worker = house.worker(sms_only(&gateway));
    house.append(&text(1)).await;
    for full_delay_ms in [1_000, 2_000] {
        assert_eq!(worker.deliver_due().await.unwrap(), delivered(0, 1, 0, 0));
        let waiting = house.pending().await.remove(0);
        let delay_ms = waiting.due_ms - house.now_ms();
        assert!((full_delay_ms / 2..=full_delay_ms).contains(&delay_ms), "{delay_ms}");
        assert!(waiting.last_error.unwrap().starts_with("the SMS gateway answered "));
        house.advance(delay_ms - 1);
        assert_eq!(worker.deliver_due().await.unwrap(), Delivered::default());
        house.advance(1);
    }
    assert_eq!(worker.deliver_due().await.unwrap(), delivered(1, 0, 0, 0));
    let ids: Vec<_> = gateway.requests().iter().map(|request| request.body.clone()).collect();
    assert!(ids.len() == 3 && ids[0] == ids[1] && ids[1] == ids[2]);
    assert_eq!(sms_counts(&worker.statistics()), [1, 2, 0, 0]);
}

#[tokio::test]
async fn a_refused_message_is_kept_for_the_operator() {
    let house = House::new().await;
    let gateway = FakeGateway::start(&[400]).await;
    let worker = house.worker(sms_only(&gateway));
    house.append(&text(1)).await;
    assert_eq!(worker.deliver_due().await.unwrap(), delivered(0, 0, 1, 0));
    house.advance(CODE_LIFE_MS);
    assert_eq!(worker.deliver_due().await.unwrap(), Delivered::default());
    assert_eq!(gateway.requests().len(), 1);
    let dead = house.dead().await.remove(0);
    assert_eq!(dead.last_error.as_deref(), Some("the SMS gateway answered 400"));
    assert!(!format!("{dead:?}").contains("15555550100"));
    assert_eq!(unseal(&dead, &house.keyring), Ok(text(1)));
    assert_eq!(sms_counts(&worker.statistics()), [0, 0, 1, 0]);
}

#[tokio::test]
async fn attempts_are_limited() {
    let house = House::new().await;
    let gateway = FakeGateway::start(&[503]).await;
    let settings = WorkerSettings { max_attempts: 2, ..WorkerSettings::default() };
    let worker = house.worker_with(sms_only(&gateway), settings);
    house.append(&text(1)).await;
    assert_eq!(worker.deliver_due().await.unwrap(), delivered(0, 1, 0, 0));
    house.advance(1_000);
    assert_eq!(worker.deliver_due().await.unwrap(), delivered(0, 0, 1, 0));
    assert_eq!(house.dead().await[0].attempts, 2);
    // A message that ended two processes is given up before it ends a third.
    let poison = OutboxMessage { attempts: 2, ..house.append(&text(2)).await };
    house.store.commit(vec![Change::UpdateMessage(OutboxMessage { version: 1, ..poison })]).await.unwrap();
    assert_eq!(worker.deliver_due().await.unwrap(), delivered(0, 0, 1, 0));
    assert_eq!(gateway.requests().len(), 2);
    assert_eq!(house.dead().await[1].last_error.as_deref(), Some("no attempt was finished"));
}

#[tokio::test]
async fn expired_codes_are_dropped_and_not_sent() {
    let house = House::new().await;
    let gateway = FakeGateway::start(&[200]).await;
    let (sending, showing) = (house.worker(sms_only(&gateway)), house.worker(Transports::inbox()));
    for worker in [sending, showing] {
        house.append(&text(1)).await;
        house.advance(CODE_LIFE_MS);
        assert_eq!(worker.deliver_due().await.unwrap(), delivered(0, 0, 0, 1));
        assert_eq!(sms_counts(&worker.statistics()), [0, 0, 0, 1]);
    }
    assert!(gateway.requests().is_empty());
    assert!(house.pending().await.is_empty() && house.dead().await.is_empty());
    assert!(house.inbox_bodies().await.is_empty());
}

#[tokio::test]
async fn only_one_of_two_workers_sends() {
    let house = House::new().await;
    let gateway = FakeGateway::start_with_answers(&[200], 0).await;
    let (first, second) = (house.worker(sms_only(&gateway)), house.worker(sms_only(&gateway)));
    house.append(&text(1)).await;
    let sending = tokio::spawn(async move { first.deliver_due().await.unwrap() });
    gateway.wait_for_request().await;
    assert_eq!(second.deliver_due().await.unwrap(), Delivered::default());
    gateway.release();
    assert_eq!(sending.await.unwrap(), delivered(1, 0, 0, 0));
    assert_eq!(gateway.requests().len(), 1);
    assert!(house.pending().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_that_read_the_same_message_do_not_both_send_it() {
    let house = House::new().await;
    let gateway = FakeGateway::start(&[200]).await;
    for number in 0..20 {
        house.append(&text(number)).await;
    }
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let worker = house.worker(sms_only(&gateway));
        workers.spawn(async move { worker.deliver_due().await.unwrap().sent });
    }
    assert_eq!(workers.join_all().await.iter().sum::<u64>(), 20);
    assert_eq!(gateway.requests().len(), 20);
}

#[tokio::test]
async fn what_a_dead_worker_had_is_sent_when_its_lease_ends() {
    let house = House::new().await;
    let gateway = FakeGateway::start_with_answers(&[200], 0).await;
    let (first, second) = (house.worker(sms_only(&gateway)), house.worker(sms_only(&gateway)));
    house.append(&text(1)).await;
    let sending = tokio::spawn(async move { first.deliver_due().await });
    gateway.wait_for_request().await;
    sending.abort();
    assert!(sending.await.unwrap_err().is_cancelled());

    let lease_ms = WorkerSettings::default().lease_ms;
    house.advance(lease_ms - 1);
    assert_eq!(second.deliver_due().await.unwrap(), Delivered::default());
    house.advance(1);
    gateway.release();
    gateway.release();
    assert_eq!(second.deliver_due().await.unwrap(), delivered(1, 0, 0, 0));
    // At least once: the receiver can tell by the id.
    let requests = gateway.requests();
    assert!(requests.len() == 2 && requests[0].body == requests[1].body);
}

#[tokio::test]
async fn a_message_that_was_sent_and_could_not_be_deleted_is_not_lost() {
    let house = House::new().await;
    let gateway = FakeGateway::start_with_answers(&[200], 0).await;
    let worker = house.worker(sms_only(&gateway));
    house.append(&text(1)).await;
    let broken = Arc::new(AtomicBool::new(false));
    let injected = Arc::clone(&broken);
    assert!(house.store.inject_faults(move |point| {
        (point == FaultPoint::BeforeApply && injected.load(Ordering::SeqCst)).then_some(Fault::Unavailable)
    }));
    let sending = tokio::spawn({
        let worker = worker.clone();
        async move { worker.deliver_due().await }
    });
    gateway.wait_for_request().await;
    broken.store(true, Ordering::SeqCst);
    gateway.release();
    assert!(matches!(sending.await.unwrap(), Err(StoreError::Unavailable { .. })));
    assert_eq!(house.pending().await.len(), 1);

    broken.store(false, Ordering::SeqCst);
    house.advance(WorkerSettings::default().lease_ms);
    gateway.release();
    assert_eq!(worker.deliver_due().await.unwrap(), delivered(1, 0, 0, 0));
    assert!(house.pending().await.is_empty());
}

#[tokio::test]
async fn messages_wait_for_a_sender_and_for_a_key() {
    let house = House::new().await;
    let worker = house.worker(Transports { email: EmailTransport::None, sms: SmsTransport::None });
    house.append(&mail()).await;
    assert_eq!(worker.deliver_due().await.unwrap(), delivered(0, 1, 0, 0));
    let waiting = house.pending().await.remove(0);
    assert_eq!(waiting.last_error.as_deref(), Some("no sender is configured for this channel"));

    let elsewhere =
        House { store: temporary_sqlite().await, keyring: Arc::new(keyring(9)), ..House::new().await };
    elsewhere.store.commit(vec![Change::AppendMessage(waiting)]).await.unwrap();
    elsewhere.advance(1_000);
    let worker = elsewhere.worker(Transports::inbox());
    assert_eq!(worker.deliver_due().await.unwrap(), delivered(0, 1, 0, 0));
    let waiting = elsewhere.pending().await.remove(0);
    assert!(waiting.last_error.unwrap().starts_with("the content cannot be opened: "));
}

#[tokio::test]
async fn a_running_worker_wakes_up_and_finishes_before_it_stops() {
    let house = House::new().await;
    let gateway = FakeGateway::start_with_answers(&[200], 0).await;
    let settings = WorkerSettings { poll_interval: Duration::from_secs(3_600), ..WorkerSettings::default() };
    let worker = house.worker_with(sms_only(&gateway), settings);
    let wake = Arc::new(Notify::new());
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn({
        let (worker, wake) = (worker.clone(), Arc::clone(&wake));
        async move {
            worker
                .run(wake, async {
                    let _ = stopped.await;
                })
                .await;
        }
    });
    for number in 0..2 {
        house.append(&text(number)).await;
        wake.notify_one();
        gateway.wait_for_request().await;
    }
    // Both are being sent, and nobody else may.
    assert_eq!(worker.deliver_due().await.unwrap(), Delivered::default());
    stop.send(()).unwrap();
    assert!(!running.is_finished());
    gateway.release();
    gateway.release();
    running.await.unwrap();
    assert_eq!(gateway.requests().len(), 2);
    assert!(house.pending().await.is_empty());
}
