use cenote_model::types::{ListUsersRequest, ListUsersResponse};
use cenote_store::Sub;

use crate::context::Context;
use crate::error::Error;
use crate::page::{self, Position};
use crate::pools::Pool;
use crate::users::describe;
use crate::users::list::filter;

/// ListUsers: by time of creation. Pages of one chain repeat nobody.
///
/// # Errors
/// `InvalidParameterException` for filters, attributes and tokens that make no sense.
pub async fn list_users(context: &Context, request: ListUsersRequest) -> Result<ListUsersResponse, Error> {
    let pool = context.get_pool(&request.user_pool_id).await?;
    let filter_text = request.filter.as_deref().unwrap_or_default();
    let filter = filter::parse(
        filter_text,
        |name| pool.fold(name),
        |name| name.contains(':') && pool.find_attribute(name).is_some(),
    )?;
    let wanted = request.attributes_to_get.as_deref();
    check_attributes(&pool, wanted.unwrap_or_default())?;
    let wanted_text = wanted.map(|names| names.join(","));
    let list = ["ListUsers", pool.id().as_str(), filter_text, wanted_text.as_deref().unwrap_or("*")];
    let after = page::unseal(context, &list, request.pagination_token.as_deref())?;
    let after = after.map(|position| (position.created_ms, Sub::new(position.id)));
    let limit = page::size(request.limit);
    let mut users = context.store.list_users(pool.id(), filter.as_ref(), after, limit + 1).await?;
    let next = page::cut(&mut users, limit as usize, |user| Position {
        created_ms: user.created_ms,
        id: user.sub.as_str().to_owned(),
    });
    let shown = |name: &str| wanted.is_none_or(|names| names.iter().any(|wanted| wanted == name));
    Ok(ListUsersResponse {
        pagination_token: next.map(|position| page::seal(context, &list, position)).transpose()?,
        users: Some(users.iter().map(|user| describe::user_type(user, shown)).collect()),
    })
}

fn check_attributes(pool: &Pool, names: &[String]) -> Result<(), Error> {
    if names.iter().all(|name| pool.find_attribute(name).is_some()) {
        return Ok(());
    }
    Err(Error::invalid_parameter("One or more requested attributes do not exist."))
}
