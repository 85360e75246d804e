use serde::{Deserialize, Serialize};

use crate::ids::{ClientId, PoolId, Sealed, Sub};

/// A device that a user confirmed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Device {
    pub pool_id: PoolId,
    pub sub: Sub,
    /// By which the wire knows it.
    pub key: String,
    #[serde(skip)]
    pub version: i64,
    /// Salt and verifier of the password that the device made up for itself.
    pub verifier: Sealed,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub remembered: bool,
    /// The software that confirmed it.
    pub sdk: String,
    pub created_ms: i64,
    pub modified_ms: i64,
    pub authenticated_ms: i64,
    pub address: String,
    /// The sign-in that waits for the device's proof.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<WaitingSignIn>,
}

/// A sign-in that has come to the proof of the device. Kept for clients that send no session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WaitingSignIn {
    pub client_id: ClientId,
    /// Where it comes from.
    pub address: String,
    /// Its session.
    pub session: Sealed,
    pub expires_ms: i64,
}
