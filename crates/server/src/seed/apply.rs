//! Applying a seed, through the API's own operations.

use std::sync::Arc;

use cenote_core::{Caller, Error, Service, operations};
use cenote_model::{ErrorCode, Operation};
use serde_json::{Map, Value, json};

use super::{Seed, SeedClient, SeedError, SeedGroup, SeedPool, SeedUser};

/// What sets the id of a pool and a client, where the settings allow it.
const POOL_TAG: &str = "_custom_id_";
const CLIENT_PREFIX: &str = "_custom_id_:";

impl Seed {
    /// Creates what is not there yet. What is there stays as it is.
    ///
    /// # Errors
    /// The first thing that could not be created. What was created before stays; applying the seed again goes on there.
    pub async fn apply(&self, service: &Arc<Service>) -> Result<(), SeedError> {
        for pool in &self.pools {
            let applying = Applying { service, region: pool.region(service) };
            let pool_id = applying.pool(pool).await?;
            for client in &pool.clients {
                applying.client(&pool_id, client).await?;
            }
            for group in &pool.groups {
                applying.group(&pool_id, group).await?;
            }
            for user in &pool.users {
                applying.user(&pool_id, user).await?;
            }
        }
        Ok(())
    }
}

impl SeedPool {
    fn region(&self, service: &Service) -> String {
        let id = self.id.as_deref().and_then(|id| id.split_once('_'));
        id.map_or_else(|| service.settings.region.clone(), |(region, _)| region.to_owned())
    }

    fn name(&self) -> &str {
        self.request.get("PoolName").and_then(Value::as_str).unwrap_or_default()
    }
}

struct Applying<'a> {
    service: &'a Arc<Service>,
    region: String,
}

