//! DEVICE_PASSWORD_VERIFIER: the proof of a device's password.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cenote_crypto::srp::{self, ClientPublic};
use cenote_model::types::ChallengeNameType;

use crate::devices::device;
use crate::error::Error;
use crate::sign_in::advance::advance;
use crate::sign_in::device::block::DeviceBlock;
use crate::sign_in::device::srp_auth::{remembered, verifier};
use crate::sign_in::flow;
use crate::sign_in::progress::Progress;
use crate::sign_in::step::{Outcome, SignIn};

/// Takes the proof. A session that comes with it is not looked at: the secret block says everything.
///
/// # Errors
/// `NotAuthorizedException` for everything that is wrong with it; `InvalidParameterException` for the key of another device;
/// `ResourceNotFoundException` for a device that is gone or not remembered any more.
pub async fn respond(sign_in: SignIn<'_>) -> Result<Outcome, Error> {
    let SignIn { context, pool, client, parameters, .. } = sign_in;
    let typed = parameters.get("USERNAME")?;
    client.verify_secret_hash(&[typed], parameters.find("SECRET_HASH"))?;
    let key = parameters.get("DEVICE_KEY")?;
    let signature = parameters.get("PASSWORD_CLAIM_SIGNATURE")?.to_owned();
    let encoded = parameters.get("PASSWORD_CLAIM_SECRET_BLOCK")?;
    let timestamp = parameters.get("TIMESTAMP")?.to_owned();
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
    let device = remembered(context, &user, key).await?;
    let verifier = verifier(context, &device)?;
    let client_public = ClientPublic::parse(&block.client_public).map_err(Error::internal)?;
    let challenge = STANDARD.decode(&block.challenge).map_err(Error::internal)?;
    let challenge = srp::Challenge::from_bytes(&challenge).map_err(Error::internal)?;
    let (group, owned_key) = (device::group_key(pool, key), key.to_owned());
    let tolerance_seconds = u32::try_from(client.session_minutes() * 60).unwrap_or(u32::MAX);
    let now_seconds = context.now_ms.div_euclid(1000);
    let current = srp::timestamp::is_current(&timestamp, now_seconds, tolerance_seconds);
    let proved = context.compute.run(move || {
        challenge.verify(
            &verifier,
            &srp::Answer {
                pool_name_part: &group,
                user_id: &owned_key,
                client_public: &client_public,
                secret_block: &bytes,
                timestamp: &timestamp,
                signature: &signature,
            },
        )
    });
    if !(proved.await? & current) {
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
