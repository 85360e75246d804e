//! User pools through the operation table: exact answers, checks with their texts, what an update keeps.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

mod checks;
mod conflicts;
mod create;
mod custom_ids;
mod delete;
mod keys;
mod levels;
mod lists;
mod mfa;
mod schema;
mod tags;
mod tiers;
mod update;

use cenote_core::testing::{TestService, merged};
use serde_json::{Value, json};

/// The description of a pool.
async fn describe(service: &TestService, pool: &str) -> Value {
    service.ok("DescribeUserPool", json!({ "UserPoolId": pool })).await["UserPool"].clone()
}

/// What creating a pool with these members fails with.
async fn refused(service: &TestService, members: Value) -> (String, String) {
    let request = merged(json!({ "PoolName": "pool" }), members);
    service.fails("CreateUserPool", request).await
}

/// `InvalidParameterException` with a text.
fn invalid(text: &str) -> (String, String) {
    ("InvalidParameterException".into(), text.into())
}

/// Any valid ARN of a function.
fn function(name: &str) -> String {
    format!("arn:aws:lambda:us-east-1:123456789012:function:{name}")
}

/// A configuration for SMS.
fn sms() -> Value {
    json!({ "SnsCallerArn": "arn:aws:iam::123456789012:role/sms", "ExternalId": "x" })
}
