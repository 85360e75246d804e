use cenote_crypto::random::uuid;
use cenote_model::ErrorCode;
use cenote_model::types::{
    ClientAuthenticationResultType, ExplicitAuthFlowsType, GetClientTokenRequest, GetClientTokenResponse,
};
use serde_json::{Map, Value, json};

use crate::clients::{Client, is_user_scope};
use crate::context::Context;
use crate::error::Error;
use crate::pools::Pool;
use crate::tokens::{client_secret, customization};

/// GetClientToken: an access token for a client itself, by its secret, however the request is signed. Resource servers do not
/// exist yet, so the scopes are those that need none.
///
/// # Errors
/// `ResourceNotFoundException`; `NotAuthorizedException` for the secret, or when the pool's function refuses;
/// `InvalidParameterException` for a client that has another purpose, or a scope that is not the client's.
pub async fn get_client_token(
    context: &Context,
    request: GetClientTokenRequest,
) -> Result<GetClientTokenResponse, Error> {
    let (client, pool) = context.get_client_and_pool(&request.client_id).await?;
    client_secret::check(&client, Some(&request.secret))?;
    if client.secrets.is_empty() || !client.allows_flow(&[ExplicitAuthFlowsType::AllowClientTokenAuth]) {
        return Err(Error::invalid_parameter("CLIENT_TOKEN_AUTH flow not enabled for this client"));
    }
    let mut claims = claims(context, &pool, &client, &scopes(&client, request.scopes.as_deref())?);
    let metadata = request.client_metadata.as_ref();
    customization::apply_to_machine(context, &pool, &client, metadata, &mut claims)
        .await
        .map_err(of_function)?;
    let claims = serde_json::to_vec(&claims).map_err(Error::internal)?;
    let key = std::sync::Arc::clone(&pool.keys(context).await?.access);
    let access_token = context.run(move || key.sign(&claims)).await?;
    Ok(GetClientTokenResponse {
        client_authentication_result: Some(ClientAuthenticationResultType {
            access_token: Some(access_token),
            expires_in: Some(i32::try_from(client.access_token_seconds()).unwrap_or(i32::MAX)),
            token_type: Some("Bearer".into()),
        }),
    })
}

/// The scopes that were asked for, or all of the client's. None of those that speak of a user.
fn scopes(client: &Client, wanted: Option<&[String]>) -> Result<Vec<String>, Error> {
    let own = client.configuration.allowed_oauth_scopes.as_deref().unwrap_or_default();
    let own: Vec<String> = own.iter().filter(|scope| !is_user_scope(scope)).cloned().collect();
    let Some(wanted) = wanted.filter(|wanted| !wanted.is_empty()) else { return Ok(own) };
    match wanted.iter().find(|scope| !own.contains(scope)) {
        Some(scope) => Err(Error::invalid_parameter(format!("Invalid scope requested: {scope}"))),
        None => Ok(own.into_iter().filter(|scope| wanted.contains(scope)).collect()),
    }
}

fn claims(context: &Context, pool: &Pool, client: &Client, scopes: &[String]) -> Map<String, Value> {
    let now = context.now_ms.div_euclid(1000);
    let mut claims = Map::new();
    for (name, value) in [
        ("sub", json!(client.id())),
        ("iss", json!(pool.issuer(&context.settings))),
        ("version", json!(2)),
        ("client_id", json!(client.id())),
        ("token_use", json!("access")),
        ("auth_time", json!(now)),
        ("iat", json!(now)),
        ("exp", json!(now + client.access_token_seconds())),
        ("jti", json!(uuid(context.random.as_ref()))),
    ] {
        claims.insert(name.to_owned(), value);
    }
    if !scopes.is_empty() {
        claims.insert("scope".to_owned(), json!(scopes.join(" ")));
    }
    claims
}

/// The operation knows no error of a function.
fn of_function(error: Error) -> Error {
    match error.code {
        ErrorCode::UserLambdaValidationException
        | ErrorCode::UnexpectedLambdaException
        | ErrorCode::InvalidLambdaResponseException => {
            Error { code: ErrorCode::NotAuthorizedException, ..error }
        }
        _ => error,
    }
}
