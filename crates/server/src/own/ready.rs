use http::StatusCode;
use serde_json::json;

use super::within_patience;
use crate::answer::{self, Answer};
use crate::key_check;
use crate::site::Site;

/// 200 when requests can be answered, or 503 with what is missing.
pub(super) async fn answer(site: &Site) -> Answer {
    if site.leaving.has_begun() {
        return not_ready("server", "it is stopping");
    }
    let service = &site.service;
    let check = async {
        service.store.ping().await.map_err(|error| ("store", error.to_string()))?;
        let keys = key_check::verify(&service.store, &service.keyring).await;
        keys.map_err(|error| ("keys", error.to_string()))
    };
    let missing = within_patience(check).await.unwrap_or_else(|late| Err(("store", late))).err();
    match missing {
        None => answer::json(StatusCode::OK, &json!({ "status": "ready" })),
        Some((what, why)) => {
            tracing::warn!(what, why, "server.not_ready");
            not_ready(what, &why)
        }
    }
}

fn not_ready(what: &str, why: &str) -> Answer {
    let missing = [json!({ "what": what, "why": why })];
    answer::json(StatusCode::SERVICE_UNAVAILABLE, &json!({ "status": "not ready", "missing": missing }))
}
