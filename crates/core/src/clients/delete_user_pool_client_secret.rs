use cenote_model::ErrorCode;
use cenote_model::types::{DeleteUserPoolClientSecretRequest, DeleteUserPoolClientSecretResponse};

use crate::clients::secrets;
use crate::context::Context;
use crate::error::Error;
use crate::pools::pool::ATTEMPTS;

/// DeleteUserPoolClientSecret. The last one stays: without it the client would be open to anybody who knows its id.
///
/// # Errors
/// As the model declares them.
pub async fn delete_user_pool_client_secret(
    context: &Context,
    request: DeleteUserPoolClientSecretRequest,
) -> Result<DeleteUserPoolClientSecretResponse, Error> {
    delete(context, request).await.map_err(secrets::rename_internal)
}

async fn delete(
    context: &Context,
    request: DeleteUserPoolClientSecretRequest,
) -> Result<DeleteUserPoolClientSecretResponse, Error> {
    for _ in 0..ATTEMPTS {
        let client = secrets::read(context, &request.user_pool_id, &request.client_id).await?;
        let (gone, left): (Vec<_>, Vec<_>) =
            client.record.secrets.iter().cloned().partition(|secret| secret.id == request.client_secret_id);
        if gone.is_empty() {
            return Err(Error::new(
                ErrorCode::ResourceNotFoundException,
                format!("Client secret {} does not exist.", request.client_secret_id),
            ));
        }
        if left.is_empty() {
            return Err(Error::invalid_parameter("The last secret of a client cannot be deleted."));
        }
        if secrets::replace(context, &client, left).await? {
            return Ok(DeleteUserPoolClientSecretResponse {});
        }
    }
    Err(Error::too_many_requests())
}
