use cenote_model::types::{
    ListWebAuthnCredentialsRequest, ListWebAuthnCredentialsResponse, Timestamp, WebAuthnCredentialDescription,
};
use cenote_store::Passkey;

use super::MOST;
use super::holder::get_holder;
use crate::context::Context;
use crate::error::Error;
use crate::page::{self, Position};

/// ListWebAuthnCredentials: the user's passkeys, the oldest first.
///
/// # Errors
/// Those of the access token; `InvalidParameterException` for a token of another list.
pub async fn list_web_authn_credentials(
    context: &Context,
    request: ListWebAuthnCredentialsRequest,
) -> Result<ListWebAuthnCredentialsResponse, Error> {
    let holder = get_holder(context, &request.access_token).await?;
    let list = ["ListWebAuthnCredentials", holder.pool.id().as_str(), holder.user.sub.as_str()];
    let after = page::unseal(context, &list, request.next_token.as_deref())?;
    let mut passkeys = holder.user.passkeys;
    passkeys.sort_by(|one, other| place(one).cmp(&place(other)));
    if let Some(after) = after {
        passkeys.retain(|passkey| place(passkey) > (after.created_ms, after.id.as_str()));
    }
    let size = request.max_results.and_then(|most| usize::try_from(most).ok()).filter(|most| *most > 0);
    let next = page::cut(&mut passkeys, size.unwrap_or(MOST), |last| Position {
        created_ms: last.created_ms,
        id: last.id.clone(),
    });
    Ok(ListWebAuthnCredentialsResponse {
        credentials: passkeys.into_iter().map(describe).collect(),
        next_token: next.map(|position| page::seal(context, &list, position)).transpose()?,
    })
}

fn place(passkey: &Passkey) -> (i64, &str) {
    (passkey.created_ms, &passkey.id)
}

fn describe(passkey: Passkey) -> WebAuthnCredentialDescription {
    WebAuthnCredentialDescription {
        authenticator_attachment: passkey.attachment,
        authenticator_transports: passkey.transports,
        created_at: Timestamp(passkey.created_ms),
        credential_id: passkey.id,
        friendly_credential_name: passkey.name,
        relying_party_id: passkey.relying_party_id,
    }
}
