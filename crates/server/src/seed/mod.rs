//! The seed file: pools, clients and users that exist from the start, with ids that an application's configuration can name.
//!
//! Every member has the name and the meaning of the API's own request, and is applied through the same operations. What is
//! there already stays as it is, so applying a seed twice changes nothing.

mod apply;
mod members;

use std::path::Path;

use serde_json::{Map, Value};

use members::{entries, only, request_members, take_text};

/// A seed that was read and understood, but not applied.
#[derive(Clone, Debug)]
pub struct Seed {
    pools: Vec<SeedPool>,
}

#[derive(Clone, Debug)]
struct SeedPool {
    /// Where it stands in the file, for messages.
    place: String,
    id: Option<String>,
    /// The members of CreateUserPool.
    request: Map<String, Value>,
    clients: Vec<SeedClient>,
    groups: Vec<SeedGroup>,
    users: Vec<SeedUser>,
}

#[derive(Clone, Debug)]
struct SeedClient {
    place: String,
    id: Option<String>,
    /// The members of CreateUserPoolClient, without the pool.
    request: Map<String, Value>,
}

#[derive(Clone, Debug)]
struct SeedGroup {
    place: String,
    /// The members of CreateGroup, without the pool.
    request: Map<String, Value>,
}

#[derive(Clone)]
struct SeedUser {
    place: String,
    username: String,
    password: Option<cenote_crypto::SecretString>,
    groups: Vec<String>,
    /// The members of AdminCreateUser, without the pool.
    request: Map<String, Value>,
}

impl std::fmt::Debug for SeedUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SeedUser").field("place", &self.place).finish_non_exhaustive()
    }
}

/// Why a seed can't be used: where, and what is wrong there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("seed: {place}: {problem}")]
pub struct SeedError {
    place: String,
    problem: String,
}

impl SeedError {
    fn new(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { place: place.into(), problem: problem.into() }
    }
}

impl Seed {
    /// Reads a JSON or YAML file.
    ///
    /// # Errors
    /// When it can't be read, or [`Self::parse`] refuses it.
    pub fn read(path: &Path) -> Result<Self, SeedError> {
        let place = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| SeedError::new(place, error.to_string()))?;
        Self::parse(&text)
    }

    /// Reads JSON or YAML.
    ///
    /// # Errors
    /// When it is neither, or holds a member that the API's requests do not have, or a value that they do not take.
    pub fn parse(text: &str) -> Result<Self, SeedError> {
        let value: Value = match serde_json::from_str(text) {
            Ok(value) => value,
            Err(json) if text.trim_start().starts_with('{') => {
                return Err(SeedError::new("file", format!("is no JSON: {json}")));
            }
            Err(_) => serde_saphyr::from_str_with_options(text, yaml_options())
                .map_err(|error| SeedError::new("file", format!("is neither JSON nor YAML: {error}")))?,
        };
        let Value::Object(mut file) = value else {
            return Err(SeedError::new("file", "has to be a map with `pools`"));
        };
        let pools = entries(&mut file, "pools", "pools")?;
        only(&file, "file", &["pools"])?;
        let pools = pools.into_iter().map(|(place, pool)| SeedPool::parse(place, pool));
        Ok(Self { pools: pools.collect::<Result<_, _>>()? })
    }
}

/// Only `true` and `false` are truth values: `y` and `no` are texts.
fn yaml_options() -> serde_saphyr::Options {
    serde_saphyr::options! { strict_booleans: true }
}

impl SeedPool {
    fn parse(place: String, mut pool: Map<String, Value>) -> Result<Self, SeedError> {
        let id = take_text(&mut pool, "Id", &place)?;
        let mut inside = |name: &str| entries(&mut pool, name, &format!("{place}.{name}"));
        let (clients, groups, users) = (inside("Clients")?, inside("Groups")?, inside("Users")?);
        request_members::<cenote_model::types::CreateUserPoolRequest>(&place, &pool, &[])?;
        Ok(Self {
            id,
            request: pool,
            clients: clients
                .into_iter()
                .map(|(place, one)| SeedClient::parse(place, one))
                .collect::<Result<_, _>>()?,
            groups: groups
                .into_iter()
                .map(|(place, one)| SeedGroup::parse(place, one))
                .collect::<Result<_, _>>()?,
            users: users
                .into_iter()
                .map(|(place, one)| SeedUser::parse(place, one))
                .collect::<Result<_, _>>()?,
            place,
        })
    }
}

impl SeedClient {
    fn parse(place: String, mut client: Map<String, Value>) -> Result<Self, SeedError> {
        let id = take_text(&mut client, "ClientId", &place)?;
        request_members::<cenote_model::types::CreateUserPoolClientRequest>(
            &place,
            &client,
            &["UserPoolId"],
        )?;
        Ok(Self { place, id, request: client })
    }
}

impl SeedGroup {
    fn parse(place: String, group: Map<String, Value>) -> Result<Self, SeedError> {
        request_members::<cenote_model::types::CreateGroupRequest>(&place, &group, &["UserPoolId"])?;
        Ok(Self { place, request: group })
    }
}

impl SeedUser {
    fn parse(place: String, mut user: Map<String, Value>) -> Result<Self, SeedError> {
        let password = take_text(&mut user, "Password", &place)?.map(Into::into);
        let groups = match user.remove("Groups") {
            None | Some(Value::Null) => Vec::new(),
            Some(value) => serde_json::from_value(value)
                .map_err(|_| SeedError::new(format!("{place}.Groups"), "has to be a list of group names"))?,
        };
        if let Some(Value::Object(attributes)) = user.get_mut("UserAttributes") {
            let attributes = std::mem::take(attributes);
            let list = attributes.into_iter().map(|(name, value)| members::attribute(&place, &name, value));
            user.insert("UserAttributes".into(), Value::Array(list.collect::<Result<_, _>>()?));
        }
        request_members::<cenote_model::types::AdminCreateUserRequest>(&place, &user, &["UserPoolId"])?;
        let username = user.get("Username").and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Self { place, username, password, groups, request: user })
    }
}
