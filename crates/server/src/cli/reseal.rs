//! `cenote keys master reseal`.

use std::sync::Arc;

use cenote_core::resealing::{self, Resealed};
use cenote_crypto::{KeyRing, RandomSource, SystemRandom};
use cenote_store::{Store, StoreError};
use serde_json::json;

use super::progress::ProgressLine;
use super::{Failure, print_either, say};
use crate::key_check;

pub(super) async fn run(store: &Store, keyring: &Arc<KeyRing>, json: bool) -> Result<(), Failure> {
    let total = count(store).await?;
    let random: Arc<dyn RandomSource> = Arc::new(SystemRandom);
    let mut line = ProgressLine::new();
    let mut show = |seen| line.show_count("sealing", seen, total);
    let Resealed { seen, changed, left } = resealing::reseal(store, keyring, &random, &mut show).await?;
    drop(line);
    for record in &left {
        say(record);
    }
    if !left.is_empty() {
        let active = keyring.active().id();
        return Err(format!("{} records are not sealed with master key {active}", left.len()).into());
    }
    // Last, because it tells that the rest is done.
    key_check::reseal(store, keyring, &SystemRandom).await?;
    let key = keyring.active().id().to_string();
    print_either(
        json,
        &json!({ "key_id": key, "records": seen, "sealed_again": changed }),
        format_args!(
            "{changed} of {seen} records were sealed again: all are sealed with master key {key} now"
        ),
    )
}

/// About how many records there are. Those that no pool has many of do not matter.
async fn count(store: &Store) -> Result<u64, StoreError> {
    let (mut after, mut count) = (None, 0);
    loop {
        let page = store.list_pools(after, 100).await?;
        let Some(last) = page.last() else { return Ok(count) };
        after = Some((last.created_ms, last.id.clone()));
        for pool in &page {
            count += 1 + u64::try_from(store.count_users(&pool.id).await?).unwrap_or_default();
        }
    }
}
