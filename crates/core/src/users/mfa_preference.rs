//! Which second factors a user has switched on, and which it prefers.

use cenote_model::types::{
    DeliveryMediumType, EmailMfaSettingsType, MFAOptionType, SMSMfaSettingsType,
    SoftwareTokenMfaSettingsType, WebAuthnMfaSettingsType,
};
use cenote_store::{MfaPreference, User};

use crate::context::Context;
use crate::error::Error;
use crate::passkeys::relying_party::can_be_two_factors;
use crate::pools::Pool;
use crate::sign_in::second_factor;
use crate::users::contact::Contact;
use crate::users::factor::Factor;
use crate::users::update::update_user;

/// A factor by its names, and what is asked of it.
struct Request {
    factor: Factor,
    enabled: Option<bool>,
    preferred: Option<bool>,
}

/// Switches the factor of a contact off, for the contact is gone.
pub(super) fn forget_contact(user: &mut User, contact: Contact) {
    Factor::of_contact(contact).switch_off(&mut user.mfa);
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
    /// who loses it is not locked out. `fixed`: what counts as a second factor must go on doing so.
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
            let kept =
                if fixed { keep(pool, user, requests.iter().any(Request::is_for)) } else { Vec::new() };
            for request in &requests {
                request.apply(pool, user)?;
            }
            user.mfa.passkey = passkey.unwrap_or(user.mfa.passkey);
            check_changes(context, user, &before, &kept)?;
            Ok(((), Vec::new()))
        })
        .await?;
        Ok(())
    }
}

impl Request {
    /// Whether the factor is to be on.
    fn is_for(&self) -> bool {
        self.enabled == Some(true) || self.preferred == Some(true)
    }

    fn apply(&self, pool: &Pool, user: &mut User) -> Result<(), Error> {
        let name = self.factor.name();
        if self.is_for() {
            if !self.factor.is_enabled_of(user) {
                check(self.factor, pool, user)?;
                self.factor.switch_on(&mut user.mfa);
            }
        } else if self.enabled == Some(false) {
            self.factor.switch_off(&mut user.mfa);
        }
        match self.preferred {
            Some(true) => user.mfa.preferred = Some(name.to_owned()),
            Some(false) if user.mfa.preferred.as_deref() == Some(name) => user.mfa.preferred = None,
            _ => {}
        }
        Ok(())
    }
}

/// Whether the user can switch the factor on.
fn check(factor: Factor, pool: &Pool, user: &User) -> Result<(), Error> {
    if !factor.is_on_in(pool) {
        let title = factor.title();
        return Err(Error::invalid_parameter(format!("{title} has not been enabled by the userPool")));
    }
    if !factor.is_ready_for(user) {
        let name = factor.name();
        return Err(Error::invalid_parameter(format!(
            "User does not have delivery config set to turn on {name}"
        )));
    }
    Ok(())
}

/// Applies the legacy options: SMS to the phone number, or nothing, which switches SMS off. `fixed` as in
/// [`Settings::commit`].
///
/// # Errors
/// `InvalidParameterException` for other options, and as there.
pub(super) async fn commit_options(
    context: &Context,
    pool: &Pool,
    user: User,
    options: &[MFAOptionType],
    fixed: bool,
) -> Result<(), Error> {
    let is_sms = |option: &MFAOptionType| {
        option.delivery_medium == Some(DeliveryMediumType::Sms)
            && option.attribute_name.as_deref() == Some(Contact::PhoneNumber.attribute())
    };
    if !options.iter().all(is_sms) {
        return Err(Error::invalid_parameter("MFAOptions can only have SMS as the medium of phone_number."));
    }
    update_user(context, user, |user| {
        let before = user.mfa.clone();
        let kept = if fixed { keep(pool, user, !options.is_empty()) } else { Vec::new() };
        if options.is_empty() {
            Factor::Sms.switch_off(&mut user.mfa);
        } else {
            if !Factor::Sms.is_enabled_of(user) {
                check(Factor::Sms, pool, user)?;
                Factor::Sms.switch_on(&mut user.mfa);
            }
            user.mfa.sms_option = true;
        }
        check_changes(context, user, &before, &kept)?;
        Ok(((), Vec::new()))
    })
    .await?;
    Ok(())
}

/// The factors that count as second ones and must go on doing so. Where none is switched on all that the user can show do: before
/// one is, they are.
fn keep(pool: &Pool, user: &mut User, one_is: bool) -> Vec<Factor> {
    let counting = second_factor::usable(pool, user);
    if user.mfa.enabled.is_empty() {
        if !one_is {
            return Vec::new();
        }
        counting.iter().for_each(|factor| factor.switch_on(&mut user.mfa));
    }
    counting
}

fn check_changes(
    context: &Context,
    user: &mut User,
    before: &MfaPreference,
    kept: &[Factor],
) -> Result<(), Error> {
    if user.mfa.passkey && user.mfa.enabled.is_empty() {
        return Err(Error::invalid_parameter("Passkey MFA needs another MFA method beside it."));
    }
    if !kept.iter().all(|factor| factor.is_enabled_of(user)) {
        return Err(Error::invalid_parameter(
            "MFA is required in this user pool: no MFA method can be switched off.",
        ));
    }
    if user.mfa != *before {
        user.modified_ms = context.now_ms;
    }
    Ok(())
}
