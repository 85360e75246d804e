use cenote_model::ErrorCode;
use cenote_model::types::{AddCustomAttributesRequest, AddCustomAttributesResponse};

use crate::context::Context;
use crate::error::Error;
use crate::pools::pool::{ATTEMPTS, Pool};
use crate::pools::schema;

/// AddCustomAttributes.
///
/// # Errors
/// As the model declares them.
pub async fn add_custom_attributes(
    context: &Context,
    request: AddCustomAttributesRequest,
) -> Result<AddCustomAttributesResponse, Error> {
    for attempt in 1.. {
        let pool = Pool::read(context, &request.user_pool_id).await?;
        let mut configuration = pool.configuration.clone();
        let before = configuration.user_pool.schema_attributes.take().unwrap_or_default();
        configuration.user_pool.schema_attributes = Some(schema::add(&before, &request.custom_attributes)?);
        match pool.replace(context, &configuration).await {
            // Adding to what somebody else has made of the pool meanwhile is what was asked for.
            Err(error) if error.code == ErrorCode::ConcurrentModificationException && attempt < ATTEMPTS => {}
            Err(error) if error.code == ErrorCode::ConcurrentModificationException => break,
            outcome => return outcome.map(|()| AddCustomAttributesResponse {}),
        }
    }
    Err(Error::too_many_requests())
}
