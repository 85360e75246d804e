//! Which second factors a user has switched on, and which it prefers.

use cenote_model::types::{
    EmailMfaSettingsType, SMSMfaSettingsType, SoftwareTokenMfaSettingsType, WebAuthnMfaSettingsType,
};
use cenote_store::{MfaPreference, User};

use crate::context::Context;
use crate::error::Error;
use crate::passkeys::relying_party::can_be_two_factors;
use crate::pools::Pool;
use crate::users::contact::Contact;
use crate::users::update::update_user;

/// A factor by its names, and what is asked of it.
struct Request {
    factor: Factor,
    enabled: Option<bool>,
    preferred: Option<bool>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Factor {
    Sms,
    Email,
    SoftwareToken,
}

impl Factor {
    /// As in `UserMFASettingList`.
    fn name(self) -> &'static str {
        match self {
            Self::Sms => contact_factor(Contact::PhoneNumber),
            Self::Email => contact_factor(Contact::Email),
            Self::SoftwareToken => "SOFTWARE_TOKEN_MFA",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Sms => "SMS MFA",
            Self::Email => "Email MFA",
            Self::SoftwareToken => "Software Token MFA",
        }
    }

    fn is_on_in(self, pool: &Pool) -> bool {
        let configuration = &pool.configuration;
        match self {
            Self::Sms => configuration.sms_mfa,
            Self::Email => configuration.email_mfa.is_some(),
            Self::SoftwareToken => {
                configuration.software_token_mfa.as_ref().and_then(|it| it.enabled).unwrap_or_default()
            }
        }
    }

    /// Whether the user has what the factor needs. No user can have a software token yet.
    fn is_ready_for(self, user: &User) -> bool {
        match self {
            Self::Sms => Contact::PhoneNumber.of(user).is_some(),
            Self::Email => Contact::Email.of(user).is_some(),
            Self::SoftwareToken => false,
        }
    }
}

/// The second factor that sends its codes to a contact.
#[must_use]
pub fn contact_factor(contact: Contact) -> &'static str {
    match contact {
        Contact::Email => "EMAIL_OTP",
        Contact::PhoneNumber => "SMS_MFA",
    }
}

/// Switches the factor of a contact off, for the contact is gone.
pub(super) fn forget_contact(user: &mut User, contact: Contact) {
    switch_off(&mut user.mfa, contact_factor(contact));
}

/// The settings of a request. What is left out stays as it is.
#[derive(Default)]
pub(super) struct Settings {
    pub sms: Option<SMSMfaSettingsType>,
    pub email: Option<EmailMfaSettingsType>,
    pub software_token: Option<SoftwareTokenMfaSettingsType>,
    pub web_authn: Option<WebAuthnMfaSettingsType>,
}

impl Settings {
    fn requests(&self) -> Vec<Request> {
        let sms = self.sms.as_ref().map(|it| (Factor::Sms, it.enabled, it.preferred_mfa));
        let email = self.email.as_ref().map(|it| (Factor::Email, it.enabled, it.preferred_mfa));
        let token =
            self.software_token.as_ref().map(|it| (Factor::SoftwareToken, it.enabled, it.preferred_mfa));
        [sms, token, email]
            .into_iter()
            .flatten()
            .map(|(factor, enabled, preferred)| Request { factor, enabled, preferred })
            .collect()
    }

    /// Applies the settings to a user. A passkey takes the place of a second factor only beside another one, so that a user
    /// who loses it is not locked out. `fixed`: the factors that are on may not change, only the preference.
    ///
    /// # Errors
    /// `InvalidParameterException` for factors that the pool or the user lacks, and for more than one preference.
    pub(super) async fn commit(
        &self,
        context: &Context,
        pool: &Pool,
        user: User,
        fixed: bool,
    ) -> Result<(), Error> {
        let requests = self.requests();
        if requests.iter().filter(|request| request.preferred == Some(true)).count() > 1 {
            return Err(Error::invalid_parameter("Only one MFA method can be preferred."));
        }
        let passkey = self.web_authn.as_ref().and_then(|settings| settings.enabled);
        if passkey == Some(true) && !can_be_two_factors(pool) {
            return Err(Error::invalid_parameter(
                "Passkey MFA needs the FactorConfiguration MULTI_FACTOR_WITH_USER_VERIFICATION of the user pool.",
            ));
        }
        update_user(context, user, |user| {
            let before = user.mfa.clone();
            for request in &requests {
                request.apply(pool, user)?;
            }
            user.mfa.passkey = passkey.unwrap_or(user.mfa.passkey);
            if user.mfa.passkey && user.mfa.enabled.is_empty() {
                return Err(Error::invalid_parameter("Passkey MFA needs another MFA method beside it."));
            }
            if fixed && user.mfa.enabled != before.enabled {
                return Err(Error::invalid_parameter(
                    "MFA is required in this user pool: only the preferred method can be changed.",
                ));
            }
            if user.mfa != before {
                user.modified_ms = context.now_ms;
            }
            Ok(((), Vec::new()))
        })
        .await?;
        Ok(())
    }
}

impl Request {
    fn apply(&self, pool: &Pool, user: &mut User) -> Result<(), Error> {
        let name = self.factor.name();
        if self.enabled == Some(true) || self.preferred == Some(true) {
            if !user.mfa.enabled.contains(name) {
                self.check(pool, user)?;
                user.mfa.enabled.insert(name.to_owned());
            }
        } else if self.enabled == Some(false) {
            switch_off(&mut user.mfa, name);
        }
        match self.preferred {
            Some(true) => user.mfa.preferred = Some(name.to_owned()),
            Some(false) if user.mfa.preferred.as_deref() == Some(name) => user.mfa.preferred = None,
            _ => {}
        }
        Ok(())
    }

    fn check(&self, pool: &Pool, user: &User) -> Result<(), Error> {
        if !self.factor.is_on_in(pool) {
            let title = self.factor.title();
            return Err(Error::invalid_parameter(format!("{title} has not been enabled by the userPool")));
        }
        if !self.factor.is_ready_for(user) {
            let name = self.factor.name();
            return Err(Error::invalid_parameter(format!(
                "User does not have delivery config set to turn on {name}"
            )));
        }
        Ok(())
    }
}

fn switch_off(mfa: &mut MfaPreference, name: &str) {
    mfa.enabled.remove(name);
    if mfa.preferred.as_deref() == Some(name) {
        mfa.preferred = None;
    }
}
