//! What waits, in which queue, and what holds up what.

use super::super::running::Running;
use super::*;

#[tokio::test]
async fn a_mail_server_that_never_answers_holds_up_no_text_message() {
    let house = House::new().await;
    let smtp = FakeSmtp::start(Script { silent: true, ..Script::default() }).await;
    let gateway = FakeGateway::start(&[200]).await;
    let email = SmtpTransport::new(&SmtpSettings::new(smtp.url("", ""), "no-reply@id.example.org")).unwrap();
    let settings = WorkerSettings { concurrency: 1, ..WorkerSettings::default() };
    let through_gateway = Transports { email: EmailTransport::Smtp(email.clone()), ..sms_only(&gateway) };
    let to_inbox = Transports { email: EmailTransport::Smtp(email), sms: SmsTransport::Inbox };
    for _ in 0..100 {
        house.append(&mail()).await;
    }
    for transports in [through_gateway, to_inbox] {
        house.append(&text(1)).await;
        let (worker, wake) = (house.worker_with(transports, settings.clone()), Arc::new(Notify::new()));
        let statistics = worker.statistics();
        let running = tokio::spawn({
            let wake = Arc::clone(&wake);
            async move { worker.run(wake, std::future::pending()).await }
        });
        for count in 1..=3 {
            let sent = async {
                while sms_counts(&statistics)[0] < count {
                    tokio::task::yield_now().await;
                }
            };
            tokio::time::timeout(Duration::from_secs(10), sent).await.expect("a text message in time");
            // The next one comes when a mail is already on its way.
            house.append(&text(2)).await;
            wake.notify_one();
        }
        running.abort();
    }
    assert!(house.inbox_bodies().await.len() >= 3 && gateway.requests().len() >= 3);
}

#[tokio::test]
async fn a_running_worker_keeps_to_its_concurrency_and_takes_the_rest_later() {
    let house = House::new().await;
    let gateway = FakeGateway::start_with_answers(&[200], 0).await;
    let settings = WorkerSettings {
        concurrency: 2,
        poll_interval: Duration::from_secs(3_600),
        ..WorkerSettings::default()
    };
    let worker = house.worker_with(sms_only(&gateway), settings);
    for number in 0..5 {
        house.append(&text(number)).await;
    }
    let running = tokio::spawn(async move {
        worker.run(Arc::new(Notify::new()), std::future::pending()).await;
    });
    gateway.wait_for_request().await;
    gateway.wait_for_request().await;
    for _ in 2..5 {
        gateway.release();
        gateway.wait_for_request().await;
    }
    assert_eq!((gateway.requests().len(), gateway.most_unanswered()), (5, 2));
    running.abort();
}

/// A worker that sends mails only, to a server that never answers.
async fn hanging(house: &House) -> Worker {
    let smtp = FakeSmtp::start(Script { silent: true, ..Script::default() }).await;
    let email = SmtpTransport::new(&SmtpSettings::new(smtp.url("", ""), "no-reply@id.example.org")).unwrap();
    house.worker(Transports { email: EmailTransport::Smtp(email), sms: SmsTransport::None })
}

#[tokio::test]
async fn what_waits_for_a_server_that_hangs_is_not_looked_at() {
    let house = House::new().await;
    let worker = hanging(&house).await;
    for _ in 0..100 {
        house.append(&mail()).await;
    }
    let mut running = Running::default();
    worker.start_due(&mut running).await.unwrap();
    assert_eq!(running.of(Channel::Email), 8);
    let _ = house.store.take_statements();
    assert_eq!(worker.start_due(&mut running).await.unwrap(), worker.inner.settings.poll_interval);
    let reads = house.store.take_statements();
    let reads = reads.iter().filter(|statements| statements[0].contains("FROM outbox")).count();
    // Nobody, and text messages: what is due, and what will be.
    assert_eq!(reads, 3);
    assert_eq!(running.of(Channel::Email), 8);
}

#[tokio::test]
async fn no_number_of_mails_that_wait_holds_up_a_text_message() {
    let house = House::new().await;
    let worker = hanging(&house).await;
    let outbox = |message: &Message, number: i64| {
        let now_ms = house.now_ms() - 10_000 + number;
        Change::AppendMessage(seal(message, now_ms, i64::MAX, &house.keyring, &*house.random))
    };
    house.store.commit((0..5_000).map(|number| outbox(&mail(), number)).collect()).await.unwrap();
    house.store.commit(vec![outbox(&text(1), 10_000)]).await.unwrap();
    let mut running = Running::default();
    worker.start_due(&mut running).await.unwrap();
    assert_eq!((running.of(Channel::Email), running.of(Channel::Sms)), (8, 1));
}

#[tokio::test]
async fn a_store_that_fails_is_not_asked_again_at_once() {
    let house = House::new().await;
    let gateway = FakeGateway::start(&[200]).await;
    let settings = WorkerSettings { poll_interval: Duration::from_secs(3_600), ..WorkerSettings::default() };
    let worker = house.worker_with(sms_only(&gateway), settings);
    house.append(&text(1)).await;
    let (asked, failed) = (Arc::new(AtomicI64::new(0)), Arc::new(Notify::new()));
    let (counted, notified) = (Arc::clone(&asked), Arc::clone(&failed));
    assert!(house.store.inject_faults(move |point| {
        (point == FaultPoint::BeforeApply).then(|| {
            counted.fetch_add(1, Ordering::SeqCst);
            notified.notify_one();
            Fault::Unavailable
        })
    }));
    let wake = Arc::new(Notify::new());
    let running = tokio::spawn({
        let wake = Arc::clone(&wake);
        async move { worker.run(wake, std::future::pending()).await }
    });
    failed.notified().await;
    for _ in 0..1_000 {
        wake.notify_one();
        tokio::task::yield_now().await;
        // As long as a commit that fails.
        house.pending().await;
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    running.abort();
}

#[tokio::test]
async fn messages_to_nobody_are_dropped_and_hold_up_no_real_one() {
    let house = House::new().await;
    let gateway = FakeGateway::start(&[200]).await;
    for number in 0..300 {
        let decoy = seal_decoy(
            &text(number),
            house.now_ms(),
            house.now_ms() + CODE_LIFE_MS,
            &house.keyring,
            &*house.random,
        );
        house.store.commit(vec![Change::AppendMessage(decoy)]).await.unwrap();
    }
    house.append(&text(1000)).await;
    for transports in [sms_only(&gateway), Transports::inbox()] {
        let worker = house.worker(transports);
        assert_eq!(worker.deliver_due().await.unwrap().dead, 0);
        assert!(house.pending().await.is_empty());
    }
    assert!(house.inbox_bodies().await.is_empty());
    assert_eq!(gateway.requests().len(), 1);
}
