//! What administrators do with users.

use serde_json::json;

use super::{PASSWORD, Story};

impl Story<'_> {
    pub(super) async fn administer(&mut self) {
        let given = |address: &str| json!([{ "Name": "email", "Value": address }, { "Name": "email_verified", "Value": "true" }]);
        for (user, temporary) in [("invited-one", "Temporary-one-1"), ("invited-two", "Temporary-two-2")] {
            let members = json!({
                "TemporaryPassword": temporary, "DesiredDeliveryMediums": ["EMAIL"],
                "UserAttributes": given(&format!("{user}@people.example")),
                "ClientMetadata": { "note": "metadata of an invitation" },
            });
            self.ok("AdminCreateUser", self.admin(user, members)).await;
            let parameters =
                json!({ "USERNAME": user, "PASSWORD": temporary, "SECRET_HASH": self.hash(user) });
            let request = self.in_pool(json!({
                "ClientId": self.client, "AuthFlow": "ADMIN_USER_PASSWORD_AUTH", "AuthParameters": parameters,
            }));
            let challenge = self.ok("AdminInitiateAuth", request).await;
            let answer = json!({
                "ClientId": self.client, "ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": challenge["Session"],
                "ChallengeResponses": {
                    "USERNAME": user, "NEW_PASSWORD": format!("Chosen-by-{user}-3"), "SECRET_HASH": self.hash(user),
                },
            });
            if user == "invited-one" {
                self.ok("RespondToAuthChallenge", answer).await;
            } else {
                self.ok("AdminRespondToAuthChallenge", self.in_pool(answer)).await;
            }
        }
        let user = "invited-one";
        self.ok("AdminGetUser", self.admin(user, json!({}))).await;
        let change = json!([{ "Name": "name", "Value": "Ingrid Invited" }, { "Name": "nickname", "Value": "Inga the First" }]);
        self.ok("AdminUpdateUserAttributes", self.admin(user, json!({ "UserAttributes": change }))).await;
        let names = json!({ "UserAttributeNames": ["nickname"] });
        self.ok("AdminDeleteUserAttributes", self.admin(user, names)).await;
        self.ok("AdminSetUserMFAPreference", self.admin(user, json!({}))).await;
        let password = json!({ "Password": "Set-by-an-admin-4", "Permanent": true });
        self.ok("AdminSetUserPassword", self.admin(user, password)).await;
        self.ok("AdminDisableUser", self.admin(user, json!({}))).await;
        self.ok("AdminEnableUser", self.admin(user, json!({}))).await;
        self.ok("AdminUserGlobalSignOut", self.admin(user, json!({}))).await;
        let seen = self.served.post.count();
        self.ok("AdminResetUserPassword", self.admin(user, json!({}))).await;
        self.code("invited-one@people.example", seen).await;
        let given = json!([{ "Name": "email", "Value": "confirmed@people.example" }]);
        let members = json!({ "Password": PASSWORD, "UserAttributes": given });
        self.ok("SignUp", self.public("confirmed-person", members)).await;
        self.ok("AdminConfirmSignUp", self.admin("confirmed-person", json!({}))).await;
        for user in ["invited-one", "invited-two"] {
            for group in ["group-of-readers", "group-of-writers"] {
                self.ok("AdminAddUserToGroup", self.admin(user, json!({ "GroupName": group }))).await;
            }
        }
    }
}
