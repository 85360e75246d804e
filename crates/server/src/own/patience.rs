use std::time::Duration;

use tokio::time::timeout;

/// How long an operator waits for the store: a store that hangs is as bad as one that fails.
const PATIENCE: Duration = Duration::from_secs(2);

/// The outcome, if it comes in time.
///
/// # Errors
/// In words, when it does not.
pub(crate) async fn within_patience<T>(work: impl Future<Output = T>) -> Result<T, String> {
    timeout(PATIENCE, work).await.map_err(|_| format!("no answer within {} seconds", PATIENCE.as_secs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_hangs_is_given_up() {
        let hanging = within_patience(std::future::pending::<()>()).await;
        assert_eq!(hanging, Err("no answer within 2 seconds".to_owned()));
        assert_eq!(within_patience(std::future::ready(1)).await, Ok(1));
    }
}
