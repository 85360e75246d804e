use cenote_model::QuotaCategory;
use serde::Deserialize;

use super::{Network, Problem};

/// `[limits]`: attempts and rates. 0 switches one off.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitsSection {
    pub recovery_requests_per_hour: u32,
    pub recovery_attempts_per_hour: u32,
    pub confirm_sign_up_attempts_per_hour: u32,
    pub resend_codes_per_hour: u32,
    pub attribute_codes_per_hour: u32,
    pub attribute_attempts_per_hour: u32,
    pub change_password_per_hour: u32,
    pub sign_in_codes_per_hour: u32,
    pub mfa_codes_per_hour: u32,
    pub password_attempts: u32,
    pub mfa_code_attempts: u32,
    pub request_rates: Preset,
    pub client_percent: u32,
    pub pool_percent: u32,
    pub pool_operation_requests_per_second: u32,
    pub user_reads_per_second: u32,
    pub user_writes_per_second: u32,
    pub unlimited_addresses: Vec<Network>,
    pub requests_per_second: RequestRates,
    pub address_requests_per_second: AddressRates,
}

/// Which request rates hold where none are set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// Those of the defaults.
    Cognito,
    /// No limit.
    None,
}

impl Preset {
    /// The setting that says it.
    pub(super) const SETTING: &str = "limits.request_rates";

    /// The tables and settings that it is about.
    pub(super) const SETTINGS: [&str; 5] = [
        "limits.requests_per_second",
        "limits.address_requests_per_second",
        "limits.pool_operation_requests_per_second",
        "limits.user_reads_per_second",
        "limits.user_writes_per_second",
    ];
}

/// `[limits.address_requests_per_second]`: one rate for each quota category that has operations without a signature, and one for
/// the documents of issuers.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddressRates {
    pub issuer_documents: u32,
    pub user_authentication: u32,
    pub user_creation: u32,
    pub user_account_recovery: u32,
    pub user_read: u32,
    pub user_update: u32,
    pub user_token: u32,
    pub user_resource_read: u32,
    pub user_resource_update: u32,
    pub client_authentication: u32,
}

impl AddressRates {
    /// The rate of a category. 0 where every operation is signed.
    #[must_use]
    pub const fn of(&self, category: QuotaCategory) -> u32 {
        match category {
            QuotaCategory::UserAuthentication => self.user_authentication,
            QuotaCategory::UserCreation => self.user_creation,
            QuotaCategory::UserAccountRecovery => self.user_account_recovery,
            QuotaCategory::UserRead => self.user_read,
            QuotaCategory::UserUpdate => self.user_update,
            QuotaCategory::UserToken => self.user_token,
            QuotaCategory::UserResourceRead => self.user_resource_read,
            QuotaCategory::UserResourceUpdate => self.user_resource_update,
            QuotaCategory::ClientAuthentication => self.client_authentication,
            QuotaCategory::UserList
            | QuotaCategory::UserPoolRead
            | QuotaCategory::UserPoolUpdate
            | QuotaCategory::UserPoolResourceRead
            | QuotaCategory::UserPoolResourceUpdate
            | QuotaCategory::UserPoolClientRead
            | QuotaCategory::UserPoolClientUpdate
            | QuotaCategory::LimitManagement => 0,
        }
    }
}

/// `[limits.requests_per_second]`: one rate for each of Cognito's quota categories.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestRates {
    pub user_authentication: u32,
    pub user_creation: u32,
    pub user_account_recovery: u32,
    pub user_read: u32,
    pub user_update: u32,
    pub user_token: u32,
    pub user_resource_read: u32,
    pub user_resource_update: u32,
    pub user_list: u32,
    pub user_pool_read: u32,
    pub user_pool_update: u32,
    pub user_pool_resource_read: u32,
    pub user_pool_resource_update: u32,
    pub user_pool_client_read: u32,
    pub user_pool_client_update: u32,
    pub client_authentication: u32,
    pub limit_management: u32,
}

impl LimitsSection {
    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        for (name, percent) in [("client_percent", self.client_percent), ("pool_percent", self.pool_percent)]
        {
            if percent > 100 {
                problems.push(Problem(format!("`limits.{name}` is a part of the whole: at most 100")));
            }
        }
    }
}

impl RequestRates {
    /// The rate of a category.
    #[must_use]
    pub const fn of(&self, category: QuotaCategory) -> u32 {
        match category {
            QuotaCategory::UserAuthentication => self.user_authentication,
            QuotaCategory::UserCreation => self.user_creation,
            QuotaCategory::UserAccountRecovery => self.user_account_recovery,
            QuotaCategory::UserRead => self.user_read,
            QuotaCategory::UserUpdate => self.user_update,
            QuotaCategory::UserToken => self.user_token,
            QuotaCategory::UserResourceRead => self.user_resource_read,
            QuotaCategory::UserResourceUpdate => self.user_resource_update,
            QuotaCategory::UserList => self.user_list,
            QuotaCategory::UserPoolRead => self.user_pool_read,
            QuotaCategory::UserPoolUpdate => self.user_pool_update,
            QuotaCategory::UserPoolResourceRead => self.user_pool_resource_read,
            QuotaCategory::UserPoolResourceUpdate => self.user_pool_resource_update,
            QuotaCategory::UserPoolClientRead => self.user_pool_client_read,
            QuotaCategory::UserPoolClientUpdate => self.user_pool_client_update,
            QuotaCategory::ClientAuthentication => self.client_authentication,
            QuotaCategory::LimitManagement => self.limit_management,
        }
    }
}

impl From<&LimitsSection> for cenote_core::settings::Limits {
    fn from(section: &LimitsSection) -> Self {
        Self {
            recovery_requests_per_hour: section.recovery_requests_per_hour,
            recovery_attempts_per_hour: section.recovery_attempts_per_hour,
            confirm_sign_up_attempts_per_hour: section.confirm_sign_up_attempts_per_hour,
            resend_codes_per_hour: section.resend_codes_per_hour,
            attribute_codes_per_hour: section.attribute_codes_per_hour,
            attribute_attempts_per_hour: section.attribute_attempts_per_hour,
            change_password_per_hour: section.change_password_per_hour,
            sign_in_codes_per_hour: section.sign_in_codes_per_hour,
            mfa_codes_per_hour: section.mfa_codes_per_hour,
            password_attempts: section.password_attempts,
            mfa_code_attempts: section.mfa_code_attempts,
        }
    }
}
