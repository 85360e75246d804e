//! Sessions that a pool keeps track of.

use std::net::{IpAddr, Ipv4Addr};

use cenote_core::clock::Clock as _;
use cenote_core::testing::{TestService, WireError, text};
use serde_json::{Value, json};

use crate::world::*;

async fn tracking(most: i32, client: Value) -> World {
    let world = World::with(TestService::builder(), json!({}), client).await;
    world.track("ENABLED", most).await;
    world.confirmed("alice").await;
    world
}

impl World {
    async fn track(&self, tracking: &str, most: i32) -> Value {
        let request = json!({
            "UserPoolId": self.pool, "UserSessionTracking": tracking, "TokenSession": { "MaxPerUser": most },
        });
        self.service.ok("SetUserPoolSessionConfiguration", request).await
    }

    /// As an administrator sees them.
    async fn sessions(&self) -> Vec<Value> {
        let request = json!({ "UserPoolId": self.pool, "Username": "alice" });
        list(&self.service.ok("AdminListUserSessions", request).await)
    }

    /// As the user sees them.
    async fn own_sessions(&self, access: &str) -> Vec<Value> {
        list(&self.service.ok("ListUserSessions", json!({ "AccessToken": access })).await)
    }

    /// The id of the session that a token is of.
    async fn session_of(&self, access: &str) -> String {
        let sessions = self.own_sessions(access).await;
        let mut current = sessions.iter().filter(|session| session["IsCurrentSession"] == json!(true));
        let id = text(&current.next().unwrap()["SessionId"]);
        assert!(current.next().is_none());
        id
    }

    async fn end_session(&self, access: &str, id: &str) -> Result<Value, WireError> {
        let request = json!({ "AccessToken": access, "SessionId": id });
        self.service.call("RevokeUserSession", request).await
    }
}

fn list(answer: &Value) -> Vec<Value> {
    assert!(answer.get("NextToken").is_none());
    answer["Sessions"].as_array().unwrap().clone()
}

fn missing() -> WireError {
    ("ResourceNotFoundException".into(), "User session does not exist.".into())
}

async fn assert_ended(world: &World, tokens: &Tokens) {
    assert_eq!(world.refresh(&tokens.refresh).await, Err(not_authorized("Refresh Token has been revoked")));
    assert_eq!(world.get_user(&tokens.access).await, Err(not_authorized("Access Token has been revoked")));
}

#[tokio::test]
async fn tracking_is_off_until_somebody_switches_it_on() {
    let world = World::alice().await;
    let pool = json!({ "UserPoolId": world.pool });
    let configuration = |tracking: &str, most: i32| {
        json!({
            "UserPoolId": world.pool, "UserSessionTracking": tracking, "TokenSession": { "MaxPerUser": most },
        })
    };
    let get = async || world.service.ok("GetUserPoolSessionConfiguration", pool.clone()).await;
    assert_eq!(get().await, configuration("DISABLED", 20));
    let commits = || world.service.service.store.statistics().commits;
    let before = commits();
    let tokens = world.tokens("alice").await;
    world.refresh(&tokens.refresh).await.unwrap();
    assert_eq!(commits(), before);
    assert_eq!(world.sessions().await, Vec::<Value>::new());
    assert_eq!(world.track("ENABLED", 3).await, configuration("ENABLED", 3));
    assert_eq!(get().await, configuration("ENABLED", 3));
    // What began before is not recorded by a refresh either.
    world.refresh(&tokens.refresh).await.unwrap();
    assert_eq!(world.sessions().await, Vec::<Value>::new());
    world.tokens("alice").await;
    assert_eq!(world.sessions().await.len(), 1);
    // Another change of the pool keeps it, and all members are needed.
    world.service.ok("UpdateUserPool", pool.clone()).await;
    assert_eq!(get().await, configuration("ENABLED", 3));
    for absent in ["UserSessionTracking", "TokenSession"] {
        let mut request = configuration("ENABLED", 3);
        request.as_object_mut().unwrap().remove(absent);
        assert_eq!(
            world.service.fails("SetUserPoolSessionConfiguration", request).await.0,
            "InvalidParameterException"
        );
    }
    world.track("DISABLED", 3).await;
    world.tokens("alice").await;
    assert_eq!(world.sessions().await.len(), 1);
}

#[tokio::test]
async fn the_lowest_tier_has_no_sessions() {
    let lite = World::with(TestService::builder(), json!({ "UserPoolTier": "LITE" }), json!({})).await;
    let request = json!({
        "UserPoolId": lite.pool, "UserSessionTracking": "ENABLED", "TokenSession": { "MaxPerUser": 1 },
    });
    let (code, message) = lite.service.fails("SetUserPoolSessionConfiguration", request).await;
    assert_eq!(code, "FeatureUnavailableInTierException");
    assert!(message.ends_with("User Session Tracking"), "{message}");
    lite.track("DISABLED", 1).await;
    let world = tracking(1, json!({})).await;
    let request = json!({ "UserPoolId": world.pool, "UserPoolTier": "LITE" });
    assert_eq!(world.service.fails("UpdateUserPool", request).await.0, "TierChangeNotAllowedException");
}

