//! What becomes of acknowledged writes when the process is killed, the disk fails, or the power goes.
//!
//! Everything here is done to the real binary, from outside. The program (`main.rs`) kills it again and again under load; the
//! tests (`tests/disk`) put a failing disk under it.
//!
//! | module | holds |
//! | --- | --- |
//! | [`server`], [`postgres`] | the binary under test, and a database for it |
//! | [`connection`] | calls of its API |
//! | [`world`] | the pools that everybody is in |
//! | [`person`] | what a person does, and must still be afterwards |
//! | [`phone`] | the same for a device, an app and refresh tokens that change |
//! | [`thing`] | the same for pools, app clients and groups |
//! | [`load`] | many hands at work, and the check of what they were told |
//! | [`disk`] | the failing disk |
//! | [`power_cut`] | what a power cut leaves of its files |

pub mod connection;
pub mod disk;
pub mod load;
pub mod person;
pub mod phone;
pub mod postgres;
pub mod power_cut;
pub mod random;
pub mod server;
pub mod thing;
pub mod world;

/// Why it did not work, in words.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
