//! Devices of a person, in a pool of their own: where devices are kept a refresh asks for one.

use serde_json::json;

use super::{Story, merged};

impl Story<'_> {
    pub(super) async fn devices(&mut self) {
        let pool =
            json!({ "PoolName": "devices", "DeviceConfiguration": { "ChallengeRequiredOnNewDevice": true } });
        let pool = self.ok("CreateUserPool", pool).await["UserPool"]["Id"].clone();
        let client = json!({
            "UserPoolId": pool, "ClientName": "phones", "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"],
        });
        let client = self.ok("CreateUserPoolClient", client).await["UserPoolClient"]["ClientId"].clone();
        let user = json!({ "UserPoolId": pool, "Username": "person-with-phones" });
        self.ok("AdminCreateUser", merged(user.clone(), json!({ "MessageAction": "SUPPRESS" }))).await;
        let password = json!({ "Password": "Password-of-phones-6", "Permanent": true });
        self.ok("AdminSetUserPassword", merged(user.clone(), password)).await;
        for by_admin in [false, true] {
            let parameters = json!({ "USERNAME": "person-with-phones", "PASSWORD": "Password-of-phones-6" });
            let request = json!({
                "ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters,
            });
            let result = self.ok("InitiateAuth", request).await["AuthenticationResult"].clone();
            let key = result["NewDeviceMetadata"]["DeviceKey"].clone();
            let own = json!({ "AccessToken": result["AccessToken"], "DeviceKey": key });
            let numbers = json!({
                "Salt": "AQIDBAUGBwgJCgsMDQ4PEA==",
                "PasswordVerifier": "KygpLi8sLSIjICEmJyQlOjs4OT4/PD0yMzAxNjc0NQoLCAkODwwNAgMAAQYHBAUaGxgZHh8cHRITEBEW",
            });
            let members = json!({ "DeviceName": "Phone of a person", "DeviceSecretVerifierConfig": numbers });
            self.ok("ConfirmDevice", merged(own.clone(), members)).await;
            let remembered = json!({ "DeviceRememberedStatus": "remembered" });
            self.ok("UpdateDeviceStatus", merged(own.clone(), remembered.clone())).await;
            self.ok("GetDevice", own.clone()).await;
            self.ok("ListDevices", json!({ "AccessToken": result["AccessToken"] })).await;
            let admin = merged(user.clone(), json!({ "DeviceKey": key }));
            self.ok("AdminGetDevice", admin.clone()).await;
            self.ok("AdminListDevices", user.clone()).await;
            self.ok("AdminUpdateDeviceStatus", merged(admin.clone(), remembered)).await;
            if by_admin {
                self.ok("AdminForgetDevice", admin).await;
            } else {
                self.ok("ForgetDevice", own).await;
            }
        }
    }
}
