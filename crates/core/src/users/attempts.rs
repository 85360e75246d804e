//! How often something may be tried in an hour: sliding windows that are part of the user's row.

use cenote_store::Attempts;

use crate::error::Error;

const WINDOW_MS: i64 = 3_600_000;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    RecoveryRequest,
    RecoveryRedemption,
    ConfirmSignUp,
    ResendCode,
    RequestAttributeCode,
    VerifyAttribute,
    ChangeContact,
    ChangePassword,
    /// A one-time code was sent to whoever signs in by it alone.
    SignInCode,
    /// A one-time code was sent as a second factor.
    MfaCode,
}

impl Attempt {
    fn key(self) -> &'static str {
        match self {
            Self::RecoveryRequest => "recovery_request",
            Self::RecoveryRedemption => "recovery_redemption",
            Self::ConfirmSignUp => "confirm_sign_up",
            Self::ResendCode => "resend_code",
            Self::RequestAttributeCode => "attribute_code",
            Self::VerifyAttribute => "verify_attribute",
            Self::ChangeContact => "change_contact",
            Self::ChangePassword => "change_password",
            Self::SignInCode => "sign_in_code",
            Self::MfaCode => "mfa_code",
        }
    }
}

/// Whether another attempt would be counted.
///
/// # Errors
/// `LimitExceededException`.
pub fn check(attempts: &Attempts, attempt: Attempt, limit: u32, now_ms: i64) -> Result<(), Error> {
    count(&mut attempts.clone(), attempt, limit, now_ms)
}

/// Counts an attempt, unless `limit` (0: none) of them lie in the last hour. A refused attempt is not counted, so it does
/// not make the wait longer.
///
/// # Errors
/// `LimitExceededException`.
pub fn count(attempts: &mut Attempts, attempt: Attempt, limit: u32, now_ms: i64) -> Result<(), Error> {
    if limit == 0 {
        return Ok(());
    }
    let times = attempts.0.entry(attempt.key().to_owned()).or_default();
    times.retain(|time| now_ms - time < WINDOW_MS);
    if times.len() >= limit as usize {
        return Err(Error::attempt_limit_exceeded());
    }
    times.push(now_ms);
    Ok(())
}

/// Forgets the attempts of a kind: it succeeded.
pub fn clear(attempts: &mut Attempts, attempt: Attempt) {
    attempts.0.remove(attempt.key());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_slides_and_refusals_do_not_count() {
        let mut attempts = Attempts::default();
        for minute in 0..3 {
            assert!(count(&mut attempts, Attempt::ResendCode, 3, minute * 60_000).is_ok());
        }
        for second in 0..100 {
            assert!(count(&mut attempts, Attempt::ResendCode, 3, 120_001 + second * 1000).is_err());
        }
        assert!(count(&mut attempts, Attempt::ResendCode, 3, WINDOW_MS - 1).is_err());
        assert!(count(&mut attempts, Attempt::ResendCode, 3, WINDOW_MS).is_ok());
        assert!(count(&mut attempts, Attempt::ResendCode, 3, WINDOW_MS).is_err());
        assert!(count(&mut attempts, Attempt::ChangePassword, 1, WINDOW_MS).is_ok());
    }

    #[test]
    fn no_limit_keeps_no_times() {
        let mut attempts = Attempts::default();
        for _ in 0..1000 {
            assert!(count(&mut attempts, Attempt::ResendCode, 0, 1).is_ok());
        }
        assert_eq!(attempts, Attempts::default());
    }

    #[test]
    fn success_forgets() {
        let mut attempts = Attempts::default();
        assert!(count(&mut attempts, Attempt::RecoveryRedemption, 1, 1).is_ok());
        clear(&mut attempts, Attempt::RecoveryRedemption);
        assert!(count(&mut attempts, Attempt::RecoveryRedemption, 1, 2).is_ok());
    }
}
