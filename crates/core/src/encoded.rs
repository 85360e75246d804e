//! Answers as bytes: most are written when they are given, some were written before.

use std::marker::PhantomData;

use bytes::Bytes;
use serde::Serialize;

use crate::error::Error;

/// The bytes of a `T`, for answers that are asked for again and again.
#[derive(Clone)]
pub struct Encoded<T> {
    bytes: Bytes,
    of: PhantomData<fn() -> T>,
}

impl<T> std::fmt::Debug for Encoded<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encoded").field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

impl<T: Serialize> Encoded<T> {
    /// Writes a value.
    ///
    /// # Errors
    /// Never in practice: every answer serializes.
    pub fn new(value: &T) -> Result<Self, Error> {
        let bytes = serde_json::to_vec(value).map_err(Error::internal)?.into();
        Ok(Self { bytes, of: PhantomData })
    }
}

/// What stands for a `T` when it is sent: itself, or its bytes.
pub trait Answers<T> {
    /// The bytes.
    ///
    /// # Errors
    /// Never in practice: every answer serializes.
    fn encode(self) -> Result<Bytes, Error>;
}

impl<T: Serialize> Answers<T> for T {
    fn encode(self) -> Result<Bytes, Error> {
        Encoded::new(&self).map(|encoded| encoded.bytes)
    }
}

impl<T> Answers<T> for Encoded<T> {
    fn encode(self) -> Result<Bytes, Error> {
        Ok(self.bytes)
    }
}
