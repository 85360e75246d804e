//! The cryptography of Cenote: protocol pieces (SRP, JWT, TOTP, SigV4, SECRET_HASH, context data) and the sealing of
//! secrets at rest.
//!
//! Pure: no input or output, no clock and no random numbers of its own. Time comes in as epoch seconds or milliseconds,
//! randomness as a [`RandomSource`]. The one exception is [`jwt::SigningKey::generate`], whose random numbers AWS-LC
//! draws itself. Every protocol piece is proved against published vectors under `tests/vectors`.
//!
//! | module | holds | source |
//! | --- | --- | --- |
//! | [`secret`] | values that redact and erase themselves | |
//! | [`random`] | the source of randomness and what is made from it | |
//! | [`keyring`], [`sealed`] | master keys; authenticated encryption of secrets at rest | NIST SP 800-38D, RFC 5869 |
//! | [`code`] | hashes of confirmation codes | |
//! | [`srp`] | the password and device proof of Cognito's SRP | RFC 5054 with Cognito's own padding |
//! | [`secret_hash`] | SECRET_HASH of app clients with a secret | Cognito developer guide |
//! | [`context_data`] | `EncodedData` of threat protection | Cognito's public client scripts |
//! | [`jwt`] | RS256 tokens and key sets | RFC 7515, 7517, 7518 |
//! | [`totp`] | time-based one-time passwords | RFC 6238 |
//! | [`web_authn`] | the answers of passkeys | Web Authentication Level 3 |
//! | [`sigv4`] | verification of AWS Signature Version 4 | AWS IAM user guide |

mod encoding;
mod hash;

pub mod code;
pub mod context_data;
pub mod jwt;
pub mod keyring;
pub mod random;
pub mod sealed;
pub mod secret;
pub mod secret_hash;
pub mod sigv4;
pub mod srp;
pub mod totp;
pub mod web_authn;
pub mod work;

pub use code::ConfirmationCodeHash;
pub use keyring::{KeyFileError, KeyId, KeyRing, MacPurpose, MasterKey};
pub use random::{RandomSource, SeededRandom, SystemRandom};
pub use sealed::{Purpose, UnsealError};
pub use secret::{Secret, SecretBytes, SecretString, constant_time_eq};
