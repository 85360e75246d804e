//! What is deleted in the end.

use serde_json::json;

use super::Story;

impl Story<'_> {
    pub(super) async fn tidy_up(&mut self) {
        for (user, address) in
            [("leaving-person", "leaving@gone.example"), ("removed-person", "removed@gone.example")]
        {
            let given = json!([
                { "Name": "email", "Value": address }, { "Name": "email_verified", "Value": "true" },
                { "Name": "name", "Value": format!("The Family Name of {user}") },
            ]);
            let members = json!({
                "UserAttributes": given, "MessageAction": "SUPPRESS", "TemporaryPassword": "Temporary-four-4",
            });
            self.ok("AdminCreateUser", self.admin(user, members)).await;
            let password = json!({ "Password": "Leaving-soon-5", "Permanent": true });
            self.ok("AdminSetUserPassword", self.admin(user, password)).await;
            for text in [user, address, &format!("The Family Name of {user}")] {
                self.remembered.deleted(text);
            }
        }
        let tokens = self.sign_in("leaving-person", "Leaving-soon-5").await;
        let token = tokens["AuthenticationResult"]["AccessToken"].clone();
        self.ok("DeleteUser", json!({ "AccessToken": token })).await;
        self.ok("AdminDeleteUser", self.admin("removed-person", json!({}))).await;
        let member = json!({ "GroupName": "group-of-readers" });
        self.ok("AdminRemoveUserFromGroup", self.admin("invited-two", member)).await;
        self.ok("DeleteGroup", self.in_pool(json!({ "GroupName": "group-of-writers" }))).await;
        let client =
            self.ok("CreateUserPoolClient", self.in_pool(json!({ "ClientName": "short-lived" }))).await;
        let client = json!({ "ClientId": client["UserPoolClient"]["ClientId"] });
        self.ok("DeleteUserPoolClient", self.in_pool(client)).await;
        let pool = self.ok("CreateUserPool", json!({ "PoolName": "short-lived" })).await;
        self.ok("DeleteUserPool", json!({ "UserPoolId": pool["UserPool"]["Id"] })).await;
    }
}
