//! The seed file.

use cenote::Seed;
use serde_json::json;

use crate::support::TestServer;

const SEED: &str = r#"
pools:
  - Id: us-east-1_Example01
    PoolName: example
    AutoVerifiedAttributes: [email]
    Clients:
      - { ClientId: exampleclientid00000000000, ClientName: web, ExplicitAuthFlows: [ALLOW_USER_PASSWORD_AUTH, ALLOW_REFRESH_TOKEN_AUTH] }
      - { ClientName: second }
    Users:
      - { Username: alice, Password: "Passw0rd!", UserAttributes: { email: a@example.com, email_verified: true } }
      - { Username: bob, TemporaryPassword: "Passw0rd!" }
  - PoolName: without id
"#;

async fn contents(server: &TestServer) -> String {
    let pools = server.ok("ListUserPools", &json!({ "MaxResults": 60 })).await;
    let mut text = String::new();
    for pool in pools["UserPools"].as_array().unwrap() {
        let id = &pool["Id"];
        let described = server.ok("DescribeUserPool", &json!({ "UserPoolId": id })).await;
        let clients = server.ok("ListUserPoolClients", &json!({ "UserPoolId": id, "MaxResults": 60 })).await;
        let users = server.ok("ListUsers", &json!({ "UserPoolId": id })).await;
        text.push_str(&format!("{described}\n{clients}\n{users}\n"));
    }
    text
}

#[tokio::test]
async fn a_seed_is_there_from_the_start() {
    let server = TestServer::builder().seed(SEED).start().await;
    let client = server
        .ok(
            "DescribeUserPoolClient",
            &json!({ "UserPoolId": "us-east-1_Example01", "ClientId": "exampleclientid00000000000" }),
        )
        .await;
    assert_eq!(client["UserPoolClient"]["ClientName"], "web");
    assert_eq!(client["UserPoolClient"]["ExplicitAuthFlows"].as_array().unwrap().len(), 2);
    let alice =
        server.ok("AdminGetUser", &json!({ "UserPoolId": "us-east-1_Example01", "Username": "alice" })).await;
    assert_eq!(alice["UserStatus"], "CONFIRMED");
    assert!(
        alice["UserAttributes"]
            .as_array()
            .unwrap()
            .contains(&json!({ "Name": "email_verified", "Value": "true" }))
    );
    let bob =
        server.ok("AdminGetUser", &json!({ "UserPoolId": "us-east-1_Example01", "Username": "bob" })).await;
    assert_eq!(bob["UserStatus"], "FORCE_CHANGE_PASSWORD");
    let signed_in = server
        .ok("InitiateAuth", &json!({ "ClientId": "exampleclientid00000000000", "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": { "USERNAME": "alice", "PASSWORD": "Passw0rd!" } }))
        .await;
    assert!(signed_in["AuthenticationResult"]["IdToken"].is_string());
    assert_eq!(
        server.get("/_cenote/inbox.json").await.json(),
        json!({ "messages": [] }),
        "nobody is written to"
    );
}

#[tokio::test]
async fn applying_it_twice_changes_nothing() {
    let server = TestServer::builder().seed(SEED).start().await;
    let before = contents(&server).await;
    Seed::parse(SEED).unwrap().apply(server.server.service()).await.unwrap();
    assert_eq!(contents(&server).await, before);
}

#[tokio::test]
async fn reset_goes_back_to_it() {
    let server = TestServer::builder().seed(SEED).clock().start().await;
    server.ok("CreateUserPool", &json!({ "PoolName": "third" })).await;
    server.ok("AdminDeleteUser", &json!({ "UserPoolId": "us-east-1_Example01", "Username": "alice" })).await;
    server.request("POST", "/_cenote/clock", &[], b"{\"advance_seconds\":1000000}").await;
    let reply = server.request("POST", "/_cenote/reset", &[], b"").await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let pools = server.ok("ListUserPools", &json!({ "MaxResults": 60 })).await;
    assert_eq!(pools["UserPools"].as_array().unwrap().len(), 2);
    let alice =
        server.ok("AdminGetUser", &json!({ "UserPoolId": "us-east-1_Example01", "Username": "alice" })).await;
    assert_eq!(alice["UserStatus"], "CONFIRMED");
}

#[test]
fn json_is_as_good() {
    let text =
        json!({ "pools": [{ "PoolName": "x", "Clients": [{ "ClientName": "y", "GenerateSecret": true }] }] });
    Seed::parse(&text.to_string()).unwrap();
    Seed::parse("pools: []").unwrap();
    Seed::parse("{}").unwrap();
}

