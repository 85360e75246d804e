use cenote_model::types::{AdminInitiateAuthRequest, AdminInitiateAuthResponse};

use crate::analytics;
use crate::context::Context;
use crate::error::Error;
use crate::sign_in::flow;
use crate::sign_in::parameters::Parameters;
use crate::sign_in::step::{Request, Side, SignIn};

/// AdminInitiateAuth: a back end signs its user in. IAM credentials do not replace the secret hash.
///
/// # Errors
/// Those of the flow.
pub async fn admin_initiate_auth(
    context: &Context,
    request: AdminInitiateAuthRequest,
) -> Result<AdminInitiateAuthResponse, Error> {
    let (client, pool) = context.get_client_of_pool(&request.user_pool_id, &request.client_id).await?;
    let sign_in = SignIn {
        context,
        side: Side::Admin,
        pool: &pool,
        client: &client,
        parameters: Parameters::new(request.auth_parameters.as_ref()),
        request: Request::Flow,
        client_metadata: request.client_metadata.as_ref(),
    };
    let outcome = flow::run(sign_in, request.auth_flow, request.session.as_deref()).await;
    analytics::record(context, "AdminInitiateAuth", &client, request.analytics_metadata.as_ref(), None);
    let outcome = outcome?;
    Ok(AdminInitiateAuthResponse {
        authentication_result: outcome.result,
        available_challenges: outcome.available,
        challenge_name: outcome.challenge,
        challenge_parameters: Some(outcome.parameters),
        session: outcome.session,
    })
}
