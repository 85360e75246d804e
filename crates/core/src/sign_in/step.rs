//! One request of a sign-in, and its answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use cenote_model::types::{
    AdminInitiateAuthResponse, AdminRespondToAuthChallengeResponse, AuthenticationResultType,
    ChallengeNameType, InitiateAuthResponse, RespondToAuthChallengeResponse,
};

use crate::clients::Client;
use crate::context::Context;
use crate::error::Error;
use crate::pools::Pool;
use crate::sign_in::parameters::Parameters;

/// Who signs in: a user, or a back end for its user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Public,
    Admin,
}

/// A request to sign in, of either side.
#[derive(Clone, Copy, Debug)]
pub struct SignIn<'a> {
    pub context: &'a Context,
    pub side: Side,
    pub pool: &'a Arc<Pool>,
    pub client: &'a Arc<Client>,
    pub parameters: Parameters<'a>,
    pub request: Request,
    pub client_metadata: Option<&'a BTreeMap<String, String>>,
}

/// Whether a sign-in starts or goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    Flow,
    Answer,
}

impl<'a> SignIn<'a> {
    /// A request that says nothing by itself: the session that it brings, or gets, says everything.
    #[must_use]
    pub fn bare(
        context: &'a Context,
        client: &'a Arc<Client>,
        pool: &'a Arc<Pool>,
        request: Request,
    ) -> Self {
        let parameters = Parameters::new(None);
        Self { context, side: Side::Public, pool, client, parameters, request, client_metadata: None }
    }

    /// The user as an answer names it, by the name that its secret hash covers.
    ///
    /// # Errors
    /// `InvalidParameterException` when it names none; those of the secret hash.
    pub fn username(&self) -> Result<&'a str, Error> {
        let username = self.parameters.get("USERNAME")?;
        self.client.verify_secret_hash(&[username], self.parameters.find("SECRET_HASH"))?;
        Ok(username)
    }

    /// What the triggers at the end of a sign-in get: the metadata of a challenge's answer. That of a flow reaches only the
    /// triggers before the first factor.
    #[must_use]
    pub fn answer_metadata(&self) -> Option<&'a BTreeMap<String, String>> {
        self.client_metadata.filter(|_| self.request == Request::Answer)
    }

    /// What the triggers before the first factor get: the metadata of a flow.
    #[must_use]
    pub fn validation_data(&self) -> Option<&'a BTreeMap<String, String>> {
        self.client_metadata.filter(|_| self.request == Request::Flow)
    }
}

/// What a sign-in answers: tokens, or the next challenge.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub result: Option<AuthenticationResultType>,
    pub challenge: Option<ChallengeNameType>,
    pub parameters: BTreeMap<String, String>,
    pub session: Option<String>,
    /// What the user may choose from.
    pub available: Option<Vec<ChallengeNameType>>,
}

impl Outcome {
    /// Tokens: nothing more is asked.
    #[must_use]
    pub fn tokens(result: AuthenticationResultType) -> Self {
        Self { result: Some(result), ..Self::default() }
    }

    /// A challenge, with its parameters and the session for its answer.
    #[must_use]
    pub fn challenge<const N: usize>(
        challenge: ChallengeNameType,
        parameters: [(&str, String); N],
        session: Option<String>,
    ) -> Self {
        let parameters = parameters.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { challenge: Some(challenge), parameters, session, ..Self::default() }
    }
}

macro_rules! answered_by {
    ($($response:ident),+) => {
        $(impl From<Outcome> for $response {
            fn from(outcome: Outcome) -> Self {
                Self {
                    authentication_result: outcome.result,
                    available_challenges: outcome.available,
                    challenge_name: outcome.challenge,
                    challenge_parameters: Some(outcome.parameters),
                    session: outcome.session,
                }
            }
        })+
    };
}

answered_by!(
    InitiateAuthResponse,
    AdminInitiateAuthResponse,
    RespondToAuthChallengeResponse,
    AdminRespondToAuthChallengeResponse
);
