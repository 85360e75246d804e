//! Request rates by quota category.

use serde_json::json;

use crate::support::TestServer;

#[tokio::test]
async fn a_category_has_its_rate_and_no_other_is_touched() {
    let server = TestServer::builder().set("limits.requests_per_second.user_pool_read=2").start().await;
    let mut refused = Vec::new();
    for _ in 0..20 {
        let reply = server.call("ListUserPools", &json!({ "MaxResults": 1 })).await;
        if reply.status != 200 {
            refused.push(reply);
        }
    }
    // Twenty take less than the nine seconds that eighteen more tokens need.
    let reply = refused.pop().expect("some were refused");
    assert_eq!(reply.status, 400);
    assert_eq!(reply.text(), "{\"__type\":\"TooManyRequestsException\",\"message\":\"Rate exceeded\"}");
    for _ in 0..20 {
        let reply =
            server.call("DescribeUserPoolClient", &json!({ "UserPoolId": "a_1", "ClientId": "b" })).await;
        assert_eq!(reply.error(), "ResourceNotFoundException");
    }
}
