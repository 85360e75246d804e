//! Pools, app clients and groups: made, changed and deleted, and what the server must know of them.

use serde_json::{Value, json};

use crate::Failure;
use crate::connection::{Connection, Refusal};
use crate::person::Step;
use crate::random::Random;
use crate::world::World;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Pool,
    Client,
    Group,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Pool, Self::Client, Self::Group];
}

/// What is known of it, or would be if an answer had come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct State {
    present: bool,
    /// Its own name; for a while only that is known of a pool or client.
    name: String,
    /// What the server calls it; empty while nobody was told.
    id: String,
    /// A member that changes.
    mark: String,
    /// Of a client: the ids of its secrets; that of the first is not in the answer which makes it, and empty at first.
    secrets: Vec<String>,
}

#[derive(Debug)]
pub struct Thing {
    kind: Kind,
    name: String,
    state: State,
    uncertain: Option<State>,
    steps: u32,
    random: Random,
}

impl Thing {
    #[must_use]
    pub fn new(kind: Kind, name: String, random: Random) -> Self {
        Self { kind, name, state: State::default(), uncertain: None, steps: 0, random }
    }

    /// Does something with it.
    ///
    /// # Errors
    /// When it is refused.
    pub fn step(&mut self, world: &World, connection: &mut Connection) -> Result<Step, Failure> {
        self.steps += 1;
        let mut after = self.state.clone();
        let (operation, body) = self.prepare(world, &mut after);
        match connection.call(operation, &body) {
            Ok(answer) => {
                after.learn(&answer);
                self.state = after;
                Ok(if operation.starts_with("List") { Step::Nothing } else { Step::Acknowledged })
            }
            Err(Refusal::Broken(_)) => {
                self.uncertain = Some(after).filter(|_| !operation.starts_with("List"));
                Ok(Step::Broken)
            }
            Err(refusal) => Err(format!("{}: {operation} {body}: {refusal}", self.name).into()),
        }
    }

    fn prepare(&mut self, world: &World, after: &mut State) -> (&'static str, Value) {
        let pool = &world.pool_id;
        let mark = format!("mark-{}", self.steps);
        if !self.state.present {
            let name = format!("{}-{}", self.name, self.steps);
            *after = State { present: true, name: name.clone(), mark: mark.clone(), ..State::default() };
            return match self.kind {
                Kind::Pool => {
                    ("CreateUserPool", json!({ "PoolName": name, "EmailVerificationSubject": mark }))
                }
                Kind::Client => {
                    after.secrets.push(String::new());
                    let urls = json!([format!("https://{mark}.example.com")]);
                    let body = json!({ "UserPoolId": pool, "ClientName": name, "CallbackURLs": urls, "GenerateSecret": true });
                    ("CreateUserPoolClient", body)
                }
                Kind::Group => {
                    after.id.clone_from(&name);
                    ("CreateGroup", json!({ "UserPoolId": pool, "GroupName": name, "Description": mark }))
                }
            };
        }
        let id = self.state.id.clone();
        let secrets = self.state.secrets.len();
        if self.random.percent(15) {
            *after = State::default();
            return match self.kind {
                Kind::Pool => ("DeleteUserPool", json!({ "UserPoolId": id })),
                Kind::Client => ("DeleteUserPoolClient", json!({ "UserPoolId": pool, "ClientId": id })),
                Kind::Group => ("DeleteGroup", json!({ "UserPoolId": pool, "GroupName": id })),
            };
        }
        if self.kind == Kind::Client && self.random.percent(50) {
            let client = json!({ "UserPoolId": pool, "ClientId": id });
            if self.state.secrets.iter().any(String::is_empty) {
                return ("ListUserPoolClientSecrets", client);
            }
            if secrets < 2 {
                after.secrets.push(String::new());
                return ("AddUserPoolClientSecret", client);
            }
            let mut body = client;
            if let Value::Object(body) = &mut body {
                body.insert("ClientSecretId".into(), after.secrets.remove(0).into());
            }
            return ("DeleteUserPoolClientSecret", body);
        }
        after.mark.clone_from(&mark);
        match self.kind {
            Kind::Pool => ("UpdateUserPool", json!({ "UserPoolId": id, "EmailVerificationSubject": mark })),
            Kind::Client => {
                let urls = json!([format!("https://{mark}.example.com")]);
                let name = &self.state.name;
                let body =
                    json!({ "UserPoolId": pool, "ClientId": id, "ClientName": name, "CallbackURLs": urls });
                ("UpdateUserPoolClient", body)
            }
            Kind::Group => {
                ("UpdateGroup", json!({ "UserPoolId": pool, "GroupName": id, "Description": mark }))
            }
        }
    }

