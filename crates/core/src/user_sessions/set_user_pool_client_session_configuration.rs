use cenote_model::types::{
    ClientSSOSessionConfigType, SetUserPoolClientSessionConfigurationRequest,
    SetUserPoolClientSessionConfigurationResponse, UserPoolTierType,
};

use crate::clients::Client;
use crate::context::Context;
use crate::error::Error;
use crate::pools::{Pool, tier};

/// SetUserPoolClientSessionConfiguration: for sessions of managed login. The pool must keep track of sessions; what is set
/// stays while it does not.
///
/// # Errors
/// `ResourceNotFoundException`, `FeatureUnavailableInTierException`, `InvalidParameterException` while tracking is off,
/// `ConcurrentModificationException`.
pub async fn set_user_pool_client_session_configuration(
    context: &Context,
    request: SetUserPoolClientSessionConfigurationRequest,
) -> Result<SetUserPoolClientSessionConfigurationResponse, Error> {
    let pool = Pool::read(context, &request.user_pool_id).await?;
    let client = Client::read(context, pool.id(), &request.client_id).await?;
    if pool.configuration.user_pool.user_pool_tier == Some(UserPoolTierType::Lite) {
        return Err(tier::feature_unavailable(UserPoolTierType::Lite, tier::SESSIONS));
    }
    if !pool.tracks_sessions() {
        return Err(Error::invalid_parameter("User session tracking is not enabled for the user pool."));
    }
    let max_validity_minutes = request.sso_session.max_validity_minutes;
    let record =
        cenote_store::Client { sso_session_minutes: Some(max_validity_minutes), ..client.record.clone() };
    Client::replace(context, record).await?;
    Ok(SetUserPoolClientSessionConfigurationResponse {
        client_id: Some(request.client_id),
        sso_session: Some(ClientSSOSessionConfigType { max_validity_minutes }),
        user_pool_id: Some(request.user_pool_id),
    })
}
