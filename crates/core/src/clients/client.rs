use cenote_crypto::keyring::KeyRing;
use cenote_crypto::sealed::Purpose;
use cenote_crypto::secret::SecretString;
use cenote_model::ErrorCode;
use cenote_model::types::{ExplicitAuthFlowsType, PreventUserExistenceErrorTypes, UserPoolClientType};
use cenote_store::{Change, ClientId, CommitError, PoolId};

use crate::context::Context;
use crate::error::Error;

/// An app client, ready for use: decoded, its secrets unsealed.
pub struct Client {
    pub record: cenote_store::Client,
    /// As DescribeUserPoolClient shows it, without the members that follow from the record: ids, dates, the secret.
    pub configuration: UserPoolClientType,
    /// None, one, or two while they rotate; oldest first.
    pub secrets: Vec<SecretString>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

impl Client {
    /// Decodes and unseals what is stored.
    ///
    /// # Errors
    /// `InternalErrorException` when the record can't be understood or the master key does not open it.
    pub fn from_record(record: cenote_store::Client, keyring: &KeyRing) -> Result<Self, Error> {
        let configuration = cenote_model::from_stored(record.configuration.clone())
            .ok_or_else(|| Error::internal("a client's stored configuration can't be read"))?;
        let secrets = record
            .secrets
            .iter()
            .map(|secret| {
                let context = [record.pool_id.as_str(), record.id.as_str(), secret.id.as_str()];
                let plain = keyring
                    .unseal_text(Purpose::ClientSecret, &context, &secret.value.0)
                    .map_err(Error::internal)?;
                let text = String::from_utf8(plain.expose().to_vec()).map_err(Error::internal)?;
                Ok(SecretString::new(text))
            })
            .collect::<Result<_, Error>>()?;
        Ok(Self { record, configuration, secrets })
    }

    /// The client of a pool as the store has it now, for a change: the cache may be half a second behind.
    ///
    /// # Errors
    /// `ResourceNotFoundException` when the pool has none of this id.
    pub(crate) async fn read(context: &Context, pool_id: &PoolId, id: &str) -> Result<Self, Error> {
        match context.store.find_client(&ClientId::new(id)).await? {
            Some(record) if record.pool_id == *pool_id => Self::from_record(record, &context.keyring),
            _ => Err(Error::client_missing(id)),
        }
    }

    /// Stores another record of the client, if nobody has changed it since it was read.
    ///
    /// # Errors
    /// `ConcurrentModificationException` when somebody has.
    pub(crate) async fn replace(context: &Context, record: cenote_store::Client) -> Result<(), Error> {
        match context.commit(vec![Change::UpdateClient(record)]).await {
            Err(CommitError::Conflict(_)) => Err(Error::new(
                ErrorCode::ConcurrentModificationException,
                "The app client is being changed by another request. Try again.",
            )),
            outcome => outcome.map_err(Error::from),
        }
    }

    /// The client's id.
    pub fn id(&self) -> &str {
        self.record.id.as_str()
    }

    /// Whether callers must not learn which users exist.
    pub fn hides_users(&self) -> bool {
        self.configuration.prevent_user_existence_errors == Some(PreventUserExistenceErrorTypes::Enabled)
    }

    /// Whether what the client says of its users' addresses is believed.
    pub fn propagates_user_context(&self) -> bool {
        !self.secrets.is_empty()
            && self.configuration.enable_propagate_additional_user_context_data.unwrap_or_default()
    }

    /// Whether refresh and access tokens can be revoked. New clients can.
    pub fn revokes_tokens(&self) -> bool {
        self.configuration.enable_token_revocation.unwrap_or(true)
    }

    /// Minutes a challenge session lives: 3 to 15.
    pub fn session_minutes(&self) -> i64 {
        i64::from(self.configuration.auth_session_validity.unwrap_or(3))
    }

    /// Whether one of these flows is switched on. Without a list the defaults hold: refresh, SRP and custom.
    pub fn allows_flow(&self, flows: &[ExplicitAuthFlowsType]) -> bool {
        const DEFAULT: [ExplicitAuthFlowsType; 3] = [
            ExplicitAuthFlowsType::AllowRefreshTokenAuth,
            ExplicitAuthFlowsType::AllowUserSrpAuth,
            ExplicitAuthFlowsType::AllowCustomAuth,
        ];
        let configured = self.configuration.explicit_auth_flows.as_deref().unwrap_or_default();
        let configured = if configured.is_empty() { &DEFAULT } else { configured };
        flows.iter().any(|flow| configured.contains(flow))
    }
}
