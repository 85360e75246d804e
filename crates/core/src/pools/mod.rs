//! User pools: their configuration, from the request to what is stored and shown.
//!
//! [`configure`] makes a configuration of a request, [`checks`] and [`tier`] say whether it may be, [`schema`] knows the
//! attributes, [`acr`] the names of the levels of authentication, [`describe`] shows the result. Each operation is the file of
//! its name.

pub mod acr;
pub mod checks;
pub mod configure;
pub mod defaults;
pub mod describe;
pub mod members;
pub mod pool;
pub mod schema;
pub mod tags;
pub mod tier;

mod add_custom_attributes;
mod create_user_pool;
mod delete_user_pool;
mod describe_user_pool;
mod get_user_pool_mfa_config;
mod list_tags_for_resource;
mod list_user_pools;
mod set_user_pool_mfa_config;
mod tag_resource;
mod untag_resource;
mod update_user_pool;

pub use add_custom_attributes::add_custom_attributes;
pub use create_user_pool::{create_user_pool, create_with_id};
pub use delete_user_pool::delete_user_pool;
pub use describe_user_pool::describe_user_pool;
pub use get_user_pool_mfa_config::get_user_pool_mfa_config;
pub use list_tags_for_resource::list_tags_for_resource;
pub use list_user_pools::list_user_pools;
pub use pool::{Pool, PoolConfiguration};
pub use set_user_pool_mfa_config::set_user_pool_mfa_config;
pub use tag_resource::tag_resource;
pub use untag_resource::untag_resource;
pub use update_user_pool::update_user_pool;
