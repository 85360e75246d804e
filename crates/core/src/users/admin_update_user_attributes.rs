use cenote_model::ErrorCode;
use cenote_model::types::{AdminUpdateUserAttributesRequest, AdminUpdateUserAttributesResponse};

use crate::context::Context;
use crate::error::Error;
use crate::users::attribute_change::AttributeChange;
use crate::users::attributes::{self, Stage};
use crate::users::resolve::get_user;

/// AdminUpdateUserAttributes: like UpdateUserAttributes, but everything mutable may be written, the verified flags and the
/// attributes for administrators too. A contact that comes with its flag set is verified at once.
///
/// # Errors
/// In this order: user, schema, aliases of others, messages.
pub async fn admin_update_user_attributes(
    context: &Context,
    request: AdminUpdateUserAttributesRequest,
) -> Result<AdminUpdateUserAttributesResponse, Error> {
    let pool = context.get_pool(&request.user_pool_id).await?;
    let user = get_user(context, &pool, &request.username).await?;
    let writes = attributes::check_schema(&pool, &request.user_attributes, Stage::Update)?;
    let change = AttributeChange {
        pool: &pool,
        writes: &writes,
        client_id: None,
        client_metadata: request.client_metadata.as_ref(),
    };
    change.commit(context, user).await.map_err(|error| match error.code {
        // The model does not let this operation say so.
        ErrorCode::CodeDeliveryFailureException => {
            Error { code: ErrorCode::InvalidParameterException, ..error }
        }
        _ => error,
    })?;
    Ok(AdminUpdateUserAttributesResponse {})
}