#[tokio::test]
async fn a_session_says_where_it_was_last_used() {
    let mut world = tracking(5, json!({})).await;
    let created = world.service.clock.now_ms() / 1000;
    world.service.caller.user_agent = Some("Phone 1".into());
    let tokens = world.tokens("alice").await;
    let id = world.session_of(&tokens.access).await;
    assert_eq!(id.len(), 28);
    assert!(
        id.starts_with("tkn") && id.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())
    );
    let shown = |active: i64, device: &str, address: &str, current: bool| {
        json!({
            "ClientId": world.client, "CreateDate": created, "DeviceType": device, "IsCurrentSession": current,
            "LastActiveDate": active, "LastIPAddress": address, "SessionId": id, "SessionType": "TOKEN",
        })
    };
    let first = shown(created, "Phone 1", "127.0.0.1", true);
    let later = shown(created + 60, "Phone 2", "192.0.2.7", true);
    let by_administrator = shown(created + 60, "Phone 2", "192.0.2.7", false);
    assert_eq!(world.own_sessions(&tokens.access).await, [first]);
    world.service.clock.advance_seconds(60);
    world.service.caller.user_agent = Some("Phone 2".into());
    world.service.caller.source_ip = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));
    let refreshed = Tokens::of(&world.refresh(&tokens.refresh).await.unwrap());
    assert_eq!(world.own_sessions(&refreshed.access).await, [later]);
    assert_eq!(world.sessions().await, [by_administrator]);
    for operation in ["ListUserSessions", "AdminListUserSessions"] {
        let request = json!({
            "AccessToken": refreshed.access, "UserPoolId": world.pool, "Username": "alice", "NextToken": "x",
        });
        assert_eq!(
            world.service.fails(operation, request).await,
            invalid_parameter("Paging marker x is invalid for request ")
        );
    }
}

#[tokio::test]
async fn a_rotation_is_the_same_session() {
    let members = json!({
        "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"], "EnableTokenRevocation": false,
        "RefreshTokenRotation": { "Feature": "ENABLED", "RetryGracePeriodSeconds": 0 },
    });
    let world = tracking(5, members).await;
    let tokens = world.tokens("alice").await;
    let id = world.session_of(&tokens.access).await;
    world.service.clock.advance_seconds(60);
    let request = json!({ "ClientId": world.client, "RefreshToken": tokens.refresh });
    let rotated = Tokens::of(&world.service.ok("GetTokensFromRefreshToken", request.clone()).await);
    assert_eq!(world.session_of(&rotated.access).await, id);
    let sessions = world.sessions().await;
    assert_eq!(sessions.len(), 1);
    assert_eq!(sessions[0]["LastActiveDate"], json!(world.service.clock.now_ms() / 1000));
    // A refresh that is refused is no use.
    world.service.clock.advance_seconds(60);
    world.service.fails("GetTokensFromRefreshToken", request).await;
    assert_eq!(world.sessions().await, sessions);
}

#[tokio::test]
async fn a_user_ends_its_other_sessions() {
    let world = tracking(5, json!({})).await;
    let (own, other, third) =
        (world.tokens("alice").await, world.tokens("alice").await, world.tokens("alice").await);
    let (own_id, other_id) = (world.session_of(&own.access).await, world.session_of(&other.access).await);
    assert_eq!(
        world.end_session(&own.access, &own_id).await,
        Err(invalid_parameter("The current session cannot be revoked."))
    );
    assert_eq!(world.end_session(&own.access, &other_id).await, Ok(json!({})));
    assert_ended(&world, &other).await;
    for good in [&own, &third] {
        assert!(world.get_user(&good.access).await.is_ok());
        assert!(world.refresh(&good.refresh).await.is_ok());
    }
    assert_eq!(world.own_sessions(&own.access).await.len(), 2);
    let strange = ["tkn0000000000000000000000000", "sso0000000000000000000000000", &other_id];
    for id in strange {
        assert_eq!(world.end_session(&own.access, id).await, Err(missing()));
    }
    assert_eq!(world.end_session(&own.access, "tkn").await.unwrap_err().0, "InvalidParameterException");
    // Nobody ends the session of another user.
    world.confirmed("bob").await;
    let bob = world.tokens("bob").await;
    assert_eq!(world.end_session(&bob.access, &own_id).await, Err(missing()));
    assert!(world.get_user(&own.access).await.is_ok());
}

#[tokio::test]
async fn an_administrator_ends_any_session_of_its_user() {
    let world = tracking(5, json!({ "EnableTokenRevocation": false })).await;
    world.confirmed("bob").await;
    let tokens = world.tokens("alice").await;
    let id = world.session_of(&tokens.access).await;
    let request = |user: &str| {
        json!({
            "UserPoolId": world.pool, "Username": user, "SessionId": id, "RevokeAssociatedSessions": "LINKED",
        })
    };
    assert_eq!(world.service.fails("AdminRevokeUserSession", request("bob")).await, missing());
    assert_eq!(
        world.service.fails("AdminRevokeUserSession", request("nobody")).await.0,
        "UserNotFoundException"
    );
    assert!(world.get_user(&tokens.access).await.is_ok());
    assert_eq!(world.service.ok("AdminRevokeUserSession", request("alice")).await, json!({}));
    assert_ended(&world, &tokens).await;
    assert_eq!(world.sessions().await, Vec::<Value>::new());
    assert_eq!(world.service.fails("AdminRevokeUserSession", request("alice")).await, missing());
}

