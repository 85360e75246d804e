//! What a client may be told about OAuth: flows, scopes, addresses, providers. The endpoints come later; what is
//! configured for them is checked as Cognito checks it.

use cenote_model::ErrorCode;
use cenote_model::types::{OAuthFlowType, UserPoolClientType};

use crate::error::Error;
use crate::pools::Pool;

/// The scopes that every pool has.
const STANDARD_SCOPES: [&str; 5] = ["openid", "email", "phone", "profile", "aws.cognito.signin.user.admin"];
/// The scope that registers clients; no resource server defines it.
const REGISTRATION_SCOPE: &str = "aws.cognito/dcr/register";
/// Schemes that a browser runs instead of opening.
const SCRIPT_SCHEMES: [&str; 4] = ["javascript", "data", "vbscript", "blob"];
/// The provider that is the pool itself.
const OWN_PROVIDER: &str = "COGNITO";

/// Whether a scope says what may be done for a user, so that a machine has no use for it.
#[must_use]
pub fn is_user_scope(scope: &str) -> bool {
    STANDARD_SCOPES.contains(&scope)
}

/// # Errors
/// `InvalidOAuthFlowException`, `ScopeDoesNotExistException`, `InvalidParameterException`.
pub fn configuration(client: &UserPoolClientType, has_secret: bool, pool: &Pool) -> Result<(), Error> {
    flows(client, has_secret)?;
    scopes(client)?;
    for address in client.callback_urls.iter().chain(&client.logout_urls).flatten() {
        redirect_address(address)?;
    }
    let callbacks = client.callback_urls.as_deref().unwrap_or_default();
    if let Some(default) = client.default_redirect_uri.as_ref().filter(|default| !callbacks.contains(default))
    {
        return Err(Error::invalid_parameter(format!(
            "The default redirect URI {default} is not in the callback URIs list."
        )));
    }
    // Other providers can't be created yet.
    let unknown = client.supported_identity_providers.iter().flatten().find(|name| *name != OWN_PROVIDER);
    match unknown {
        Some(name) => Err(Error::invalid_parameter(format!(
            "The provider {name} does not exist for User Pool {}.",
            pool.id()
        ))),
        None => Ok(()),
    }
}

fn flows(client: &UserPoolClientType, has_secret: bool) -> Result<(), Error> {
    let refuse = |text: &str| Err(Error::new(ErrorCode::InvalidOAuthFlowException, text));
    let flows = client.allowed_oauth_flows.as_deref().unwrap_or_default();
    let scopes = client.allowed_oauth_scopes.as_deref().unwrap_or_default();
    if client.allowed_oauth_flows_user_pool_client == Some(true) && (flows.is_empty() || scopes.is_empty()) {
        return refuse(
            "AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows.",
        );
    }
    if flows.contains(&OAuthFlowType::ClientCredentials) {
        if flows.len() > 1 {
            return refuse(
                "client_credentials flow can not be selected along with code flow or implicit flow.",
            );
        }
        if !has_secret {
            return refuse(
                "client_credentials flow can not be selected if client does not have a client secret.",
            );
        }
        if let Some(scope) = scopes.iter().find(|scope| STANDARD_SCOPES.contains(&scope.as_str())) {
            return refuse(&format!("{scope} is not supported with client_credentials flow"));
        }
    } else if !flows.is_empty() && client.callback_urls.is_none() {
        return refuse("CallbackUrls can not be empty when code flow or implicit flow is selected");
    }
    Ok(())
}

fn scopes(client: &UserPoolClientType) -> Result<(), Error> {
    // Resource servers can't be created yet, so no other scope exists.
    let exists = |scope: &str| STANDARD_SCOPES.contains(&scope) || scope == REGISTRATION_SCOPE;
    match client.allowed_oauth_scopes.iter().flatten().find(|scope| !exists(scope)) {
        Some(scope) => Err(Error::new(
            ErrorCode::ScopeDoesNotExistException,
            format!("Invalid scope requested: {scope}"),
        )),
        None => Ok(()),
    }
}

/// Absolute, without fragment, and encrypted unless it stays on the machine. Schemes of apps are welcome.
fn redirect_address(address: &str) -> Result<(), Error> {
    let refuse = |text: &str| Err(Error::invalid_parameter(format!("{address} {text}")));
    if address.contains('#') {
        return refuse("cannot use fragment");
    }
    let Some((scheme, rest)) = address.split_once(':') else { return refuse("is not an absolute URL") };
    let well_formed = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.chars().all(|it| it.is_ascii_alphanumeric() || matches!(it, '+' | '-' | '.'))
        && !rest.is_empty()
        && !address.contains(char::is_whitespace);
    let web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    let authority = rest.strip_prefix("//").map(|rest| rest.split(['/', '?']).next().unwrap_or_default());
    if !well_formed || (web && authority.is_none_or(str::is_empty)) {
        return refuse("is not an absolute URL");
    }
    if SCRIPT_SCHEMES.iter().any(|it| scheme.eq_ignore_ascii_case(it)) {
        return refuse("uses a scheme that is not allowed");
    }
    if scheme.eq_ignore_ascii_case("http") && !authority.is_some_and(is_loopback) {
        return refuse("cannot use the HTTP protocol.");
    }
    Ok(())
}

/// Host and perhaps port. A user name in front would make another host of it.
fn is_loopback(authority: &str) -> bool {
    ["localhost", "127.0.0.1", "[::1]"].into_iter().any(|host| {
        authority
            .strip_prefix(host)
            .is_some_and(|rest| rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port))
    })
}

fn is_port(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|it| it.is_ascii_digit())
}
