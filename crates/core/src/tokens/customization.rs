//! What the PreTokenGeneration function may change of the claims.

use std::collections::BTreeMap;

use cenote_model::types::PreTokenGenerationLambdaVersionType;
use cenote_triggers::pre_token_generation::{
    GroupConfiguration, GroupOverrideDetails, PreTokenGenerationV1Request, PreTokenGenerationV2Request,
    ScopedVersion, TokenGenerationSource,
};
use serde_json::{Map, Value, json};

use crate::clients::{Client, is_user_scope};
use crate::context::Context;
use crate::error::Error;
use crate::pools::Pool;
use crate::tokens::claims::{ADMIN_SCOPE, GROUPS, set_groups, split_scopes};
use crate::tokens::issue::Issue;
use crate::trigger;

/// Claims that no function changes, beside every name of `cognito:`.
const FIXED: [&str; 22] = [
    "acr",
    "act",
    "amr",
    "at_hash",
    "aud",
    "auth_time",
    "azp",
    "client_id",
    "device_key",
    "event_id",
    "exp",
    "iat",
    "identities",
    "iss",
    "jti",
    "nbf",
    "nonce",
    "origin_jti",
    "sub",
    "token_use",
    "username",
    "version",
];

type Claims = Map<String, Value>;

/// Runs the pool's function, if it has one, and applies its answer.
///
/// # Errors
/// Those of the trigger.
pub(super) async fn apply(
    context: &Context,
    of: Issue<'_>,
    groups: GroupConfiguration,
    access: &mut Claims,
    id: &mut Claims,
) -> Result<(), Error> {
    let lambda = of.pool.lambda();
    let Some(function) = trigger::pre_token_generation(&lambda) else { return Ok(()) };
    let version = lambda.pre_token_generation_config.as_ref().map(|config| config.lambda_version);
    let user_attributes = trigger::user_attributes(of.user);
    let client_metadata = of.client_metadata.cloned();
    let caller = trigger::caller(context, of.pool, &of.user.username, Some(of.client.id()));
    let version = match version {
        None | Some(PreTokenGenerationLambdaVersionType::V1_0) => {
            let request = PreTokenGenerationV1Request {
                source: of.source,
                user_attributes,
                group_configuration: groups,
                client_metadata,
            };
            let answer = context.invoker.invoke(function, &caller, &request).await?;
            if let Some(details) = answer.claims_override_details {
                override_groups(details.group_override_details, access, id);
                let add =
                    details.claims_to_add_or_override.into_iter().map(|(name, value)| (name, json!(value)));
                change(id, add, &details.claims_to_suppress);
            }
            return Ok(());
        }
        Some(PreTokenGenerationLambdaVersionType::V2_0) => ScopedVersion::V2,
        Some(PreTokenGenerationLambdaVersionType::V3_0) => ScopedVersion::V3,
    };
    let request = PreTokenGenerationV2Request {
        version,
        source: of.source,
        user_attributes,
        group_configuration: groups,
        scopes: scopes(access),
        client_metadata,
    };
    let answer = context.invoker.invoke(function, &caller, &request).await?;
    if let Some(details) = answer.claims_and_scope_override_details {
        override_groups(details.group_override_details, access, id);
        let add_to_id = details.id_token_generation.claims_to_add_or_override;
        let add_to_id: BTreeMap<String, Value> =
            add_to_id.into_iter().filter(|(name, value)| value.is_string() || !is_text_only(name)).collect();
        change(id, add_to_id, &details.id_token_generation.claims_to_suppress);
        let generation = details.access_token_generation;
        change_scopes(access, &generation.scopes_to_add, &generation.scopes_to_suppress);
        let audience =
            generation.claims_to_add_or_override.get("aud").filter(|aud| *aud == of.client.id()).cloned();
        change(access, generation.claims_to_add_or_override, &generation.claims_to_suppress);
        if let Some(audience) = audience {
            access.entry("aud").or_insert(audience);
        }
    }
    Ok(())
}

