//! The event document: an envelope around the request and the pre-filled response of one trigger.
//!
//! Member order, which functions that log or hash their event can see: `version`, `triggerSource`, `region`,
//! `userPoolId`, `userName`, `callerContext` (`awsSdkVersion`, `clientId`), `request`, `response`; within `request` and
//! `response` the order of the fields of the trigger's types. `clientMetadata` is left out when the call had none,
//! `validationData` is null then.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};

use crate::caller::Caller;
use crate::trigger::Trigger;

/// Attributes, validation data and client metadata: name to value.
pub type StringMap = BTreeMap<String, String>;

/// The request part of one trigger's event; serializes to the members of `request`.
pub trait TriggerRequest: Serialize {
    /// The trigger this is a request to.
    const TRIGGER: Trigger;

    /// Whether the function must return the whole event, as those of custom challenges must: an answer without its other
    /// members, or of another form, is not recognized.
    const NEEDS_WHOLE_EVENT: bool = false;

    /// What the function answers. Its default serializes to the pre-filled `response`, and each member the function
    /// leaves out or sets to null has its default.
    type Response: Default + Serialize + DeserializeOwned;

    /// The `triggerSource`, such as `PreSignUp_SignUp`.
    fn source(&self) -> &'static str;

    /// The event version.
    fn version(&self) -> &'static str {
        "1"
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a, R: TriggerRequest> {
    version: &'static str,
    trigger_source: &'static str,
    region: &'a str,
    user_pool_id: &'a str,
    user_name: &'a str,
    caller_context: CallerContext<'a>,
    request: &'a R,
    response: R::Response,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CallerContext<'a> {
    aws_sdk_version: &'a str,
    client_id: &'a str,
}

/// The members of every event but the response.
pub(crate) const ENVELOPE: [&str; 7] =
    ["version", "triggerSource", "region", "userPoolId", "userName", "callerContext", "request"];

/// The event document of `request` as JSON, exactly as the function gets it.
///
/// # Errors
/// None with the request types of this crate; others fail if their maps have keys that JSON lacks.
pub fn event_document<R: TriggerRequest>(caller: &Caller, request: &R) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&Envelope {
        version: request.version(),
        trigger_source: request.source(),
        region: &caller.region,
        user_pool_id: &caller.user_pool_id,
        user_name: &caller.user_name,
        caller_context: CallerContext {
            aws_sdk_version: &caller.aws_sdk_version,
            client_id: caller.client_id(),
        },
        request,
        response: R::Response::default(),
    })
}

/// Reads null as the default; for members that functions set to null when they have nothing to say.
pub(crate) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Reads a map and drops the entries whose value is null; null itself is the empty map.
pub(crate) fn map_without_nulls<'de, D, T>(deserializer: D) -> Result<BTreeMap<String, T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(optional_map_without_nulls(deserializer)?.unwrap_or_default())
}

/// Like [`map_without_nulls`], with null kept apart from the empty map.
pub(crate) fn optional_map_without_nulls<'de, D, T>(
    deserializer: D,
) -> Result<Option<BTreeMap<String, T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let map = Option::<BTreeMap<String, Option<T>>>::deserialize(deserializer)?;
    Ok(map.map(|map| map.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()))
}

/// Implements `Debug` with the named fields only: the others hold what must not reach a log.
macro_rules! redacted_debug {
    ($type:ident { $($field:ident),* }) => {
        impl std::fmt::Debug for $type {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.debug_struct(stringify!($type))$(.field(stringify!($field), &self.$field))*.finish_non_exhaustive()
            }
        }
    };
}
pub(crate) use redacted_debug;
