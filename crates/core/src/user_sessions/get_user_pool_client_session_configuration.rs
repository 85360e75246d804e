use cenote_model::types::{
    ClientSSOSessionConfigType, GetUserPoolClientSessionConfigurationRequest,
    GetUserPoolClientSessionConfigurationResponse,
};

use crate::context::Context;
use crate::error::Error;

/// How long a session of managed login lasts for other clients, unless somebody set it.
const DEFAULT_MINUTES: i32 = 60;

/// GetUserPoolClientSessionConfiguration.
///
/// # Errors
/// `ResourceNotFoundException`.
pub async fn get_user_pool_client_session_configuration(
    context: &Context,
    request: GetUserPoolClientSessionConfigurationRequest,
) -> Result<GetUserPoolClientSessionConfigurationResponse, Error> {
    let (client, _) = context.get_client_of_pool(&request.user_pool_id, &request.client_id).await?;
    let max_validity_minutes = client.record.sso_session_minutes.unwrap_or(DEFAULT_MINUTES);
    Ok(GetUserPoolClientSessionConfigurationResponse {
        client_id: Some(request.client_id),
        sso_session: Some(ClientSSOSessionConfigType { max_validity_minutes }),
        user_pool_id: Some(request.user_pool_id),
    })
}
