//! Why a signature was refused, in the words AWS uses.

use std::borrow::Cow;

/// Why a signed request was refused. [`SigV4Error::message`] gives the text for the client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.message())]
pub enum SigV4Error {
    /// The request is not signed at all (MissingAuthenticationToken).
    Missing,
    /// What is presented lacks something or cannot be read (IncompleteSignature).
    Incomplete {
        /// Names each missing part.
        text: String,
    },
    /// Signed too long ago (InvalidSignature).
    Expired {
        /// Both instants, as AWS writes it.
        text: String,
    },
    /// Signed for a time that is yet to come (InvalidSignature).
    NotYetCurrent {
        /// Both instants, as AWS writes it.
        text: String,
    },
    /// The scope of the credential is not the one of this service, region or day (InvalidSignature).
    WrongScope {
        /// Which part is wrong.
        text: String,
    },
    /// A header that decides over the request is not covered by the signature (InvalidSignature).
    UnsignedHeader {
        /// Its name as AWS writes it.
        name: &'static str,
    },
    /// The signature is not the one of this request under this secret (InvalidSignature).
    Mismatch,
}

impl SigV4Error {
    /// The message AWS answers with.
    pub fn message(&self) -> Cow<'_, str> {
        match self {
            Self::Missing => "Missing Authentication Token".into(),
            Self::Incomplete { text }
            | Self::Expired { text }
            | Self::NotYetCurrent { text }
            | Self::WrongScope { text } => text.into(),
            Self::UnsignedHeader { name } => {
                format!("{name} must be a 'SignedHeader' in the AWS Authorization.").into()
            }
            Self::Mismatch => "The request signature we calculated does not match the signature you provided. \
                Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
                .into(),
        }
    }
}
