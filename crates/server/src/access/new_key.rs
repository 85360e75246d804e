use cenote_crypto::{KeyRing, Purpose, RandomSource, SecretString, random};
use cenote_store::{AccessKey, Sealed};
use serde_json::Value;

/// A new access key in AWS's form, and its secret, which is shown once.
pub(crate) fn new_access_key(
    name: &str,
    policy: Value,
    now_ms: i64,
    keyring: &KeyRing,
    source: &dyn RandomSource,
) -> (AccessKey, SecretString) {
    let id = format!("AKIA{}", random::alphanumeric(source, 16).to_ascii_uppercase());
    let secret = SecretString::new(random::alphanumeric(source, 40));
    let sealed = keyring.seal_text(Purpose::AccessKeySecret, &[&id], secret.expose().as_bytes(), source);
    let key = AccessKey {
        id,
        version: 0,
        created_ms: now_ms,
        name: name.to_owned(),
        secret: Sealed(sealed),
        policy,
    };
    (key, secret)
}