#[test]
fn mistakes_are_named_with_their_place() {
    for (text, expected) in [
        ("pools: [{ PoolName: x, Colour: red }]", "seed: pools[0].Colour: there is no such member"),
        (
            "pools: [{ PoolName: x, Policies: { PasswordPolicy: { MinLength: 8 } } }]",
            "seed: pools[0].Policies.PasswordPolicy.MinLength: there is no such member",
        ),
        (
            "pools: [{ PoolName: x, Schema: [{ Name: a }, { Nam: b }] }]",
            "seed: pools[0].Schema[1].Nam: there is no such member",
        ),
        (
            "pools: [{ PoolName: x, Clients: [{ ClientName: y, Flows: [] }] }]",
            "seed: pools[0].Clients[0].Flows: there is no such member",
        ),
        (
            "pools: [{ PoolName: x, Users: [{ Username: a, Passwort: b }] }]",
            "seed: pools[0].Users[0].Passwort: there is no such member",
        ),
        (
            "pools: [{ PoolName: x, Users: [{ Username: a, Password: 5 }] }]",
            "seed: pools[0].Users[0].Password: has to be a text: put it in quotes",
        ),
        (
            "pools: [{ PoolName: x, Users: [{ Username: a, UserPoolId: b }] }]",
            "seed: pools[0].Users[0].UserPoolId: follows from where this stands: leave it out",
        ),
        (
            "pools: [{ PoolName: x, Users: [{ Username: a, Groups: b }] }]",
            "seed: pools[0].Users[0].Groups: has to be a list of group names",
        ),
        ("pools: [{ PoolName: x, Users: alice }]", "seed: pools[0].Users: has to be a list"),
        ("pools: [x]", "seed: pools[0]: has to be a map"),
        ("pools: {}", "seed: pools: has to be a list"),
        ("pool: []", "seed: file.pool: there is no such member"),
        ("[]", "seed: file: has to be a map with `pools`"),
    ] {
        assert_eq!(Seed::parse(text).unwrap_err().to_string(), expected, "{text}");
    }
    for (text, expected) in [
        ("pools: [{}]", "Member must not be null"),
        ("pools: [{ PoolName: 5 }]", "a member has a value of the wrong type"),
        ("{ \"pools\": [", "is no JSON"),
        ("pools: [", "is neither JSON nor YAML"),
    ] {
        let error = Seed::parse(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
}

/// The example of a seed as it is written down for other people's tools.
const EXAMPLE: &str = r#"
pools:
  - Id: us-east-1_Example01
    PoolName: example
    Clients: [{ ClientId: exampleclientid00000000000, ClientName: web, ExplicitAuthFlows: [ALLOW_USER_PASSWORD_AUTH] }]
    Groups:  [{ GroupName: admins }]
    Users:   [{ Username: alice, Password: "Passw0rd!", UserAttributes: { email: a@example.com, email_verified: "true" }, Groups: [admins] }]
"#;

#[tokio::test]
async fn groups_and_their_members_are_there() {
    let server = TestServer::builder().seed(EXAMPLE).start().await;
    Seed::parse(EXAMPLE).unwrap().apply(server.server.service()).await.unwrap();
    let members = json!({ "UserPoolId": "us-east-1_Example01", "GroupName": "admins", "Username": "alice" });
    let groups = server.ok("ListGroups", &json!({ "UserPoolId": "us-east-1_Example01" })).await;
    assert_eq!(groups["Groups"].as_array().unwrap().len(), 1);
    assert_eq!(groups["Groups"][0]["GroupName"], "admins");
    let users = server
        .ok("ListUsersInGroup", &json!({ "UserPoolId": "us-east-1_Example01", "GroupName": "admins" }))
        .await;
    assert_eq!(users["Users"].as_array().unwrap().len(), 1);
    assert_eq!(users["Users"][0]["Username"], "alice");
    // Who was taken out by hand is put back.
    let removed = server.call("AdminRemoveUserFromGroup", &members).await;
    assert_eq!((removed.status, removed.text()), (200, ""));
    Seed::parse(EXAMPLE).unwrap().apply(server.server.service()).await.unwrap();
    let again = json!({ "UserPoolId": "us-east-1_Example01", "Username": "alice" });
    let groups = server.ok("AdminListGroupsForUser", &again).await;
    assert_eq!(groups["Groups"][0]["GroupName"], "admins");
}

#[tokio::test]
async fn a_group_that_is_not_there_is_named_with_its_place() {
    let server = TestServer::new().await;
    let seed = Seed::parse("pools: [{ PoolName: x, Users: [{ Username: a, Groups: [admins] }] }]").unwrap();
    let error = seed.apply(server.server.service()).await.unwrap_err().to_string();
    assert_eq!(
        error,
        "seed: pools[0].Users[0]: AdminAddUserToGroup: ResourceNotFoundException: Group not found."
    );
}
