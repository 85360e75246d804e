use cenote_model::types::{ListUserPoolClientSecretsRequest, ListUserPoolClientSecretsResponse};

use crate::clients::secrets;
use crate::context::Context;
use crate::error::Error;

/// ListUserPoolClientSecrets: ids and dates, never values. There are too few for pages.
///
/// # Errors
/// As the model declares them.
pub async fn list_user_pool_client_secrets(
    context: &Context,
    request: ListUserPoolClientSecretsRequest,
) -> Result<ListUserPoolClientSecretsResponse, Error> {
    let client = secrets::read(context, &request.user_pool_id, &request.client_id)
        .await
        .map_err(secrets::rename_internal)?;
    Ok(ListUserPoolClientSecretsResponse {
        client_secrets: Some(client.record.secrets.iter().map(secrets::describe).collect()),
        next_token: None,
    })
}
