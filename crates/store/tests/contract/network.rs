//! What happens on the way to PostgreSQL: encryption, and connections that are lost around a commit.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cenote_store::testing::temporary_postgres;
use cenote_store::{Change, CommitError, PostgresOptions, Store, StoreError};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::proxy::{self, Fate};
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
            proxy::start(&options, host, Some(certificates.server_config()), |_| Fate::Forward).await;
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
        ca_file: Some(certificates.file("no-authority.pem")),
        migrations: cenote_store::MigrationMode::Check,
    };
    let refused = Store::open_postgres(options).await;
    assert!(matches!(refused, Err(StoreError::Configuration { .. })), "{refused:?}");
}

/// A store behind a proxy that gives the first message with `marker` in it this fate, and lets all others pass.
async fn behind_proxy(options: &PostgresOptions, marker: &'static [u8], fate: Fate) -> Store {
    let met = AtomicUsize::new(0);
    let options = proxy::start(options, "localhost", None, move |bytes| {
        let marked = bytes.windows(marker.len()).any(|window| window == marker);
        if marked && met.fetch_add(1, Ordering::Relaxed) == 0 { fate } else { Fate::Forward }
    })
    .await;
    Store::open_postgres(options).await.unwrap()
}

#[tokio::test]
async fn an_answer_that_is_lost_around_the_commit_is_an_unknown_outcome() {
    let Some(store) = temporary_postgres().await else { return };
    let options = store.postgres_options().unwrap();
    let pool = with_pool(&store, "eu_a").await;
    for (number, (fate, written)) in [(Fate::Lost, false), (Fate::Unanswered, true)].into_iter().enumerate() {
        let cut = behind_proxy(&options, b"COMMIT", fate).await;
        let user = full_user(&pool, &number.to_string());
        let outcome = cut.commit(vec![insert(&user)]).await;
        assert!(matches!(outcome, Err(CommitError::Store(StoreError::OutcomeUnknown { .. }))), "{outcome:?}");
        assert_eq!(find(&store, &user).await.is_some(), written);
        // The next one is served by a new connection.
        commit(&cut, [Change::MarkSessionUsed(used_session(&number.to_string(), 1))]).await;
    }
}

#[tokio::test]
async fn what_is_lost_before_the_commit_is_sent_again() {
    let Some(store) = temporary_postgres().await else { return };
    let options = store.postgres_options().unwrap();
    let pool = with_pool(&store, "eu_a").await;
    for (number, fate) in [Fate::Lost, Fate::Unanswered].into_iter().enumerate() {
        let cut = behind_proxy(&options, b"BEGIN", fate).await;
        let user = full_user(&pool, &number.to_string());
        commit(&cut, [insert(&user)]).await;
        assert_eq!(cut.statistics().retries, 1);
        assert_eq!(find(&store, &user).await, Some(user));
    }
}

#[tokio::test]
async fn a_statement_that_commits_itself_is_never_sent_twice() {
    let Some(store) = temporary_postgres().await else { return };
    let options = store.postgres_options().unwrap();
    for (fate, written) in [(Fate::Lost, false), (Fate::Unanswered, true)] {
        let id = if written { "session-written" } else { "session-lost" };
        // The session's id is in the message that carries the parameters.
        let cut =
            behind_proxy(&options, if written { b"session-written" } else { b"session-lost" }, fate).await;
        let outcome = cut.commit(vec![Change::MarkSessionUsed(used_session(id, 1))]).await;
        assert!(matches!(outcome, Err(CommitError::Store(StoreError::OutcomeUnknown { .. }))), "{outcome:?}");
        assert_eq!(store.is_session_used(id).await.unwrap(), written);
    }
}

#[tokio::test]
async fn a_lost_read_is_repeated() {
    let Some(store) = temporary_postgres().await else { return };
    let options = store.postgres_options().unwrap();
    let pool = with_pool(&store, "eu_marked").await;
    let cut = behind_proxy(&options, b"eu_marked", Fate::Lost).await;
    assert_eq!(cut.find_pool(&pool.id).await.unwrap(), Some(pool));
    assert_eq!(cut.statistics().retries, 1);
}
