//! Signing in: flows, challenges, and what a challenge's session holds between two requests.
//!
//! | file | holds |
//! | --- | --- |
//! | `initiate_auth`, `admin_initiate_auth`, [`flow`] | the start: which flow it is, and whether the client may use it |
//! | `respond_to_auth_challenge`, `admin_respond_to_auth_challenge`, [`challenge`] | which challenge is answered |
//! | `get_tokens_from_refresh_token` | a refresh by the client's secret |
//! | [`password_flow`] | a password typed in |
//! | [`srp_flow`], [`password_verifier`], `srp` | a password proved |
//! | [`choice_flow`], [`choice_answer`] | USER_AUTH: the choice of a first factor, and passwords after it |
//! | [`first_factors`] | which of them are offered |
//! | [`first_factor_code`] | the challenges EMAIL_OTP and SMS_OTP in it |
//! | [`web_authn`] | the challenge WEB_AUTHN in it |
//! | [`after_sign_up`] | the sign-in that the code of a sign-up pays for |
//! | [`credentials`] | what comes before a password: status, lock, PreAuthentication |
//! | [`guess`] | how passwords are counted, and which count |
//! | [`custom`] | what the pool's functions ask |
//! | [`device`] | which device it comes from, and its own proof |
//! | [`refresh_flow`] | new tokens for a refresh token |
//! | [`advance`] | what is asked next; every step ends there |
//! | [`new_password`] | the NEW_PASSWORD_REQUIRED challenge |
//! | [`second_factor`] | whether one is asked for, and which |
//! | [`one_time_code`] | codes by mail and SMS |
//! | `software_token_mfa`, `code_mfa` | the challenges SOFTWARE_TOKEN_MFA, SMS_MFA, EMAIL_OTP |
//! | `mfa_answer` | what surrounds their codes |
//! | [`code_tries`] | how often a code may be tried, of a first factor and of a second |
//! | `select_mfa_type`, [`mfa_setup`] | the choice between several factors, and the way to a first one |
//! | [`completion`] | the triggers and tokens when nothing more is asked |
//! | [`session`] | the sealed state of a challenge |
//! | [`progress`] | what a sign-in has shown so far |
//! | [`level`] | how strong that is |
//! | [`target`], [`step_up`] | the level that a sign-in asks for, and the one that it begins with |
//! | [`step`] | one request of a sign-in, and its answer |

pub mod advance;
pub mod after_sign_up;
pub mod challenge;
pub mod choice_answer;
pub mod choice_flow;
pub mod code_tries;
pub mod completion;
pub mod credentials;
pub mod custom;
pub mod device;
pub mod first_factor_code;
pub mod first_factors;
pub mod flow;
pub mod guess;
pub mod level;
pub mod mfa_setup;
pub mod new_password;
pub mod one_time_code;
pub mod parameters;
pub mod password_flow;
pub mod password_verifier;
pub mod progress;
pub mod refresh_flow;
pub mod second_factor;
mod secret_block;
pub mod session;
pub mod srp_flow;
pub mod step;
pub mod step_up;
pub mod target;
pub mod web_authn;

mod admin_initiate_auth;
mod admin_respond_to_auth_challenge;
mod code_mfa;
mod get_tokens_from_refresh_token;
mod initiate_auth;
mod mfa_answer;
mod respond_to_auth_challenge;
mod select_mfa_type;
mod software_token_mfa;
mod srp;

pub use admin_initiate_auth::admin_initiate_auth;
pub use admin_respond_to_auth_challenge::admin_respond_to_auth_challenge;
pub use get_tokens_from_refresh_token::get_tokens_from_refresh_token;
pub use initiate_auth::initiate_auth;
pub use respond_to_auth_challenge::respond_to_auth_challenge;
