//! What ID and access tokens say.

use cenote_store::User;
use cenote_triggers::pre_token_generation::GroupConfiguration;
use serde_json::{Map, Value, json};

use crate::clients::Client;
use crate::context::Context;
use crate::pools::Pool;
use crate::tokens::grant::{Authentication, Grant, token_id};
use crate::tokens::issue::{Issue, Refresh};
use crate::users::attributes::is_readable;
use crate::users::contact::Contact;

/// The scope of a sign-in by the API, and what operations by access token ask for.
pub const ADMIN_SCOPE: &str = "aws.cognito.signin.user.admin";

/// The claims of an access token. Where a client can't revoke tokens, but rotates them, only refreshed ones name their
/// family; where sessions are kept track of, all do.
pub(super) fn access_claims(context: &Context, of: Issue<'_>) -> Map<String, Value> {
    let Issue { pool, client, user, grant, .. } = of;
    let now = context.now_ms.div_euclid(1000);
    let mut claims = Map::new();
    extend(
        &mut claims,
        [
            ("sub", json!(user.sub.as_str())),
            ("iss", json!(pool.issuer(&context.settings))),
            ("client_id", json!(client.id())),
            ("event_id", json!(grant.event_id)),
            ("token_use", json!("access")),
            ("scope", json!(ADMIN_SCOPE)),
            ("auth_time", json!(grant.auth_time)),
            ("iat", json!(now)),
            ("exp", json!(now + client.access_token_seconds())),
            ("jti", json!(token_id(context, pool, user))),
            ("username", json!(user.username)),
        ],
    );
    let refreshed = client.rotates_refresh_tokens() && of.refresh == Refresh::Again;
    if client.revokes_tokens() || refreshed || pool.tracks_sessions() {
        extend(&mut claims, [("origin_jti", json!(grant.origin_jti))]);
    }
    if let Some(key) = &grant.device_key {
        extend(&mut claims, [("device_key", json!(key))]);
    }
    set_authentication(&mut claims, grant);
    claims
}

/// The claims of an ID token.
pub(super) fn id_claims(context: &Context, of: Issue<'_>) -> Map<String, Value> {
    let Issue { pool, client, user, grant, .. } = of;
    let now = context.now_ms.div_euclid(1000);
    let mut claims = attribute_claims(pool, client, user);
    extend(
        &mut claims,
        [
            ("sub", json!(user.sub.as_str())),
            ("iss", json!(pool.issuer(&context.settings))),
            ("aud", json!(client.id())),
            ("event_id", json!(grant.event_id)),
            ("token_use", json!("id")),
            ("auth_time", json!(grant.auth_time)),
            ("iat", json!(now)),
            ("exp", json!(now + client.id_token_seconds())),
            ("cognito:username", json!(user.username)),
        ],
    );
    if client.revokes_tokens() || client.rotates_refresh_tokens() || pool.tracks_sessions() {
        extend(
            &mut claims,
            [("origin_jti", json!(grant.origin_jti)), ("jti", json!(token_id(context, pool, user)))],
        );
    }
    set_authentication(&mut claims, grant);
    claims
}

fn set_authentication(claims: &mut Map<String, Value>, grant: &Grant) {
    if let Some(Authentication { acr, amr }) = &grant.authentication {
        extend(claims, [("acr", json!(acr)), ("amr", json!(amr))]);
    }
}

/// The scopes that a `scope` claim lists.
#[must_use]
pub(super) fn split_scopes(text: &str) -> Vec<String> {
    text.split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned).collect()
}

/// The claims about groups and roles, which can be suppressed.
pub(super) const GROUPS: [&str; 3] = ["cognito:groups", "cognito:roles", "cognito:preferred_role"];

/// Makes both tokens say which groups the user is in, and the ID token which roles it has by them.
pub(super) fn set_groups(
    access: &mut Map<String, Value>,
    id: &mut Map<String, Value>,
    groups: &GroupConfiguration,
) {
    for name in GROUPS {
        access.remove(name);
        id.remove(name);
    }
    let GroupConfiguration { groups_to_override: names, iam_roles_to_override: roles, preferred_role } =
        groups;
    if !names.is_empty() {
        extend(access, [("cognito:groups", json!(names))]);
        extend(id, [("cognito:groups", json!(names))]);
    }
    if !roles.is_empty() {
        extend(id, [("cognito:roles", json!(roles))]);
    }
    if let Some(role) = preferred_role {
        extend(id, [("cognito:preferred_role", json!(role))]);
    }
}

/// The attributes that the client may read, in their types: flags are booleans, `address` is an object, `updated_at` a
/// number, custom ones are text whatever their schema says.
fn attribute_claims(pool: &Pool, client: &Client, user: &User) -> Map<String, Value> {
    let readable =
        user.attributes.iter().filter(|(name, value)| !value.is_empty() && is_readable(client, name));
    readable
        .map(|(name, value)| {
            let claim = match name.as_str() {
                name if Contact::ALL.iter().any(|contact| contact.flag() == name) => json!(value == "true"),
                "address" => json!({ "formatted": value }),
                "updated_at" => value.parse::<i64>().map_or_else(|_| json!(value), |seconds| json!(seconds)),
                name if !name.contains(':') && pool.is_boolean(name) => json!(value == "true"),
                _ => json!(value),
            };
            (name.clone(), claim)
        })
        .collect()
}

fn extend<const N: usize>(claims: &mut Map<String, Value>, more: [(&str, Value); N]) {
    claims.extend(more.map(|(name, value)| (name.to_owned(), value)));
}
