use cenote_model::types::{RespondToAuthChallengeRequest, RespondToAuthChallengeResponse};

use crate::analytics;
use crate::context::Context;
use crate::error::Error;
use crate::sign_in::challenge;
use crate::sign_in::parameters::Parameters;
use crate::sign_in::step::{Request, Side, SignIn};
use crate::threat::{self, Event};

/// RespondToAuthChallenge: the next step of a sign-in.
///
/// # Errors
/// Those of the challenge.
pub async fn respond_to_auth_challenge(
    context: &Context,
    request: RespondToAuthChallengeRequest,
) -> Result<RespondToAuthChallengeResponse, Error> {
    let (client, pool) = context.get_client_and_pool(&request.client_id).await?;
    let parameters = Parameters::new(request.challenge_responses.as_ref());
    let username = parameters.find("USERNAME").unwrap_or_default();
    let user_context = request.user_context_data.as_ref();
    threat::assess(context, Event::SignIn, &pool, &client, username, user_context).refuse()?;
    let sign_in = SignIn {
        context,
        side: Side::Public,
        pool: &pool,
        client: &client,
        parameters,
        request: Request::Answer,
        client_metadata: request.client_metadata.as_ref(),
    };
    let outcome = challenge::respond(sign_in, request.challenge_name, request.session.as_deref()).await;
    analytics::record(context, "RespondToAuthChallenge", &client, request.analytics_metadata.as_ref(), None);
    Ok(outcome?.into())
}
