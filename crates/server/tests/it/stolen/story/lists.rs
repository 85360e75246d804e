//! Every list with its second page.

use serde_json::json;

use super::{Story, merged};

impl Story<'_> {
    pub(super) async fn lists(&mut self) {
        let filter = json!({ "Filter": "email ^= \"wilhelmina\"" });
        self.ok("ListUsers", self.in_pool(filter)).await;
        let lists = [
            ("ListUsers", "PaginationToken", self.in_pool(json!({ "Limit": 1 }))),
            (
                "ListUsersInGroup",
                "NextToken",
                self.in_pool(json!({ "Limit": 1, "GroupName": "group-of-readers" })),
            ),
            ("ListGroups", "NextToken", self.in_pool(json!({ "Limit": 1 }))),
            ("AdminListGroupsForUser", "NextToken", self.admin("invited-one", json!({ "Limit": 1 }))),
            ("ListUserPoolClients", "NextToken", self.in_pool(json!({ "MaxResults": 1 }))),
            ("ListUserPools", "NextToken", json!({ "MaxResults": 1 })),
        ];
        self.ok("CreateUserPool", json!({ "PoolName": "pool-of-others" })).await;
        for (operation, member, request) in lists {
            let page = self.ok(operation, request.clone()).await;
            assert!(page[member].is_string(), "{operation}: {page}");
            self.ok(operation, merged(request.clone(), json!({ member: page[member] }))).await;
            let broken = format!("{}x", page[member].as_str().unwrap());
            self.fails(operation, merged(request, json!({ member: broken }))).await;
        }
    }
}
