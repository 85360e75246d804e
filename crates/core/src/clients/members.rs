//! What CreateUserPoolClient and UpdateUserPoolClient both take.

use cenote_model::types::{
    AnalyticsConfigurationType, ClientTypeType, CreateUserPoolClientRequest, ExplicitAuthFlowsType,
    OAuthFlowType, PreventUserExistenceErrorTypes, RefreshTokenRotationType, TimeUnitsType,
    TokenValidityUnitsType, UpdateUserPoolClientRequest, UserPoolClientType,
};

/// The configuration in a request; the names are the API's.
#[derive(Clone, Debug, Default)]
pub struct Members {
    pub access_token_validity: Option<i32>,
    pub allowed_oauth_flows: Option<Vec<OAuthFlowType>>,
    pub allowed_oauth_flows_user_pool_client: Option<bool>,
    pub allowed_oauth_scopes: Option<Vec<String>>,
    pub analytics_configuration: Option<AnalyticsConfigurationType>,
    pub auth_session_validity: Option<i32>,
    pub callback_urls: Option<Vec<String>>,
    pub client_name: Option<String>,
    pub default_redirect_uri: Option<String>,
    pub enable_propagate_additional_user_context_data: Option<bool>,
    pub enable_token_revocation: Option<bool>,
    pub explicit_auth_flows: Option<Vec<ExplicitAuthFlowsType>>,
    pub id_token_validity: Option<i32>,
    pub logout_urls: Option<Vec<String>>,
    pub prevent_user_existence_errors: Option<PreventUserExistenceErrorTypes>,
    pub read_attributes: Option<Vec<String>>,
    pub refresh_token_rotation: Option<RefreshTokenRotationType>,
    pub refresh_token_validity: Option<i32>,
    pub supported_identity_providers: Option<Vec<String>>,
    pub token_validity_units: Option<TokenValidityUnitsType>,
    pub write_attributes: Option<Vec<String>>,
}

macro_rules! members {
    ($request:ident, $client_name:expr) => {
        Members {
            client_name: $client_name,
            access_token_validity: $request.access_token_validity,
            allowed_oauth_flows: $request.allowed_oauth_flows,
            allowed_oauth_flows_user_pool_client: $request.allowed_oauth_flows_user_pool_client,
            allowed_oauth_scopes: $request.allowed_oauth_scopes,
            analytics_configuration: $request.analytics_configuration,
            auth_session_validity: $request.auth_session_validity,
            callback_urls: $request.callback_urls,
            default_redirect_uri: $request.default_redirect_uri,
            enable_propagate_additional_user_context_data: $request
                .enable_propagate_additional_user_context_data,
            enable_token_revocation: $request.enable_token_revocation,
            explicit_auth_flows: $request.explicit_auth_flows,
            id_token_validity: $request.id_token_validity,
            logout_urls: $request.logout_urls,
            prevent_user_existence_errors: $request.prevent_user_existence_errors,
            read_attributes: $request.read_attributes,
            refresh_token_rotation: $request.refresh_token_rotation,
            refresh_token_validity: $request.refresh_token_validity,
            supported_identity_providers: $request.supported_identity_providers,
            token_validity_units: $request.token_validity_units,
            write_attributes: $request.write_attributes,
        }
    };
}

impl From<CreateUserPoolClientRequest> for Members {
    fn from(request: CreateUserPoolClientRequest) -> Self {
        members!(request, Some(request.client_name))
    }
}

impl From<UpdateUserPoolClientRequest> for Members {
    fn from(request: UpdateUserPoolClientRequest) -> Self {
        members!(request, request.client_name)
    }
}

impl Members {
    /// The configuration that these members make; what is left out has its default. Lists are sets: sorted, each value
    /// once, absent when empty. Nothing is checked yet.
    #[must_use]
    pub fn into_configuration(self) -> UserPoolClientType {
        let units = self.token_validity_units.unwrap_or_default();
        UserPoolClientType {
            client_name: self.client_name,
            client_type: Some(ClientTypeType::Regular),
            access_token_validity: self.access_token_validity,
            id_token_validity: self.id_token_validity,
            refresh_token_validity: Some(match self.refresh_token_validity {
                Some(0) => thirty_days(units.refresh_token),
                given => given.unwrap_or(30),
            }),
            token_validity_units: Some(units),
            auth_session_validity: self.auth_session_validity.or(Some(3)),
            enable_token_revocation: self.enable_token_revocation.or(Some(true)),
            enable_propagate_additional_user_context_data: self
                .enable_propagate_additional_user_context_data
                .or(Some(false)),
            explicit_auth_flows: set(self.explicit_auth_flows, |flow| flow.as_str()),
            prevent_user_existence_errors: self.prevent_user_existence_errors,
            read_attributes: set(self.read_attributes, String::as_str),
            write_attributes: set(self.write_attributes, String::as_str),
            refresh_token_rotation: self.refresh_token_rotation.map(|rotation| RefreshTokenRotationType {
                feature: rotation.feature,
                retry_grace_period_seconds: rotation.retry_grace_period_seconds.or(Some(0)),
            }),
            supported_identity_providers: set(self.supported_identity_providers, String::as_str),
            allowed_oauth_flows: set(self.allowed_oauth_flows, |flow| flow.as_str()),
            allowed_oauth_flows_user_pool_client: self.allowed_oauth_flows_user_pool_client.or(Some(false)),
            allowed_oauth_scopes: set(self.allowed_oauth_scopes, String::as_str),
            callback_urls: set(self.callback_urls, String::as_str),
            logout_urls: set(self.logout_urls, String::as_str),
            default_redirect_uri: self.default_redirect_uri,
            analytics_configuration: self.analytics_configuration,
            ..UserPoolClientType::default()
        }
    }
}

/// What 0 means, in the unit that was asked for.
fn thirty_days(unit: Option<TimeUnitsType>) -> i32 {
    match unit {
        Some(TimeUnitsType::Seconds) => 30 * 86_400,
        Some(TimeUnitsType::Minutes) => 30 * 1440,
        Some(TimeUnitsType::Hours) => 30 * 24,
        Some(TimeUnitsType::Days) | None => 30,
    }
}

fn set<T>(list: Option<Vec<T>>, text: impl Fn(&T) -> &str) -> Option<Vec<T>> {
    let mut list = list?;
    list.sort_by(|a, b| text(a).cmp(text(b)));
    list.dedup_by(|a, b| text(a) == text(b));
    Some(list).filter(|list| !list.is_empty())
}
