//! What must hold between the members of a client's configuration and its pool's, with Cognito's texts where they are
//! known.

use cenote_model::types::{
    AnalyticsConfigurationType, ExplicitAuthFlowsType, FeatureType, TimeUnitsType, TokenValidityUnitsType,
    UserPoolClientType, UserPoolTierType,
};

use crate::clients::oauth_checks;
use crate::error::Error;
use crate::pools::{Pool, tier};
use crate::tokens::validity::seconds;

/// Seconds that access and ID tokens may live.
const SHORT_LIVED: std::ops::RangeInclusive<i64> = 300..=86_400;
/// Seconds that refresh tokens may live.
const LONG_LIVED: std::ops::RangeInclusive<i64> = 3600..=315_360_000;

/// The checks of CreateUserPoolClient and UpdateUserPoolClient. `verb`: which of the two, as some texts say.
///
/// # Errors
/// As the two operations declare them.
pub fn configuration(
    client: &UserPoolClientType,
    has_secret: bool,
    pool: &Pool,
    verb: &str,
) -> Result<(), Error> {
    token_validity(client)?;
    flows(client, has_secret)?;
    attributes(client, pool, verb)?;
    oauth_checks::configuration(client, has_secret, pool)?;
    if client.enable_propagate_additional_user_context_data == Some(true) && !has_secret {
        return Err(Error::invalid_parameter(
            "Client Secret is required to set EnablePropagateAdditionalUserContextData as true",
        ));
    }
    client.analytics_configuration.as_ref().map_or(Ok(()), analytics)?;
    let lowest = pool.configuration.user_pool.user_pool_tier == Some(UserPoolTierType::Lite);
    match tier::client_feature(client).filter(|_| lowest) {
        Some(feature) => Err(tier::feature_unavailable(UserPoolTierType::Lite, feature)),
        None => Ok(()),
    }
}

/// Minutes alone are too short: they measure the default number.
fn token_validity(client: &UserPoolClientType) -> Result<(), Error> {
    let no_units = TokenValidityUnitsType::default();
    let units = client.token_validity_units.as_ref().unwrap_or(&no_units);
    let access = seconds(client.access_token_validity.unwrap_or(1), units.access_token, TimeUnitsType::Hours);
    let id = seconds(client.id_token_validity.unwrap_or(1), units.id_token, TimeUnitsType::Hours);
    let refresh =
        seconds(client.refresh_token_validity.unwrap_or(30), units.refresh_token, TimeUnitsType::Days);
    if !SHORT_LIVED.contains(&access) || !SHORT_LIVED.contains(&id) || !LONG_LIVED.contains(&refresh) {
        return Err(Error::invalid_parameter("Invalid range for token validity."));
    }
    if access > refresh || id > refresh {
        return Err(Error::invalid_parameter(
            "Access and Id Token expiration times must be less than or equal to refresh token expiration times.",
        ));
    }
    Ok(())
}

fn flows(client: &UserPoolClientType, has_secret: bool) -> Result<(), Error> {
    let flows = client.explicit_auth_flows.as_deref().unwrap_or_default();
    let legacy = flows.iter().filter(|flow| !flow.as_str().starts_with("ALLOW_")).count();
    if legacy != 0 && legacy != flows.len() {
        return Err(Error::invalid_parameter(
            "Auth flow name with prefix 'ALLOW' cannot be used with legacy auth flow names.",
        ));
    }
    if flows.contains(&ExplicitAuthFlowsType::AllowClientTokenAuth) {
        if flows.len() != 1 {
            return Err(Error::invalid_parameter(
                "ALLOW_CLIENT_TOKEN_AUTH cannot be used with other auth flows.",
            ));
        }
        if !has_secret {
            return Err(Error::invalid_parameter(
                "Client Secret is required to use ALLOW_CLIENT_TOKEN_AUTH.",
            ));
        }
    }
    let rotates = client.refresh_token_rotation.as_ref().is_some_and(|it| it.feature == FeatureType::Enabled);
    if rotates && flows.contains(&ExplicitAuthFlowsType::AllowRefreshTokenAuth) {
        return Err(Error::invalid_parameter(
            "ALLOW_REFRESH_TOKEN_AUTH is not a permitted ExplicitAuthFlow when refresh token rotation is enabled.",
        ));
    }
    Ok(())
}

fn attributes(client: &UserPoolClientType, pool: &Pool, verb: &str) -> Result<(), Error> {
    let invalid = |which: &str| {
        Error::invalid_parameter(format!("Invalid {which} attributes specified while {verb} a client"))
    };
    let readable = client.read_attributes.as_deref().unwrap_or_default();
    if readable.iter().any(|name| pool.find_attribute(name).is_none()) {
        return Err(invalid("read"));
    }
    let Some(writable) = client.write_attributes.as_deref() else { return Ok(()) };
    let may_be_writable = |name: &String| {
        pool.find_attribute(name).is_some_and(|attribute| attribute.developer_only_attribute != Some(true))
            && !matches!(name.as_str(), "sub" | "identities" | "email_verified" | "phone_number_verified")
    };
    let required_missing = pool.attributes().any(|(name, attribute)| {
        attribute.required == Some(true) && name != "sub" && !writable.iter().any(|it| it == name)
    });
    if required_missing || !writable.iter().all(may_be_writable) {
        return Err(invalid("write"));
    }
    Ok(())
}

fn analytics(analytics: &AnalyticsConfigurationType) -> Result<(), Error> {
    let by_id = [&analytics.application_id, &analytics.role_arn, &analytics.external_id];
    let given = by_id.iter().filter(|it| it.is_some()).count();
    match (analytics.application_arn.is_some(), given) {
        (true, 0) | (false, 3) => Ok(()),
        _ => Err(Error::invalid_parameter(
            "Invalid analytics configuration given, either <application arn> or <application id, role arn, external id> \
             are valid",
        )),
    }
}
