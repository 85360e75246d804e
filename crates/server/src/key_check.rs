//! Whether the master key is the one of this database: a value that only the right key opens.

use cenote_crypto::{KeyRing, Purpose, RandomSource, UnsealError};
use cenote_store::{Store, StoreError};

/// Where it is kept in the database.
pub(crate) const KEY: &str = "key_check";
const PLAINTEXT: &[u8] = b"cenote";

/// Why the key does not serve.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyCheckError {
    #[error(
        "the database was made with another master key ({0}): give the key file that was used before; a new key may stand \
         above the old one, but must not replace it"
    )]
    WrongKey(UnsealError),
    #[error("the database has no key check: it was not made by this program")]
    Absent,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Checks the key of a database, and marks a new one with it.
pub(crate) async fn ensure(
    store: &Store,
    keyring: &KeyRing,
    random: &dyn RandomSource,
) -> Result<(), KeyCheckError> {
    if store.find_meta(KEY).await?.is_none() {
        let value = keyring.seal_text(Purpose::KeyCheck, &[KEY], PLAINTEXT, random);
        // Another instance may be faster, with another key: so look at what is there now.
        store.insert_meta_if_absent(KEY, &value).await?;
    }
    verify(store, keyring).await
}

/// Seals the mark again if an older key did.
pub(crate) async fn reseal(
    store: &Store,
    keyring: &KeyRing,
    random: &dyn RandomSource,
) -> Result<(), KeyCheckError> {
    let old = store.find_meta(KEY).await?.ok_or(KeyCheckError::Absent)?;
    let new =
        keyring.reseal_text(Purpose::KeyCheck, &[KEY], &old, random).map_err(KeyCheckError::WrongKey)?;
    if let Some(new) = new {
        // Whoever was faster has sealed it with a key of theirs, which is looked at the next time.
        store.replace_meta(KEY, &old, &new).await?;
    }
    Ok(())
}

/// Checks the key of a database.
pub(crate) async fn verify(store: &Store, keyring: &KeyRing) -> Result<(), KeyCheckError> {
    check(store.find_meta(KEY).await?.as_deref(), keyring)
}

/// Checks the key of a database in which `value` was found.
pub(crate) fn check(value: Option<&str>, keyring: &KeyRing) -> Result<(), KeyCheckError> {
    let value = value.ok_or(KeyCheckError::Absent)?;
    let plain = keyring.unseal_text(Purpose::KeyCheck, &[KEY], value).map_err(KeyCheckError::WrongKey)?;
    if plain.expose().as_slice() == PLAINTEXT {
        Ok(())
    } else {
        Err(KeyCheckError::WrongKey(UnsealError::Rejected))
    }
}
