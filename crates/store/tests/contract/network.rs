//! What happens on the way to PostgreSQL: encryption, and connections that are lost around a commit.

use std::future::poll_fn;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use cenote_store::testing::temporary_postgres;
use cenote_store::{Change, CommitError, Conflict, PostgresOptions, Store, StoreError, User};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_postgres::Config;

use crate::proxy::{self, Delivery, End, Fate, Late};
use crate::samples::*;

/// An authority, a certificate for `localhost` that it signed, and an authority that signed nothing.
struct Certificates {
    directory: tempfile::TempDir,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Certificates {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let authority = |name: &str| {
            let mut parameters = CertificateParams::new(Vec::new()).unwrap();
            parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            let key = KeyPair::generate().unwrap();
            let certificate = parameters.self_signed(&key).unwrap();
            std::fs::write(directory.path().join(name), certificate.pem()).unwrap();
            Issuer::new(parameters, key)
        };
        let issuer = authority("authority.pem");
        authority("another-authority.pem");
        std::fs::write(directory.path().join("no-authority.pem"), "nothing").unwrap();
        let key = KeyPair::generate().unwrap();
        let parameters = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = parameters.signed_by(&key, &issuer).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        Self { chain: vec![certificate.der().clone()], key, directory }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn server_config(&self) -> ServerConfig {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(self.chain.clone(), self.key.clone_key())
            .unwrap()
    }
}

#[tokio::test]
async fn certificates_are_verified() {
    let Some(store) = temporary_postgres().await else { return };
    let options = store.postgres_options().unwrap();
    let certificates = Certificates::new();
    for (host, mode, authority, accepted) in [
        ("localhost", "require", Some("authority.pem"), true),
        ("localhost", "verify-full", Some("authority.pem"), true),
        // Another name than the certificate's, another authority, and the system's.
        ("database.example.org", "verify-full", Some("authority.pem"), false),
        ("localhost", "require", Some("another-authority.pem"), false),
        ("localhost", "require", None, false),
        // A server that wants encryption is not spoken to in the clear.
        ("localhost", "disable", Some("authority.pem"), false),
    ] {
        let options =
            proxy::start(&options, host, Some(certificates.server_config()), &Late::new(), |_| None).await;
        let options = PostgresOptions {
            url: format!("{} sslmode={mode}", options.url),
            ca_file: authority.map(|name| certificates.file(name)),
            ..options
        };
        match Store::open_postgres(options).await {
            Ok(store) => {
                assert!(accepted, "{host} {mode} {authority:?}");
                store.ping().await.unwrap();
            }
            Err(error) => {
                // A system without authorities can't even try.
                assert!(
                    matches!(error, StoreError::Unavailable { .. } | StoreError::Configuration { .. }),
                    "{error}"
                );
                assert!(!accepted, "{host} {mode} {authority:?}: {error}");
            }
        }
    }
}

#[tokio::test]
async fn a_file_without_authorities_is_refused() {
    let certificates = Certificates::new();
    let options = PostgresOptions {
        url: "postgres://user@localhost/database?sslmode=require".into(),
        max_connections: 1,
        patience: Duration::from_secs(1),
        failover_wait: Duration::ZERO,
        ca_file: Some(certificates.file("no-authority.pem")),
        migrations: cenote_store::MigrationMode::Check,
    };
    let refused = Store::open_postgres(options).await;
    assert!(matches!(refused, Err(StoreError::Configuration { .. })), "{refused:?}");
}

/// A store behind a proxy that gives the first message with `marker` in it this fate, and lets all others pass.
async fn behind_proxy(options: &PostgresOptions, marker: &[u8], fate: Fate, late: &Arc<Late>) -> Store {
    let (met, marker) = (AtomicUsize::new(0), marker.to_vec());
    let options = proxy::start(options, "localhost", None, late, move |bytes| {
        let marked = bytes.windows(marker.len()).any(|window| window == marker);
        (marked && met.fetch_add(1, Ordering::Relaxed) == 0).then_some(fate)
    })
    .await;
    Store::open_postgres(options).await.unwrap()
}

/// When it goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The statements of a set are on their way, and the commit is not.
    Statements,
    Commit,
    /// A statement that commits itself is on its way.
    Alone,
}

