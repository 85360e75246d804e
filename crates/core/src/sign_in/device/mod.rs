//! Devices in a sign-in: which one a request comes from, and the proof of its own password that a remembered one gives.
//!
//! | file | holds |
//! | --- | --- |
//! | [`presented`] | the device that a request names |
//! | [`finish`] | the last question before the tokens, and what they say of the device |
//! | [`srp_auth`] | the DEVICE_SRP_AUTH challenge |
//! | [`password_verifier`] | the DEVICE_PASSWORD_VERIFIER challenge |
//! | `block` | its secret block |
//!
//! A remembered device never replaces the first factor. It replaces the second where the pool says so.

pub mod finish;
pub mod password_verifier;
pub mod presented;
pub mod srp_auth;

mod block;