    /// Compares it with what was acknowledged; what was not answered was done wholly or not at all.
    ///
    /// # Errors
    /// What is lost, or there by half.
    pub fn check(&mut self, world: &World, connection: &mut Connection) -> Result<(), Failure> {
        let Some(mut after) = self.uncertain.take() else {
            let found = self.find(&self.state, world, connection)?;
            self.state.fill_in(&found);
            if found == self.state {
                return Ok(());
            }
            return Err(format!("{}: acknowledged: {:?}; found: {found:?}", self.name, self.state).into());
        };
        let found = self.find(&after, world, connection)?;
        self.state.fill_in(&found);
        after.fill_in(&found);
        if found != self.state && found != after {
            let before = &self.state;
            return Err(format!(
                "{}: half an effect: before {before:?}, after {after:?}, found {found:?}",
                self.name
            )
            .into());
        }
        self.state = found;
        Ok(())
    }

    /// What the server knows of it.
    fn find(&self, expected: &State, world: &World, connection: &mut Connection) -> Result<State, Failure> {
        let refused = |refusal: Refusal| -> Failure { format!("{}: {refusal}", self.name).into() };
        let known = if expected.id.is_empty() { &self.state } else { expected };
        let mut id = known.id.clone();
        if id.is_empty() {
            let Some(found) = self.find_by_name(&expected.name, world, connection).map_err(refused)? else {
                return Ok(State::default());
            };
            id = found;
        }
        let pool = &world.pool_id;
        let (operation, body) = match self.kind {
            Kind::Pool => ("DescribeUserPool", json!({ "UserPoolId": id })),
            Kind::Client => ("DescribeUserPoolClient", json!({ "UserPoolId": pool, "ClientId": id })),
            Kind::Group => ("GetGroup", json!({ "UserPoolId": pool, "GroupName": id })),
        };
        let answer = match connection.call(operation, &body) {
            Ok(answer) => answer,
            Err(refusal) if refusal.is("ResourceNotFoundException") => return Ok(State::default()),
            Err(refusal) => return Err(refused(refusal)),
        };
        let text = |pointer| answer.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut found = State { present: true, id, ..State::default() };
        match self.kind {
            Kind::Pool => {
                (found.name, found.mark) =
                    (text("/UserPool/Name"), text("/UserPool/EmailVerificationSubject"));
                // A pool without its keys is half a pool.
                let (status, keys) =
                    connection.get(&format!("/{}/.well-known/jwks.json", found.id)).map_err(refused)?;
                if status != 200 || !keys.contains("\"kid\"") {
                    return Err(format!("{}: the pool has no keys: {status} {keys}", self.name).into());
                }
            }
            Kind::Client => {
                found.name = text("/UserPoolClient/ClientName");
                let url = text("/UserPoolClient/CallbackURLs/0");
                url.trim_start_matches("https://")
                    .trim_end_matches(".example.com")
                    .clone_into(&mut found.mark);
                let list = connection.call("ListUserPoolClientSecrets", &body).map_err(refused)?;
                found.secrets = secret_ids(&list);
            }
            Kind::Group => (found.name, found.mark) = (found.id.clone(), text("/Group/Description")),
        }
        Ok(found)
    }

    fn find_by_name(
        &self,
        name: &str,
        world: &World,
        connection: &mut Connection,
    ) -> Result<Option<String>, Refusal> {
        if name.is_empty() {
            return Ok(None);
        }
        let (operation, body, list, name_member, id_member) = match self.kind {
            Kind::Pool => ("ListUserPools", json!({ "MaxResults": 60 }), "UserPools", "Name", "Id"),
            Kind::Client => {
                let body = json!({ "UserPoolId": world.pool_id, "MaxResults": 60 });
                ("ListUserPoolClients", body, "UserPoolClients", "ClientName", "ClientId")
            }
            Kind::Group => return Ok(Some(name.to_owned())),
        };
        // There are never so many that a list needs a second page.
        let answer = connection.call(operation, &body)?;
        let member =
            |item: &Value, name| item.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut items = answer.get(list).and_then(Value::as_array).into_iter().flatten();
        Ok(items.find(|item| member(item, name_member) == name).map(|item| member(item, id_member)))
    }
}

impl State {
    /// What only the answer says.
    fn learn(&mut self, answer: &Value) {
        for pointer in ["/UserPool/Id", "/UserPoolClient/ClientId"] {
            if let Some(id) = answer.pointer(pointer).and_then(Value::as_str) {
                id.clone_into(&mut self.id);
            }
        }
        if let Some(secret) = answer.pointer("/ClientSecretDescriptor/ClientSecretId").and_then(Value::as_str)
            && let Some(last) = self.secrets.last_mut()
        {
            secret.clone_into(last);
        }
        if answer.get("ClientSecrets").is_some() {
            self.secrets = secret_ids(answer);
        }
    }

    /// Takes over what nobody was told.
    fn fill_in(&mut self, found: &Self) {
        if self.present && self.id.is_empty() {
            self.id.clone_from(&found.id);
        }
        for (known, found) in self.secrets.iter_mut().zip(&found.secrets) {
            if known.is_empty() {
                known.clone_from(found);
            }
        }
    }
}

fn secret_ids(answer: &Value) -> Vec<String> {
    let secrets = answer.get("ClientSecrets").and_then(Value::as_array).into_iter().flatten();
    secrets.filter_map(|secret| Some(secret.get("ClientSecretId")?.as_str()?.to_owned())).collect()
}
