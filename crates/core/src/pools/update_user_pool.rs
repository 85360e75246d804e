use cenote_model::types::{UpdateUserPoolRequest, UpdateUserPoolResponse};

use crate::context::Context;
use crate::error::Error;
use crate::pools::members::Members;
use crate::pools::pool::Pool;
use crate::pools::{checks, configure, tier};

/// UpdateUserPool. Which members it keeps when they are left out is in [`configure::apply`].
///
/// # Errors
/// As the model declares them; `ConcurrentModificationException` when somebody else was faster, because what the caller
/// wanted to keep may not be what is there now.
pub async fn update_user_pool(
    context: &Context,
    request: UpdateUserPoolRequest,
) -> Result<UpdateUserPoolResponse, Error> {
    let pool = Pool::read(context, &request.user_pool_id).await?;
    let members = Members::from(request);
    checks::request(&members)?;
    let tier_before = pool.configuration.user_pool.user_pool_tier;
    let configuration = configure::apply(members, pool.configuration.clone());
    checks::configuration(&configuration)?;
    tier::check(&configuration, tier_before)?;
    tier::check_clients(context, &pool, &configuration).await?;
    pool.replace(context, &configuration).await?;
    Ok(UpdateUserPoolResponse {})
}
