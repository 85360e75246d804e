//! Request rates: who may ask how often. Each instance counts for itself.
//!
//! A request counts against its address before anything of it is looked at, and against its user, its app client, its pool
//! and the whole instance when its body is known: from narrow to wide, so that who is refused alone takes nothing from the
//! others. All counters together have a fixed size, whatever the requests name.

mod bucket;
mod counted;
mod owners;
mod refusals;

use std::net::IpAddr;
use std::time::Instant;

use cenote_core::{Error, Service};
use cenote_model::{Authentication, Operation, QuotaCategory};
use serde_json::Value;

pub(crate) use counted::Named;
pub(crate) use refusals::Refusals;

use crate::config::LimitsSection;
use crate::http::Source;
use bucket::{Bucket, Buckets, Interval};
use counted::{Access, Folded, Kind, tail};
use owners::Owners;
use refusals::Scope;

/// Sixteen bytes each. Only who asked within the last second needs one.
const ADDRESSES: usize = 16_384;
const USERS: usize = 16_384;
const POOLS_AND_CLIENTS: usize = 8_192;

/// The rates, and what is used of them.
#[derive(Debug)]
pub(crate) struct Rates {
    limits: LimitsSection,
    start: Instant,
    instance: [Bucket; Kind::COUNT],
    /// None where nothing of the kind is limited.
    addresses: Option<Buckets>,
    users: Option<Buckets>,
    pools_and_clients: Option<Buckets>,
    pub refusals: Refusals,
}

