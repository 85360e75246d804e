use cenote_model::QuotaCategory;
use serde::Deserialize;

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
    pub password_attempts: u32,
    pub requests_per_second: RequestRates,
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
            password_attempts: section.password_attempts,
        }
    }
}
