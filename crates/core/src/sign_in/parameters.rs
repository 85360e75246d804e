//! AuthParameters and ChallengeResponses: maps of text in which each flow finds its own.

use std::collections::BTreeMap;

use crate::error::Error;

/// The parameters of a flow or the answers to a challenge.
#[derive(Clone, Copy)]
pub struct Parameters<'a>(Option<&'a BTreeMap<String, String>>);

impl std::fmt::Debug for Parameters<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Parameters(***)")
    }
}

impl<'a> Parameters<'a> {
    /// Of a request.
    #[must_use]
    pub fn new(map: Option<&'a BTreeMap<String, String>>) -> Self {
        Self(map)
    }

    /// A parameter that may be left out.
    #[must_use]
    pub fn find(self, name: &str) -> Option<&'a str> {
        self.0?.get(name).map(String::as_str)
    }

    /// A parameter that must be there.
    ///
    /// # Errors
    /// `InvalidParameterException` that names it.
    pub fn get(self, name: &str) -> Result<&'a str, Error> {
        self.find(name)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| Error::invalid_parameter(format!("Missing required parameter {name}")))
    }

    /// All of them.
    pub fn iter(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.into_iter().flatten().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}
