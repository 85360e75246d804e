use cenote_model::types::{AdminInitiateAuthRequest, AdminInitiateAuthResponse};

use crate::analytics;
use crate::context::Context;
use crate::error::Error;
use crate::sign_in::flow;
use crate::sign_in::parameters::Parameters;
use crate::sign_in::step::{Request, Side, SignIn};
use crate::threat::{self, Event};

/// AdminInitiateAuth: a back end signs its user in. IAM credentials do not replace the secret hash.
///
/// # Errors
/// Those of the flow.
pub async fn admin_initiate_auth(
    context: &Context,
    request: AdminInitiateAuthRequest,
) -> Result<AdminInitiateAuthResponse, Error> {
    let (client, pool) = context.get_client_of_pool(&request.user_pool_id, &request.client_id).await?;
    let parameters = Parameters::new(request.auth_parameters.as_ref());
    let username = parameters.find("USERNAME").unwrap_or_default();
    let context_data = request.context_data.as_ref();
    threat::assess(context, Event::SignIn, &pool, &client, username, context_data).refuse()?;
    let sign_in = SignIn {
        context,
        side: Side::Admin,
        pool: &pool,
        client: &client,
        parameters,
        request: Request::Flow,
        client_metadata: request.client_metadata.as_ref(),
    };
    let outcome = flow::run(sign_in, request.auth_flow, request.session.as_deref()).await;
    analytics::record(context, "AdminInitiateAuth", &client, request.analytics_metadata.as_ref(), None);
    Ok(outcome?.into())
}
