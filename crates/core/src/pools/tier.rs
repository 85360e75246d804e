//! Which feature needs which tier.

use cenote_model::ErrorCode;
use cenote_model::types::{
    AdvancedSecurityModeType, AuthFactorType, ExplicitAuthFlowsType, FeatureType,
    PreTokenGenerationLambdaVersionType, UserPoolClientType, UserPoolTierType,
};

use crate::clients::Client;
use crate::context::Context;
use crate::error::Error;
use crate::pools::acr;
use crate::pools::pool::{Pool, PoolConfiguration};

/// The tracking of sessions among those names.
pub const SESSIONS: &str = "User Session Tracking";

/// The configured features that the configured tier lacks, by the names Cognito gives them.
#[must_use]
pub fn unavailable(configuration: &PoolConfiguration) -> Vec<String> {
    let pool = &configuration.user_pool;
    let tier = pool.user_pool_tier.unwrap_or(UserPoolTierType::Essentials);
    let mut features = Vec::new();
    if tier == UserPoolTierType::Lite {
        if configuration.first_factors().iter().any(|factor| *factor != AuthFactorType::Password) {
            features.push("Passwordless Sign-In".to_owned());
        }
        let history = pool
            .policies
            .as_ref()
            .and_then(|policies| policies.password_policy.as_ref())
            .and_then(|policy| policy.password_history_size);
        if history.is_some_and(|size| size > 0) {
            features.push("Password History".to_owned());
        }
        let version = pool
            .lambda_config
            .as_ref()
            .and_then(|lambda| lambda.pre_token_generation_config.as_ref())
            .map(|config| config.lambda_version);
        if let Some(version) = version.filter(|it| *it != PreTokenGenerationLambdaVersionType::V1_0) {
            features.push(format!("Token Customization with Pre-Token Generation Lambda {version}"));
        }
        if configuration.email_mfa.is_some() {
            features.push("Email MFA".to_owned());
        }
        if configuration.web_authn.is_some() {
            features.push("Passkeys".to_owned());
        }
        if pool.dcr_configuration.is_some() {
            features.push("Dynamic Client Registration".to_owned());
        }
        if acr::is_customized(pool) {
            features.push("Custom ACR Values".to_owned());
        }
        if configuration.sessions.tracked {
            features.push(SESSIONS.to_owned());
        }
    }
    let protects = pool
        .user_pool_add_ons
        .as_ref()
        .is_some_and(|add_ons| add_ons.advanced_security_mode != AdvancedSecurityModeType::Off);
    if protects && tier != UserPoolTierType::Plus {
        features.push("Threat Protection".to_owned());
    }
    features
}

/// Refuses features that the tier lacks. `before` is the tier the pool had, if it had one.
///
/// # Errors
/// `TierChangeNotAllowedException` when the tier goes down below them, else `FeatureUnavailableInTierException`.
pub fn check(configuration: &PoolConfiguration, before: Option<UserPoolTierType>) -> Result<(), Error> {
    let features = unavailable(configuration);
    if features.is_empty() {
        return Ok(());
    }
    let tier = configuration.user_pool.user_pool_tier.unwrap_or(UserPoolTierType::Essentials);
    // The model lists the tiers from the lowest to the highest.
    let code = match before {
        Some(before) if tier < before => ErrorCode::TierChangeNotAllowedException,
        _ => ErrorCode::FeatureUnavailableInTierException,
    };
    Err(refuse(code, tier, &features.join(", ")))
}

/// Refuses to take away the tier that clients of the pool need. Looks at them only when the tier goes down to the lowest.
///
/// # Errors
/// `TierChangeNotAllowedException`.
pub async fn check_clients(
    context: &Context,
    pool: &Pool,
    configuration: &PoolConfiguration,
) -> Result<(), Error> {
    let lowest = Some(UserPoolTierType::Lite);
    if configuration.user_pool.user_pool_tier != lowest
        || pool.configuration.user_pool.user_pool_tier == lowest
    {
        return Ok(());
    }
    let mut after = None;
    loop {
        let records = context.store.list_clients(pool.id(), after.take(), 100).await?;
        after = records.last().map(|record| (record.created_ms, record.id.clone()));
        if after.is_none() {
            return Ok(());
        }
        for record in records {
            let client = Client::from_record(record, &context.keyring)?;
            if let Some(feature) = client_feature(&client.configuration) {
                return Err(refuse(
                    ErrorCode::TierChangeNotAllowedException,
                    UserPoolTierType::Lite,
                    feature,
                ));
            }
        }
    }
}

/// What of an app client's configuration the lowest tier lacks.
#[must_use]
pub fn client_feature(client: &UserPoolClientType) -> Option<&'static str> {
    let rotates = client
        .refresh_token_rotation
        .as_ref()
        .is_some_and(|rotation| rotation.feature == FeatureType::Enabled);
    let chooses =
        client.explicit_auth_flows.iter().flatten().any(|flow| *flow == ExplicitAuthFlowsType::AllowUserAuth);
    let exchanges = client.explicit_auth_flows.iter().flatten().any(|flow| {
        matches!(
            flow,
            ExplicitAuthFlowsType::AllowTokenExchangeDelegation
                | ExplicitAuthFlowsType::AllowTokenExchangeImpersonation
        )
    });
    match (rotates, chooses, exchanges) {
        (true, _, _) => Some("Refresh Token Rotation"),
        (_, true, _) => Some("Choice-Based Sign-In"),
        (_, _, true) => Some("Token Exchange"),
        _ => None,
    }
}

/// Refuses a factor that the tier lacks.
///
/// # Errors
/// `FeatureUnavailableInTierException`.
pub fn check_factors(configuration: &PoolConfiguration) -> Result<(), Error> {
    let tier = configuration.user_pool.user_pool_tier.unwrap_or(UserPoolTierType::Essentials);
    match unavailable(configuration).first() {
        Some(feature) => Err(feature_unavailable(tier, feature)),
        None => Ok(()),
    }
}

/// `FeatureUnavailableInTierException` of the operations that do not set the tier: they have a text of their own.
#[must_use]
pub fn feature_unavailable(tier: UserPoolTierType, feature: &str) -> Error {
    Error::new(
        ErrorCode::FeatureUnavailableInTierException,
        format!("The following feature is not available for the {tier} pricing tier configured: {feature}"),
    )
}

/// The error that names the features that are in the way.
fn refuse(code: ErrorCode, tier: UserPoolTierType, features: &str) -> Error {
    Error::new(
        code,
        format!(
            "The following features need to be disabled for the {tier} pricing tier configured: {features}"
        ),
    )
}
