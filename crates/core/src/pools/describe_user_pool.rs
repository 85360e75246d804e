use std::sync::{Mutex, PoisonError};

use cenote_model::types::{DescribeUserPoolRequest, DescribeUserPoolResponse};

use crate::context::Context;
use crate::encoded::Encoded;
use crate::error::Error;
use crate::pools::describe;

/// DescribeUserPool. The answer is kept with the pool, which is forgotten when anything of it changes.
///
/// # Errors
/// As the model declares them.
pub async fn describe_user_pool(
    context: &Context,
    request: DescribeUserPoolRequest,
) -> Result<Encoded<DescribeUserPoolResponse>, Error> {
    let pool = context.get_pool(&request.user_pool_id).await?;
    let users = pool.estimated_users(context).await?;
    pool.described.of(users, || {
        let user_pool = Some(describe::with_users(context, &pool, users));
        Encoded::new(&DescribeUserPoolResponse { user_pool })
    })
}

/// The answer as it was last given.
#[derive(Debug, Default)]
pub(crate) struct Described(Mutex<Option<(i64, Encoded<DescribeUserPoolResponse>)>>);

impl Described {
    fn of(
        &self,
        users: i64,
        write: impl FnOnce() -> Result<Encoded<DescribeUserPoolResponse>, Error>,
    ) -> Result<Encoded<DescribeUserPoolResponse>, Error> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((number, answer)) = &*last
            && *number == users
        {
            return Ok(answer.clone());
        }
        let answer = write()?;
        *last = Some((users, answer.clone()));
        Ok(answer)
    }
}
