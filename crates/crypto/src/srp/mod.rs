//! The secure remote password protocol as Cognito's clients speak it: SRP-6a (RFC 5054) over the 3072-bit group of
//! RFC 3526 with SHA-256, a padding of its own ([`group::pad`]), and a signature in place of the usual proof.
//!
//! Users and devices use the same code. A user proves the password with the part of the pool id after the underscore and
//! the user name as it stands in `USER_ID_FOR_SRP`; a device with its group key and its device key.
//!
//! | step | who | here |
//! | --- | --- | --- |
//! | verifier v = g^x from a password | server, or the device itself | [`Verifier`] |
//! | A = g^a | client | [`ClientPublic`] |
//! | B = k·v + g^b, salt | server | [`Challenge::create`] |
//! | signature under the common key | client | [`client`], for tests |
//! | check of the signature | server | [`Challenge::verify`] |
//! | the signed time | both | [`timestamp`] |

pub mod client;
mod generator;
mod group;
mod key;
mod montgomery;
pub mod server;
mod table;
pub mod timestamp;
pub mod verifier;

pub use server::{Answer, Challenge, ClientPublic, ClientPublicError, InvalidChallenge};
pub use verifier::{DeviceVerifierError, InvalidVerifier, Verifier};

#[cfg(test)]
mod arithmetic_tests;
#[cfg(test)]
mod tests;
