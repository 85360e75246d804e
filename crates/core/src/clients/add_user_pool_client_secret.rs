use cenote_crypto::secret::SecretString;
use cenote_model::ErrorCode;
use cenote_model::types::{AddUserPoolClientSecretRequest, AddUserPoolClientSecretResponse};

use crate::clients::{new_id, secrets};
use crate::context::Context;
use crate::error::Error;
use crate::pools::pool::ATTEMPTS;

/// AddUserPoolClientSecret: a second secret, valid beside the first. Only a generated one is shown.
///
/// # Errors
/// As the model declares them.
pub async fn add_user_pool_client_secret(
    context: &Context,
    request: AddUserPoolClientSecretRequest,
) -> Result<AddUserPoolClientSecretResponse, Error> {
    add(context, request).await.map_err(secrets::rename_internal)
}

async fn add(
    context: &Context,
    request: AddUserPoolClientSecretRequest,
) -> Result<AddUserPoolClientSecretResponse, Error> {
    let generated = request.client_secret.is_none();
    let secret = request
        .client_secret
        .map_or_else(|| new_id::client_secret(context.random.as_ref()), SecretString::new);
    for _ in 0..ATTEMPTS {
        let client = secrets::read(context, &request.user_pool_id, &request.client_id).await?;
        let mut present = client.record.secrets.clone();
        if present.len() >= secrets::MAX_SECRETS {
            return Err(Error::new(
                ErrorCode::LimitExceededException,
                format!("A client can have no more than {} secrets.", secrets::MAX_SECRETS),
            ));
        }
        let added = secrets::seal(context, &client.record.pool_id, client.id(), &present, &secret);
        let mut shown = secrets::describe(&added);
        present.push(added);
        if secrets::replace(context, &client, present).await? {
            shown.client_secret_value = generated.then(|| secret.expose().clone());
            return Ok(AddUserPoolClientSecretResponse { client_secret_descriptor: Some(shown) });
        }
    }
    Err(Error::too_many_requests())
}
