use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use cenote_crypto::keyring::KeyRing;
use cenote_crypto::sealed::Purpose;
use cenote_model::ErrorCode;
use cenote_model::types::{
    AliasAttributeType, AttributeDataType, AuthFactorType, EmailMfaConfigType, PasswordPolicyType,
    SchemaAttributeType, SoftwareTokenMfaConfigType, UserPoolMfaType, UserPoolType, UsernameAttributeType,
    VerifiedAttributeType, WebAuthnConfigurationType,
};
use cenote_store::{Change, CommitError, PoolId};
use serde_json::{Value, json};

use crate::context::Context;
use crate::error::Error;
use crate::pools::describe_user_pool::Described;
use crate::tokens::keys::PoolKeys;
use crate::user_sessions::configuration::SessionConfiguration;

/// How often a change is tried that somebody else's change may come before.
pub(crate) const ATTEMPTS: u32 = 5;

/// How long a count is kept when this instance neither added nor removed a user since.
const COUNT_MS: i64 = 1_000;

/// Everything that can be configured of a pool.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PoolConfiguration {
    /// As DescribeUserPool shows it, without the members that follow from the record: Id, Arn, dates, estimated users.
    pub user_pool: UserPoolType,
    /// The parts of SetUserPoolMfaConfig that `UserPoolType` has no place for.
    pub software_token_mfa: Option<SoftwareTokenMfaConfigType>,
    /// Whether SMS is on as a second factor; its texts are in `user_pool`.
    pub sms_mfa: bool,
    pub email_mfa: Option<EmailMfaConfigType>,
    pub web_authn: Option<WebAuthnConfigurationType>,
    /// The parts of SetUserPoolSessionConfiguration.
    pub sessions: SessionConfiguration,
}

impl PoolConfiguration {
    /// The form that is stored.
    ///
    /// # Errors
    /// Never in practice: every type serializes.
    pub fn to_value(&self) -> Result<Value, Error> {
        Ok(json!({
            "UserPool": serde_json::to_value(&self.user_pool).map_err(Error::internal)?,
            "SoftwareTokenMfa": serde_json::to_value(&self.software_token_mfa).map_err(Error::internal)?,
            "SmsMfa": self.sms_mfa,
            "EmailMfa": serde_json::to_value(&self.email_mfa).map_err(Error::internal)?,
            "WebAuthn": serde_json::to_value(&self.web_authn).map_err(Error::internal)?,
            "Sessions": serde_json::to_value(self.sessions).map_err(Error::internal)?,
        }))
    }

    /// What a sign-in by choice may begin with: a password where the pool says nothing else.
    #[must_use]
    pub fn first_factors(&self) -> &[AuthFactorType] {
        self.user_pool
            .policies
            .as_ref()
            .and_then(|policies| policies.sign_in_policy.as_ref())
            .and_then(|policy| policy.allowed_first_auth_factors.as_deref())
            .unwrap_or(&[AuthFactorType::Password])
    }

    /// Reads what [`Self::to_value`] wrote.
    fn from_value(mut value: Value) -> Option<Self> {
        let mut take = |name: &str| value.get_mut(name).map(Value::take).filter(|value| !value.is_null());
        Some(Self {
            user_pool: cenote_model::from_stored(take("UserPool")?)?,
            software_token_mfa: optional(take("SoftwareTokenMfa"))?,
            sms_mfa: take("SmsMfa").map_or(Some(false), |value| value.as_bool())?,
            email_mfa: optional(take("EmailMfa"))?,
            web_authn: optional(take("WebAuthn"))?,
            sessions: match take("Sessions") {
                None => SessionConfiguration::default(),
                Some(value) => serde_json::from_value(value).ok()?,
            },
        })
    }
}

/// A part that may be missing. One that is there and can't be read is no part that is missing.
fn optional<T: cenote_model::Decode>(value: Option<Value>) -> Option<Option<T>> {
    value.map_or(Some(None), |value| cenote_model::from_stored(value).map(Some))
}

