use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use cenote_core::operations;
use cenote_core::testing::START_MS;
use cenote_model::{ErrorCode, Operation};
use cenote_store::testing::{Fault, FaultPoint};
use cenote_store::{Change, Group, PoolId};
use serde_json::{Value, json};

use crate::world::*;

const ROLE: &str = "arn:aws:iam::123456789012:role/admins";
const UNKNOWN: &str = "us-east-1_unknown";

fn seconds(ms: i64) -> Value {
    json!(ms / 1000)
}

#[tokio::test]
async fn a_group_is_shown_with_what_was_set() {
    let world = World::new().await;
    let bare = json!({
        "GroupName": "bare", "UserPoolId": world.pool, "CreationDate": seconds(START_MS),
        "LastModifiedDate": seconds(START_MS),
    });
    let created = world.ok("CreateGroup", json!({ "GroupName": "bare" })).await;
    assert_eq!(numbers_as_integers(created), json!({ "Group": bare }));
    let members =
        json!({ "GroupName": "Ädmins✓", "Description": "all of it", "Precedence": 0, "RoleArn": ROLE });
    let created = world.ok("CreateGroup", members.clone()).await;
    for (member, value) in members.as_object().unwrap() {
        assert_eq!(created["Group"][member], *value);
    }
    assert_eq!(world.ok("GetGroup", json!({ "GroupName": "Ädmins✓" })).await, created);
    assert_eq!(world.fails("GetGroup", json!({ "GroupName": "ädmins✓" })).await, group_missing());
}

/// Dates without their fraction, so that they compare with integers.
fn numbers_as_integers(mut answer: Value) -> Value {
    for member in ["CreationDate", "LastModifiedDate"] {
        #[expect(clippy::cast_possible_truncation, reason = "a date")]
        let whole = answer["Group"][member].as_f64().unwrap() as i64;
        answer["Group"][member] = json!(whole);
    }
    answer
}

#[tokio::test]
async fn a_name_is_taken_once() {
    let world = World::new().await;
    world.group("g").await;
    assert_eq!(
        world.fails("CreateGroup", json!({ "GroupName": "g", "Description": "other" })).await,
        error("GroupExistsException", "A group with the name already exists")
    );
    assert!(world.ok("GetGroup", json!({ "GroupName": "g" })).await["Group"].get("Description").is_none());
    let other = world.service.pool(json!({})).await;
    world.service.ok("CreateGroup", json!({ "UserPoolId": other, "GroupName": "g" })).await;
}

#[tokio::test]
async fn an_update_leaves_alone_what_it_leaves_out() {
    let world = World::new().await;
    let members = json!({ "GroupName": "g", "Description": "first", "Precedence": 5, "RoleArn": ROLE });
    world.ok("CreateGroup", members).await;
    world.service.clock.advance_seconds(10);
    let updated = world.ok("UpdateGroup", json!({ "GroupName": "g", "Precedence": 0 })).await;
    let group = &updated["Group"];
    assert_eq!(
        (&group["Description"], &group["Precedence"], &group["RoleArn"]),
        (&json!("first"), &json!(0), &json!(ROLE))
    );
    let date = |member: &str| group[member].as_f64().unwrap();
    assert!((date("LastModifiedDate") - date("CreationDate") - 10.0).abs() < 0.001);
    assert_eq!(world.ok("GetGroup", json!({ "GroupName": "g" })).await, updated);
    let updated = world.ok("UpdateGroup", json!({ "GroupName": "g", "Description": "second" })).await;
    assert_eq!(
        (&updated["Group"]["Description"], &updated["Group"]["Precedence"]),
        (&json!("second"), &json!(0))
    );
}

#[tokio::test]
async fn a_deletion_takes_the_members_but_not_the_users() {
    let world = World::new().await;
    world.user("alice").await;
    for name in ["g", "kept"] {
        world.group(name).await;
        world.add("alice", name).await;
    }
    assert_eq!(world.ok("DeleteGroup", json!({ "GroupName": "g" })).await, Value::Null);
    assert_eq!(world.groups_of("alice").await, ["kept"]);
    assert_eq!(world.fails("DeleteGroup", json!({ "GroupName": "g" })).await, group_missing());
    world.group("g").await;
    assert_eq!(world.users_in("g").await, [""; 0]);
}

