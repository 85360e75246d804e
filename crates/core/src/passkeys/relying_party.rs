//! For which domain the passkeys of a pool are, and what it asks of them.

use cenote_model::ErrorCode;
use cenote_model::types::{AuthFactorType, UserVerificationType, WebAuthnFactorConfigurationType};
use cenote_store::{Passkey, User};

use crate::error::Error;
use crate::pools::Pool;

/// A pool as authenticators know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelyingParty<'a> {
    /// A domain.
    pub id: &'a str,
    /// Whether authenticators must verify their user.
    pub verify_user: bool,
}

impl<'a> RelyingParty<'a> {
    /// The pool's, if one is configured. A pool's own domain would be the next choice; there are none yet.
    #[must_use]
    pub fn find(pool: &'a Pool) -> Option<Self> {
        let configuration = pool.configuration.web_authn.as_ref()?;
        let id = configuration.relying_party_id.as_deref().filter(|id| !id.is_empty())?;
        let verify_user = configuration.user_verification == Some(UserVerificationType::Required);
        Some(Self { id, verify_user })
    }

    /// The same where there must be one.
    ///
    /// # Errors
    /// `WebAuthnConfigurationMissingException`.
    pub fn get(pool: &'a Pool) -> Result<Self, Error> {
        Self::find(pool).ok_or_else(|| {
            Error::new(
                ErrorCode::WebAuthnConfigurationMissingException,
                "The user pool has neither a relying party ID nor a domain.",
            )
        })
    }

    /// As the pool asks it of this user: one whose passkey is two factors is always verified.
    #[must_use]
    pub fn for_user(self, pool: &Pool, user: &User) -> Self {
        Self { verify_user: self.verify_user || replaces_second_factor(pool, user), ..self }
    }

    /// Those of the user's passkeys that were made for it.
    pub fn passkeys_of(self, user: &User) -> impl Iterator<Item = &Passkey> {
        user.passkeys.iter().filter(move |passkey| passkey.relying_party_id == self.id)
    }

    /// What its authenticators and browsers are told about verification.
    #[must_use]
    pub fn user_verification(self) -> &'static str {
        if self.verify_user { "required" } else { "preferred" }
    }
}

/// Refuses an id that everybody's domains are below: a top-level domain. Other public suffixes are refused by browsers; the list
/// of them would make the binary larger by most of a megabyte.
///
/// # Errors
/// `InvalidParameterException`.
pub fn check_id(id: Option<&str>) -> Result<(), Error> {
    let labels = |id: &str| id.split('.').filter(|label| !label.is_empty()).count();
    match id {
        Some(id) if id != "localhost" && labels(id) < 2 && !id.contains(|c: char| c.is_ascii_digit()) => {
            Err(Error::invalid_parameter("RelyingPartyId must not be a public suffix."))
        }
        _ => Ok(()),
    }
}

/// Whether users of the pool sign in by passkeys.
///
/// # Errors
/// `WebAuthnNotEnabledException`.
pub fn check_enabled(pool: &Pool) -> Result<(), Error> {
    if is_enabled(pool) {
        return Ok(());
    }
    Err(Error::new(ErrorCode::WebAuthnNotEnabledException, "Passkeys are not enabled for the user pool."))
}

/// Whether passkeys are among the pool's first factors.
#[must_use]
pub fn is_enabled(pool: &Pool) -> bool {
    pool.configuration.first_factors().contains(&AuthFactorType::WebAuthn)
}

/// Whether a passkey that verifies its user can be two factors in the pool.
#[must_use]
pub fn can_be_two_factors(pool: &Pool) -> bool {
    pool.configuration.web_authn.as_ref().is_some_and(|it| {
        it.factor_configuration == Some(WebAuthnFactorConfigurationType::MultiFactorWithUserVerification)
    })
}

/// Whether it is for this user.
#[must_use]
pub fn replaces_second_factor(pool: &Pool, user: &User) -> bool {
    user.mfa.passkey && can_be_two_factors(pool)
}
