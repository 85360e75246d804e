//! DEVICE_SRP_AUTH: a remembered device begins the proof of its password.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cenote_crypto::random::uuid;
use cenote_crypto::sealed::Purpose;
use cenote_crypto::srp::{Challenge, Verifier};
use cenote_model::types::ChallengeNameType;
use cenote_store::{ClientId, Device, PoolId, Sealed, Sub, User, WaitingSignIn};

use crate::context::Context;
use crate::devices::device;
use crate::error::Error;
use crate::sign_in::credentials;
use crate::sign_in::device::block::DeviceBlock;
use crate::sign_in::progress::Progress;
use crate::sign_in::secret_block::SecretBlock;
use crate::sign_in::session::{self, Session};
use crate::sign_in::srp_flow::parse_client_public;
use crate::sign_in::step::{Outcome, SignIn};
use crate::users::resolve::Names;
use crate::users::subject;

const NAME: ChallengeNameType = ChallengeNameType::DeviceSrpAuth;

/// Asks the device to begin. The sign-in is noted with the device as well: there are clients that send no session.
///
/// # Errors
/// `ResourceNotFoundException` when the device is gone.
pub async fn challenge(
    sign_in: SignIn<'_>,
    user: &User,
    key: &str,
    progress: &Progress,
) -> Result<Outcome, Error> {
    let SignIn { context, client, .. } = sign_in;
    let session = Session::new(sign_in, user, NAME, progress);
    let waiting = WaitingSignIn {
        client_id: ClientId::new(client.id()),
        address: context.caller.source_ip.to_string(),
        session: Sealed(session.seal_for(context, &place(&user.pool_id, &user.sub, key))?),
        expires_ms: session.expires_ms,
    };
    device::update(context, user, key, &[], |device| {
        device.waiting = Some(waiting.clone());
        Ok(())
    })
    .await?;
    let session = session.seal(sign_in)?;
    Ok(Outcome::challenge(NAME, [("USERNAME", user.username.clone())], Some(session)))
}

/// Takes SRP_A, and asks for the proof.
///
/// # Errors
/// Those of the session; `InvalidParameterException` for another device than that of the sign-in, and for an A that is no
/// number; `ResourceNotFoundException` for a device that is gone or not remembered any more.
pub async fn respond(sign_in: SignIn<'_>, session: Option<&str>) -> Result<Outcome, Error> {
    let SignIn { context, parameters, .. } = sign_in;
    let typed = sign_in.username()?;
    let key = parameters.get("DEVICE_KEY")?;
    let client_public = parameters.get("SRP_A")?;
    device::check_form(key)?;
    let session = match session {
        Some(_) => Session::unseal(sign_in, session, NAME)?,
        None => waiting(sign_in, typed, key).await?,
    };
    session.check_unused(context).await?;
    let user = session.get_user(sign_in).await?;
    session.check(sign_in, &user, typed)?;
    credentials::check_status(&user)?;
    if session.progress.device.as_deref() != Some(key) {
        return Err(device::invalid_key());
    }
    let client_public = parse_client_public(client_public)?;
    let verifier = verifier(context, &remembered(context, &user, key).await?)?;
    let salt = verifier.salt_hex();
    let random = std::sync::Arc::clone(&context.random);
    let challenge = context.run(move || Challenge::create(&verifier, random.as_ref())).await?;
    let block = DeviceBlock {
        id: uuid(context.random.as_ref()),
        key: key.to_owned(),
        // No longer: the mark of the session that its proof uses up is kept as long as the session, and it may have asked twice.
        expires_ms: session.expires_ms,
        session,
        client_public: client_public.to_hex(),
        challenge: STANDARD.encode(challenge.to_bytes().expose()),
    };
    let parameters = [
        ("SALT", salt),
        ("SRP_B", challenge.server_public_hex()),
        ("SECRET_BLOCK", STANDARD.encode(block.seal(sign_in)?)),
        ("DEVICE_KEY", key.to_owned()),
        ("USERNAME", user.username),
    ];
    // The secret block says everything; clients that expect a session get that of the sign-in.
    let name = ChallengeNameType::DevicePasswordVerifier;
    let session = block.session.for_challenge(name).seal(sign_in)?;
    Ok(Outcome::challenge(name, parameters, Some(session)))
}

/// The sign-in that waits for a device whose client sends no session. It must come from where the sign-in came from.
async fn waiting(sign_in: SignIn<'_>, typed: &str, key: &str) -> Result<Session, Error> {
    let SignIn { context, pool, client, .. } = sign_in;
    let subject = subject::find(context, pool, client, typed, Names::SignIn).await?;
    let device = context.store.find_device(pool.id(), &subject.user.sub, key).await?;
    let waiting = device
        .and_then(|device| device.waiting)
        .filter(|waiting| {
            waiting.client_id.as_str() == client.id()
                && waiting.address == context.caller.source_ip.to_string()
                && waiting.expires_ms > context.now_ms
        })
        .ok_or_else(session::invalid)?;
    Session::open_from(context, &place(pool.id(), &subject.user.sub, key), &waiting.session.0)
}

/// What is sealed in a device's row is sealed for that row.
fn place<'a>(pool: &'a PoolId, sub: &'a Sub, key: &'a str) -> [&'a str; 3] {
    [pool.as_str(), sub.as_str(), key]
}

/// The device, which must still be remembered.
///
/// # Errors
/// `ResourceNotFoundException`.
pub(super) async fn remembered(context: &Context, user: &User, key: &str) -> Result<Device, Error> {
    let found = device::get(context, user, key).await?;
    if found.remembered { Ok(found) } else { Err(device::missing()) }
}

/// The verifier that the device confirmed itself with.
///
/// # Errors
/// `InternalErrorException` when it can't be opened.
pub(super) fn verifier(context: &Context, device: &Device) -> Result<Verifier, Error> {
    let place = place(&device.pool_id, &device.sub, &device.key);
    let plain = context
        .keyring
        .unseal_text(Purpose::PasswordVerifier, &place, &device.verifier.0)
        .map_err(Error::internal)?;
    Verifier::from_bytes(plain.expose()).map_err(Error::internal)
}
