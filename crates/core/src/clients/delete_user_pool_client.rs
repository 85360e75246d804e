use cenote_model::types::DeleteUserPoolClientRequest;
use cenote_store::{Change, CommitError};

use crate::clients::Client;
use crate::context::Context;
use crate::error::Error;
use crate::pools::Pool;
use crate::pools::pool::ATTEMPTS;

/// DeleteUserPoolClient.
///
/// # Errors
/// As the model declares them.
pub async fn delete_user_pool_client(
    context: &Context,
    request: DeleteUserPoolClientRequest,
) -> Result<(), Error> {
    let pool = Pool::read(context, &request.user_pool_id).await?;
    for attempt in 1.. {
        let client = Client::read(context, pool.id(), &request.client_id).await?;
        let change = Change::DeleteClient { id: client.record.id, version: client.record.version };
        match context.commit(vec![change]).await {
            // However it was changed meanwhile, it is to go.
            Err(CommitError::Conflict(_)) if attempt < ATTEMPTS => {}
            outcome => return outcome.map_err(Error::from),
        }
    }
    Err(Error::too_many_requests())
}
