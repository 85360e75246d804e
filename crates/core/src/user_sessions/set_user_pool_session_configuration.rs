use cenote_model::types::{
    SetUserPoolSessionConfigurationRequest, SetUserPoolSessionConfigurationResponse, UserPoolTierType,
    UserSessionTrackingType,
};

use crate::context::Context;
use crate::error::Error;
use crate::pools::pool::PoolConfiguration;
use crate::pools::{Pool, tier};
use crate::user_sessions::configuration::SessionConfiguration;

/// SetUserPoolSessionConfiguration: replaces both members.
///
/// # Errors
/// `ResourceNotFoundException`, `FeatureUnavailableInTierException`, `ConcurrentModificationException`.
pub async fn set_user_pool_session_configuration(
    context: &Context,
    request: SetUserPoolSessionConfigurationRequest,
) -> Result<SetUserPoolSessionConfigurationResponse, Error> {
    let pool = Pool::read(context, &request.user_pool_id).await?;
    let tracked = request.user_session_tracking == UserSessionTrackingType::Enabled;
    if tracked && pool.configuration.user_pool.user_pool_tier == Some(UserPoolTierType::Lite) {
        return Err(tier::feature_unavailable(UserPoolTierType::Lite, tier::SESSIONS));
    }
    let sessions = SessionConfiguration { tracked, most_per_user: request.token_session.max_per_user };
    let configuration = PoolConfiguration { sessions, ..pool.configuration.clone() };
    pool.replace(context, &configuration).await?;
    let (tracking, token_session) = sessions.describe();
    Ok(SetUserPoolSessionConfigurationResponse {
        token_session: Some(token_session),
        user_pool_id: Some(request.user_pool_id),
        user_session_tracking: Some(tracking),
    })
}