impl Applying<'_> {
    async fn call(&self, operation: Operation, request: Value) -> Result<Value, Error> {
        let caller = Caller { request_id: "seed".into(), region: self.region.clone(), ..Caller::default() };
        let context = self.service.context(caller);
        let answer = operations::dispatch(&context, operation, request).await?;
        Ok(serde_json::from_slice(&answer).unwrap_or_default())
    }

    /// Whether something is there: the answer, or none for an error with one of these codes.
    async fn find(
        &self,
        place: &str,
        operation: Operation,
        request: Value,
        absent: ErrorCode,
    ) -> Result<Option<Value>, SeedError> {
        match self.call(operation, request).await {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.code == absent => Ok(None),
            Err(error) => Err(failed(place, operation, &error)),
        }
    }

    async fn make(&self, place: &str, operation: Operation, request: Value) -> Result<Value, SeedError> {
        self.call(operation, request).await.map_err(|error| failed(place, operation, &error))
    }

    async fn pool(&self, pool: &SeedPool) -> Result<String, SeedError> {
        let place = &pool.place;
        let existing = match &pool.id {
            Some(id) => {
                let request = json!({ "UserPoolId": id });
                self.find(place, Operation::DescribeUserPool, request, ErrorCode::ResourceNotFoundException)
                    .await?
                    .map(|_| id.clone())
            }
            None => {
                self.find_listed(
                    place,
                    Operation::ListUserPools,
                    Map::new(),
                    "UserPools",
                    "Name",
                    pool.name(),
                    "Id",
                )
                .await?
            }
        };
        if let Some(id) = existing {
            return Ok(id);
        }
        let mut request = pool.request.clone();
        if let Some(id) = &pool.id {
            let tags = request.entry("UserPoolTags").or_insert_with(|| json!({}));
            if let Value::Object(tags) = tags {
                tags.insert(POOL_TAG.into(), id.as_str().into());
            }
        }
        let answer = self.make(place, Operation::CreateUserPool, Value::Object(request)).await?;
        text_at(&answer, "/UserPool/Id").ok_or_else(|| SeedError::new(place, "the pool got no id"))
    }

    async fn client(&self, pool_id: &str, client: &SeedClient) -> Result<(), SeedError> {
        let place = &client.place;
        let name = client.request.get("ClientName").and_then(Value::as_str).unwrap_or_default();
        let exists = match &client.id {
            Some(id) => {
                let request = json!({ "UserPoolId": pool_id, "ClientId": id });
                self.find(
                    place,
                    Operation::DescribeUserPoolClient,
                    request,
                    ErrorCode::ResourceNotFoundException,
                )
                .await?
                .is_some()
            }
            None => {
                let arguments = with(Map::new(), "UserPoolId", pool_id);
                self.find_listed(
                    place,
                    Operation::ListUserPoolClients,
                    arguments,
                    "UserPoolClients",
                    "ClientName",
                    name,
                    "ClientId",
                )
                .await?
                .is_some()
            }
        };
        if exists {
            return Ok(());
        }
        let mut request = with(client.request.clone(), "UserPoolId", pool_id);
        let Some(id) = &client.id else {
            return self.make(place, Operation::CreateUserPoolClient, Value::Object(request)).await.map(drop);
        };
        request.insert("ClientName".into(), format!("{CLIENT_PREFIX}{id}").into());
        self.make(place, Operation::CreateUserPoolClient, Value::Object(request.clone())).await?;
        // The name carried the id; now it gets its own.
        for made_once in ["GenerateSecret", "ClientSecret"] {
            request.remove(made_once);
        }
        request.insert("ClientName".into(), name.into());
        request.insert("ClientId".into(), id.as_str().into());
        self.make(place, Operation::UpdateUserPoolClient, Value::Object(request)).await.map(drop)
    }

    async fn group(&self, pool_id: &str, group: &SeedGroup) -> Result<(), SeedError> {
        let request = with(group.request.clone(), "UserPoolId", pool_id);
        match self.call(Operation::CreateGroup, Value::Object(request)).await {
            Err(error) if error.code != ErrorCode::GroupExistsException => {
                Err(failed(&group.place, Operation::CreateGroup, &error))
            }
            _ => Ok(()),
        }
    }

    async fn user(&self, pool_id: &str, user: &SeedUser) -> Result<(), SeedError> {
        let place = &user.place;
        let who = json!({ "UserPoolId": pool_id, "Username": user.username });
        let mut found =
            self.find(place, Operation::AdminGetUser, who.clone(), ErrorCode::UserNotFoundException).await?;
        if found.is_none() {
            let mut request = with(user.request.clone(), "UserPoolId", pool_id);
            request.insert("MessageAction".into(), "SUPPRESS".into());
            self.make(place, Operation::AdminCreateUser, Value::Object(request)).await?;
            found = Some(self.make(place, Operation::AdminGetUser, who.clone()).await?);
        }
        // A start that was cut short may have left the user without its password.
        let waits =
            found.is_some_and(|user| user.get("UserStatus").is_some_and(|it| it == "FORCE_CHANGE_PASSWORD"));
        if let (true, Some(password)) = (waits, &user.password) {
            let request = json!({
                "UserPoolId": pool_id,
                "Username": user.username,
                "Password": password.expose(),
                "Permanent": true,
            });
            self.make(place, Operation::AdminSetUserPassword, request).await?;
        }
        for group in &user.groups {
            let request = json!({ "UserPoolId": pool_id, "Username": user.username, "GroupName": group });
            self.make(place, Operation::AdminAddUserToGroup, request).await?;
        }
        Ok(())
    }

    /// Looks for a name in a list, page by page; the entry's id.
    #[expect(clippy::too_many_arguments, reason = "two callers, and each argument is a name in the API")]
    async fn find_listed(
        &self,
        place: &str,
        operation: Operation,
        arguments: Map<String, Value>,
        list: &str,
        member: &str,
        name: &str,
        id: &str,
    ) -> Result<Option<String>, SeedError> {
        let mut request = with(arguments, "MaxResults", 60);
        loop {
            let page = self.make(place, operation, Value::Object(request.clone())).await?;
            let entries = page.get(list).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            let found = entries.iter().find(|entry| entry.get(member).is_some_and(|it| it == name));
            if let Some(entry) = found {
                return Ok(entry.get(id).and_then(Value::as_str).map(str::to_owned));
            }
            match page.get("NextToken") {
                Some(token) => request.insert("NextToken".into(), token.clone()),
                None => return Ok(None),
            };
        }
    }
}

fn with(mut map: Map<String, Value>, name: &str, value: impl Into<Value>) -> Map<String, Value> {
    map.insert(name.to_owned(), value.into());
    map
}

fn text_at(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer).and_then(Value::as_str).map(str::to_owned)
}

fn failed(place: &str, operation: Operation, error: &Error) -> SeedError {
    let message = error.message.as_deref().unwrap_or_default();
    let cause = error.cause.as_ref().map(|cause| format!(" ({cause})")).unwrap_or_default();
    let (operation, code) = (operation.as_str(), error.code.as_str());
    SeedError::new(place, format!("{operation}: {code}: {message}{cause}"))
}
