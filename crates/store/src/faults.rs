//! Faults that tests put into the engines. Without the cargo feature `testing` there are none.

use crate::change::CommitError;
#[cfg(feature = "testing")]
use crate::{change::Conflict, error::StoreError};

/// Where a commit can be made to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultPoint {
    /// A change set's statements have not run yet.
    BeforeApply,
    /// They have run, and nothing is committed.
    BeforeCommit,
    /// Everything is committed, and nobody has been told.
    AfterCommit,
}

/// How it fails. After the commit every fault is a lost answer: the outcome is unknown to the caller.
#[cfg(feature = "testing")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Unavailable,
    Conflict(Conflict),
}

#[cfg(feature = "testing")]
pub(crate) type Injector = Box<dyn Fn(FaultPoint) -> Option<Fault> + Send + Sync>;

/// What the engines ask on their way.
#[derive(Clone, Default)]
pub(crate) struct Faults {
    #[cfg(feature = "testing")]
    injector: std::sync::Arc<std::sync::OnceLock<Injector>>,
}

#[cfg(feature = "testing")]
impl Faults {
    /// From now on `injector` decides; false when another one does already.
    pub(crate) fn inject(&self, injector: Injector) -> bool {
        self.injector.set(injector).is_ok()
    }

    pub(crate) fn check(&self, point: FaultPoint) -> Result<(), CommitError> {
        match self.injector.get().and_then(|injector| injector(point)) {
            None => Ok(()),
            Some(_) if point == FaultPoint::AfterCommit => {
                Err(StoreError::outcome_unknown("an injected fault").into())
            }
            Some(Fault::Unavailable) => Err(StoreError::unavailable("an injected fault").into()),
            Some(Fault::Conflict(conflict)) => Err(conflict.into()),
        }
    }
}

#[cfg(not(feature = "testing"))]
impl Faults {
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "the shape of the one with faults")]
    pub(crate) fn check(&self, _: FaultPoint) -> Result<(), CommitError> {
        Ok(())
    }
}
