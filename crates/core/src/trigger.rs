//! What the rules tell a trigger about the caller and the user.

use std::collections::BTreeMap;

use cenote_model::types::{AttributeType, LambdaConfigType};
use cenote_store::{NameKind, User};
use cenote_triggers::{Caller, aws_sdk_version};

use crate::context::Context;
use crate::error::Error;
use crate::pools::Pool;
use crate::users::subject::Subject;

/// The envelope of an event. Administrators' calls have no client.
#[must_use]
pub fn caller(context: &Context, pool: &Pool, user_name: &str, client_id: Option<&str>) -> Caller {
    Caller {
        region: pool.id().region().to_owned(),
        user_pool_id: pool.id().as_str().to_owned(),
        user_name: user_name.to_owned(),
        client_id: client_id.map(str::to_owned),
        aws_sdk_version: aws_sdk_version(context.caller.user_agent.as_deref()),
    }
}

/// A user's attributes as triggers see them: with `sub`, the status, and the contacts it is known by.
#[must_use]
pub fn user_attributes(user: &User) -> BTreeMap<String, String> {
    let mut attributes = user.attributes.clone();
    attributes.insert("sub".into(), user.sub.as_str().to_owned());
    attributes.insert("cognito:user_status".into(), user.status.as_str().to_owned());
    for (kind, name) in
        [(NameKind::Email, "cognito:email_alias"), (NameKind::PhoneNumber, "cognito:phone_number_alias")]
    {
        if user.names.iter().any(|owned| owned.kind == kind)
            && let Some(value) = user.attributes.get(kind.as_str())
        {
            attributes.insert(name.into(), value.clone());
        }
    }
    attributes
}

/// The attributes of somebody who may not exist: then there are none.
#[must_use]
pub fn subject_attributes(subject: &Subject) -> BTreeMap<String, String> {
    if subject.exists() { user_attributes(&subject.user) } else { BTreeMap::new() }
}

/// A list of names and values as the map that triggers get; a missing value is empty.
#[must_use]
pub fn validation_data(list: Option<&[AttributeType]>) -> Option<BTreeMap<String, String>> {
    let list = list?;
    Some(list.iter().map(|item| (item.name.clone(), item.value.clone().unwrap_or_default())).collect())
}

/// Refuses to go on past a trigger that a pool relies on and that is not built: skipping a check that somebody configured
/// would be worse than not answering.
///
/// # Errors
/// `UnexpectedLambdaException` that says so.
pub fn refuse_missing(configured: bool, trigger: &str) -> Result<(), Error> {
    if configured {
        return Err(Error::new(
            cenote_model::ErrorCode::UnexpectedLambdaException,
            format!("{trigger} invocation failed due to error: this trigger is not built yet in Cenote."),
        ));
    }
    Ok(())
}

/// The function at PreTokenGeneration, from either of the two members that may name it.
#[must_use]
pub fn pre_token_generation(lambda: &LambdaConfigType) -> Option<&str> {
    lambda
        .pre_token_generation_config
        .as_ref()
        .map(|config| config.lambda_arn.as_str())
        .or(lambda.pre_token_generation.as_deref())
}
