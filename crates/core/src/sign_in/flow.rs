//! Which flow a request asks for, and whether the client may use it.

use std::collections::BTreeMap;
use std::sync::Arc;

use cenote_model::types::{
    AuthFlowType, AuthenticationResultType, ChallengeNameType, ExplicitAuthFlowsType,
    RefreshTokenRotationType,
};

use crate::clients::Client;
use crate::context::Context;
use crate::error::Error;
use crate::pools::Pool;
use crate::sign_in::parameters::Parameters;

/// Who signs in: a user, or a back end for its user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Public,
    Admin,
}

/// A request to sign in, of either side.
#[derive(Clone, Copy, Debug)]
pub struct SignIn<'a> {
    pub context: &'a Context,
    pub side: Side,
    pub pool: &'a Arc<Pool>,
    pub client: &'a Arc<Client>,
    pub parameters: Parameters<'a>,
    pub client_metadata: Option<&'a BTreeMap<String, String>>,
}

/// What a sign-in answers: tokens, or the next challenge.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub result: Option<AuthenticationResultType>,
    pub challenge: Option<ChallengeNameType>,
    pub parameters: BTreeMap<String, String>,
    pub session: Option<String>,
}

impl Outcome {
    /// Tokens: nothing more is asked.
    #[must_use]
    pub fn tokens(result: AuthenticationResultType) -> Self {
        Self { result: Some(result), ..Self::default() }
    }
}

/// Checks that the client may use a flow, and that the operation takes it.
///
/// # Errors
/// `InvalidParameterException` with the text of the flow; `UnsupportedOperationException` for flows that are not built.
pub fn check_flow(side: Side, client: &Client, flow: AuthFlowType) -> Result<(), Error> {
    use ExplicitAuthFlowsType as Explicit;
    let only_custom = client.allows_flow(&[Explicit::CustomAuthFlowOnly]);
    if only_custom && !is_refresh(flow) && flow != AuthFlowType::CustomAuth {
        return Err(Error::invalid_parameter("Only custom auth (lambda driven) is enabled for this client."));
    }
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
            if rotates(client) {
                return Err(Error::new(
                    cenote_model::ErrorCode::UnsupportedOperationException,
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
    match flow {
        AuthFlowType::UserSrpAuth | AuthFlowType::CustomAuth | AuthFlowType::UserAuth => {
            Err(Error::not_built(&format!("The flow {flow}")))
        }
        _ => Ok(()),
    }
}

fn is_refresh(flow: AuthFlowType) -> bool {
    matches!(flow, AuthFlowType::RefreshToken | AuthFlowType::RefreshTokenAuth)
}

fn rotates(client: &Client) -> bool {
    client.configuration.refresh_token_rotation.as_ref().is_some_and(|rotation: &RefreshTokenRotationType| {
        rotation.feature == cenote_model::types::FeatureType::Enabled
    })
}

/// Runs a flow that [`check_flow`] let through.
///
/// # Errors
/// Those of the flow.
pub async fn run(sign_in: SignIn<'_>, flow: AuthFlowType) -> Result<Outcome, Error> {
    check_flow(sign_in.side, sign_in.client, flow)?;
    if is_refresh(flow) {
        super::refresh_flow::run(sign_in).await
    } else {
        super::password_flow::run(sign_in).await
    }
}
