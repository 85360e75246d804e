//! App clients: their configuration and their secrets.
//!
//! [`members`] makes a configuration of a request, [`checks`] says whether it may be, [`describe`] shows it. Each operation
//! is the file of its name.

pub mod checks;
pub mod describe;
pub mod members;
pub mod new_id;
pub mod secrets;

mod client;
mod oauth_checks;
mod secret_hash;

mod add_user_pool_client_secret;
mod create_user_pool_client;
mod delete_user_pool_client;
mod delete_user_pool_client_secret;
mod describe_user_pool_client;
mod list_user_pool_client_secrets;
mod list_user_pool_clients;
mod update_user_pool_client;

pub use add_user_pool_client_secret::add_user_pool_client_secret;
pub use client::Client;
pub use create_user_pool_client::{create_user_pool_client, create_with_id};
pub use delete_user_pool_client::delete_user_pool_client;
pub use delete_user_pool_client_secret::delete_user_pool_client_secret;
pub use describe_user_pool_client::describe_user_pool_client;
pub use list_user_pool_client_secrets::list_user_pool_client_secrets;
pub use list_user_pool_clients::list_user_pool_clients;
pub use oauth_checks::is_user_scope;
pub use update_user_pool_client::update_user_pool_client;
