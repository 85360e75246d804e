use crate::aggregates::User;
use crate::ids::{PoolId, Sub};

/// What is remembered of a name that no user has, so that guessing at it meets the same limits and the same answers as
/// guessing at a real one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnknownName {
    /// A keyed hash of pool and folded name; the name itself is not kept.
    pub name_hash: String,
    /// In which period it was written. The next one moves it.
    pub period: i64,
    /// 0 when it is not stored yet.
    pub version: i64,
    /// What stands in for a user, but for who it is. Only its codes, its counters and its lock count. The rest makes the row as
    /// large as those of users are, so that it takes as long to write and to read.
    pub user: User,
}

impl UnknownName {
    /// A name is remembered for this long at least after it was last asked about, and for less than twice as long: more than
    /// the hour of the windows, the codes and the longest lock.
    pub const PERIOD_MS: i64 = 75 * 60_000;

    /// The period that a moment is in.
    #[must_use]
    pub fn period_of(now_ms: i64) -> i64 {
        now_ms.div_euclid(Self::PERIOD_MS)
    }

    /// The period that its row is in when it is written at a moment: what a faster clock wrote stays where it is.
    #[must_use]
    pub fn period_when_written(&self, now_ms: i64) -> i64 {
        self.period.max(Self::period_of(now_ms))
    }

    /// The same with what is to be remembered of what stands in for a user.
    #[must_use]
    pub fn with_state_of(&self, user: &User) -> Self {
        let nameless = User {
            pool_id: PoolId::default(),
            sub: Sub::default(),
            version: 0,
            username: String::new(),
            ..user.clone()
        };
        Self { name_hash: self.name_hash.clone(), period: self.period, version: self.version, user: nameless }
    }

    /// Gives what is remembered to what stands in for a user.
    #[must_use]
    pub fn give_state_to(&mut self, user: User) -> User {
        let User { codes, attempts, lockout, code_tries, .. } = std::mem::take(&mut self.user);
        User { codes, attempts, lockout, code_tries, ..user }
    }
}
