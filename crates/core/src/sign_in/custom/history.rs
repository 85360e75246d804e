//! What a custom sign-in has been through. Every answer is in it, and it travels in the session: its form is short.

use cenote_model::types::ChallengeNameType;
use cenote_triggers::challenge_result::ChallengeResult;
use serde::{Deserialize, Serialize};

/// The name under which the first number of a proof is in the history.
const SRP_A: &str = "SRP_A";

/// A sign-in that the pool's functions decide about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Custom {
    /// The user name as it was typed at the start: whoever nobody is must be found again.
    pub typed: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    history: Vec<Answered>,
    /// Whether the functions have seen enough: what is asked yet is not theirs.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    finished: bool,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Answered {
    /// One of the functions' own when it has no name.
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    challenge: Option<String>,
    #[serde(rename = "r")]
    result: bool,
    /// What CreateAuthChallenge called it.
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    metadata: Option<String>,
}

impl Custom {
    /// A sign-in that begins with the functions.
    #[must_use]
    pub fn plain(typed: &str) -> Self {
        Self { typed: typed.to_owned(), history: Vec::new(), finished: false }
    }

    /// A sign-in that begins with a proof of the password.
    #[must_use]
    pub fn with_srp(typed: &str) -> Self {
        let mut custom = Self::plain(typed);
        custom.add(Some(SRP_A.to_owned()), true, None);
        custom
    }

    /// Notes that one of Cognito's own challenges was passed.
    pub fn passed(&mut self, challenge: ChallengeNameType) {
        self.add(Some(challenge.as_str().to_owned()), true, None);
    }

    /// Notes that the functions have seen enough.
    pub fn finish(&mut self) {
        self.finished = true;
    }

    /// Whether they have.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// Notes an answer to a challenge of the functions.
    pub fn answered(&mut self, result: bool, metadata: Option<String>) {
        self.add(None, result, metadata);
    }

    fn add(&mut self, challenge: Option<String>, result: bool, metadata: Option<String>) {
        self.history.push(Answered { challenge, result, metadata });
    }

    /// As the functions get it, oldest first.
    #[must_use]
    pub fn session(&self) -> Vec<ChallengeResult> {
        let entry = |answered: &Answered| ChallengeResult {
            challenge_name: answered
                .challenge
                .clone()
                .unwrap_or_else(|| ChallengeNameType::CustomChallenge.as_str().to_owned()),
            challenge_result: answered.result,
            challenge_metadata: answered.metadata.clone(),
        };
        self.history.iter().map(entry).collect()
    }
}