#[tokio::test]
async fn the_least_recently_used_session_makes_room() {
    let world = tracking(2, json!({})).await;
    let mut signed_in = Vec::new();
    for _ in 0..2 {
        signed_in.push(world.tokens("alice").await);
        world.service.clock.advance_seconds(1);
    }
    // Used last: the older of the two.
    world.refresh(&signed_in[0].refresh).await.unwrap();
    world.service.clock.advance_seconds(1);
    signed_in.push(world.tokens("alice").await);
    assert_eq!(world.sessions().await.len(), 2);
    assert_ended(&world, &signed_in[1]).await;
    for good in [&signed_in[0], &signed_in[2]] {
        assert!(world.get_user(&good.access).await.is_ok());
    }
    // A lower limit holds from the next sign-in on.
    world.track("ENABLED", 1).await;
    assert_eq!(world.sessions().await.len(), 2);
    world.service.clock.advance_seconds(1);
    let last = world.tokens("alice").await;
    for ended in &signed_in {
        assert_ended(&world, ended).await;
    }
    let left = world.own_sessions(&last.access).await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0]["IsCurrentSession"], json!(true));
}

#[tokio::test]
async fn what_ends_a_sign_in_ends_its_session() {
    let world = tracking(10, json!({})).await;
    let user = json!({ "UserPoolId": world.pool, "Username": "alice" });
    let tokens = world.tokens("alice").await;
    let request =
        json!({ "ClientId": world.client, "Token": tokens.refresh, "RevokeAssociatedSessions": "LINKED" });
    world.service.ok("RevokeToken", request).await;
    assert_eq!(world.sessions().await, Vec::<Value>::new());
    world.tokens("alice").await;
    world.service.ok("AdminUserGlobalSignOut", user.clone()).await;
    assert_eq!(world.sessions().await, Vec::<Value>::new());
    world.tokens("alice").await;
    world.service.clock.advance_seconds(30 * 86_400);
    assert_eq!(world.sessions().await, Vec::<Value>::new());
    // What is over takes nobody's place.
    world.track("ENABLED", 2).await;
    let first = world.tokens("alice").await;
    world.tokens("alice").await;
    assert!(world.get_user(&first.access).await.is_ok());
    world.service.ok("AdminDeleteUser", user.clone()).await;
    world.confirmed("alice").await;
    assert_eq!(world.sessions().await, Vec::<Value>::new());
}

#[tokio::test]
async fn clients_say_how_long_managed_login_lasts() {
    let world = World::alice().await;
    let client = json!({ "UserPoolId": world.pool, "ClientId": world.client });
    let with = |minutes: i32| {
        json!({
            "UserPoolId": world.pool, "ClientId": world.client, "SSOSession": { "MaxValidityMinutes": minutes },
        })
    };
    let get = async || world.service.ok("GetUserPoolClientSessionConfiguration", client.clone()).await;
    assert_eq!(get().await, with(60));
    assert_eq!(
        world.service.fails("SetUserPoolClientSessionConfiguration", with(0)).await,
        invalid_parameter("User session tracking is not enabled for the user pool.")
    );
    world.track("ENABLED", 5).await;
    for minutes in [129_600, 0] {
        let set = world.service.ok("SetUserPoolClientSessionConfiguration", with(minutes)).await;
        assert_eq!(set, with(minutes));
        assert_eq!(get().await, set);
    }
    for minutes in [-1, 129_601] {
        assert_eq!(
            world.service.fails("SetUserPoolClientSessionConfiguration", with(minutes)).await.0,
            "InvalidParameterException"
        );
    }
    world.service.ok("UpdateUserPoolClient", client.clone()).await;
    world.track("DISABLED", 5).await;
    assert_eq!(get().await, with(0));
    let strange = json!({ "UserPoolId": world.pool, "ClientId": "nothing" });
    assert_eq!(
        world.service.fails("GetUserPoolClientSessionConfiguration", strange).await.0,
        "ResourceNotFoundException"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_sign_ins_at_once_leave_as_many_as_there_may_be_after_the_next() {
    let world = std::sync::Arc::new(tracking(3, json!({})).await);
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let world = std::sync::Arc::clone(&world);
        calls.spawn(async move { world.tokens("alice").await });
    }
    let signed_in = calls.join_all().await;
    world.service.clock.advance_seconds(1);
    world.tokens("alice").await;
    assert_eq!(world.sessions().await.len(), 3);
    let mut good = 0;
    for tokens in &signed_in {
        good += usize::from(world.get_user(&tokens.access).await.is_ok());
    }
    assert_eq!(good, 2);
}
