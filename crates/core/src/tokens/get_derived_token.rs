use std::sync::Arc;

use cenote_model::types::{
    ExplicitAuthFlowsType, GetDerivedTokenRequest, GetDerivedTokenResponse, IssuedTokenTypeIdentifierType,
    OAuthTokenTypeType, TokenTypeIdentifierType,
};
use cenote_triggers::pre_token_generation::TokenGenerationSource;
use serde_json::{Map, Value, json};

use crate::clients::Client;
use crate::context::Context;
use crate::error::Error;
use crate::pools::Pool;
use crate::tokens::claims::split_scopes;
use crate::tokens::client_secret;
use crate::tokens::grant::Grant;
use crate::tokens::issue::{self, Issue, Refresh};
use crate::tokens::presented_token::PresentedToken;

/// GetDerivedToken: a token for a user of the pool, in exchange for one of its tokens (RFC 8693). By whoever signs with an
/// access key, or by the client's secret. The new token lives no longer than the one it is made from, and dies with its
/// sign-in. Other providers and resource servers do not exist yet.
///
/// # Errors
/// `ResourceNotFoundException`; `NotAuthorizedException` for the secret and the tokens; `InvalidParameterException` for a client
/// that may not exchange tokens, and for arguments that do not fit; those of the trigger.
pub async fn get_derived_token(
    context: &Context,
    request: GetDerivedTokenRequest,
) -> Result<GetDerivedTokenResponse, Error> {
    let (client, pool) = context.get_client_and_pool(&request.client_id).await?;
    if request.client_secret.is_some() || context.caller.principal.is_none() {
        client_secret::check(&client, request.client_secret.as_deref())?;
    }
    let actor = actor_token(&request)?;
    check_flow(&client, actor.is_some())?;
    check_built(&request)?;
    let audience = audience(context, &pool, &request).await?;
    let (text, kind) = (&request.subject_token, request.subject_token_type);
    let subject = PresentedToken::read(context, &pool, text, kind).await?;
    let user = subject
        .user
        .as_ref()
        .ok_or_else(|| Error::invalid_parameter("The subject token must be a user's."))?;
    let actor = match actor {
        Some((text, kind)) => Some(PresentedToken::read(context, &pool, text, kind).await?),
        None => None,
    };
    let scopes = scopes(&client, &subject, request.scopes.as_deref())?;
    let grant = grant_of(&subject);
    let issue = Issue {
        pool: &pool,
        client: &client,
        user,
        grant: &grant,
        refresh: Refresh::Again,
        source: TokenGenerationSource::Authentication,
        client_metadata: None,
    };
    let derived = Derived { subject: &subject, actor: actor.as_ref(), scopes, audience };
    let (access, id) = issue::claims(context, issue, |access, id| derived.amend(access, id)).await?;
    let wanted = request.requested_token_type.unwrap_or(IssuedTokenTypeIdentifierType::AccessToken);
    answer(context, &pool, wanted, access, id).await
}

/// The sign-in of the subject, as far as its token tells; of what it does not tell [`Derived::amend`] leaves nothing.
fn grant_of(subject: &PresentedToken) -> Grant {
    Grant {
        origin_jti: subject.family.clone().unwrap_or_default(),
        event_id: subject.event_id.clone().unwrap_or_default(),
        auth_time: subject.auth_time,
        device_key: None,
        authentication: subject.authentication.clone(),
    }
}

/// What makes a derived token another one than a sign-in at its client would yield.
struct Derived<'a> {
    subject: &'a PresentedToken,
    actor: Option<&'a PresentedToken>,
    scopes: Vec<String>,
    audience: Option<String>,
}

impl Derived<'_> {
    fn amend(&self, access: &mut Map<String, Value>, id: &mut Map<String, Value>) {
        let Self { subject, actor, scopes, audience } = self;
        set(access, "scope", (!scopes.is_empty()).then(|| json!(scopes.join(" "))));
        for claims in [access, id] {
            set(claims, "origin_jti", subject.family.as_ref().map(|family| json!(family)));
            set(claims, "event_id", subject.event_id.as_ref().map(|id| json!(id)));
            set(claims, "act", act(subject, *actor));
            let expires = claims.get("exp").and_then(Value::as_i64).unwrap_or(0).min(subject.expires);
            claims.insert("exp".into(), json!(expires));
            if let Some(audience) = audience {
                claims.insert("aud".into(), json!(audience));
            }
        }
    }
}

