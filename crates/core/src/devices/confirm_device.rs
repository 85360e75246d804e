use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cenote_crypto::sealed::Purpose;
use cenote_crypto::srp::Verifier;
use cenote_model::ErrorCode;
use cenote_model::types::{ConfirmDeviceRequest, ConfirmDeviceResponse, DeviceSecretVerifierConfigType};
use cenote_store::{Change, CommitError, Conflict, Device, Sealed};
use cenote_triggers::aws_sdk_version;

use crate::context::Context;
use crate::devices::device;
use crate::error::Error;
use crate::tokens::access_token::authenticate;

/// ConfirmDevice: a user's sign-in makes its device known, with a password that the device made up for itself.
///
/// # Errors
/// Those of the access token; `InvalidUserPoolConfigurationException` where no devices are kept; `InvalidParameterException`
/// for a key that is not the token's, and for numbers that are none; `DeviceKeyExistsException`.
pub async fn confirm_device(
    context: &Context,
    request: ConfirmDeviceRequest,
) -> Result<ConfirmDeviceResponse, Error> {
    let holder = authenticate(context, &request.access_token).await?;
    let (pool, user) = (&holder.pool, &holder.user);
    let tracking = device::tracking(pool).ok_or_else(|| {
        Error::new(
            ErrorCode::InvalidUserPoolConfigurationException,
            "The user pool is not configured to remember devices.",
        )
    })?;
    let key = request.device_key;
    let is_own = holder.device_key.as_ref() == Some(&key);
    if !is_own || device::is_forgotten(context, user, &key).await? {
        return Err(device::invalid_key());
    }
    let verifier = verifier(request.device_secret_verifier_config.as_ref())?;
    let scope = [user.pool_id.as_str(), user.sub.as_str(), key.as_str()];
    let sealed = context.keyring.seal_text(
        Purpose::PasswordVerifier,
        &scope,
        verifier.to_bytes().expose(),
        context.random.as_ref(),
    );
    let on_prompt = tracking.device_only_remembered_on_user_prompt == Some(true);
    let device = Device {
        pool_id: user.pool_id.clone(),
        sub: user.sub.clone(),
        key,
        version: 0,
        verifier: Sealed(sealed),
        name: request.device_name,
        remembered: !on_prompt,
        sdk: aws_sdk_version(context.caller.user_agent.as_deref()),
        created_ms: context.now_ms,
        modified_ms: context.now_ms,
        authenticated_ms: context.now_ms,
        address: context.caller.source_ip.to_string(),
        waiting: None,
    };
    match context.commit(vec![Change::InsertDevice(device)]).await {
        Err(CommitError::Conflict(Conflict::AlreadyExists)) => {
            Err(Error::new(ErrorCode::DeviceKeyExistsException, "Device already exists."))
        }
        Err(CommitError::Conflict(Conflict::VersionChanged)) => Err(Error::user_missing()),
        outcome => {
            outcome?;
            Ok(ConfirmDeviceResponse { user_confirmation_necessary: Some(on_prompt) })
        }
    }
}

fn verifier(configuration: Option<&DeviceSecretVerifierConfigType>) -> Result<Verifier, Error> {
    let number = |name: &str, value: Option<&String>| {
        let text =
            value.ok_or_else(|| Error::invalid_parameter(format!("Missing required parameter {name}")))?;
        STANDARD.decode(text).map_err(|_| Error::invalid_parameter(format!("{name} is not base64.")))
    };
    let salt = number("Salt", configuration.and_then(|it| it.salt.as_ref()))?;
    let value = number("PasswordVerifier", configuration.and_then(|it| it.password_verifier.as_ref()))?;
    Verifier::from_device_config(&salt, &value).map_err(|error| match error {
        cenote_crypto::srp::DeviceVerifierError::Negative => {
            Error::invalid_parameter("Salt and PasswordVerifier must not be negative.")
        }
        cenote_crypto::srp::DeviceVerifierError::OutOfRange => {
            Error::invalid_parameter("Salt or PasswordVerifier is out of range.")
        }
    })
}
