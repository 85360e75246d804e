//! One request of a sign-in, and its answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use cenote_model::types::{AuthenticationResultType, ChallengeNameType};

use crate::clients::Client;
use crate::context::Context;
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
    pub client_metadata: Option<&'a BTreeMap<String, String>>,
}

/// What a sign-in answers: tokens, or the next challenge.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub result: Option<AuthenticationResultType>,
    pub challenge: Option<ChallengeNameType>,
    pub parameters: BTreeMap<String, String>,
    pub session: Option<String>,
}

impl Outcome {
    /// Tokens: nothing more is asked.
    #[must_use]
    pub fn tokens(result: AuthenticationResultType) -> Self {
        Self { result: Some(result), ..Self::default() }
    }
}
