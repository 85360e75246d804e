//! Issuing tokens: claims, what the pool's function makes of them, signatures.

use std::collections::BTreeMap;
use std::sync::Arc;

use cenote_model::types::AuthenticationResultType;
use cenote_store::User;
use cenote_triggers::pre_token_generation::TokenGenerationSource;
use serde_json::{Map, Value};

use crate::clients::Client;
use crate::context::Context;
use crate::error::Error;
use crate::groups::of_user;
use crate::pools::Pool;
use crate::tokens::claims::{access_claims, id_claims, set_groups};
use crate::tokens::customization;
use crate::tokens::grant::Grant;
use crate::tokens::refresh_token::RefreshToken;

/// Whether there is a refresh token already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresh {
    /// A sign-in: the answer holds the first.
    New,
    /// A refresh: the old one goes on, or whoever issues rotates it.
    Again,
}

/// What tokens are issued for.
#[derive(Clone, Copy, Debug)]
pub struct Issue<'a> {
    pub pool: &'a Pool,
    pub client: &'a Client,
    pub user: &'a User,
    pub grant: &'a Grant,
    pub refresh: Refresh,
    pub source: TokenGenerationSource,
    /// For the pool's function.
    pub client_metadata: Option<&'a BTreeMap<String, String>>,
}

/// The claims of access and ID token, as the pool's function leaves them. `amend` comes before it.
///
/// # Errors
/// Those of the PreTokenGeneration trigger.
pub(super) async fn claims(
    context: &Context,
    of: Issue<'_>,
    amend: impl FnOnce(&mut Map<String, Value>, &mut Map<String, Value>),
) -> Result<(Map<String, Value>, Map<String, Value>), Error> {
    let mut access = access_claims(context, of);
    let mut id = id_claims(context, of);
    amend(&mut access, &mut id);
    let groups = of_user::configuration(context, of.user).await?;
    set_groups(&mut access, &mut id, &groups);
    customization::apply(context, of, groups, &mut access, &mut id).await?;
    Ok((access, id))
}

/// Issues tokens.
///
/// # Errors
/// Those of the PreTokenGeneration trigger; `InternalErrorException` when the pool's keys can't be opened.
pub async fn issue(context: &Context, of: Issue<'_>) -> Result<AuthenticationResultType, Error> {
    let Issue { pool, client, user, grant, .. } = of;
    let keys = pool.keys(context).await?;
    let (access, id) = claims(context, of, |_, _| {}).await?;
    let access = serde_json::to_vec(&access).map_err(Error::internal)?;
    let id = serde_json::to_vec(&id).map_err(Error::internal)?;
    let (access_key, id_key) = (Arc::clone(&keys.access), Arc::clone(&keys.id));
    let (access_token, id_token) = context.run(move || (access_key.sign(&access), id_key.sign(&id))).await?;
    let refresh_token = match of.refresh {
        Refresh::New => Some(RefreshToken::new(context, client, user, grant).seal(context, client)?),
        Refresh::Again => None,
    };
    Ok(AuthenticationResultType {
        access_token: Some(access_token),
        expires_in: Some(i32::try_from(client.access_token_seconds()).unwrap_or(i32::MAX)),
        id_token: Some(id_token),
        new_device_metadata: None,
        refresh_token,
        token_type: Some("Bearer".into()),
    })
}
