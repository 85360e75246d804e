//! What operators of a pool do.

use serde_json::json;

use super::{Story, functions, merged};

impl Story<'_> {
    pub(super) async fn configure(&mut self) {
        let pool = self.ok("CreateUserPool", json!({ "PoolName": "pool-of-the-story" })).await;
        self.pool = pool["UserPool"]["Id"].as_str().unwrap().to_owned();
        let arn = pool["UserPool"]["Arn"].clone();
        let members = json!({ "CustomAttributes": [{ "Name": "diary", "AttributeDataType": "String", "Mutable": true }] });
        self.ok("AddCustomAttributes", self.in_pool(members)).await;
        let functions = functions(&[
            "PreSignUp",
            "CustomMessage",
            "PostConfirmation",
            "PreAuthentication",
            "PostAuthentication",
            "PreTokenGeneration",
            "UserMigration",
        ]);
        let factors = ["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"];
        let policies = json!({ "SignInPolicy": { "AllowedFirstAuthFactors": factors } });
        let members = json!({
            "AutoVerifiedAttributes": ["email"], "LambdaConfig": functions, "Policies": policies,
        });
        self.ok("UpdateUserPool", self.in_pool(members)).await;
        self.ok("DescribeUserPool", self.in_pool(json!({}))).await;
        self.ok("GetUserPoolMfaConfig", self.in_pool(json!({}))).await;
        let members = json!({
            "MfaConfiguration": "OFF", "WebAuthnConfiguration": { "RelyingPartyId": "people.example" },
        });
        self.ok("SetUserPoolMfaConfig", self.in_pool(members)).await;
        self.ok("TagResource", json!({ "ResourceArn": arn, "Tags": { "team": "team-of-the-story" } })).await;
        self.ok("ListTagsForResource", json!({ "ResourceArn": arn })).await;
        self.ok("UntagResource", json!({ "ResourceArn": arn, "TagKeys": ["team"] })).await;
        let members = json!({ "ClientName": "app-of-the-story", "GenerateSecret": true });
        let client = self.ok("CreateUserPoolClient", self.in_pool(members)).await["UserPoolClient"].clone();
        self.client = client["ClientId"].as_str().unwrap().to_owned();
        self.secret = client["ClientSecret"].as_str().unwrap().to_owned();
        let of_client = self.in_pool(json!({ "ClientId": self.client }));
        let members = json!({
            "ClientName": "app-of-the-story", "ExplicitAuthFlows": [
                "ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH",
                "ALLOW_TOKEN_EXCHANGE_IMPERSONATION", "ALLOW_USER_AUTH",
            ],
            "WriteAttributes": ["email", "phone_number", "name", "custom:diary"],
        });
        self.ok("UpdateUserPoolClient", merged(of_client.clone(), members)).await;
        let members = json!({ "UserSessionTracking": "ENABLED", "TokenSession": { "MaxPerUser": 5 } });
        self.ok("SetUserPoolSessionConfiguration", self.in_pool(members)).await;
        self.ok("GetUserPoolSessionConfiguration", self.in_pool(json!({}))).await;
        let members = json!({ "SSOSession": { "MaxValidityMinutes": 5 } });
        self.ok("SetUserPoolClientSessionConfiguration", merged(of_client.clone(), members)).await;
        self.ok("GetUserPoolClientSessionConfiguration", of_client.clone()).await;
        self.ok("DescribeUserPoolClient", of_client.clone()).await;
        let added = self.ok("AddUserPoolClientSecret", of_client.clone()).await;
        self.ok("ListUserPoolClientSecrets", of_client.clone()).await;
        let added = json!({ "ClientSecretId": added["ClientSecretDescriptor"]["ClientSecretId"] });
        self.ok("DeleteUserPoolClientSecret", merged(of_client, added)).await;
        self.ok("CreateUserPoolClient", self.in_pool(json!({ "ClientName": "app-of-others" }))).await;
        for name in ["group-of-readers", "group-of-writers"] {
            self.ok("CreateGroup", self.in_pool(json!({ "GroupName": name }))).await;
        }
        let group = self.in_pool(json!({ "GroupName": "group-of-readers", "Description": "who read" }));
        self.ok("UpdateGroup", group).await;
        self.ok("GetGroup", self.in_pool(json!({ "GroupName": "group-of-readers" }))).await;
    }
}