#[tokio::test]
async fn a_deletion_that_fails_leaves_the_members() {
    let world = World::new().await;
    for name in ["alice", "bob"] {
        world.user(name).await;
    }
    world.group("g").await;
    world.add("alice", "g").await;
    world.add("bob", "g").await;
    // The commits that work before the store is gone.
    let left = Arc::new(AtomicU32::new(u32::MAX));
    let injected = Arc::clone(&left);
    assert!(world.service.service.store.inject_faults(move |point| {
        let take = |left: u32| if left == u32::MAX { Some(left) } else { left.checked_sub(1) };
        (point == FaultPoint::BeforeApply
            && injected.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take).is_err())
        .then_some(Fault::Unavailable)
    }));
    for commits in [0, 1] {
        left.store(commits, Ordering::SeqCst);
        let context = world.service.service.context(world.service.caller.clone());
        let request = json!({ "UserPoolId": world.pool, "GroupName": "g" });
        let failed = operations::dispatch(&context, Operation::DeleteGroup, request).await.unwrap_err();
        assert_eq!(failed.code, ErrorCode::InternalErrorException);
        left.store(u32::MAX, Ordering::SeqCst);
        assert_eq!(world.users_in("g").await, ["alice", "bob"], "after {commits} commits");
    }
    world.ok("DeleteGroup", json!({ "GroupName": "g" })).await;
    assert_eq!(world.groups_of("alice").await, [""; 0]);
}

#[tokio::test]
async fn pool_and_group_must_be_there() {
    let world = World::new().await;
    world.user("alice").await;
    let pool_missing = error("ResourceNotFoundException", &format!("User pool {UNKNOWN} does not exist."));
    for (operation, needs_group) in [
        ("CreateGroup", false),
        ("ListGroups", false),
        ("AdminListGroupsForUser", false),
        ("GetGroup", true),
        ("UpdateGroup", true),
        ("DeleteGroup", true),
        ("ListUsersInGroup", true),
        ("AdminAddUserToGroup", true),
        ("AdminRemoveUserFromGroup", true),
    ] {
        let mut request = json!({ "GroupName": "missing", "Username": "alice" });
        if needs_group {
            assert_eq!(world.fails(operation, request.clone()).await, group_missing(), "{operation}");
        }
        request["UserPoolId"] = json!(UNKNOWN);
        assert_eq!(world.service.fails(operation, request).await, pool_missing, "{operation}");
    }
}

#[tokio::test]
async fn members_are_checked_by_the_model() {
    let world = World::new().await;
    for members in [
        json!({ "GroupName": "" }),
        json!({ "GroupName": "two words" }),
        json!({ "GroupName": "x".repeat(129) }),
        json!({ "GroupName": "g", "Precedence": -1 }),
        json!({ "GroupName": "g", "RoleArn": "admins" }),
        json!({ "GroupName": "g", "Description": "x".repeat(2049) }),
    ] {
        let (code, message) = world.fails("CreateGroup", members.clone()).await;
        assert_eq!(code, "InvalidParameterException", "{members}");
        assert!(message.contains(" detected: Value "), "{message}");
    }
    let largest =
        json!({ "GroupName": "x".repeat(128), "Precedence": i32::MAX, "Description": "x".repeat(2048) });
    world.ok("CreateGroup", largest).await;
}

#[tokio::test]
async fn a_pool_has_ten_thousand_groups() {
    let world = World::new().await;
    let pool_id = PoolId::new(world.pool.as_str());
    let group = |number: i32| {
        Change::InsertGroup(Group { pool_id: pool_id.clone(), name: number.to_string(), ..Group::default() })
    };
    world.service.service.store.commit((0..9_999).map(group).collect()).await.unwrap();
    world.group("last").await;
    assert_eq!(
        world.fails("CreateGroup", json!({ "GroupName": "more" })).await,
        error("LimitExceededException", "The user pool has reached its limit of 10000 groups.")
    );
    world.ok("DeleteGroup", json!({ "GroupName": "17" })).await;
    world.group("more").await;
}
