//! Tokens: what they say, how they are checked, how they die.

pub mod access_token;
pub mod claims;
pub mod client_secret;
mod customization;
pub mod grant;
pub mod issue;
pub mod key_rotation;
pub mod keys;
mod presented_token;
pub mod refresh_token;
pub mod rotation;
pub mod spare_keys;
pub mod validity;
pub mod verified_tokens;

mod admin_user_global_sign_out;
mod get_client_token;
mod get_derived_token;
mod global_sign_out;
mod revoke_token;

pub use admin_user_global_sign_out::admin_user_global_sign_out;
pub use get_client_token::get_client_token;
pub use get_derived_token::get_derived_token;
pub use global_sign_out::global_sign_out;
pub use revoke_token::revoke_token;
