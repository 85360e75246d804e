//! App clients through the operation table: exact answers, checks with their texts, secrets and their rotation.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

mod checks;
mod create;
mod custom_ids;
mod lists;
mod oauth;
mod secrets;
mod update;

use cenote_core::testing::{TestService, merged};
use serde_json::{Value, json};

/// A request with a pool, a name and these members.
fn request(pool: &str, members: Value) -> Value {
    merged(json!({ "UserPoolId": pool, "ClientName": "client" }), members)
}

/// The client that these members make.
async fn create(service: &TestService, pool: &str, members: Value) -> Value {
    service.ok("CreateUserPoolClient", request(pool, members)).await["UserPoolClient"].clone()
}

/// What creating a client with these members fails with.
async fn refused(service: &TestService, pool: &str, members: Value) -> (String, String) {
    service.fails("CreateUserPoolClient", request(pool, members)).await
}

/// The description of a client.
async fn describe(service: &TestService, pool: &str, client: &str) -> Value {
    let request = json!({ "UserPoolId": pool, "ClientId": client });
    service.ok("DescribeUserPoolClient", request).await["UserPoolClient"].clone()
}

/// `InvalidParameterException` with a text.
fn invalid(text: &str) -> (String, String) {
    ("InvalidParameterException".into(), text.into())
}