/// Who has a bucket among pools and clients. Those that do not exist share one.
#[derive(Clone, Copy, Hash)]
enum Owner<'a> {
    Pool(Option<&'a str>),
    Operation(&'a str, &'static str),
    Client(Option<&'a str>),
}

impl Rates {
    /// Full buckets at `start`.
    pub(crate) fn new(limits: &LimitsSection, start: Instant) -> Self {
        let any = |rate: &dyn Fn(QuotaCategory) -> u32| QuotaCategory::ALL.iter().any(|one| rate(*one) > 0);
        let addresses = any(&|category| limits.address_requests_per_second.of(category))
            || limits.address_requests_per_second.issuer_documents > 0;
        let users = limits.user_reads_per_second > 0 || limits.user_writes_per_second > 0;
        let shares = any(&|category| limits.requests_per_second.of(category))
            && (is_share(limits.client_percent) || is_share(limits.pool_percent));
        let pools_and_clients = limits.pool_operation_requests_per_second > 0 || shares;
        Self {
            addresses: addresses.then(|| Buckets::new(ADDRESSES)),
            users: users.then(|| Buckets::new(USERS)),
            pools_and_clients: pools_and_clients.then(|| Buckets::new(POOLS_AND_CLIENTS)),
            limits: limits.clone(),
            start,
            instance: Default::default(),
            refusals: Refusals::default(),
        }
    }

    fn since_start_ns(&self, now: Instant) -> u64 {
        u64::try_from(now.saturating_duration_since(self.start).as_nanos()).unwrap_or(u64::MAX / 2)
    }

    /// Counts a request of which only the head is known against its address. Signed ones are not counted: who can sign is
    /// known, and back ends have one address for everybody.
    ///
    /// # Errors
    /// `TooManyRequestsException`.
    pub(crate) fn admit_address(
        &self,
        operation: Operation,
        address: IpAddr,
        now: Instant,
    ) -> Result<(), Error> {
        let Some(addresses) = self.addresses_for(address) else { return Ok(()) };
        if operation.authentication() == Authentication::SigV4 {
            return Ok(());
        }
        let (kind, source, now_ns) = (Kind::of(operation), Source::of(address), self.since_start_ns(now));
        let rate = self.limits.address_requests_per_second.of(kind.category);
        if take(kind, rate, |index, interval| addresses.take((source, index), interval, now_ns)) {
            return Ok(());
        }
        Err(self.refusals.address(kind.category, address, now_ns))
    }

    /// Counts a request for a document of an issuer against its address.
    ///
    /// # Errors
    /// `TooManyRequestsException`.
    pub(crate) fn admit_document(&self, address: IpAddr, now: Instant) -> Result<(), Error> {
        let Some(addresses) = self.addresses_for(address) else { return Ok(()) };
        let (rate, now_ns) =
            (self.limits.address_requests_per_second.issuer_documents, self.since_start_ns(now));
        let bucket = (Source::of(address), Kind::DOCUMENTS);
        if rate == 0 || addresses.take(bucket, Interval::of(rate), now_ns) {
            return Ok(());
        }
        Err(self.refusals.document(address, now_ns))
    }

    /// The buckets of addresses, if they hold for this one.
    fn addresses_for(&self, address: IpAddr) -> Option<&Buckets> {
        let is_spared = self.limits.unlimited_addresses.iter().any(|network| network.contains(address));
        self.addresses.as_ref().filter(|_| !is_spared)
    }

    /// Counts a request of which the body is known against everybody it names, and against the instance.
    ///
    /// # Errors
    /// `TooManyRequestsException`.
    pub(crate) async fn admit(
        &self,
        service: &Service,
        operation: Operation,
        input: &Value,
        now: Instant,
    ) -> Result<(), Error> {
        let (kind, named) = (Kind::of_input(operation, input), Named::of(operation, input));
        self.admit_named(service, operation, kind, named, now).await
    }

    /// The same for a request without a body.
    ///
    /// # Errors
    /// `TooManyRequestsException`.
    pub(crate) async fn admit_link(
        &self,
        service: &Service,
        operation: Operation,
        named: Named<'_>,
        now: Instant,
    ) -> Result<(), Error> {
        self.admit_named(service, operation, Kind::of(operation), named, now).await
    }

    async fn admit_named(
        &self,
        service: &Service,
        operation: Operation,
        kind: Kind,
        named: Named<'_>,
        now: Instant,
    ) -> Result<(), Error> {
        let now_ns = self.since_start_ns(now);
        let refuse = |scope| Err(self.refusals.count(scope, kind.category));
        if !self.take_user(kind, named, now_ns) {
            return refuse(Scope::User);
        }
        let rate = self.limits.requests_per_second.of(kind.category);
        if let Some(buckets) = &self.pools_and_clients {
            let take_of = |owner: Owner<'_>, kind, rate| {
                take(kind, rate, |index, interval| buckets.take((owner, index), interval, now_ns))
            };
            if let Some(pool_id) = named.pool_id.filter(|_| kind.category.limits_each_operation()) {
                let owner = Owner::Operation(pool_id, operation.as_str());
                if !take_of(owner, kind, self.limits.pool_operation_requests_per_second) {
                    return refuse(Scope::Pool);
                }
            }
            let of_client = share(rate, self.limits.client_percent);
            let of_pool = share(rate, self.limits.pool_percent);
            if of_client > 0 || of_pool > 0 {
                let owners = Box::pin(Owners::find(service, named)).await;
                if owners.named_client() && !take_of(Owner::Client(owners.client_id()), kind, of_client) {
                    return refuse(Scope::Client);
                }
                if owners.named_pool() && !take_of(Owner::Pool(owners.pool_id()), kind, of_pool) {
                    return refuse(Scope::Pool);
                }
            }
        }
        let of_instance =
            |index: usize, interval| self.instance.get(index).is_none_or(|one| one.take(interval, now_ns));
        if take(kind, rate, of_instance) { Ok(()) } else { refuse(Scope::Instance) }
    }

    fn take_user(&self, kind: Kind, named: Named<'_>, now_ns: u64) -> bool {
        let (Some(users), Some(access)) = (&self.users, Access::of(kind.category)) else { return true };
        let rate = match access {
            Access::Read => self.limits.user_reads_per_second,
            Access::Write => self.limits.user_writes_per_second,
        };
        let interval = Interval::of(rate);
        match (named.access_token, named.user) {
            _ if rate == 0 => true,
            (Some(token), _) => users.take((access, tail(token)), interval, now_ns),
            (None, Some(user)) => {
                let place = named.pool_id.or(named.client_id).unwrap_or_default();
                users.take((access, place, Folded::new(user)), interval, now_ns)
            }
            (None, None) => true,
        }
    }
}

/// Takes from the bucket of a kind. Answers to challenges have one that is larger, and share that of sign-ins beyond it.
fn take(kind: Kind, rate: u32, mut bucket: impl FnMut(usize, Interval) -> bool) -> bool {
    if rate == 0 {
        return true;
    }
    let of_challenges = rate.saturating_mul(QuotaCategory::CHALLENGES_PER_SIGN_IN);
    if kind.answers_challenge && bucket(kind.index(), Interval::of(of_challenges)) {
        return true;
    }
    bucket(kind.of_category().index(), Interval::of(rate))
}

/// The part of a rate that one has; 0 for no limit of its own.
fn share(rate: u32, percent: u32) -> u32 {
    if !is_share(percent) || rate == 0 {
        return 0;
    }
    u32::try_from(u64::from(rate) * u64::from(percent) / 100).unwrap_or(rate).max(1)
}

fn is_share(percent: u32) -> bool {
    (1..100).contains(&percent)
}

#[cfg(test)]
mod tests;
