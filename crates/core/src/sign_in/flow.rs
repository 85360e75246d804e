//! Which flow a request asks for, and whether the client may use it.

use cenote_model::ErrorCode;
use cenote_model::types::{AuthFlowType, ExplicitAuthFlowsType};

use crate::clients::Client;
use crate::error::Error;
use crate::sign_in::step::{Outcome, Side, SignIn};
use crate::sign_in::{after_sign_up, choice_flow};

/// Checks that the client may use a flow, and that the operation takes it.
///
/// # Errors
/// `InvalidParameterException` with the text of the flow; `UnsupportedOperationException` for REFRESH_TOKEN_AUTH where refresh
/// tokens rotate.
pub fn check_flow(side: Side, client: &Client, flow: AuthFlowType) -> Result<(), Error> {
    use ExplicitAuthFlowsType as Explicit;
    let only_custom = client.allows_flow(&[Explicit::CustomAuthFlowOnly]);
    check_custom_only(client, is_refresh(flow) || flow == AuthFlowType::CustomAuth)?;
    // A list of the older names adds to a base of SRP and refresh.
    let legacy = client.allows_flow(&[Explicit::UserPasswordAuth, Explicit::AdminNoSrpAuth]);
    let (allowed, text) = match flow {
        AuthFlowType::UserPasswordAuth if side == Side::Public => (
            client.allows_flow(&[Explicit::AllowUserPasswordAuth, Explicit::UserPasswordAuth]),
            "USER_PASSWORD_AUTH flow not enabled for this client",
        ),
        AuthFlowType::AdminNoSrpAuth | AuthFlowType::AdminUserPasswordAuth if side == Side::Admin => (
            client.allows_flow(&[Explicit::AllowAdminUserPasswordAuth, Explicit::AdminNoSrpAuth]),
            "Auth flow not enabled for this client",
        ),
        AuthFlowType::UserPasswordAuth
        | AuthFlowType::AdminNoSrpAuth
        | AuthFlowType::AdminUserPasswordAuth => {
            return Err(Error::invalid_parameter("Initiate Auth method not supported."));
        }
        AuthFlowType::RefreshToken | AuthFlowType::RefreshTokenAuth => {
            if client.rotates_refresh_tokens() {
                return Err(Error::new(
                    ErrorCode::UnsupportedOperationException,
                    "This API does not support refresh token rotation",
                ));
            }
            (
                legacy || only_custom || client.allows_flow(&[Explicit::AllowRefreshTokenAuth]),
                "Refresh Token flow not enabled for this client",
            )
        }
        AuthFlowType::UserSrpAuth => (
            legacy || client.allows_flow(&[Explicit::AllowUserSrpAuth]),
            "USER_SRP_AUTH is not enabled for the client.",
        ),
        AuthFlowType::CustomAuth => (
            client.allows_flow(&[Explicit::AllowCustomAuth, Explicit::CustomAuthFlowOnly]),
            "CUSTOM_AUTH is not enabled for the client.",
        ),
        AuthFlowType::UserAuth => {
            (client.allows_flow(&[Explicit::AllowUserAuth]), "USER_AUTH flow not enabled for this client")
        }
    };
    if !allowed {
        return Err(Error::invalid_parameter(text));
    }
    Ok(())
}

/// Refuses all but custom sign-in to a client that has nothing else.
///
/// # Errors
/// `InvalidParameterException`.
pub fn check_custom_only(client: &Client, custom: bool) -> Result<(), Error> {
    if client.allows_flow(&[ExplicitAuthFlowsType::CustomAuthFlowOnly]) && !custom {
        return Err(Error::invalid_parameter("Only custom auth (lambda driven) is enabled for this client."));
    }
    Ok(())
}

fn is_refresh(flow: AuthFlowType) -> bool {
    matches!(flow, AuthFlowType::RefreshToken | AuthFlowType::RefreshTokenAuth)
}

/// Runs a flow: the secret hash first, then whether the pool has the flow and the client may use it, then the flow. Only USER_AUTH
/// looks at the session.
///
/// # Errors
/// Those of the flow.
pub async fn run(sign_in: SignIn<'_>, flow: AuthFlowType, session: Option<&str>) -> Result<Outcome, Error> {
    check_secret_hash(sign_in, flow)?;
    if flow == AuthFlowType::UserAuth {
        choice_flow::check_tier(sign_in.pool)?;
    }
    check_flow(sign_in.side, sign_in.client, flow)?;
    match flow {
        AuthFlowType::RefreshToken | AuthFlowType::RefreshTokenAuth => {
            super::refresh_flow::run(sign_in).await
        }
        AuthFlowType::UserSrpAuth => super::srp_flow::run(sign_in).await,
        AuthFlowType::UserPasswordAuth
        | AuthFlowType::AdminNoSrpAuth
        | AuthFlowType::AdminUserPasswordAuth => super::password_flow::run(sign_in).await,
        AuthFlowType::UserAuth => match session {
            Some(session) if !after_sign_up::is_of_sign_up(sign_in, session) => {
                after_sign_up::run(sign_in, session).await
            }
            _ => Box::pin(choice_flow::run(sign_in)).await,
        },
        AuthFlowType::CustomAuth => super::custom::flow::run(sign_in).await,
    }
}

/// Checks the hash against the user name as it was sent. A refresh sends none: its flow compares the value, once it knows
/// whose token it is.
fn check_secret_hash(sign_in: SignIn<'_>, flow: AuthFlowType) -> Result<(), Error> {
    let SignIn { client, parameters, .. } = sign_in;
    let hash = parameters.find("SECRET_HASH");
    match parameters.find("USERNAME").filter(|_| !is_refresh(flow)) {
        Some(username) => client.verify_secret_hash(&[username], hash),
        None => client.check_secret_hash_presence(hash),
    }
}
