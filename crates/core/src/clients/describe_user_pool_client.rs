use cenote_model::types::{DescribeUserPoolClientRequest, DescribeUserPoolClientResponse};

use crate::clients::describe;
use crate::context::Context;
use crate::error::Error;

/// DescribeUserPoolClient.
///
/// # Errors
/// As the model declares them.
pub async fn describe_user_pool_client(
    context: &Context,
    request: DescribeUserPoolClientRequest,
) -> Result<DescribeUserPoolClientResponse, Error> {
    let (client, _) = context.get_client_of_pool(&request.user_pool_id, &request.client_id).await?;
    Ok(DescribeUserPoolClientResponse { user_pool_client: Some(describe::describe(&client)) })
}
