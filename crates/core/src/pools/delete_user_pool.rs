use cenote_model::types::{DeleteUserPoolRequest, DeletionProtectionType};
use cenote_store::{Change, CommitError};

use crate::context::Context;
use crate::error::Error;
use crate::pools::pool::{ATTEMPTS, Pool};

/// DeleteUserPool: the pool goes with everything in it.
///
/// # Errors
/// As the model declares them.
pub async fn delete_user_pool(context: &Context, request: DeleteUserPoolRequest) -> Result<(), Error> {
    for attempt in 1.. {
        let pool = Pool::read(context, &request.user_pool_id).await?;
        let shown = &pool.configuration.user_pool;
        if shown.deletion_protection == Some(DeletionProtectionType::Active) {
            return Err(Error::invalid_parameter(
                "The user pool cannot be deleted because deletion protection is activated. Deletion protection must be \
                 inactivated first.",
            ));
        }
        if shown.domain.is_some() || shown.custom_domain.is_some() {
            return Err(Error::invalid_parameter(
                "User pool cannot be deleted. It has a domain configured that should be deleted first.",
            ));
        }
        let change = Change::DeletePool { id: pool.record.id, version: pool.record.version };
        match context.commit(vec![change]).await {
            // Changed meanwhile: perhaps it is protected now.
            Err(CommitError::Conflict(_)) if attempt < ATTEMPTS => {}
            outcome => return outcome.map_err(Error::from),
        }
    }
    Err(Error::too_many_requests())
}
