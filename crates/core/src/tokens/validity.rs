//! How long tokens live.

use cenote_model::types::TimeUnitsType;

use crate::clients::Client;

/// The longest that an access or ID token can live.
pub const LONGEST_TOKEN_MS: i64 = 86_400_000;

impl Client {
    /// Seconds an access token lives; an hour unless configured.
    #[must_use]
    pub fn access_token_seconds(&self) -> i64 {
        let unit = self.configuration.token_validity_units.as_ref().and_then(|units| units.access_token);
        seconds(self.configuration.access_token_validity.unwrap_or(1), unit, TimeUnitsType::Hours)
    }

    /// Seconds an ID token lives; an hour unless configured.
    #[must_use]
    pub fn id_token_seconds(&self) -> i64 {
        let unit = self.configuration.token_validity_units.as_ref().and_then(|units| units.id_token);
        seconds(self.configuration.id_token_validity.unwrap_or(1), unit, TimeUnitsType::Hours)
    }

    /// Seconds a refresh token lives; thirty days unless configured.
    #[must_use]
    pub fn refresh_token_seconds(&self) -> i64 {
        let unit = self.configuration.token_validity_units.as_ref().and_then(|units| units.refresh_token);
        seconds(self.configuration.refresh_token_validity.unwrap_or(30), unit, TimeUnitsType::Days)
    }
}

/// A unit without its number measures the default number.
pub(crate) fn seconds(number: i32, unit: Option<TimeUnitsType>, default: TimeUnitsType) -> i64 {
    let unit = match unit.unwrap_or(default) {
        TimeUnitsType::Seconds => 1,
        TimeUnitsType::Minutes => 60,
        TimeUnitsType::Hours => 3600,
        TimeUnitsType::Days => 86_400,
    };
    i64::from(number) * unit
}
