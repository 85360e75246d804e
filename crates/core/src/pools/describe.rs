//! A pool as the API shows it.

use cenote_model::types::{Timestamp, UserPoolDescriptionType, UserPoolType};

use crate::context::Context;
use crate::error::Error;
use crate::pools::{Pool, acr};

/// The complete description.
///
/// # Errors
/// When the users can't be counted.
pub async fn describe(context: &Context, pool: &Pool) -> Result<UserPoolType, Error> {
    Ok(with_users(context, pool, pool.estimated_users(context).await?))
}

/// The complete description of a pool that has so many users.
pub(super) fn with_users(context: &Context, pool: &Pool, users: i64) -> UserPoolType {
    let stored = &pool.configuration.user_pool;
    UserPoolType {
        id: Some(pool.id().as_str().to_owned()),
        arn: Some(context.settings.pool_arn(pool.id())),
        creation_date: Some(Timestamp(pool.record.created_ms)),
        last_modified_date: Some(Timestamp(pool.record.modified_ms)),
        estimated_number_of_users: Some(i32::try_from(users).unwrap_or(i32::MAX)),
        acr_configuration: Some(acr::effective(stored)),
        ..stored.clone()
    }
}

/// The short form of lists.
#[must_use]
pub fn summary(pool: &Pool) -> UserPoolDescriptionType {
    let shown = &pool.configuration.user_pool;
    UserPoolDescriptionType {
        id: Some(pool.id().as_str().to_owned()),
        name: shown.name.clone(),
        lambda_config: shown.lambda_config.clone(),
        status: shown.status,
        creation_date: Some(Timestamp(pool.record.created_ms)),
        last_modified_date: Some(Timestamp(pool.record.modified_ms)),
        replica_regions: None,
    }
}
