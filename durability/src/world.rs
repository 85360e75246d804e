//! The pool that everybody is in.

use serde_json::{Value, json};

use crate::Failure;
use crate::connection::Connection;
use crate::random::Random;

const GROUPS: usize = 4;
/// E-mail addresses that many want, and one at a time may have.
const SHARED_EMAILS: usize = 8;

#[derive(Clone, Debug)]
pub struct World {
    pub pool_id: String,
    pub client_id: String,
}

impl World {
    /// Makes it.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn create(connection: &mut Connection) -> Result<Self, Failure> {
        let mut call = |operation: &str, body: &Value| {
            connection.call(operation, body).map_err(|refusal| format!("{operation}: {refusal}"))
        };
        let text = |answer: &Value, pointer| {
            answer.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let pool = json!({ "PoolName": "durability", "AutoVerifiedAttributes": ["email"], "AliasAttributes": ["email"] });
        let pool_id = text(&call("CreateUserPool", &pool)?, "/UserPool/Id");
        let client = json!({
            "UserPoolId": pool_id,
            "ClientName": "durability",
            "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        });
        let client_id = text(&call("CreateUserPoolClient", &client)?, "/UserPoolClient/ClientId");
        for number in 0..GROUPS {
            call("CreateGroup", &json!({ "UserPoolId": pool_id, "GroupName": format!("group-{number}") }))?;
        }
        Ok(Self { pool_id, client_id })
    }

    /// The name of a group.
    #[must_use]
    pub fn group(&self, random: &mut Random) -> String {
        format!("group-{}", random.index(GROUPS))
    }

    #[must_use]
    pub fn shared_email(&self, random: &mut Random) -> String {
        format!("shared-{}@example.com", random.index(SHARED_EMAILS))
    }
}
