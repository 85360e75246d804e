//! Users through the operation table: sign-up, administration, attributes, passwords, lists.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod admin_confirm_sign_up;
mod admin_create_user;
mod admin_set_user_password;
mod admin_update_user_attributes;
mod aliases;
mod change_password;
mod confirm_sign_up;
mod deletion;
mod disabling;
mod get_user;
mod hidden_users;
mod histories;
mod list_users;
mod mfa_preference;
mod races;
mod resend_confirmation_code;
mod resend_invitation;
mod sign_up;
mod sign_up_triggers;
mod threat_and_analytics;
mod update_user_attributes;
mod verify_before_update;
mod verify_user_attribute;
mod world;
