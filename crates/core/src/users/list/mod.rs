//! ListUsers: its filter and its pages.

pub mod filter;
mod list_users;

pub use list_users::list_users;