/// Signs the token that was wanted.
async fn answer(
    context: &Context,
    pool: &Pool,
    wanted: IssuedTokenTypeIdentifierType,
    access: Map<String, Value>,
    id: Map<String, Value>,
) -> Result<GetDerivedTokenResponse, Error> {
    let keys = pool.keys(context).await?;
    let (claims, key, token_type) = match wanted {
        IssuedTokenTypeIdentifierType::AccessToken => (access, &keys.access, OAuthTokenTypeType::Bearer),
        IssuedTokenTypeIdentifierType::IdToken => (id, &keys.id, OAuthTokenTypeType::NA),
    };
    let expires_in = claims.get("exp").and_then(Value::as_i64).unwrap_or(0) - context.now_ms.div_euclid(1000);
    // As the pool's function left them.
    let scopes = split_scopes(claims.get("scope").and_then(Value::as_str).unwrap_or_default());
    let (plain, key) = (serde_json::to_vec(&claims).map_err(Error::internal)?, Arc::clone(key));
    Ok(GetDerivedTokenResponse {
        expires_in: i32::try_from(expires_in).ok(),
        issued_token: context.run(move || key.sign(&plain)).await?,
        issued_token_type: wanted,
        scopes: (wanted == IssuedTokenTypeIdentifierType::AccessToken).then_some(scopes),
        token_type,
    })
}

/// The actor's token with its type. Both or neither.
fn actor_token(
    request: &GetDerivedTokenRequest,
) -> Result<Option<(&String, TokenTypeIdentifierType)>, Error> {
    let missing = |name: &str| Err(Error::invalid_parameter(format!("Missing required parameter {name}")));
    match (&request.actor_token, request.actor_token_type) {
        (Some(text), Some(kind)) => Ok(Some((text, kind))),
        (None, None) => Ok(None),
        (Some(_), None) => missing("ActorTokenType"),
        (None, Some(_)) => missing("ActorToken"),
    }
}

fn check_flow(client: &Client, delegates: bool) -> Result<(), Error> {
    let (flow, name) = if delegates {
        (ExplicitAuthFlowsType::AllowTokenExchangeDelegation, "TOKEN_EXCHANGE_DELEGATION")
    } else {
        (ExplicitAuthFlowsType::AllowTokenExchangeImpersonation, "TOKEN_EXCHANGE_IMPERSONATION")
    };
    if client.allows_flow(&[flow]) {
        Ok(())
    } else {
        Err(Error::invalid_parameter(format!("{name} flow not enabled for this client")))
    }
}

fn check_built(request: &GetDerivedTokenRequest) -> Result<(), Error> {
    if request.subject_token_provider_name.is_some() || request.actor_token_provider_name.is_some() {
        return Err(Error::not_built("The exchange of other providers' tokens"));
    }
    let resources = request.resources.as_ref().is_some_and(|list| !list.is_empty());
    let audiences = request.audiences.as_ref().is_some_and(|list| !list.is_empty());
    if resources && audiences {
        return Err(Error::invalid_parameter("Audiences and Resources cannot be specified together."));
    }
    if resources {
        return Err(Error::not_built("The exchange of tokens for resource servers"));
    }
    Ok(())
}

/// For whom the token is to be: an app client of the pool.
async fn audience(
    context: &Context,
    pool: &Pool,
    request: &GetDerivedTokenRequest,
) -> Result<Option<String>, Error> {
    let Some(audience) = request.audiences.iter().flatten().next() else { return Ok(None) };
    let known = context.find_client(audience).await?;
    if known.is_none_or(|client| client.record.pool_id != *pool.id()) {
        return Err(Error::invalid_parameter(format!("Invalid audience requested: {audience}")));
    }
    Ok(Some(audience.clone()))
}

/// What was asked for, of what both the subject and the client have; what the subject has where nothing was.
fn scopes(
    client: &Client,
    subject: &PresentedToken,
    wanted: Option<&[String]>,
) -> Result<Vec<String>, Error> {
    let Some((wanted, first)) = wanted.and_then(|wanted| Some((wanted, wanted.first()?))) else {
        return Ok(subject.scopes.clone());
    };
    let of_client = client.configuration.allowed_oauth_scopes.as_deref().unwrap_or_default();
    let granted = |scope: &&String| of_client.contains(scope) && wanted.contains(scope);
    let scopes: Vec<String> = subject.scopes.iter().filter(granted).cloned().collect();
    if scopes.is_empty() {
        return Err(Error::invalid_parameter(format!("Invalid scope requested: {first}")));
    }
    Ok(scopes)
}

/// Who acts: the actor now, inside it whoever acted before. Without an actor it stays as it was.
fn act(subject: &PresentedToken, actor: Option<&PresentedToken>) -> Option<Value> {
    let Some(actor) = actor else { return subject.act.clone() };
    let mut act = json!({ "sub": actor.sub, "client_id": actor.client_id });
    if let (Some(act), Some(before)) = (act.as_object_mut(), &subject.act) {
        act.insert("act".into(), before.clone());
    }
    Some(act)
}

fn set(claims: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    match value {
        Some(value) => claims.insert(name.to_owned(), value),
        None => claims.remove(name),
    };
}
