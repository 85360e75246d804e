//! What every connection sets for itself.

use std::time::Duration;

/// The statements that a new connection begins with. Settings that somebody has chosen stay as they are.
pub(super) fn settings(patience: Duration) -> String {
    // A little less than who asks waits, so that the answer still comes.
    let patience = (patience * 4 / 5).as_millis();
    [
        // A server may be set to acknowledge before the disk does; for what Cenote acknowledges that will not do. The stricter
        // settings for replicas stay.
        ("synchronous_commit", "off", "on".to_owned()),
        // Nobody waits longer for a statement.
        ("statement_timeout", "0", patience.to_string()),
        // When the client is gone without a word, its locks must not outlive the patience of others.
        ("idle_in_transaction_session_timeout", "0", patience.to_string()),
        // And its connection must not keep a place. By default a server asks after two hours.
        ("tcp_keepalives_idle", "7200", "10".to_owned()),
        ("tcp_keepalives_interval", "75", "5".to_owned()),
    ]
    .map(|(name, default, wanted)| {
        format!("SELECT set_config('{name}', '{wanted}', false) WHERE current_setting('{name}', true) = '{default}';")
    })
    .concat()
}
