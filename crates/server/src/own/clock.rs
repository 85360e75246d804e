//! `cenote dev --clock`: test suites move the time on and start over.

use cenote_core::clock::Clock as _;
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::problem;
use crate::answer::{self, Answer};
use crate::http::{Body, BodyError};
use crate::reset::reset_store;
use crate::site::{Site, TimeTravel};

/// A thousand years: farther ahead, dates stop making sense.
const MOST_SECONDS: i64 = 1000 * 366 * 86_400;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_seconds: i64,
}

/// What time it is.
pub(super) fn now(time_travel: &TimeTravel) -> Answer {
    answer::json(StatusCode::OK, &json!({ "now": time_travel.clock.now_ms().div_euclid(1000) }))
}

/// Moves the clock on. It never goes back but with a reset.
pub(super) fn advance(time_travel: &TimeTravel, body: Result<Body, BodyError>) -> Answer {
    let body = body.unwrap_or_default();
    match serde_json::from_slice(&body.bytes) {
        Ok(Advance { advance_seconds: seconds @ 0..=MOST_SECONDS }) => {
            time_travel.clock.advance_seconds(seconds);
            now(time_travel)
        }
        _ => {
            problem(StatusCode::BAD_REQUEST, "send {\"advance_seconds\": 3601}: whole seconds, not backwards")
        }
    }
}

/// Back to the seed, and to the real time.
pub(super) async fn reset(site: &Site, time_travel: &TimeTravel) -> Answer {
    time_travel.clock.reset();
    let outcome = async {
        reset_store(&site.service).await?;
        match &time_travel.seed {
            Some(seed) => seed.apply(&site.service).await.map_err(|error| error.to_string()),
            None => Ok(()),
        }
    };
    match outcome.await {
        Ok(()) => answer::json(StatusCode::OK, &json!({ "status": "ok" })),
        Err(error) => {
            tracing::error!(cause = error, "reset.failed");
            problem(StatusCode::INTERNAL_SERVER_ERROR, &error)
        }
    }
}
