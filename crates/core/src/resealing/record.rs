//! The records that hold something sealed.

use cenote_crypto::Purpose;
use cenote_crypto::sealed::UnsealError;
use cenote_store::{
    AccessKey, Change, ChangeSet, Client, Device, Pool, Sealed, SigningKey, Store, StoreError, User,
};

use super::Sealer;

/// A record of the store with something sealed in it.
pub(super) trait Record: Clone + PartialEq + Send + Sync + 'static {
    /// For messages; says nothing that must not be in a log.
    fn name(&self) -> String;

    /// Seals again what an older key has sealed.
    ///
    /// # Errors
    /// When something does not open.
    fn seal_again(&mut self, sealer: &Sealer) -> Result<(), UnsealError>;

    /// What stores `after` if `before` is still there.
    fn replace(before: &Self, after: Self) -> ChangeSet;

    /// As it is now; `None` when it is gone.
    fn read_again(&self, store: &Store) -> impl Future<Output = Result<Option<Self>, StoreError>> + Send;
}

impl Sealer {
    fn again(&self, purpose: Purpose, place: &[&str], sealed: &mut Sealed) -> Result<(), UnsealError> {
        if let Some(new) = self.keyring.reseal_text(purpose, place, &sealed.0, self.random.as_ref())? {
            sealed.0 = new;
        }
        Ok(())
    }
}

impl Record for Pool {
    fn name(&self) -> String {
        format!("pool {}", self.id)
    }

    fn seal_again(&mut self, sealer: &Sealer) -> Result<(), UnsealError> {
        sealer.again(Purpose::PoolSecret, &[self.id.as_str()], &mut self.secret)
    }

    fn replace(_: &Self, after: Self) -> ChangeSet {
        vec![Change::UpdatePool(after)]
    }

    async fn read_again(&self, store: &Store) -> Result<Option<Self>, StoreError> {
        store.find_pool(&self.id).await
    }
}

impl Record for Client {
    fn name(&self) -> String {
        format!("client {} of pool {}", self.id, self.pool_id)
    }

    fn seal_again(&mut self, sealer: &Sealer) -> Result<(), UnsealError> {
        let Self { pool_id, id, secrets, .. } = self;
        secrets.iter_mut().try_for_each(|secret| {
            let place = [pool_id.as_str(), id.as_str(), secret.id.as_str()];
            sealer.again(Purpose::ClientSecret, &place, &mut secret.value)
        })
    }

    fn replace(_: &Self, after: Self) -> ChangeSet {
        vec![Change::UpdateClient(after)]
    }

    async fn read_again(&self, store: &Store) -> Result<Option<Self>, StoreError> {
        store.find_client(&self.id).await
    }
}

impl Record for SigningKey {
    fn name(&self) -> String {
        format!("signing key {} of pool {}", self.kid, self.pool_id)
    }

    fn seal_again(&mut self, sealer: &Sealer) -> Result<(), UnsealError> {
        let place = [self.pool_id.as_str(), self.kid.as_str()];
        sealer.again(Purpose::SigningKey, &place, &mut self.private)
    }

    fn replace(before: &Self, after: Self) -> ChangeSet {
        let delete = Change::DeleteSigningKey { pool_id: before.pool_id.clone(), kid: before.kid.clone() };
        vec![delete, Change::InsertSigningKey(after)]
    }

    async fn read_again(&self, store: &Store) -> Result<Option<Self>, StoreError> {
        Ok(store.signing_keys(&self.pool_id).await?.into_iter().find(|key| key.kid == self.kid))
    }
}

impl Record for User {
    fn name(&self) -> String {
        format!("user {} of pool {}", self.sub, self.pool_id)
    }

    fn seal_again(&mut self, sealer: &Sealer) -> Result<(), UnsealError> {
        let Self { pool_id, sub, password, password_history, software_token, unverified_seed, .. } = self;
        let place = [pool_id.as_str(), sub.as_str()];
        for verifier in password.iter_mut().map(|password| &mut password.verifier).chain(password_history) {
            sealer.again(Purpose::PasswordVerifier, &place, verifier)?;
        }
        for seed in software_token.iter_mut().map(|token| &mut token.seed).chain(unverified_seed) {
            sealer.again(Purpose::TotpSeed, &place, seed)?;
        }
        Ok(())
    }

    fn replace(before: &Self, after: Self) -> ChangeSet {
        vec![Change::update_user(before, &after)]
    }

    async fn read_again(&self, store: &Store) -> Result<Option<Self>, StoreError> {
        store.find_user(&self.pool_id, &self.sub).await
    }
}

impl Record for Device {
    fn name(&self) -> String {
        format!("device {} of user {} of pool {}", self.key, self.sub, self.pool_id)
    }

    fn seal_again(&mut self, sealer: &Sealer) -> Result<(), UnsealError> {
        let Self { pool_id, sub, key, verifier, waiting, .. } = self;
        let place = [pool_id.as_str(), sub.as_str(), key.as_str()];
        // A sign-in that does not open is over, and lasts minutes anyway.
        if let Some(sign_in) = waiting
            && sealer.again(Purpose::Session, &place, &mut sign_in.session).is_err()
        {
            *waiting = None;
        }
        sealer.again(Purpose::PasswordVerifier, &place, verifier)
    }

    fn replace(_: &Self, after: Self) -> ChangeSet {
        vec![Change::UpdateDevice(after)]
    }

    async fn read_again(&self, store: &Store) -> Result<Option<Self>, StoreError> {
        store.find_device(&self.pool_id, &self.sub, &self.key).await
    }
}

impl Record for AccessKey {
    fn name(&self) -> String {
        format!("access key {}", self.id)
    }

    fn seal_again(&mut self, sealer: &Sealer) -> Result<(), UnsealError> {
        sealer.again(Purpose::AccessKeySecret, &[&self.id], &mut self.secret)
    }

    fn replace(before: &Self, after: Self) -> ChangeSet {
        let delete = Change::DeleteAccessKey { id: before.id.clone(), version: before.version };
        vec![delete, Change::InsertAccessKey(after)]
    }

    async fn read_again(&self, store: &Store) -> Result<Option<Self>, StoreError> {
        store.find_access_key(&self.id).await
    }
}
