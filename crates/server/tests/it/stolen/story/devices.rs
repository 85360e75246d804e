//! Devices of a person, in a pool of their own: where devices are kept a refresh asks for one.

use serde_json::{Value, json};

use super::{CUSTOM_FUNCTIONS, Story, functions, merged};
use crate::stolen::served::ANSWER;
use crate::stolen::srp;

const USER: &str = "person-with-phones";
const PASSWORD: &str = "Password-of-phones-6";
const OF_DEVICE: &str = "Password-that-a-phone-made-up-7";

impl Story<'_> {
    pub(super) async fn devices(&mut self) {
        let pool = json!({
            "PoolName": "pool-of-devices", "DeviceConfiguration": { "ChallengeRequiredOnNewDevice": true },
            "LambdaConfig": functions(CUSTOM_FUNCTIONS),
        });
        let client = json!({
            "ClientName": "app-of-phones", "GenerateSecret": true,
            "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_CUSTOM_AUTH"],
        });
        let elsewhere = self.move_to(pool, client).await;
        self.remembered.secret("password of a device", OF_DEVICE);
        self.ok("AdminCreateUser", self.admin(USER, json!({ "MessageAction": "SUPPRESS" }))).await;
        let password = json!({ "Password": PASSWORD, "Permanent": true });
        self.ok("AdminSetUserPassword", self.admin(USER, password)).await;
        for by_admin in [false, true] {
            let (own, _) = self.confirm_device().await;
            let key = json!({ "DeviceKey": own["DeviceKey"] });
            let remembered = json!({ "DeviceRememberedStatus": "remembered" });
            self.ok("UpdateDeviceStatus", merged(own.clone(), remembered.clone())).await;
            self.ok("GetDevice", own.clone()).await;
            self.ok("ListDevices", json!({ "AccessToken": own["AccessToken"] })).await;
            self.ok("AdminGetDevice", self.admin(USER, key.clone())).await;
            self.ok("AdminListDevices", self.admin(USER, json!({}))).await;
            let status = merged(key.clone(), remembered);
            self.ok("AdminUpdateDeviceStatus", self.admin(USER, status)).await;
            if by_admin {
                self.ok("AdminForgetDevice", self.admin(USER, key)).await;
            } else {
                self.ok("ForgetDevice", own).await;
            }
        }
        self.sign_in_by_device().await;
        self.home(elsewhere);
    }

    /// A new device: the token and the key, and the group.
    async fn confirm_device(&mut self) -> (Value, String) {
        let result = self.sign_in(USER, PASSWORD).await["AuthenticationResult"].clone();
        let device = &result["NewDeviceMetadata"];
        let own = json!({ "AccessToken": result["AccessToken"], "DeviceKey": device["DeviceKey"] });
        let group = device["DeviceGroupKey"].as_str().unwrap().to_owned();
        let verifier = srp::verifier(&group, device["DeviceKey"].as_str().unwrap(), OF_DEVICE);
        let members = json!({ "DeviceName": "Phone of a person", "DeviceSecretVerifierConfig": verifier });
        self.ok("ConfirmDevice", merged(own.clone(), members)).await;
        (own, group)
    }

    /// A device proves itself after a question of the functions, wrong and right; the next sign-in waits for it in the end.
    async fn sign_in_by_device(&mut self) {
        let (own, group) = self.confirm_device().await;
        let key = own["DeviceKey"].as_str().unwrap();
        let asked = self.until_the_device(key).await;
        let begin = json!({ "DEVICE_KEY": key, "SRP_A": srp::public() });
        let asked = self.answer(USER, &asked, begin).await;
        let proof = |password: &str| {
            merged(json!({ "DEVICE_KEY": key }), srp::proof(&asked, (&group, key), password))
        };
        let wrong = self.answering(USER, &asked, proof("Password-of-another-phone-8"));
        self.fails("RespondToAuthChallenge", wrong).await;
        let tokens = self.answer(USER, &asked, proof(OF_DEVICE)).await;
        assert!(tokens["AuthenticationResult"]["AccessToken"].is_string(), "{tokens}");
        self.until_the_device(key).await;
    }

    async fn until_the_device(&mut self, key: &str) -> Value {
        let parameters = json!({ "USERNAME": USER, "SECRET_HASH": self.hash(USER), "DEVICE_KEY": key });
        let request =
            json!({ "ClientId": self.client, "AuthFlow": "CUSTOM_AUTH", "AuthParameters": parameters });
        let asked = self.ok("InitiateAuth", request).await;
        let asked = self.answer(USER, &asked, json!({ "ANSWER": ANSWER, "DEVICE_KEY": key })).await;
        assert_eq!(asked["ChallengeName"], "DEVICE_SRP_AUTH", "{asked}");
        asked
    }
}
