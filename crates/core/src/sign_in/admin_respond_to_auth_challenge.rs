use cenote_model::types::{AdminRespondToAuthChallengeRequest, AdminRespondToAuthChallengeResponse};

use crate::analytics;
use crate::context::Context;
use crate::error::Error;
use crate::sign_in::challenge;
use crate::sign_in::parameters::Parameters;
use crate::sign_in::step::{Request, Side, SignIn};
use crate::threat::{self, Event};

/// AdminRespondToAuthChallenge: the next step of a sign-in that a back end drives.
///
/// # Errors
/// Those of the challenge.
pub async fn admin_respond_to_auth_challenge(
    context: &Context,
    request: AdminRespondToAuthChallengeRequest,
) -> Result<AdminRespondToAuthChallengeResponse, Error> {
    let (client, pool) = context.get_client_of_pool(&request.user_pool_id, &request.client_id).await?;
    let parameters = Parameters::new(request.challenge_responses.as_ref());
    let username = parameters.find("USERNAME").unwrap_or_default();
    let context_data = request.context_data.as_ref();
    threat::assess(context, Event::SignIn, &pool, &client, username, context_data).refuse()?;
    let sign_in = SignIn {
        context,
        side: Side::Admin,
        pool: &pool,
        client: &client,
        parameters,
        request: Request::Answer,
        client_metadata: request.client_metadata.as_ref(),
    };
    let outcome = challenge::respond(sign_in, request.challenge_name, request.session.as_deref()).await;
    let metadata = request.analytics_metadata.as_ref();
    analytics::record(context, "AdminRespondToAuthChallenge", &client, metadata, None);
    Ok(outcome?.into())
}
