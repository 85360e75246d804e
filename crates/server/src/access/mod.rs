//! Who may call the operations that are signed: access keys and their policies.

mod authenticate;
mod key_cache;
mod new_key;
mod pattern;
mod policy;

use std::sync::Arc;

use cenote_core::{Error, Settings};
use cenote_model::{ErrorCode, Operation};
use cenote_store::PoolId;
use serde_json::Value;

pub(crate) use key_cache::KeyCache;
pub(crate) use new_key::new_access_key;
pub use policy::{Decision, Policy};

/// Which credentials are accepted.
#[derive(Debug)]
pub(crate) enum Access {
    /// `cenote dev`: whoever signs, with whatever key.
    Anybody,
    /// `cenote serve`: our own access keys.
    Keys(KeyCache),
}

/// Whoever signed a request.
#[derive(Clone, Debug)]
pub(crate) struct Principal {
    pub arn: String,
    /// Of the signature's scope.
    pub region: String,
    /// None may do anything.
    policy: Option<Arc<Policy>>,
}

impl Access {
    /// Asks the policy of whoever signed.
    pub(crate) fn authorize(
        &self,
        principal: &Principal,
        operation: Operation,
        input: &Value,
        settings: &Settings,
    ) -> Result<(), Error> {
        let Some(policy) = &principal.policy else { return Ok(()) };
        let action = format!("cognito-idp:{operation}", operation = operation.as_str());
        let resource = resource(operation, input, settings);
        let mut decision = policy.decide(&action, &resource);
        if operation == Operation::DescribeTermsByClient
            && policy.decide("cognito-idp:DescribeTerms", &resource) == Decision::ExplicitlyDenied
        {
            decision = Decision::ExplicitlyDenied;
        }
        let reason = match decision {
            Decision::Allowed => return Ok(()),
            Decision::NotAllowed => format!("because no identity-based policy allows the {action} action"),
            Decision::ExplicitlyDenied => "with an explicit deny in an identity-based policy".to_owned(),
        };
        let text = format!(
            "User: {} is not authorized to perform: {action} on resource: {resource} {reason}",
            principal.arn
        );
        Err(Error::new(ErrorCode::AccessDeniedException, text))
    }
}

/// What an operation acts on: a pool, by its ARN, or `*`. Only members that the operation itself reads count, so nobody can
/// name one pool for the policy and act on another.
fn resource(operation: Operation, input: &Value, settings: &Settings) -> String {
    let text = |name: &str| input.get(name).and_then(Value::as_str);
    let pool = match operation {
        Operation::CreateUserPool
        | Operation::ListUserPools
        | Operation::DescribeUserPoolDomain
        | Operation::GetProvisionedLimit
        | Operation::UpdateProvisionedLimit
        | Operation::GetClientToken
        | Operation::GetDerivedToken => None,
        // Whatever else stands in the ARN: the pool is found by its id.
        Operation::TagResource | Operation::UntagResource | Operation::ListTagsForResource => {
            text("ResourceArn").and_then(|arn| arn.rsplit_once("userpool/")).map(|(_, id)| id)
        }
        _ => text("UserPoolId"),
    };
    pool.map_or_else(|| "*".to_owned(), |id| settings.pool_arn(&PoolId::new(id)))
}