/// The same for the token of a client itself, which only the newest version of the function is asked about.
///
/// # Errors
/// Those of the trigger.
pub(super) async fn apply_to_machine(
    context: &Context,
    pool: &Pool,
    client: &Client,
    client_metadata: Option<&BTreeMap<String, String>>,
    access: &mut Claims,
) -> Result<(), Error> {
    let lambda = pool.lambda();
    let version = lambda.pre_token_generation_config.as_ref().map(|config| config.lambda_version);
    let function = trigger::pre_token_generation(&lambda)
        .filter(|_| version == Some(PreTokenGenerationLambdaVersionType::V3_0));
    let Some(function) = function else { return Ok(()) };
    let request = PreTokenGenerationV2Request {
        version: ScopedVersion::V3,
        source: TokenGenerationSource::ClientCredentials,
        user_attributes: BTreeMap::new(),
        group_configuration: GroupConfiguration::default(),
        scopes: scopes(access),
        client_metadata: client_metadata.cloned(),
    };
    let caller = trigger::caller(context, pool, client.id(), Some(client.id()));
    let answer = context.invoker.invoke(function, &caller, &request).await?;
    if let Some(details) = answer.claims_and_scope_override_details {
        let generation = details.access_token_generation;
        // What users may do with their own tokens is nothing for a machine.
        let add: Vec<String> =
            generation.scopes_to_add.into_iter().filter(|scope| !is_user_scope(scope)).collect();
        change_scopes(access, &add, &generation.scopes_to_suppress);
        change(access, generation.claims_to_add_or_override, &generation.claims_to_suppress);
    }
    Ok(())
}

/// Suppressing wins over adding. What can't be changed is passed over in silence.
fn change(claims: &mut Claims, add: impl IntoIterator<Item = (String, Value)>, suppress: &[String]) {
    for (name, value) in add {
        if !is_fixed(&name) && name != "scope" && !name.starts_with("dev:") {
            claims.insert(name, value);
        }
    }
    for name in suppress {
        if (!is_fixed(name) || GROUPS.contains(&name.as_str())) && name != "scope" {
            claims.remove(name);
        }
        if name == "cognito:groups" {
            for name in GROUPS {
                claims.remove(name);
            }
        }
    }
}

fn is_fixed(name: &str) -> bool {
    FIXED.contains(&name) || name.starts_with("cognito:")
}

/// Claims of the ID token whose type is laid down.
fn is_text_only(name: &str) -> bool {
    ["email_verified", "phone_number_verified", "updated_at", "address"].contains(&name)
}

/// The members of the answer replace all that there was; one that it lacks leaves nothing.
fn override_groups(details: Option<GroupOverrideDetails>, access: &mut Claims, id: &mut Claims) {
    let Some(details) = details else { return };
    let groups = GroupConfiguration {
        groups_to_override: details.groups_to_override.unwrap_or_default(),
        iam_roles_to_override: details.iam_roles_to_override.unwrap_or_default(),
        preferred_role: details.preferred_role,
    };
    set_groups(access, id, &groups);
}

fn scopes(access: &Claims) -> Vec<String> {
    split_scopes(access.get("scope").and_then(Value::as_str).unwrap_or_default())
}

fn change_scopes(access: &mut Claims, add: &[String], suppress: &[String]) {
    let mut list = scopes(access);
    for scope in add {
        if is_scope(scope) && !list.contains(scope) {
            list.push(scope.clone());
        }
    }
    list.retain(|scope| !suppress.contains(scope));
    if !list.is_empty() || access.contains_key("scope") {
        access.insert("scope".into(), json!(list.join(" ")));
    }
}

/// A scope of OAuth's grammar that is none of Cognito's own.
fn is_scope(text: &str) -> bool {
    let own = text.starts_with("aws.cognito") && text != ADMIN_SCOPE;
    !own && !text.is_empty() && text.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E))
}
