//! What a request counts as, and whom it counts against.

use std::hash::{Hash, Hasher};

use cenote_model::{Authentication, Operation, QuotaCategory};
use serde_json::Value;

/// What a request counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    pub category: QuotaCategory,
    /// Cognito grants more of these than of sign-ins.
    pub answers_challenge: bool,
}

impl Kind {
    /// Of a request whose body has not been read.
    pub(super) const fn of(operation: Operation) -> Self {
        let answers_challenge =
            matches!(operation, Operation::AdminRespondToAuthChallenge | Operation::RespondToAuthChallenge);
        Self { category: operation.quota_category(), answers_challenge }
    }

    /// Of a request whose body is known: a new password that was asked for is account recovery.
    pub(super) fn of_input(operation: Operation, input: &Value) -> Self {
        let kind = Self::of(operation);
        if kind.answers_challenge && text(input, "ChallengeName") == Some("NEW_PASSWORD_REQUIRED") {
            return Self { category: QuotaCategory::UserAccountRecovery, answers_challenge: false };
        }
        kind
    }

    /// Where the counters of a kind stand.
    pub(super) const fn index(self) -> usize {
        if self.answers_challenge { QuotaCategory::ALL.len() } else { self.category as usize }
    }

    /// The category alone.
    pub(super) const fn of_category(self) -> Self {
        Self { category: self.category, answers_challenge: false }
    }

    /// Where the counters of the documents of issuers stand, which are of no category.
    pub(super) const DOCUMENTS: usize = Self::COUNT;

    /// How many kinds there are.
    pub(super) const COUNT: usize = QuotaCategory::ALL.len() + 1;
}

/// Whether a request reads a user or changes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Access {
    Read,
    Write,
}

impl Access {
    /// None for what is not about one user.
    pub(super) const fn of(category: QuotaCategory) -> Option<Self> {
        match category {
            QuotaCategory::UserAuthentication
            | QuotaCategory::UserRead
            | QuotaCategory::UserResourceRead
            | QuotaCategory::UserToken => Some(Self::Read),
            QuotaCategory::UserCreation
            | QuotaCategory::UserAccountRecovery
            | QuotaCategory::UserUpdate
            | QuotaCategory::UserResourceUpdate => Some(Self::Write),
            QuotaCategory::UserList
            | QuotaCategory::UserPoolRead
            | QuotaCategory::UserPoolUpdate
            | QuotaCategory::UserPoolResourceRead
            | QuotaCategory::UserPoolResourceUpdate
            | QuotaCategory::UserPoolClientRead
            | QuotaCategory::UserPoolClientUpdate
            | QuotaCategory::ClientAuthentication
            | QuotaCategory::LimitManagement => None,
        }
    }
}

/// Whom a request names. Nothing of it has been checked yet, but that it is text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Named<'a> {
    pub pool_id: Option<&'a str>,
    pub client_id: Option<&'a str>,
    pub user: Option<&'a str>,
    pub access_token: Option<&'a str>,
}

impl<'a> Named<'a> {
    pub(crate) fn of(operation: Operation, input: &'a Value) -> Self {
        let signed = operation.authentication() == Authentication::SigV4;
        let of_arn = || text(input, "ResourceArn")?.rsplit_once("userpool/").map(|(_, id)| id);
        let nested = |object: &str| input.get(object).and_then(|object| text(object, "USERNAME"));
        Self {
            pool_id: if signed { text(input, "UserPoolId").or_else(of_arn) } else { None },
            client_id: text(input, "ClientId"),
            user: text(input, "Username")
                .or_else(|| nested("AuthParameters"))
                .or_else(|| nested("ChallengeResponses")),
            access_token: text(input, "AccessToken"),
        }
    }
}

fn text<'a>(input: &'a Value, member: &str) -> Option<&'a str> {
    input.get(member).and_then(Value::as_str)
}

/// A user's name in one letter case, without an allocation: as much of it as a name can have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Folded {
    bytes: [u8; 128],
    length: usize,
}

impl Folded {
    pub(super) fn new(name: &str) -> Self {
        let mut bytes = [0; 128];
        for (to, from) in bytes.iter_mut().zip(name.bytes()) {
            *to = from.to_ascii_lowercase();
        }
        Self { bytes, length: name.len() }
    }
}

impl Hash for Folded {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.length.hash(state);
        self.bytes.get(..self.length).unwrap_or(&self.bytes).hash(state);
    }
}

/// What an access token can be told by: the end of its signature.
pub(super) fn tail(token: &str) -> &[u8] {
    let bytes = token.as_bytes();
    bytes.get(bytes.len().saturating_sub(32)..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};

    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_to_a_challenge_counts_as_what_it_is() {
        let kind =
            |name| Kind::of_input(Operation::RespondToAuthChallenge, &json!({ "ChallengeName": name }));
        assert_eq!(
            kind("PASSWORD_VERIFIER"),
            Kind { category: QuotaCategory::UserAuthentication, answers_challenge: true }
        );
        assert_eq!(
            kind("NEW_PASSWORD_REQUIRED"),
            Kind { category: QuotaCategory::UserAccountRecovery, answers_challenge: false }
        );
        let other =
            Kind::of_input(Operation::InitiateAuth, &json!({ "ChallengeName": "NEW_PASSWORD_REQUIRED" }));
        assert_eq!(other.category, QuotaCategory::UserAuthentication);
    }

    #[test]
    fn every_kind_has_a_counter_of_its_own() {
        let mut indexes: Vec<_> =
            Operation::ALL.iter().map(|operation| Kind::of(*operation).index()).collect();
        indexes.sort_unstable();
        indexes.dedup();
        assert_eq!(indexes, (0..Kind::COUNT).collect::<Vec<_>>());
    }

    #[test]
    fn names_are_found_where_the_operation_has_them() {
        let input = json!({
            "UserPoolId": "eu-west-1_One", "ClientId": "client", "AuthParameters": { "USERNAME": "u" }
        });
        let named = Named::of(Operation::InitiateAuth, &input);
        assert_eq!((named.pool_id, named.client_id, named.user), (None, Some("client"), Some("u")));
        let named = Named::of(Operation::AdminInitiateAuth, &input);
        assert_eq!(named.pool_id, Some("eu-west-1_One"));
        let input = json!({ "ResourceArn": "arn:aws:cognito-idp:x:000000000000:userpool/eu-west-1_One" });
        assert_eq!(Named::of(Operation::TagResource, &input).pool_id, Some("eu-west-1_One"));
        for nothing in [json!(null), json!([]), json!({ "ClientId": 1, "AuthParameters": [] })] {
            assert_eq!(Named::of(Operation::InitiateAuth, &nothing), Named::default());
        }
    }

    #[test]
    fn names_fold_without_bounds_being_crossed() {
        let hash = |name: &str| BuildHasherDefault::<DefaultHasher>::default().hash_one(Folded::new(name));
        assert_eq!(hash("Alice"), hash("aLICE"));
        assert_ne!(hash("alice"), hash("alic"));
        assert_ne!(hash(&"x".repeat(1_000_000)), hash(&"x".repeat(1_000_001)));
        assert_eq!(tail(""), b"");
        assert_eq!(tail(&"ä".repeat(100)).len(), 32);
    }
}
