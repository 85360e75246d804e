//! PreTokenGeneration: changes the claims, groups and scopes of the tokens about to be issued.
//!
//! V1_0 has its own request and response; V2_0 and V3_0 share theirs and differ in the version alone. Which claims may be
//! changed is for the issuer of the tokens to decide; here values have the types the version allows, no more.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::event::{StringMap, TriggerRequest, map_without_nulls, null_as_default, redacted_debug};
use crate::trigger::Trigger;

/// What issues the tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenGenerationSource {
    /// Managed login and federated sign-in.
    HostedAuth,
    /// A sign-in through the API.
    Authentication,
    /// The first sign-in with a temporary password.
    NewPasswordChallenge,
    /// A sign-in completed by its device.
    AuthenticateDevice,
    /// A refresh, by whichever call.
    RefreshTokens,
    /// The client credentials grant; V3_0 only.
    ClientCredentials,
}

impl TokenGenerationSource {
    fn as_str(self) -> &'static str {
        match self {
            Self::HostedAuth => "TokenGeneration_HostedAuth",
            Self::Authentication => "TokenGeneration_Authentication",
            Self::NewPasswordChallenge => "TokenGeneration_NewPasswordChallenge",
            Self::AuthenticateDevice => "TokenGeneration_AuthenticateDevice",
            Self::RefreshTokens => "TokenGeneration_RefreshTokens",
            Self::ClientCredentials => "TokenGeneration_ClientCredentials",
        }
    }
}

/// The user's groups as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupConfiguration {
    /// Names of the groups.
    pub groups_to_override: Vec<String>,
    /// Role ARNs of the groups.
    pub iam_roles_to_override: Vec<String>,
    /// ARN of the preferred role.
    pub preferred_role: Option<String>,
}

/// The groups as the function wants them, in place of all that there were: an absent member leaves none, as an empty list does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GroupOverrideDetails {
    /// Replaces `cognito:groups`.
    pub groups_to_override: Option<Vec<String>>,
    /// Replaces `cognito:roles`.
    pub iam_roles_to_override: Option<Vec<String>>,
    /// Replaces `cognito:preferred_role`.
    pub preferred_role: Option<String>,
}

/// The request of a V1_0 event.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PreTokenGenerationV1Request {
    /// What issues the tokens.
    #[serde(skip)]
    pub source: TokenGenerationSource,
    /// Attributes of the user.
    pub user_attributes: StringMap,
    /// The user's groups.
    pub group_configuration: GroupConfiguration,
    /// ClientMetadata of the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_metadata: Option<StringMap>,
}

redacted_debug!(PreTokenGenerationV1Request { source });

/// The response of a V1_0 event; it changes the ID token, and groups also in the access token.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PreTokenGenerationV1Response {
    /// The changes; absent means none.
    pub claims_override_details: Option<ClaimsOverrideDetails>,
}

redacted_debug!(PreTokenGenerationV1Response {});

/// Changes of a V1_0 answer.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimsOverrideDetails {
    /// Claims to set; strings only.
    #[serde(deserialize_with = "map_without_nulls")]
    pub claims_to_add_or_override: StringMap,
    /// Claims to leave out.
    #[serde(deserialize_with = "null_as_default")]
    pub claims_to_suppress: Vec<String>,
    /// The groups; absent means no change.
    pub group_override_details: Option<GroupOverrideDetails>,
}

redacted_debug!(ClaimsOverrideDetails { claims_to_suppress });

impl TriggerRequest for PreTokenGenerationV1Request {
    const TRIGGER: Trigger = Trigger::PreTokenGeneration;
    type Response = PreTokenGenerationV1Response;

    fn source(&self) -> &'static str {
        self.source.as_str()
    }
}

/// The event versions that can change access tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopedVersion {
    /// User tokens.
    V2,
    /// Machine tokens as well.
    V3,
}

/// The request of a V2_0 or V3_0 event.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PreTokenGenerationV2Request {
    /// The configured version.
    #[serde(skip)]
    pub version: ScopedVersion,
    /// What issues the tokens.
    #[serde(skip)]
    pub source: TokenGenerationSource,
    /// Attributes of the user; empty for a machine.
    pub user_attributes: StringMap,
    /// The user's groups.
    pub group_configuration: GroupConfiguration,
    /// Scopes of the access token about to be issued.
    pub scopes: Vec<String>,
    /// ClientMetadata of the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_metadata: Option<StringMap>,
}

redacted_debug!(PreTokenGenerationV2Request { version, source });

/// The response of a V2_0 or V3_0 event.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PreTokenGenerationV2Response {
    /// The changes; absent means none.
    pub claims_and_scope_override_details: Option<ClaimsAndScopeOverrideDetails>,
}

redacted_debug!(PreTokenGenerationV2Response {});

/// Changes of a V2_0 or V3_0 answer.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimsAndScopeOverrideDetails {
    /// Changes of the ID token.
    #[serde(deserialize_with = "null_as_default")]
    pub id_token_generation: IdTokenGeneration,
    /// Changes of the access token.
    #[serde(deserialize_with = "null_as_default")]
    pub access_token_generation: AccessTokenGeneration,
    /// The groups; absent means no change.
    pub group_override_details: Option<GroupOverrideDetails>,
}

redacted_debug!(ClaimsAndScopeOverrideDetails {});

/// Changes of an ID token.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IdTokenGeneration {
    /// Claims to set, of any JSON type.
    #[serde(deserialize_with = "map_without_nulls")]
    pub claims_to_add_or_override: BTreeMap<String, Value>,
    /// Claims to leave out.
    #[serde(deserialize_with = "null_as_default")]
    pub claims_to_suppress: Vec<String>,
}

redacted_debug!(IdTokenGeneration { claims_to_suppress });

/// Changes of an access token.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AccessTokenGeneration {
    /// Claims to set, of any JSON type.
    #[serde(deserialize_with = "map_without_nulls")]
    pub claims_to_add_or_override: BTreeMap<String, Value>,
    /// Claims to leave out.
    #[serde(deserialize_with = "null_as_default")]
    pub claims_to_suppress: Vec<String>,
    /// Scopes to add.
    #[serde(deserialize_with = "null_as_default")]
    pub scopes_to_add: Vec<String>,
    /// Scopes to leave out.
    #[serde(deserialize_with = "null_as_default")]
    pub scopes_to_suppress: Vec<String>,
}

redacted_debug!(AccessTokenGeneration { claims_to_suppress, scopes_to_add, scopes_to_suppress });

impl TriggerRequest for PreTokenGenerationV2Request {
    const TRIGGER: Trigger = Trigger::PreTokenGeneration;
    type Response = PreTokenGenerationV2Response;

    fn source(&self) -> &'static str {
        self.source.as_str()
    }

    fn version(&self) -> &'static str {
        match self.version {
            ScopedVersion::V2 => "2",
            ScopedVersion::V3 => "3",
        }
    }
}
