use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cenote_crypto::random::token_bytes;
use cenote_crypto::web_authn::Algorithm;
use cenote_model::types::{StartWebAuthnRegistrationRequest, StartWebAuthnRegistrationResponse};
use cenote_store::{PendingPasskey, User};
use serde_json::{Value, json};

use super::check_room;
use super::holder::{get_holder, gone};
use super::relying_party::{RelyingParty, check_enabled};
use crate::context::Context;
use crate::error::Error;
use crate::users::update::update_user;

/// How long a browser waits for the authenticator.
const TIMEOUT_MS: u32 = 60_000;

/// StartWebAuthnRegistration: what a browser needs to have a passkey made. The challenge in it is remembered until it is used,
/// another one is asked for, or the session of a sign-in would be over.
///
/// # Errors
/// In this order: access token, `WebAuthnNotEnabledException`, `WebAuthnConfigurationMissingException`,
/// `LimitExceededException`.
pub async fn start_web_authn_registration(
    context: &Context,
    request: StartWebAuthnRegistrationRequest,
) -> Result<StartWebAuthnRegistrationResponse, Error> {
    let holder = get_holder(context, &request.access_token).await?;
    let (pool, client) = (&holder.pool, &holder.client);
    check_enabled(pool)?;
    let relying_party = RelyingParty::get(pool)?.for_user(pool, &holder.user);
    let pending = PendingPasskey {
        challenge: URL_SAFE_NO_PAD.encode(token_bytes::<32>(context.random.as_ref())),
        client_id: client.id().to_owned(),
        relying_party_id: relying_party.id.to_owned(),
        verify_user: relying_party.verify_user,
        expires_ms: context.now_ms + client.session_minutes() * 60_000,
    };
    let updated = update_user(context, holder.user, |user| {
        check_room(user)?;
        user.pending_passkey = Some(pending.clone());
        Ok(((), Vec::new()))
    });
    let ((), user) = updated.await.map_err(gone)?;
    let options = options(&user, &pending.challenge, relying_party);
    Ok(StartWebAuthnRegistrationResponse { credential_creation_options: options })
}

/// The options for `navigator.credentials.create`.
fn options(user: &User, challenge: &str, relying_party: RelyingParty<'_>) -> Value {
    let parameters: Vec<Value> =
        Algorithm::ALL.map(|algorithm| json!({ "type": "public-key", "alg": algorithm.number() })).into();
    let known: Vec<Value> = relying_party
        .passkeys_of(user)
        .map(|passkey| json!({ "type": "public-key", "id": passkey.id }))
        .collect();
    json!({
        "rp": { "id": relying_party.id, "name": relying_party.id },
        "user": {
            "id": URL_SAFE_NO_PAD.encode(user.sub.as_str()),
            "name": user.username,
            "displayName": user.attributes.get("name").map(String::as_str).unwrap_or_default(),
        },
        "challenge": challenge,
        "pubKeyCredParams": parameters,
        "timeout": TIMEOUT_MS,
        "excludeCredentials": known,
        "authenticatorSelection": {
            "requireResidentKey": true, "residentKey": "required",
            "userVerification": relying_party.user_verification(),
        },
    })
}
