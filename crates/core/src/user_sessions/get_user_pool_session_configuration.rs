use cenote_model::types::{GetUserPoolSessionConfigurationRequest, GetUserPoolSessionConfigurationResponse};

use crate::context::Context;
use crate::error::Error;

/// GetUserPoolSessionConfiguration: off, and twenty, unless somebody set it.
///
/// # Errors
/// `ResourceNotFoundException`.
pub async fn get_user_pool_session_configuration(
    context: &Context,
    request: GetUserPoolSessionConfigurationRequest,
) -> Result<GetUserPoolSessionConfigurationResponse, Error> {
    let pool = context.get_pool(&request.user_pool_id).await?;
    let (tracking, token_session) = pool.configuration.sessions.describe();
    Ok(GetUserPoolSessionConfigurationResponse {
        token_session: Some(token_session),
        user_pool_id: Some(request.user_pool_id),
        user_session_tracking: Some(tracking),
    })
}
