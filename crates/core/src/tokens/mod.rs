//! Tokens: what they say, how they are checked, how they die.

pub mod access_token;
pub mod claims;
mod customization;
pub mod grant;
pub mod issue;
pub mod keys;
pub mod refresh_token;
pub mod spare_keys;
pub mod validity;
pub mod verified_tokens;

mod admin_user_global_sign_out;
mod global_sign_out;
mod revoke_token;

pub use admin_user_global_sign_out::admin_user_global_sign_out;
pub use global_sign_out::global_sign_out;
pub use revoke_token::revoke_token;
