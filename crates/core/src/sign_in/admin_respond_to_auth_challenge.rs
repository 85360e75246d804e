use cenote_model::types::{AdminRespondToAuthChallengeRequest, AdminRespondToAuthChallengeResponse};

use crate::context::Context;
use crate::error::Error;
use crate::sign_in::challenge;
use crate::sign_in::parameters::Parameters;
use crate::sign_in::step::{Request, Side, SignIn};

/// AdminRespondToAuthChallenge: the next step of a sign-in that a back end drives.
///
/// # Errors
/// Those of the challenge.
pub async fn admin_respond_to_auth_challenge(
    context: &Context,
    request: AdminRespondToAuthChallengeRequest,
) -> Result<AdminRespondToAuthChallengeResponse, Error> {
    let (client, pool) = context.get_client_of_pool(&request.user_pool_id, &request.client_id).await?;
    let sign_in = SignIn {
        context,
        side: Side::Admin,
        pool: &pool,
        client: &client,
        parameters: Parameters::new(request.challenge_responses.as_ref()),
        request: Request::Answer,
        client_metadata: request.client_metadata.as_ref(),
    };
    let outcome = challenge::respond(sign_in, request.challenge_name, request.session.as_deref()).await?;
    Ok(AdminRespondToAuthChallengeResponse {
        authentication_result: outcome.result,
        available_challenges: outcome.available,
        challenge_name: outcome.challenge,
        challenge_parameters: Some(outcome.parameters),
        session: outcome.session,
    })
}
