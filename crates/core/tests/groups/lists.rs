use std::collections::BTreeSet;

use cenote_core::testing::text;
use serde_json::{Value, json};

use crate::world::*;

/// All entries of a list, page by page, and the sizes of the pages.
async fn pages(
    world: &World,
    operation: &str,
    mut request: Value,
    list: &str,
    member: &str,
) -> (Vec<String>, Vec<usize>) {
    let (mut entries, mut sizes) = (Vec::new(), Vec::new());
    loop {
        let answer = world.ok(operation, request.clone()).await;
        let page = texts(&answer[list], member);
        sizes.push(page.len());
        entries.extend(page);
        match answer.get("NextToken") {
            Some(token) => request["NextToken"] = token.clone(),
            None => return (entries, sizes),
        }
    }
}

#[tokio::test]
async fn every_list_comes_in_pages() {
    let world = World::new().await;
    world.user("u00").await;
    let mut names = Vec::new();
    for number in 0..65 {
        names.push(format!("g{number:02}"));
        world.group(&names[number]).await;
        world.add("u00", &names[number]).await;
    }
    for (operation, request) in
        [("ListGroups", json!({})), ("AdminListGroupsForUser", json!({ "Username": "u00" }))]
    {
        for (limit, expected) in [(None, vec![60, 5]), (Some(0), vec![60, 5]), (Some(25), vec![25, 25, 15])] {
            let mut request = request.clone();
            if let Some(limit) = limit {
                request["Limit"] = json!(limit);
            }
            let (seen, sizes) = pages(&world, operation, request, "Groups", "GroupName").await;
            assert_eq!((seen, sizes), (names.clone(), expected), "{operation}");
        }
    }
    for number in 1..5 {
        let name = format!("u{number:02}");
        world.user(&name).await;
        world.add(&name, "g00").await;
    }
    let request = json!({ "GroupName": "g00", "Limit": 2 });
    let (seen, sizes) = pages(&world, "ListUsersInGroup", request, "Users", "Username").await;
    assert_eq!((seen.iter().collect::<BTreeSet<_>>().len(), sizes), (5, vec![2, 2, 1]));
}

#[tokio::test]
async fn nothing_is_an_empty_list() {
    let world = World::new().await;
    world.user("alice").await;
    assert_eq!(world.ok("ListGroups", json!({})).await, json!({ "Groups": [] }));
    world.group("g").await;
    assert_eq!(
        world.ok("AdminListGroupsForUser", json!({ "Username": "alice" })).await,
        json!({ "Groups": [] })
    );
    assert_eq!(world.ok("ListUsersInGroup", json!({ "GroupName": "g" })).await, json!({ "Users": [] }));
}

#[tokio::test]
async fn a_token_belongs_to_one_list() {
    let mut world = World::new().await;
    world.service.caller.request_id = "the-request".into();
    for name in ["a", "b"] {
        world.user(name).await;
        world.group(name).await;
    }
    for (user, group) in [("a", "a"), ("a", "b"), ("b", "a"), ("b", "b")] {
        world.add(user, group).await;
    }
    let lists = [
        ("ListGroups", json!({ "Limit": 1 })),
        ("AdminListGroupsForUser", json!({ "Limit": 1, "Username": "a" })),
        ("AdminListGroupsForUser", json!({ "Limit": 1, "Username": "b" })),
        ("ListUsersInGroup", json!({ "Limit": 1, "GroupName": "a" })),
        ("ListUsersInGroup", json!({ "Limit": 1, "GroupName": "b" })),
    ];
    for (from, (operation, request)) in lists.iter().enumerate() {
        let token = text(&world.ok(operation, request.clone()).await["NextToken"]);
        for (to, (operation, request)) in lists.iter().enumerate() {
            let mut request = request.clone();
            request["NextToken"] = json!(token);
            let answer = world.call(operation, request).await;
            if from == to {
                assert!(answer.unwrap().get("NextToken").is_none());
            } else {
                let text = format!("Paging marker {token} is invalid for request the-request");
                assert_eq!(answer, Err(error("InvalidParameterException", &text)));
            }
        }
    }
}
