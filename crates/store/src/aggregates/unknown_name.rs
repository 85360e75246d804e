use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::user::is_default;
use crate::aggregates::{Attempts, Code, CodePurpose, CodeTries, Lockout, User};

/// What is remembered of a name that no user has, so that guessing at it meets the same limits and the same answers as
/// guessing at a real one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UnknownName {
    /// A keyed hash of pool and folded name; the name itself is not kept.
    #[serde(skip)]
    pub name_hash: String,
    /// In which period it was written. The next one moves it.
    #[serde(skip)]
    pub period: i64,
    /// 0 when it is not stored yet.
    #[serde(skip)]
    pub version: i64,
    #[serde(skip_serializing_if = "is_default")]
    pub codes: BTreeMap<CodePurpose, Code>,
    #[serde(skip_serializing_if = "is_default")]
    pub attempts: Attempts,
    #[serde(skip_serializing_if = "is_default")]
    pub lockout: Lockout,
    #[serde(skip_serializing_if = "is_default")]
    pub code_tries: CodeTries,
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
        Self {
            name_hash: self.name_hash.clone(),
            period: self.period,
            version: self.version,
            codes: user.codes.clone(),
            attempts: user.attempts.clone(),
            lockout: user.lockout.clone(),
            code_tries: user.code_tries.clone(),
        }
    }

    /// Gives what is remembered to what stands in for a user.
    #[must_use]
    pub fn give_state_to(&mut self, user: User) -> User {
        User {
            codes: std::mem::take(&mut self.codes),
            attempts: std::mem::take(&mut self.attempts),
            lockout: std::mem::take(&mut self.lockout),
            code_tries: std::mem::take(&mut self.code_tries),
            ..user
        }
    }
}
