//! The password reset through the public operations: `forgot_password`, `confirm_forgot_password`,
//! `admin_reset_user_password`, and the acceptance examples of the flow.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod acceptance;
mod admin_reset_user_password;
mod confirm_forgot_password;
mod delivery_choice;
mod forgot_password;
mod hidden_users;
mod migration;
mod races;
mod seams;
mod triggers;
mod world;
