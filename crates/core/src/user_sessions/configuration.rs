//! Whether sessions are kept track of, and how many.

use cenote_model::types::{UserPoolTokenSessionConfigType, UserSessionTrackingType};
use serde::{Deserialize, Serialize};

use crate::pools::Pool;

/// What SetUserPoolSessionConfiguration sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SessionConfiguration {
    pub tracked: bool,
    pub most_per_user: i32,
}

impl Default for SessionConfiguration {
    fn default() -> Self {
        Self { tracked: false, most_per_user: 20 }
    }
}

impl SessionConfiguration {
    /// As the API shows it.
    #[must_use]
    pub fn describe(self) -> (UserSessionTrackingType, UserPoolTokenSessionConfigType) {
        let tracking =
            if self.tracked { UserSessionTrackingType::Enabled } else { UserSessionTrackingType::Disabled };
        (tracking, UserPoolTokenSessionConfigType { max_per_user: self.most_per_user })
    }
}

impl Pool {
    /// Whether the pool keeps track of its users' sessions.
    #[must_use]
    pub fn tracks_sessions(&self) -> bool {
        self.configuration.sessions.tracked
    }
}
