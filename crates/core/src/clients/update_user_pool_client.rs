use cenote_model::types::{UpdateUserPoolClientRequest, UpdateUserPoolClientResponse};

use crate::clients::members::Members;
use crate::clients::{Client, checks, describe};
use crate::context::Context;
use crate::error::Error;
use crate::pools::Pool;

/// UpdateUserPoolClient: replaces the configuration. What is left out goes back to its default, except the name and the
/// rotation of refresh tokens, which must not end because an older program does not know it.
///
/// # Errors
/// As the model declares them.
pub async fn update_user_pool_client(
    context: &Context,
    request: UpdateUserPoolClientRequest,
) -> Result<UpdateUserPoolClientResponse, Error> {
    let pool = Pool::read(context, &request.user_pool_id).await?;
    let client = Client::read(context, pool.id(), &request.client_id).await?;
    let mut configuration = Members::from(request).into_configuration();
    configuration.client_name =
        configuration.client_name.or_else(|| client.configuration.client_name.clone());
    configuration.refresh_token_rotation =
        configuration.refresh_token_rotation.or_else(|| client.configuration.refresh_token_rotation.clone());
    configuration.client_type = client.configuration.client_type.or(configuration.client_type);
    checks::configuration(&configuration, !client.secrets.is_empty(), &pool, "updating")?;
    let record = cenote_store::Client {
        configuration: serde_json::to_value(&configuration).map_err(Error::internal)?,
        modified_ms: context.now_ms,
        ..client.record.clone()
    };
    Client::replace(context, record.clone()).await?;
    let client = Client::from_record(record, &context.keyring)?;
    Ok(UpdateUserPoolClientResponse { user_pool_client: Some(describe::describe(&client)) })
}