/// Counts one more, by compare and swap: done twice it would be refused, or count two.
fn count(user: &User) -> Change {
    let mut after = user.clone();
    after.lockout.failures += 1;
    update(user, &after)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_at_whichever_stage_is_done_once_or_not_at_all() {
    whatever_happens(Duration::ZERO).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_to_whoever_waits_is_done_once() {
    whatever_happens(Duration::from_secs(300)).await;
}

async fn whatever_happens(failover_wait: Duration) {
    let Some(store) = temporary_postgres().await else { return };
    // Long enough for a busy machine, and as long as each case lasts.
    let patience = Duration::from_secs(2);
    let options = store.postgres_options().unwrap();
    let options = PostgresOptions { patience, failover_wait, max_connections: 2, ..options };
    let pool = with_pool(&store, "eu_a").await;
    let late = Late::new();
    let mut cases = JoinSet::new();
    for stage in [Stage::Statements, Stage::Commit, Stage::Alone] {
        for delivery in [Delivery::Never, Delivery::Now, Delivery::Late] {
            for end in [End::Cut, End::HalfClosed, End::Silence] {
                let name = format!("{stage:?}-{delivery:?}-{end:?}");
                let user = user(&pool, &name);
                commit(&store, [insert(&user)]).await;
                let (options, late) = (options.clone(), Arc::clone(&late));
                cases.spawn(async move {
                    let marker = match stage {
                        Stage::Statements => b"BEGIN",
                        Stage::Commit => b"COMMIT".as_slice(),
                        Stage::Alone => name.as_bytes(),
                    };
                    let cut = behind_proxy(&options, marker, (delivery, end), &late).await;
                    let mut set = vec![count(&user)];
                    if stage != Stage::Alone {
                        set.push(Change::MarkSessionUsed(used_session(&name, 1)));
                    }
                    let outcome = cut.commit(set).await;
                    // The store goes on on a new connection.
                    cut.ping().await.unwrap();
                    (stage, delivery, end, user, outcome, cut.statistics())
                });
            }
        }
    }
    let mut done = Vec::new();
    for (stage, delivery, end, user, outcome, statistics) in cases.join_all().await {
        let case = format!("{stage:?} {delivery:?} {end:?}: {outcome:?}");
        let given_up = stage == Stage::Statements && end == End::Silence && failover_wait.is_zero();
        match outcome {
            Ok(()) => assert!(!given_up, "{case}"),
            Err(CommitError::Store(StoreError::Unavailable { .. })) => assert!(given_up, "{case}"),
            Err(_) => panic!("{case}"),
        }
        let again = !given_up && (stage == Stage::Statements || delivery != Delivery::Now);
        assert_eq!(statistics.retries, u64::from(again), "{case}");
        assert_eq!(statistics.resolved, u64::from(stage != Stage::Statements), "{case}");
        done.push((stage, user, !given_up));
    }
    assert_eq!(done.len(), 27);
    // What was held back arrives now, when everybody was told what became of it.
    late.deliver(9).await;
    for (stage, user, done) in &done {
        let found = find(&store, user).await.unwrap();
        assert_eq!(
            (found.lockout.failures, found.version),
            if *done { (1, 2) } else { (0, 1) },
            "{}",
            user.username
        );
        let used = store.is_session_used(&user.username).await.unwrap();
        assert_eq!(used, *done && *stage != Stage::Alone, "{}", user.username);
    }
}

#[tokio::test]
async fn what_grows_blindly_grows_once() {
    let Some(store) = temporary_postgres().await else { return };
    let options = PostgresOptions { patience: Duration::from_secs(2), ..store.postgres_options().unwrap() };
    let late = Late::new();
    let mut expected = store.configuration_generation().await.unwrap();
    for delivery in [Delivery::Never, Delivery::Now, Delivery::Late] {
        let cut = behind_proxy(&options, b"COMMIT", (delivery, End::Cut), &late).await;
        commit(&cut, [Change::InsertAccessKey(access_key(&format!("{delivery:?}")))]).await;
        expected += 1;
        assert_eq!(store.configuration_generation().await.unwrap(), expected, "{delivery:?}");
    }
    late.deliver(1).await;
    assert_eq!(store.configuration_generation().await.unwrap(), expected);
}

#[tokio::test]
async fn what_was_said_not_to_be_done_is_not_done_later() {
    let Some(store) = temporary_postgres().await else { return };
    let late = Late::new();
    let options = proxy::start(&store.postgres_options().unwrap(), "localhost", None, &late, |bytes| {
        let marked = bytes.windows(9).any(|window| window == b"held-back");
        marked.then_some((Delivery::Late, End::Cut))
    })
    .await;
    let cut = Store::open_postgres(options).await.unwrap();
    let outcome = cut.commit(vec![Change::MarkSessionUsed(used_session("held-back", 1))]).await;
    assert!(matches!(outcome, Err(CommitError::Store(StoreError::Unavailable { .. }))), "{outcome:?}");
    assert_eq!((cut.statistics().retries, cut.statistics().resolved), (1, 2));
    late.deliver(2).await;
    assert!(!store.is_session_used("held-back").await.unwrap());
}

#[tokio::test]
async fn a_conflict_whose_answer_is_lost_is_a_conflict() {
    let Some(store) = temporary_postgres().await else { return };
    let options = store.postgres_options().unwrap();
    commit(&store, [Change::MarkSessionUsed(used_session("answered", 1))]).await;
    let cut = behind_proxy(&options, b"answered", (Delivery::Now, End::Cut), &Late::new()).await;
    let refused = conflict(&cut, [Change::MarkSessionUsed(used_session("answered", 1))]).await;
    assert_eq!(refused, Conflict::SessionUsed);
    assert_eq!((cut.statistics().resolved, cut.statistics().retries), (1, 0));
}

#[tokio::test]
async fn an_outcome_is_unknown_only_when_the_database_stays_away() {
    let Some(store) = temporary_postgres().await else { return };
    let patience = Duration::from_millis(300);
    let options = PostgresOptions { patience, ..store.postgres_options().unwrap() };
    for (delivery, written) in [(Delivery::Never, false), (Delivery::Now, true)] {
        let (gone, name) = (AtomicBool::new(false), format!("session-{delivery:?}"));
        let marker = name.clone();
        let options = proxy::start(&options, "localhost", None, &Late::new(), move |bytes| {
            let marked = bytes.windows(marker.len()).any(|window| window == marker.as_bytes());
            let was_gone = gone.fetch_or(marked, Ordering::Relaxed);
            match (marked, was_gone) {
                (true, false) => Some((delivery, End::Cut)),
                (_, true) => Some((Delivery::Never, End::Silence)),
                (false, false) => None,
            }
        })
        .await;
        let cut = Store::open_postgres(options).await.unwrap();
        let outcome = cut.commit(vec![Change::MarkSessionUsed(used_session(&name, 1))]).await;
        assert!(matches!(outcome, Err(CommitError::Store(StoreError::OutcomeUnknown { .. }))), "{outcome:?}");
        assert_eq!(store.is_session_used(&name).await.unwrap(), written);
        assert_eq!(cut.statistics().resolved, 0);
    }
}

#[tokio::test]
async fn nothing_is_changed_piece_by_piece_where_a_transaction_does_not_begin() {
    let Some(store) = temporary_postgres().await else { return };
    let spoilt = AtomicUsize::new(0);
    let options =
        proxy::start(&store.postgres_options().unwrap(), "localhost", None, &Late::new(), move |bytes| {
            let begin = bytes.windows(6).position(|window| window == b"BEGIN ");
            if let Some(place) = begin.filter(|_| spoilt.fetch_add(1, Ordering::Relaxed) == 0) {
                bytes[place] = b'?';
            }
            None
        })
        .await;
    let spoilt = Store::open_postgres(options).await.unwrap();
    let mark = |name: &str| Change::MarkSessionUsed(used_session(name, 1));
    commit(&store, [mark("taken")]).await;
    // What comes before the one that is refused must not stay.
    assert_eq!(conflict(&spoilt, [mark("free"), mark("taken")]).await, Conflict::SessionUsed);
    assert!(!store.is_session_used("free").await.unwrap());
    assert_eq!((spoilt.statistics().retries, spoilt.statistics().conflicts), (1, 1));
    commit(&spoilt, [mark("free"), mark("another")]).await;
}

#[tokio::test]
async fn a_lost_read_is_repeated() {
    let Some(store) = temporary_postgres().await else { return };
    let options = store.postgres_options().unwrap();
    let pool = with_pool(&store, "eu_marked").await;
    for fate in [(Delivery::Never, End::Cut), (Delivery::Now, End::HalfClosed)] {
        let cut = behind_proxy(&options, b"eu_marked", fate, &Late::new()).await;
        assert_eq!(cut.find_pool(&pool.id).await.unwrap().as_ref(), Some(&pool));
        assert_eq!(cut.statistics().retries, 1);
    }
    // Where nothing comes back, whoever has waited as long as the server may take has waited long enough.
    for (wait, read) in [(Duration::ZERO, false), (Duration::from_secs(300), true)] {
        let patient =
            PostgresOptions { patience: Duration::from_secs(2), failover_wait: wait, ..options.clone() };
        let fate = (Delivery::Never, End::Silence);
        let cut = behind_proxy(&patient, b"eu_marked", fate, &Late::new()).await;
        assert_eq!(cut.find_pool(&pool.id).await.is_ok(), read);
        assert_eq!(cut.statistics().retries, u64::from(read));
    }
}

#[tokio::test]
async fn a_server_that_takes_connections_and_says_nothing_is_passed_over() {
    let Some(store) = temporary_postgres().await else { return };
    let options = store.postgres_options().unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let good = proxy::start(&options, "localhost", None, &Late::new(), |_| None).await;
    let port = |options: &PostgresOptions| options.url.parse::<Config>().unwrap().get_ports()[0];
    let url = good.url.replace("host=localhost hostaddr=127.0.0.1", "host=localhost,localhost");
    let url = url.replace(
        &format!("port={}", port(&good)),
        &format!("port={},{} connect_timeout=1", silent.local_addr().unwrap().port(), port(&good)),
    );
    let store = Store::open_postgres(PostgresOptions { url, ..good }).await.unwrap();
    // It costs its time once: everybody else begins with the one that answered.
    let mut tasks = JoinSet::new();
    for _ in 0..16 {
        let store = store.clone();
        tasks.spawn(async move { store.ping().await.unwrap() });
    }
    tasks.join_all().await;
    let (_asked_first, _) = silent.accept().await.unwrap();
    let asked_again = poll_fn(|cx| Poll::Ready(silent.poll_accept(cx).is_ready())).await;
    assert!(!asked_again);
}
