//! The forgotten password: ForgotPassword asks for a code, ConfirmForgotPassword redeems it.
//!
//! | file | holds |
//! | --- | --- |
//! | `forgot_password` | the order of checks of a request |
//! | `confirm_forgot_password` | the order of checks of a redemption |
//! | `admin_reset_user_password` | the same code, asked for by an administrator |
//! | [`delivery_choice`] | which of the user's contacts gets the code |
//! | [`eligibility`] | which users can have one |
//! | [`simulated`] | what is answered for users that do not exist or can't have one |

pub mod delivery_choice;
pub mod eligibility;
pub mod simulated;

mod admin_reset_user_password;
mod confirm_forgot_password;
mod forgot_password;

pub use admin_reset_user_password::admin_reset_user_password;
pub use confirm_forgot_password::confirm_forgot_password;
pub use forgot_password::forgot_password;
