//! The pools that everybody is in.

use serde_json::{Value, json};

use crate::Failure;
use crate::connection::{Connection, merged, text};
use crate::random::Random;

const GROUPS: usize = 4;
/// E-mail addresses that many want, and one at a time may have.
const SHARED_EMAILS: usize = 8;

#[derive(Clone, Debug)]
pub struct World {
    pub pool_id: String,
    pub client_id: String,
    /// Where users have phones.
    pub phones: Home,
}

/// A pool and its client.
#[derive(Clone, Debug)]
pub struct Home {
    pub pool_id: String,
    pub client_id: String,
}

impl World {
    /// Makes it.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn create(connection: &mut Connection) -> Result<Self, Failure> {
        let pool = json!({ "PoolName": "durability", "AutoVerifiedAttributes": ["email"], "AliasAttributes": ["email"] });
        let client = json!({ "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"] });
        let Home { pool_id, client_id } = Home::create(&pool, client, connection)?;
        let devices =
            json!({ "ChallengeRequiredOnNewDevice": false, "DeviceOnlyRememberedOnUserPrompt": true });
        let pool = json!({ "PoolName": "phones", "DeviceConfiguration": devices });
        let rotation = json!({ "Feature": "ENABLED", "RetryGracePeriodSeconds": 0 });
        let client =
            json!({ "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"], "RefreshTokenRotation": rotation });
        let phones = Home::create(&pool, client, connection)?;
        let offer = json!({
            "UserPoolId": phones.pool_id, "MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": { "Enabled": true },
        });
        call(connection, "SetUserPoolMfaConfig", &offer)?;
        for number in 0..GROUPS {
            let group = json!({ "UserPoolId": pool_id, "GroupName": format!("group-{number}") });
            call(connection, "CreateGroup", &group)?;
        }
        Ok(Self { pool_id, client_id, phones })
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

impl Home {
    fn create(pool: &Value, client: Value, connection: &mut Connection) -> Result<Self, Failure> {
        let pool_id = text(&call(connection, "CreateUserPool", pool)?, "/UserPool/Id");
        // What is kept of a sign-in is tried much later.
        let base = json!({
            "UserPoolId": pool_id, "ClientName": "durability", "AuthSessionValidity": 15, "AccessTokenValidity": 24,
        });
        let client = call(connection, "CreateUserPoolClient", &merged(base, client))?;
        Ok(Self { pool_id, client_id: text(&client, "/UserPoolClient/ClientId") })
    }
}

fn call(connection: &mut Connection, operation: &str, body: &Value) -> Result<Value, Failure> {
    connection.call(operation, body).map_err(|refusal| format!("{operation}: {refusal}").into())
}
