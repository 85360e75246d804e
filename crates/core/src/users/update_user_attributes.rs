use cenote_model::types::{UpdateUserAttributesRequest, UpdateUserAttributesResponse};

use crate::context::Context;
use crate::error::Error;
use crate::tokens::access_token::authenticate;
use crate::users::attribute_change::AttributeChange;
use crate::users::attributes::{self, Stage};

/// UpdateUserAttributes: the user of the access token changes what its client may write. A new contact is unverified, or waits
/// where the pool wants it verified first.
///
/// # Errors
/// In this order: access token, permission, schema, aliases of others, messages.
pub async fn update_user_attributes(
    context: &Context,
    request: UpdateUserAttributesRequest,
) -> Result<UpdateUserAttributesResponse, Error> {
    let holder = authenticate(context, &request.access_token).await?;
    attributes::check_writable(
        &holder.pool,
        &holder.client,
        request.user_attributes.iter().map(|item| item.name.as_str()),
    )?;
    let writes = attributes::check_schema(&holder.pool, &request.user_attributes, Stage::Update)?;
    let change = AttributeChange {
        pool: &holder.pool,
        writes: &writes,
        client_id: Some(holder.client.id()),
        client_metadata: request.client_metadata.as_ref(),
    };
    let details = change.commit(context, holder.user).await?;
    Ok(UpdateUserAttributesResponse {
        code_delivery_details_list: Some(details).filter(|list| !list.is_empty()),
    })
}
