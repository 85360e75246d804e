//! What was refused: counted for the metrics, and said in the log now and then.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use cenote_core::Error;
use cenote_model::QuotaCategory;

/// How often the log says that addresses are refused.
const PAUSE_NS: u64 = 10_000_000_000;

/// What the documents of issuers are called beside the categories.
const DOCUMENTS: &str = "IssuerDocuments";

/// Whose limit it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    Address,
    User,
    Client,
    Pool,
    Instance,
}

impl Scope {
    const ALL: [Self; 5] = [Self::Address, Self::User, Self::Client, Self::Pool, Self::Instance];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::User => "user",
            Self::Client => "client",
            Self::Pool => "pool",
            Self::Instance => "instance",
        }
    }
}

/// How many requests were refused, for each scope and category.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    counts: [[AtomicU64; QuotaCategory::ALL.len()]; Scope::ALL.len()],
    documents: AtomicU64,
    silent_until_ns: AtomicU64,
}

impl Refusals {
    /// Counts one. The error to answer.
    pub(super) fn count(&self, scope: Scope, category: QuotaCategory) -> Error {
        if let Some(count) = self.counts.get(scope as usize).and_then(|counts| counts.get(category as usize))
        {
            count.fetch_add(1, Ordering::Relaxed);
        }
        Error::too_many_requests()
    }

    /// Counts one that an address has to answer for.
    pub(super) fn address(&self, category: QuotaCategory, address: IpAddr, now_ns: u64) -> Error {
        self.log(category.as_str(), address, now_ns);
        self.count(Scope::Address, category)
    }

    /// Counts a document of an issuer.
    pub(super) fn document(&self, address: IpAddr, now_ns: u64) -> Error {
        self.log(DOCUMENTS, address, now_ns);
        self.documents.fetch_add(1, Ordering::Relaxed);
        Error::too_many_requests()
    }

    fn log(&self, category: &'static str, address: IpAddr, now_ns: u64) {
        let due = |until: u64| (until <= now_ns).then_some(now_ns + PAUSE_NS);
        if self.silent_until_ns.try_update(Ordering::Relaxed, Ordering::Relaxed, due).is_ok() {
            tracing::warn!(%address, category, "rates.address_refused");
        }
    }

    /// Everything that was refused: scope, category, how many.
    pub(crate) fn counts(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> {
        let documents = (Scope::Address.as_str(), DOCUMENTS, self.documents.load(Ordering::Relaxed));
        let operations = Scope::ALL.iter().zip(&self.counts).flat_map(|(scope, counts)| {
            QuotaCategory::ALL
                .iter()
                .zip(counts)
                .map(|(category, count)| (scope.as_str(), category.as_str(), count.load(Ordering::Relaxed)))
        });
        operations.chain(std::iter::once(documents))
    }
}