/// A user pool, ready for use: decoded, unsealed, with its signing keys once somebody needed them.
pub struct Pool {
    pub record: cenote_store::Pool,
    pub configuration: PoolConfiguration,
    /// Behind the simulated answers for unknown users.
    pub secret: [u8; 32],
    pub(crate) keys: RwLock<Option<Arc<PoolKeys>>>,
    counted: Mutex<Option<Counted>>,
    pub(super) described: Described,
    schema: BTreeMap<String, SchemaAttributeType>,
}

/// How many users there were, and when.
#[derive(Clone, Copy)]
struct Counted {
    users: i64,
    at_ms: i64,
    /// [`Service::population`](crate::Service) before they were counted.
    population: u64,
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool").field("id", &self.record.id).finish_non_exhaustive()
    }
}

impl Pool {
    /// Decodes and unseals what is stored.
    ///
    /// # Errors
    /// `InternalErrorException` when the record can't be understood or the master key does not open it.
    pub fn from_record(record: cenote_store::Pool, keyring: &KeyRing) -> Result<Self, Error> {
        let configuration = PoolConfiguration::from_value(record.configuration.clone())
            .ok_or_else(|| Error::internal("a pool's stored configuration can't be read"))?;
        let secret = keyring
            .unseal_text(Purpose::PoolSecret, &[record.id.as_str()], &record.secret.0)
            .map_err(Error::internal)?;
        let secret = <[u8; 32]>::try_from(secret.expose().as_slice())
            .map_err(|_| Error::internal("a pool's secret has the wrong length"))?;
        let schema = configuration
            .user_pool
            .schema_attributes
            .iter()
            .flatten()
            .filter_map(|attribute| Some((attribute.name.clone()?, attribute.clone())))
            .collect();
        Ok(Self {
            record,
            configuration,
            secret,
            keys: RwLock::default(),
            counted: Mutex::new(None),
            described: Described::default(),
            schema,
        })
    }

    /// The pool as the store has it now, for a change: the cache may be half a second behind.
    ///
    /// # Errors
    /// `ResourceNotFoundException` when there is none.
    pub(crate) async fn read(context: &Context, id: &str) -> Result<Self, Error> {
        match context.store.find_pool(&PoolId::new(id)).await? {
            Some(record) => Self::from_record(record, &context.keyring),
            None => Err(Error::user_pool_missing(id)),
        }
    }

    /// Stores another configuration, if nobody has changed the pool since it was read.
    ///
    /// # Errors
    /// `ConcurrentModificationException` when somebody has.
    pub(crate) async fn replace(
        &self,
        context: &Context,
        configuration: &PoolConfiguration,
    ) -> Result<(), Error> {
        let record = cenote_store::Pool {
            configuration: configuration.to_value()?,
            modified_ms: context.now_ms,
            ..self.record.clone()
        };
        match context.commit(vec![Change::UpdatePool(record)]).await {
            Err(CommitError::Conflict(_)) => Err(Error::new(
                ErrorCode::ConcurrentModificationException,
                "The user pool is being changed by another request. Try again.",
            )),
            outcome => outcome.map_err(Error::from),
        }
    }

