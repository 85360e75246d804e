use cenote_model::types::{InitiateAuthRequest, InitiateAuthResponse};

use crate::analytics;
use crate::context::Context;
use crate::error::Error;
use crate::sign_in::flow;
use crate::sign_in::parameters::Parameters;
use crate::sign_in::step::{Request, Side, SignIn};
use crate::threat::{self, Event};

/// InitiateAuth: a user signs in.
///
/// # Errors
/// Those of the flow.
pub async fn initiate_auth(
    context: &Context,
    request: InitiateAuthRequest,
) -> Result<InitiateAuthResponse, Error> {
    let (client, pool) = context.get_client_and_pool(&request.client_id).await?;
    let parameters = Parameters::new(request.auth_parameters.as_ref());
    let username = parameters.find("USERNAME").unwrap_or_default();
    let user_context = request.user_context_data.as_ref();
    threat::assess(context, Event::SignIn, &pool, &client, username, user_context).refuse()?;
    let sign_in = SignIn {
        context,
        side: Side::Public,
        pool: &pool,
        client: &client,
        parameters,
        request: Request::Flow,
        client_metadata: request.client_metadata.as_ref(),
    };
    let outcome = flow::run(sign_in, request.auth_flow, request.session.as_deref()).await;
    analytics::record(context, "InitiateAuth", &client, request.analytics_metadata.as_ref(), None);
    Ok(outcome?.into())
}
