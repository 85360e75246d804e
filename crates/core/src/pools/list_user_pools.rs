use cenote_model::types::{ListUserPoolsRequest, ListUserPoolsResponse};
use cenote_store::PoolId;

use crate::context::Context;
use crate::error::Error;
use crate::page::{self, Position};
use crate::pools::describe;
use crate::pools::pool::Pool;

/// ListUserPools: all pools of the installation, oldest first.
///
/// # Errors
/// As the model declares them.
pub async fn list_user_pools(
    context: &Context,
    request: ListUserPoolsRequest,
) -> Result<ListUserPoolsResponse, Error> {
    let list = ["ListUserPools"];
    let after = page::unseal(context, &list, request.next_token.as_deref())?;
    let limit = usize::try_from(request.max_results).unwrap_or(60);
    let after = after.map(|position| (position.created_ms, PoolId::new(position.id)));
    let mut records = context.store.list_pools(after, page_size(limit)).await?;
    let next = page::cut(&mut records, limit, |record| Position {
        created_ms: record.created_ms,
        id: record.id.as_str().to_owned(),
    });
    let pools = records
        .into_iter()
        .map(|record| Ok(describe::summary(&Pool::from_record(record, &context.keyring)?)))
        .collect::<Result<_, Error>>()?;
    Ok(ListUserPoolsResponse {
        user_pools: Some(pools),
        next_token: next.map(|position| page::seal(context, &list, position)).transpose()?,
    })
}

/// One more than is shown, to know whether there is a next page.
fn page_size(limit: usize) -> u32 {
    u32::try_from(limit).unwrap_or(60).saturating_add(1)
}
