//! Tags by ARN. `UserPoolTags` and the tag operations are one store.

use std::collections::BTreeMap;

use cenote_model::ErrorCode;
use cenote_store::PoolId;

use crate::context::Context;
use crate::error::Error;
use crate::pools::pool::{ATTEMPTS, Pool};

/// The pool that an ARN names.
///
/// # Errors
/// `ResourceNotFoundException` when it names none of this installation.
pub async fn read(context: &Context, arn: &str) -> Result<Pool, Error> {
    let missing =
        || Error::new(ErrorCode::ResourceNotFoundException, format!("Resource {arn} does not exist."));
    let id = arn.rsplit_once(":userpool/").map(|(_, id)| PoolId::new(id)).ok_or_else(missing)?;
    if context.settings.pool_arn(&id) != arn {
        return Err(missing());
    }
    Pool::read(context, id.as_str())
        .await
        .map_err(|error| if error.code == ErrorCode::ResourceNotFoundException { missing() } else { error })
}

/// Changes the tags of the pool that an ARN names.
///
/// # Errors
/// `ResourceNotFoundException`, what `change` says, `TooManyRequestsException` when others were faster time after time.
pub async fn change(
    context: &Context,
    arn: &str,
    change: impl Fn(&mut BTreeMap<String, String>) -> Result<(), Error>,
) -> Result<(), Error> {
    for _ in 0..ATTEMPTS {
        let pool = read(context, arn).await?;
        let mut configuration = pool.configuration.clone();
        change(configuration.user_pool.user_pool_tags.get_or_insert_default())?;
        match pool.replace(context, &configuration).await {
            Err(error) if error.code == ErrorCode::ConcurrentModificationException => {}
            outcome => return outcome,
        }
    }
    Err(Error::too_many_requests())
}
