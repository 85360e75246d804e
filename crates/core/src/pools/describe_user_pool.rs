use cenote_model::types::{DescribeUserPoolRequest, DescribeUserPoolResponse};

use crate::context::Context;
use crate::error::Error;
use crate::pools::describe;

/// DescribeUserPool.
///
/// # Errors
/// As the model declares them.
pub async fn describe_user_pool(
    context: &Context,
    request: DescribeUserPoolRequest,
) -> Result<DescribeUserPoolResponse, Error> {
    let pool = context.get_pool(&request.user_pool_id).await?;
    Ok(DescribeUserPoolResponse { user_pool: Some(describe::describe(context, &pool).await?) })
}