    /// How many users the pool has, as far as this instance knows; what others added or removed within the last second may
    /// be missing.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn estimated_users(&self, context: &Context) -> Result<i64, Error> {
        let population = context.population.load(Ordering::Acquire);
        match self.known_users(population, context.now_ms) {
            Some(users) => Ok(users),
            // Boxed, since it is rare.
            None => Box::pin(self.count_users(context, population)).await,
        }
    }

    fn known_users(&self, population: u64, now_ms: i64) -> Option<i64> {
        let known = (*self.counted.lock().unwrap_or_else(PoisonError::into_inner))?;
        let holds = known.population == population && now_ms - known.at_ms < COUNT_MS;
        holds.then_some(known.users)
    }

    async fn count_users(&self, context: &Context, population: u64) -> Result<i64, Error> {
        let users = context.store.count_users(self.id()).await?;
        let counted = Counted { users, at_ms: context.now_ms, population };
        *self.counted.lock().unwrap_or_else(PoisonError::into_inner) = Some(counted);
        Ok(users)
    }

    /// The pool's id.
    pub fn id(&self) -> &cenote_store::PoolId {
        &self.record.id
    }

    /// The schema's entry for an attribute, by its name on the wire (`email`, `custom:x`, `dev:custom:x`).
    pub fn find_attribute(&self, name: &str) -> Option<&SchemaAttributeType> {
        self.schema.get(name)
    }

    /// All attributes, by name.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &SchemaAttributeType)> {
        self.schema.iter().map(|(name, attribute)| (name.as_str(), attribute))
    }

    /// Whether an attribute's values are `true` and `false`.
    pub fn is_boolean(&self, name: &str) -> bool {
        self.find_attribute(name)
            .is_some_and(|attribute| attribute.attribute_data_type == Some(AttributeDataType::Boolean))
    }

    /// The password policy; every pool has one.
    pub fn password_policy(&self) -> PasswordPolicyType {
        self.configuration
            .user_pool
            .policies
            .as_ref()
            .and_then(|policies| policies.password_policy.clone())
            .unwrap_or_default()
    }

    /// Whether upper and lower case make different names. The API's default is that they do.
    pub fn case_sensitive(&self) -> bool {
        self.configuration.user_pool.username_configuration.as_ref().is_none_or(|it| it.case_sensitive)
    }

    /// A name as it is compared.
    pub fn fold(&self, name: &str) -> String {
        // Character by character: what a letter becomes must not depend on its place.
        if self.case_sensitive() {
            name.to_owned()
        } else {
            name.chars().flat_map(char::to_lowercase).collect()
        }
    }

    /// Whether users sign in by e-mail address instead of a name of their own.
    pub fn email_is_username(&self) -> bool {
        self.has_username_attribute(UsernameAttributeType::Email)
    }

    /// Whether users sign in by phone number instead of a name of their own.
    pub fn phone_is_username(&self) -> bool {
        self.has_username_attribute(UsernameAttributeType::PhoneNumber)
    }

    /// Whether users have no name of their own.
    pub fn has_username_attributes(&self) -> bool {
        self.configuration.user_pool.username_attributes.as_ref().is_some_and(|list| !list.is_empty())
    }

    fn has_username_attribute(&self, kind: UsernameAttributeType) -> bool {
        self.configuration.user_pool.username_attributes.as_ref().is_some_and(|list| list.contains(&kind))
    }

    /// Whether an attribute is an alias to sign in with.
    pub fn has_alias(&self, kind: AliasAttributeType) -> bool {
        self.configuration.user_pool.alias_attributes.as_ref().is_some_and(|list| list.contains(&kind))
    }

    /// Whether the pool sends codes to verify this contact.
    pub fn auto_verifies(&self, attribute: VerifiedAttributeType) -> bool {
        self.configuration
            .user_pool
            .auto_verified_attributes
            .as_ref()
            .is_some_and(|list| list.contains(&attribute))
    }

    /// Whether a new value of this contact waits for its verification.
    pub fn verifies_before_update(&self, attribute: VerifiedAttributeType) -> bool {
        self.configuration
            .user_pool
            .user_attribute_update_settings
            .as_ref()
            .and_then(|settings| settings.attributes_require_verification_before_update.as_ref())
            .is_some_and(|list| list.contains(&attribute))
    }

    /// Whether sign-in asks for a second factor.
    pub fn mfa(&self) -> UserPoolMfaType {
        self.configuration.user_pool.mfa_configuration.unwrap_or(UserPoolMfaType::Off)
    }

    /// The function that a pool calls at one of its triggers.
    pub fn lambda(&self) -> cenote_model::types::LambdaConfigType {
        self.configuration.user_pool.lambda_config.clone().unwrap_or_default()
    }
}
