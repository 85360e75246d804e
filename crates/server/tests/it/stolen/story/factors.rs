//! What people show beside their password, or in its place.

use cenote_crypto::web_authn::testing::{Authenticator, Said};
use serde_json::{Value, json};

use super::{Story, merged};
use crate::stolen::app;
use crate::stolen::served::now;

impl Story<'_> {
    /// A passkey is made, signs in, and is given up.
    pub(super) async fn passkey(&mut self, name: &str, access_token: &Value) {
        let own = |members: Value| merged(json!({ "AccessToken": access_token }), members);
        let authenticator = Authenticator::es256(b"the passkey of wilhelmina");
        self.remembered.person("passkey", &authenticator.id_text());
        let start = self.ok("StartWebAuthnRegistration", own(json!({}))).await;
        let options = &start["CredentialCreationOptions"];
        self.remembered.person("challenge", options["challenge"].as_str().unwrap());
        let foreign = authenticator.register(&Said::to(options, "https://origin-of-somebody-else.example"));
        self.fails("CompleteWebAuthnRegistration", own(json!({ "Credential": foreign }))).await;
        let credential = authenticator.register(&Said::to(options, "https://people.example"));
        self.ok("CompleteWebAuthnRegistration", own(json!({ "Credential": credential }))).await;
        self.ok("ListWebAuthnCredentials", own(json!({ "MaxResults": 1 }))).await;
        self.prove(name, &authenticator).await;
        let id = json!({ "CredentialId": authenticator.id_text() });
        self.ok("DeleteWebAuthnCredential", own(id.clone())).await;
        self.fails("DeleteWebAuthnCredential", own(id)).await;
    }

    /// A sign-in by a passkey, from a wrong page and from the right one.
    async fn prove(&mut self, name: &str, authenticator: &Authenticator) {
        let parameters = json!({
            "USERNAME": name, "SECRET_HASH": self.hash(name), "PREFERRED_CHALLENGE": "WEB_AUTHN",
        });
        let request =
            json!({ "ClientId": self.client, "AuthFlow": "USER_AUTH", "AuthParameters": parameters });
        let asked = self.ok("InitiateAuth", request).await;
        let options = asked["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"].as_str().unwrap();
        let options: Value = serde_json::from_str(options).unwrap();
        self.remembered.person("challenge", options["challenge"].as_str().unwrap());
        let proof = |origin: &str| authenticator.authenticate(&Said::to(&options, origin)).to_string();
        let wrong =
            self.respond(name, "WEB_AUTHN", &asked, ("CREDENTIAL", &proof("https://another-origin.example")));
        self.fails("RespondToAuthChallenge", wrong).await;
        let right = self.respond(name, "WEB_AUTHN", &asked, ("CREDENTIAL", &proof("https://people.example")));
        self.ok("RespondToAuthChallenge", right).await;
    }

    /// A sign-in by choice: a code by mail, given wrong and right.
    pub(super) async fn choose(&mut self, name: &str, address: &str) {
        let parameters = json!({ "USERNAME": name, "SECRET_HASH": self.hash(name) });
        let request =
            json!({ "ClientId": self.client, "AuthFlow": "USER_AUTH", "AuthParameters": parameters });
        let choice = self.ok("InitiateAuth", request).await;
        let seen = self.served.post.count();
        let chosen = self.respond(name, "SELECT_CHALLENGE", &choice, ("ANSWER", "EMAIL_OTP"));
        let asked = self.ok("RespondToAuthChallenge", chosen).await;
        let wrong = self.respond(name, "EMAIL_OTP", &asked, ("EMAIL_OTP_CODE", "not-that-code"));
        self.fails("RespondToAuthChallenge", wrong).await;
        let code = self.code_of(8, address, seen).await;
        let right = self.respond(name, "EMAIL_OTP", &asked, ("EMAIL_OTP_CODE", &code));
        self.ok("RespondToAuthChallenge", right).await;
    }

    /// What a person shows beside the password.
    pub(super) async fn second_factors(&mut self) {
        let client = json!({
            "ClientName": "app-of-factors", "GenerateSecret": true, "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"],
        });
        let elsewhere = self.move_to(json!({ "PoolName": "pool-of-factors" }), client).await;
        let (user, password, number) = ("factor-person", "Shown-with-more-7", "+15555550177");
        let sns = json!({ "SnsCallerArn": "arn:aws:iam::123456789012:role/sms", "ExternalId": "x" });
        let members = |mode: &str| {
            json!({
                "MfaConfiguration": mode, "SoftwareTokenMfaConfiguration": { "Enabled": true },
                "SmsMfaConfiguration": { "SmsConfiguration": sns }, "EmailMfaConfiguration": {},
            })
        };
        self.ok("SetUserPoolMfaConfig", self.in_pool(members("OPTIONAL"))).await;
        let given = json!([{ "Name": "phone_number", "Value": number }]);
        let created = json!({
            "UserAttributes": given, "MessageAction": "SUPPRESS", "TemporaryPassword": "Temporary-six-6",
        });
        self.ok("AdminCreateUser", self.admin(user, created)).await;
        let chosen = json!({ "Password": password, "Permanent": true });
        self.ok("AdminSetUserPassword", self.admin(user, chosen)).await;
        let tokens = self.sign_in(user, password).await["AuthenticationResult"].clone();
        let own = |members: Value| merged(json!({ "AccessToken": tokens["AccessToken"] }), members);
        let secret = self.ok("AssociateSoftwareToken", own(json!({}))).await["SecretCode"].clone();
        let code = |distance| app::code(secret.as_str().unwrap(), now(), distance);
        let mut verify = json!({ "FriendlyDeviceName": "The Phone of Factor Person" });
        verify["UserCode"] = json!(code(-9));
        self.fails("VerifySoftwareToken", own(verify.clone())).await;
        verify["UserCode"] = json!(code(0));
        self.ok("VerifySoftwareToken", own(verify)).await;
        let settings = json!({ "SoftwareTokenMfaSettings": { "Enabled": true } });
        self.ok("SetUserMFAPreference", own(settings)).await;
        let asked = self.sign_in(user, password).await;
        // Of the step after the one that is used up.
        self.answer(user, &asked, json!({ "SOFTWARE_TOKEN_MFA_CODE": code(1) })).await;
        let options = json!([{ "DeliveryMedium": "SMS", "AttributeName": "phone_number" }]);
        self.ok("SetUserSettings", own(json!({ "MFAOptions": options }))).await;
        self.ok("AdminSetUserSettings", self.admin(user, json!({ "MFAOptions": options }))).await;
        let asked = self.sign_in(user, password).await;
        let seen = self.served.post.count();
        let asked = self.answer(user, &asked, json!({ "ANSWER": "SMS_MFA" })).await;
        let code = self.code(number, seen).await;
        self.answer(user, &asked, json!({ "SMS_MFA_CODE": code })).await;
        self.ok("GetUserAuthFactors", own(json!({}))).await;
        self.ok("AdminGetUserAuthFactors", self.admin(user, json!({}))).await;
        self.ok("AdminDeleteSoftwareToken", self.admin(user, json!({}))).await;
        self.ok("AdminSetUserSettings", self.admin(user, json!({ "MFAOptions": [] }))).await;
        // Where one is required, and the user has none that counts.
        self.ok(
            "AdminDeleteUserAttributes",
            self.admin(user, json!({ "UserAttributeNames": ["phone_number"] })),
        )
        .await;
        self.ok("SetUserPoolMfaConfig", self.in_pool(members("ON"))).await;
        let asked = self.sign_in(user, password).await;
        let given = self.ok("AssociateSoftwareToken", json!({ "Session": asked["Session"] })).await;
        let code = app::code(given["SecretCode"].as_str().unwrap(), now(), 0);
        let verify = json!({ "Session": given["Session"], "UserCode": code });
        let verified = self.ok("VerifySoftwareToken", verify).await;
        let asked = json!({ "ChallengeName": "MFA_SETUP", "Session": verified["Session"] });
        self.answer(user, &asked, json!({})).await;
        self.home(elsewhere);
    }
}
