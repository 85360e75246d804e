use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cenote_crypto::web_authn::{Ceremony, NewCredential, Refusal, RegistrationAnswer};
use cenote_model::ErrorCode;
use cenote_model::types::{CompleteWebAuthnRegistrationRequest, CompleteWebAuthnRegistrationResponse};
use cenote_store::{Passkey, PendingPasskey};

use super::authenticators::name_of;
use super::check_room;
use super::holder::{get_holder, gone};
use super::relying_party::check_enabled;
use crate::context::Context;
use crate::error::Error;
use crate::users::update::update_user;

/// CompleteWebAuthnRegistration: the passkey that was made. Nobody asks which authenticator made it.
///
/// # Errors
/// In this order: access token, `WebAuthnNotEnabledException`, `InvalidParameterException` for what is no credential,
/// `WebAuthnChallengeNotFoundException`, `WebAuthnClientMismatchException`, those of [`refused`], `LimitExceededException`.
pub async fn complete_web_authn_registration(
    context: &Context,
    request: CompleteWebAuthnRegistrationRequest,
) -> Result<CompleteWebAuthnRegistrationResponse, Error> {
    let holder = get_holder(context, &request.access_token).await?;
    check_enabled(&holder.pool)?;
    let answer = RegistrationAnswer::parse(&request.credential).map_err(|_| invalid())?;
    let pending = holder.user.pending_passkey.clone();
    let pending =
        pending.filter(|pending| context.now_ms < pending.expires_ms).ok_or_else(challenge_missing)?;
    if pending.client_id != holder.client.id() {
        return Err(Error::new(
            ErrorCode::WebAuthnClientMismatchException,
            "The access token is for another app client than the one that started the registration.",
        ));
    }
    let made = verify(&answer, &pending).map_err(refused)?;
    let passkey = Passkey {
        id: URL_SAFE_NO_PAD.encode(&made.id),
        public_key: URL_SAFE_NO_PAD.encode(&made.public_key),
        algorithm: made.algorithm.number(),
        sign_count: made.sign_count,
        relying_party_id: pending.relying_party_id.clone(),
        name: name_of(made.aaguid).to_owned(),
        attachment: made.attachment,
        transports: made.transports,
        created_ms: context.now_ms,
    };
    update_user(context, holder.user, |user| {
        // The challenge is good for one passkey.
        if user.pending_passkey.as_ref() != Some(&pending) {
            return Err(challenge_missing());
        }
        if user.passkeys.iter().any(|known| known.id == passkey.id) {
            return Err(Error::invalid_parameter("The user has this passkey already."));
        }
        check_room(user)?;
        user.pending_passkey = None;
        user.passkeys.push(passkey.clone());
        Ok(((), Vec::new()))
    })
    .await
    .map_err(gone)?;
    Ok(CompleteWebAuthnRegistrationResponse {})
}

fn verify(answer: &RegistrationAnswer, pending: &PendingPasskey) -> Result<NewCredential, Refusal> {
    let challenge = URL_SAFE_NO_PAD.decode(&pending.challenge).map_err(|_| Refusal::Challenge)?;
    answer.verify(&Ceremony {
        challenge: &challenge,
        relying_party_id: &pending.relying_party_id,
        verify_user: pending.verify_user,
    })
}

fn invalid() -> Error {
    Error::invalid_parameter("Credential data is not valid")
}

fn challenge_missing() -> Error {
    Error::new(
        ErrorCode::WebAuthnChallengeNotFoundException,
        "The challenge was not found, or has expired. Start the registration again.",
    )
}

/// What the user is told of a credential that is refused.
fn refused(refusal: Refusal) -> Error {
    let (code, message) = match refusal {
        Refusal::Challenge => return challenge_missing(),
        Refusal::Origin => (
            ErrorCode::WebAuthnOriginNotAllowedException,
            "The origin of the passkey is not allowed for the relying party.",
        ),
        Refusal::RelyingParty => (
            ErrorCode::WebAuthnRelyingPartyMismatchException,
            "The passkey was made for another relying party.",
        ),
        Refusal::UserNotVerified => {
            (ErrorCode::WebAuthnCredentialNotSupportedException, "The authenticator did not verify its user.")
        }
        Refusal::KeyNotSupported => (
            ErrorCode::WebAuthnCredentialNotSupportedException,
            "The passkey's key is not supported: only ES256 and RS256 are.",
        ),
        Refusal::Invalid | Refusal::UserAbsent | Refusal::User | Refusal::Signature | Refusal::SignCount => {
            return invalid();
        }
    };
    Error::new(code, message)
}
