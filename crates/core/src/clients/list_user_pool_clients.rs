use cenote_model::types::{ClientTypeType, ListUserPoolClientsRequest, ListUserPoolClientsResponse};
use cenote_store::ClientId;

use crate::clients::{Client, describe};
use crate::context::Context;
use crate::error::Error;
use crate::page::{self, Position};

const DEFAULT_PAGE: usize = 60;

/// ListUserPoolClients: oldest first. With a type asked for, a page may be shorter than its limit.
///
/// # Errors
/// As the model declares them.
pub async fn list_user_pool_clients(
    context: &Context,
    request: ListUserPoolClientsRequest,
) -> Result<ListUserPoolClientsResponse, Error> {
    let pool = context.get_pool(&request.user_pool_id).await?;
    let wanted = request.client_type;
    let list = ["ListUserPoolClients", pool.id().as_str(), wanted.map_or("", ClientTypeType::as_str)];
    let after = page::unseal(context, &list, request.next_token.as_deref())?;
    let after = after.map(|position| (position.created_ms, ClientId::new(position.id)));
    let limit = request.max_results.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(DEFAULT_PAGE);
    let size = u32::try_from(limit).unwrap_or(u32::MAX).saturating_add(1);
    let mut records = context.store.list_clients(pool.id(), after, size).await?;
    let next = page::cut(&mut records, limit, |record| Position {
        created_ms: record.created_ms,
        id: record.id.as_str().to_owned(),
    });
    let mut shown = Vec::with_capacity(records.len());
    for record in records {
        let client = Client::from_record(record, &context.keyring)?;
        let kind = client.configuration.client_type.unwrap_or(ClientTypeType::Regular);
        if wanted.is_none_or(|wanted| wanted == kind) {
            shown.push(describe::summary(&client));
        }
    }
    Ok(ListUserPoolClientsResponse {
        user_pool_clients: Some(shown),
        next_token: next.map(|position| page::seal(context, &list, position)).transpose()?,
    })
}
