//! DEVICE_PASSWORD_VERIFIER: the proof of a device's password.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cenote_model::types::ChallengeNameType;

use crate::devices::device;
use crate::error::Error;
use crate::sign_in::advance::advance;
use crate::sign_in::credentials;
use crate::sign_in::device::block::DeviceBlock;
use crate::sign_in::device::srp_auth::{remembered, verifier};
use crate::sign_in::flow;
use crate::sign_in::progress::Progress;
use crate::sign_in::secret_block::SecretBlock;
use crate::sign_in::srp::{Keys, Proof, is_proved};
use crate::sign_in::step::{Outcome, SignIn};

/// Takes the proof. A session that comes with it is not looked at: the secret block says everything.
///
/// # Errors
/// `NotAuthorizedException` for everything that is wrong with it; `InvalidParameterException` for the key of another device;
/// `ResourceNotFoundException` for a device that is gone or not remembered any more.
pub async fn respond(sign_in: SignIn<'_>) -> Result<Outcome, Error> {
    let SignIn { context, pool, client, parameters, .. } = sign_in;
    let typed = sign_in.username()?;
    let key = parameters.get("DEVICE_KEY")?;
    let signature = parameters.get("PASSWORD_CLAIM_SIGNATURE")?;
    let encoded = parameters.get("PASSWORD_CLAIM_SECRET_BLOCK")?;
    let timestamp = parameters.get("TIMESTAMP")?;
    let bytes = STANDARD.decode(encoded).map_err(|_| Error::incorrect_credentials())?;
    let block = DeviceBlock::unseal(sign_in, &bytes)?;
    let session = &block.session;
    flow::check_custom_only(client, session.progress.custom.is_some())?;
    session.check_unused(context).await?;
    if key != block.key {
        return Err(device::invalid_key());
    }
    let user = session.get_user(sign_in).await?;
    session.check(sign_in, &user, typed)?;
    credentials::check_status(&user)?;
    let device = remembered(context, &user, key).await?;
    let verifier = verifier(context, &device)?;
    let keys = Keys { client_public: &block.client_public, challenge: &block.challenge };
    let proof = Proof { block: &bytes, signature, timestamp };
    if !is_proved(sign_in, verifier, keys, (&device::group_key(pool, key), key), proof).await? {
        return Err(Error::incorrect_credentials());
    }
    let consumed = [session.consume(), block.consume()];
    device::update(context, &user, key, &consumed, |now| {
        if !now.remembered {
            return Err(device::missing());
        }
        now.authenticated_ms = context.now_ms;
        now.address = context.caller.source_ip.to_string();
        now.waiting = None;
        Ok(())
    })
    .await?;
    let progress = Progress { device_proved: true, ..session.progress.clone() }
        .passed(ChallengeNameType::DeviceSrpAuth)
        .passed(ChallengeNameType::DevicePasswordVerifier);
    advance(sign_in, user, progress).await
}
