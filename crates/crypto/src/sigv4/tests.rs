//! AWS's published suite, an independent signer, and everything that must be refused.

mod refusals;
mod signer;
mod suite;
