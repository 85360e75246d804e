//! Sessions of users: sign-ins that a pool keeps track of, so that they can be listed and ended one by one.
//!
//! A session of the API is the life of one refresh token and of what becomes of it. Its id is another form of the sign-in's
//! `origin_jti`. Nothing is recorded while tracking is off.

pub mod configuration;
mod describe;
pub mod record;
mod session_id;

mod admin_list_user_sessions;
mod admin_revoke_user_session;
mod get_user_pool_client_session_configuration;
mod get_user_pool_session_configuration;
mod list_user_sessions;
mod revoke_user_session;
mod set_user_pool_client_session_configuration;
mod set_user_pool_session_configuration;

pub use admin_list_user_sessions::admin_list_user_sessions;
pub use admin_revoke_user_session::admin_revoke_user_session;
pub use get_user_pool_client_session_configuration::get_user_pool_client_session_configuration;
pub use get_user_pool_session_configuration::get_user_pool_session_configuration;
pub use list_user_sessions::list_user_sessions;
pub use revoke_user_session::revoke_user_session;
pub use set_user_pool_client_session_configuration::set_user_pool_client_session_configuration;
pub use set_user_pool_session_configuration::set_user_pool_session_configuration;
