//! Users: how they are found, what they may be, how they come and go.

pub mod attempts;
pub mod attributes;
pub mod codes;
pub mod contact;
pub mod describe;
pub mod lockout;
pub mod migration;
pub mod names;
pub mod password;
pub mod password_policy;
pub mod resolve;
pub mod unknown;
pub mod update;
