//! Every operation that is built, done well by people with names, and a few mistakes on the way.

use std::collections::BTreeSet;
use std::time::Duration;

use cenote_crypto::web_authn::testing::{Authenticator, Said};
use cenote_crypto::{SecretString, secret_hash};
use cenote_model::Operation;
use serde_json::{Value, json};

use super::app;
use super::remembered::Remembered;
use super::served::{RENDERED, SMS_BEARER, SMS_SECRET, Served, now};
use crate::support::Reply;

const PASSWORD: &str = "Wilhelminas-first-1";
const SECOND: &str = "Wilhelminas-second-2";
const THIRD: &str = "Wilhelminas-third-3";
const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:f";

pub struct Story<'a> {
    pub served: &'a Served,
    pub remembered: Remembered,
    pub succeeded: BTreeSet<Operation>,
    pub pool: String,
    /// With a secret.
    pub client: String,
    secret: String,
}

impl<'a> Story<'a> {
    pub fn new(served: &'a Served) -> Self {
        let mut remembered = Remembered::default();
        let master = std::fs::read_to_string(served.directory().join("master.key")).unwrap();
        for key in master.lines().map(|line| line.split('#').next().unwrap_or_default().trim()) {
            remembered.secret("master key", key);
        }
        remembered.secret("access key", &served.key.1);
        remembered.secret("operator's secret", SMS_SECRET);
        remembered.secret("operator's secret", SMS_BEARER);
        remembered.secret("message", RENDERED);
        let (pool, client, secret) = Default::default();
        Self { served, remembered, succeeded: BTreeSet::new(), pool, client, secret }
    }

    pub async fn call(&mut self, operation: &str, body: &Value) -> Reply {
        self.remembered.remember(body);
        let reply = self.served.post(operation, body.to_string().as_bytes(), &[]).await;
        if let Ok(answer) = serde_json::from_slice(&reply.body) {
            self.remembered.remember(&answer);
        }
        reply
    }

    async fn ok(&mut self, operation: &str, body: Value) -> Value {
        let reply = self.call(operation, &body).await;
        assert_eq!(reply.status, 200, "{operation}: {}", reply.text());
        self.succeeded.insert(Operation::parse(operation).unwrap());
        serde_json::from_slice(&reply.body).unwrap_or_default()
    }

    async fn fails(&mut self, operation: &str, body: Value) {
        let reply = self.call(operation, &body).await;
        assert_ne!(reply.status, 200, "{operation}: {}", reply.text());
    }

    /// The members with pool and user in front.
    fn admin(&self, user: &str, members: Value) -> Value {
        merged(json!({ "UserPoolId": self.pool, "Username": user }), members)
    }

    /// The members with client, hash and user in front.
    fn public(&self, user: &str, members: Value) -> Value {
        let front = json!({ "ClientId": self.client, "Username": user, "SecretHash": self.hash(user) });
        merged(front, members)
    }

    fn hash(&self, user: &str) -> String {
        secret_hash::compute(user, &self.client, &SecretString::new(self.secret.clone()))
    }

    fn in_pool(&self, members: Value) -> Value {
        merged(json!({ "UserPoolId": self.pool }), members)
    }

    async fn sign_in(&mut self, user: &str, password: &str) -> Value {
        let parameters = json!({ "USERNAME": user, "PASSWORD": password, "SECRET_HASH": self.hash(user) });
        let request = json!({
            "ClientId": self.client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters,
            "ClientMetadata": { "sign-in": "metadata of a sign-in" },
        });
        self.ok("InitiateAuth", request).await
    }

    /// The code in a message to somebody, which is remembered; `seen` messages were there before.
    async fn code(&mut self, destination: &str, seen: usize) -> String {
        self.code_of(6, destination, seen).await
    }

    async fn code_of(&mut self, digits: usize, destination: &str, seen: usize) -> String {
        let wait = async {
            loop {
                let arrived = self.served.post.after(seen);
                let mut own = arrived.iter().filter(|message| message.contains(destination));
                if let Some(code) = own.find_map(|message| code_in(message, digits)) {
                    return code;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let code = tokio::time::timeout(Duration::from_secs(30), wait).await;
        let code = code.unwrap_or_else(|_| panic!("no code to {destination} in time"));
        self.remembered.code(&code);
        code
    }

    /// Everything.
    pub async fn tell(&mut self) {
        self.configure().await;
        self.wilhelmina().await;
        self.administer().await;
        self.second_factors().await;
        self.devices().await;
        self.lists().await;
        self.messages_that_fail().await;
        self.tidy_up().await;
    }

    async fn configure(&mut self) {
        let pool = self.ok("CreateUserPool", json!({ "PoolName": "story" })).await;
        self.pool = pool["UserPool"]["Id"].as_str().unwrap().to_owned();
        let arn = pool["UserPool"]["Arn"].clone();
        let members = json!({ "CustomAttributes": [{ "Name": "diary", "AttributeDataType": "String", "Mutable": true }] });
        self.ok("AddCustomAttributes", self.in_pool(members)).await;
        let functions = json!({
            "PreSignUp": FUNCTION, "CustomMessage": FUNCTION, "PostConfirmation": FUNCTION,
            "PreAuthentication": FUNCTION, "PostAuthentication": FUNCTION, "PreTokenGeneration": FUNCTION,
            "UserMigration": FUNCTION,
        });
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
        self.ok("TagResource", json!({ "ResourceArn": arn, "Tags": { "team": "identity" } })).await;
        self.ok("ListTagsForResource", json!({ "ResourceArn": arn })).await;
        self.ok("UntagResource", json!({ "ResourceArn": arn, "TagKeys": ["team"] })).await;
        let members = json!({ "ClientName": "app", "GenerateSecret": true });
        let client = self.ok("CreateUserPoolClient", self.in_pool(members)).await["UserPoolClient"].clone();
        self.client = client["ClientId"].as_str().unwrap().to_owned();
        self.secret = client["ClientSecret"].as_str().unwrap().to_owned();
        let of_client = self.in_pool(json!({ "ClientId": self.client }));
        let members = json!({
            "ClientName": "app", "ExplicitAuthFlows": [
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
        self.ok("CreateUserPoolClient", self.in_pool(json!({ "ClientName": "second" }))).await;
        for name in ["readers", "writers"] {
            self.ok("CreateGroup", self.in_pool(json!({ "GroupName": name }))).await;
        }
        let group = self.in_pool(json!({ "GroupName": "readers", "Description": "who read" }));
        self.ok("UpdateGroup", group).await;
        self.ok("GetGroup", self.in_pool(json!({ "GroupName": "readers" }))).await;
    }

    /// A person signs up, and does everything that people do.
    async fn wilhelmina(&mut self) {
        let (name, address, number) = ("wilhelmina-k", "wilhelmina@people.example", "+15555550142");
        let given = json!([
            { "Name": "email", "Value": address }, { "Name": "name", "Value": "Wilhelmina Krüger-Østergård" },
            { "Name": "phone_number", "Value": number },
            { "Name": "custom:diary", "Value": "Dear diary, today I signed up" },
        ]);
        let context =
            json!({ "EncodedData": "ZW5jb2RlZCBkYXRhIG9mIGEgZGV2aWNl", "IpAddress": "203.0.113.77" });
        let members = json!({
            "Password": PASSWORD, "UserAttributes": given, "UserContextData": context,
            "ValidationData": [{ "Name": "proof", "Value": "validation-data-of-a-sign-up" }],
            "ClientMetadata": { "campaign": "metadata of a sign-up" },
        });
        self.ok("SignUp", self.public(name, members.clone())).await;
        let first = self.code(address, 0).await;
        self.fails("SignUp", self.public(name, members)).await;
        self.fails("ConfirmSignUp", self.public(name, json!({ "ConfirmationCode": "not-the-code" }))).await;
        let seen = self.served.post.count();
        self.ok("ResendConfirmationCode", self.public(name, json!({}))).await;
        let code = self.code(address, seen).await;
        self.fails("ConfirmSignUp", self.public(name, json!({ "ConfirmationCode": first }))).await;
        self.ok("ConfirmSignUp", self.public(name, json!({ "ConfirmationCode": code }))).await;

        let tokens = self.sign_in(name, PASSWORD).await["AuthenticationResult"].clone();
        let own = |members: Value| merged(json!({ "AccessToken": tokens["AccessToken"] }), members);
        self.ok("GetUser", own(json!({}))).await;
        let seen = self.served.post.count();
        self.ok("GetUserAttributeVerificationCode", own(json!({ "AttributeName": "phone_number" }))).await;
        let code = self.code(number, seen).await;
        let verify = |code: &str| own(json!({ "AttributeName": "phone_number", "Code": code }));
        self.fails("VerifyUserAttribute", verify("not-this-code")).await;
        self.ok("VerifyUserAttribute", verify(&code)).await;
        let moved = "wilhelmina.moved@people.example";
        let change =
            json!([{ "Name": "email", "Value": moved }, { "Name": "name", "Value": "Mina Østergård" }]);
        let seen = self.served.post.count();
        self.ok("UpdateUserAttributes", own(json!({ "UserAttributes": change }))).await;
        let code = self.code(moved, seen).await;
        self.ok("VerifyUserAttribute", own(json!({ "AttributeName": "email", "Code": code }))).await;
        self.ok("DeleteUserAttributes", own(json!({ "UserAttributeNames": ["custom:diary"] }))).await;
        self.ok("SetUserMFAPreference", own(json!({}))).await;
        self.passkey(name, &tokens["AccessToken"]).await;
        self.sessions(name, &tokens).await;
        let passwords = json!({ "PreviousPassword": "Not-wilhelminas-0", "ProposedPassword": SECOND });
        self.fails("ChangePassword", own(passwords)).await;
        let passwords = json!({ "PreviousPassword": PASSWORD, "ProposedPassword": SECOND });
        self.ok("ChangePassword", own(passwords)).await;

        let seen = self.served.post.count();
        self.ok("ForgotPassword", self.public(name, json!({}))).await;
        let code = self.code(moved, seen).await;
        let wrong = json!({ "ConfirmationCode": "no-such-code", "Password": THIRD });
        self.fails("ConfirmForgotPassword", self.public(name, wrong)).await;
        let right = json!({ "ConfirmationCode": code, "Password": THIRD });
        self.ok("ConfirmForgotPassword", self.public(name, right)).await;
        let refresh = json!({
            "ClientId": self.client, "AuthFlow": "REFRESH_TOKEN_AUTH",
            "AuthParameters": { "REFRESH_TOKEN": tokens["RefreshToken"], "SECRET_HASH": self.hash(name) },
        });
        self.ok("InitiateAuth", refresh).await;
        let with_secret = json!({ "ClientId": self.client, "ClientSecret": self.secret });
        let members = json!({ "RefreshToken": tokens["RefreshToken"] });
        self.ok("GetTokensFromRefreshToken", merged(with_secret.clone(), members)).await;
        self.ok("RevokeToken", merged(with_secret, json!({ "Token": tokens["RefreshToken"] }))).await;
        self.fails("GetUser", own(json!({}))).await;
        self.choose(name, moved).await;
        let again = self.sign_in(name, THIRD).await["AuthenticationResult"].clone();
        self.ok("GlobalSignOut", json!({ "AccessToken": again["AccessToken"] })).await;
        // Wrong passwords until the lock, names that nobody has, and those whom a function refuses or brings over.
        for user in [name, name, name, name, name, name, "nobody-known", "unwanted-person", "garbled-person"]
        {
            let parameters =
                json!({ "USERNAME": user, "PASSWORD": "A-wrong-guess-9", "SECRET_HASH": self.hash(user) });
            let request = json!({
                "ClientId": self.client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters,
            });
            self.fails("InitiateAuth", request).await;
            self.call("ForgotPassword", &self.public(user, json!({}))).await;
        }
        let given = json!([{ "Name": "email", "Value": "unwanted@people.example" }]);
        for user in ["unwanted-person", "garbled-person"] {
            let members = json!({ "Password": PASSWORD, "UserAttributes": given });
            self.fails("SignUp", self.public(user, members)).await;
        }
        self.sign_in("migrated-person", "Password-of-the-migrated-1").await;
    }

    /// A passkey is made, signs in, and is given up.
    async fn passkey(&mut self, name: &str, access_token: &Value) {
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

    /// Sessions that are listed and ended, and tokens that are made from others.
    async fn sessions(&mut self, name: &str, tokens: &Value) {
        for _ in 0..2 {
            self.sign_in(name, PASSWORD).await;
        }
        let own = json!({ "AccessToken": tokens["AccessToken"] });
        let listed = self.ok("ListUserSessions", own.clone()).await["Sessions"].clone();
        let mut others =
            listed.as_array().unwrap().iter().filter(|one| one["IsCurrentSession"] == json!(false));
        let mut other = || json!({ "SessionId": others.next().unwrap()["SessionId"] });
        self.ok("RevokeUserSession", merged(own, other())).await;
        self.ok("AdminRevokeUserSession", self.admin(name, other())).await;
        self.ok("AdminListUserSessions", self.admin(name, json!({}))).await;
        let derive = json!({
            "ClientId": self.client, "ClientSecret": self.secret,
            "SubjectToken": tokens["IdToken"], "SubjectTokenType": "ID_TOKEN",
        });
        self.ok("GetDerivedToken", derive).await;
        let machine = json!({
            "ClientName": "machine", "GenerateSecret": true, "ExplicitAuthFlows": ["ALLOW_CLIENT_TOKEN_AUTH"],
        });
        let machine = self.ok("CreateUserPoolClient", self.in_pool(machine)).await["UserPoolClient"].clone();
        let request = json!({ "ClientId": machine["ClientId"], "Secret": machine["ClientSecret"] });
        self.ok("GetClientToken", request).await;
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
    async fn choose(&mut self, name: &str, address: &str) {
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

    /// One answer to a challenge.
    fn respond(&self, name: &str, challenge: &str, asked: &Value, (key, value): (&str, &str)) -> Value {
        json!({
            "ClientId": self.client, "ChallengeName": challenge, "Session": asked["Session"],
            "ChallengeResponses": { "USERNAME": name, "SECRET_HASH": self.hash(name), key: value },
        })
    }

    /// What administrators do.
    async fn administer(&mut self) {
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
            for group in ["readers", "writers"] {
                self.ok("AdminAddUserToGroup", self.admin(user, json!({ "GroupName": group }))).await;
            }
        }
    }

    /// In a pool of its own: where devices are kept a refresh asks for one.
    async fn devices(&mut self) {
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

    /// What a person shows beside the password.
    async fn second_factors(&mut self) {
        let elsewhere = (self.pool.clone(), self.client.clone(), self.secret.clone());
        let pool = self.ok("CreateUserPool", json!({ "PoolName": "factors" })).await;
        self.pool = pool["UserPool"]["Id"].as_str().unwrap().to_owned();
        let members = json!({
            "ClientName": "app", "GenerateSecret": true, "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"],
        });
        let client = self.ok("CreateUserPoolClient", self.in_pool(members)).await["UserPoolClient"].clone();
        self.client = client["ClientId"].as_str().unwrap().to_owned();
        self.secret = client["ClientSecret"].as_str().unwrap().to_owned();
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
        (self.pool, self.client, self.secret) = elsewhere;
    }

    /// Answers a challenge.
    async fn answer(&mut self, user: &str, asked: &Value, responses: Value) -> Value {
        let front = json!({ "USERNAME": user, "SECRET_HASH": self.hash(user) });
        let request = json!({
            "ClientId": self.client, "ChallengeName": asked["ChallengeName"], "Session": asked["Session"],
            "ChallengeResponses": merged(front, responses),
        });
        self.ok("RespondToAuthChallenge", request).await
    }

    /// Each with its second page.
    async fn lists(&mut self) {
        let filter = json!({ "Filter": "email ^= \"wilhelmina\"" });
        self.ok("ListUsers", self.in_pool(filter)).await;
        let lists = [
            ("ListUsers", "PaginationToken", self.in_pool(json!({ "Limit": 1 }))),
            ("ListUsersInGroup", "NextToken", self.in_pool(json!({ "Limit": 1, "GroupName": "readers" }))),
            ("ListGroups", "NextToken", self.in_pool(json!({ "Limit": 1 }))),
            ("AdminListGroupsForUser", "NextToken", self.admin("invited-one", json!({ "Limit": 1 }))),
            ("ListUserPoolClients", "NextToken", self.in_pool(json!({ "MaxResults": 1 }))),
            ("ListUserPools", "NextToken", json!({ "MaxResults": 1 })),
        ];
        self.ok("CreateUserPool", json!({ "PoolName": "another" })).await;
        for (operation, member, request) in lists {
            let page = self.ok(operation, request.clone()).await;
            assert!(page[member].is_string(), "{operation}: {page}");
            self.ok(operation, merged(request.clone(), json!({ member: page[member] }))).await;
            let broken = format!("{}x", page[member].as_str().unwrap());
            self.fails(operation, merged(request, json!({ member: broken }))).await;
        }
    }

    /// The mail server and the gateway refuse them, repeating the address.
    async fn messages_that_fail(&mut self) {
        for (user, attribute, value) in [
            ("undeliverable-one", "email", "refused.address@people.example"),
            ("undeliverable-two", "email", "later.address@people.example"),
            ("undeliverable-three", "phone_number", "+15555550199"),
        ] {
            let medium = if attribute == "email" { "EMAIL" } else { "SMS" };
            let members = json!({
                "TemporaryPassword": "Temporary-three-3", "DesiredDeliveryMediums": [medium],
                "UserAttributes": [{ "Name": attribute, "Value": value }],
            });
            self.ok("AdminCreateUser", self.admin(user, members)).await;
        }
        let wait = async {
            loop {
                let metrics = self.served.get("/_cenote/metrics").await;
                let lines: Vec<&str> = metrics
                    .text()
                    .lines()
                    .filter(|line| line.starts_with("cenote_deliveries_total"))
                    .collect();
                let at_least = |outcome: &str, channel: &str| {
                    lines
                        .iter()
                        .any(|line| line.contains(outcome) && line.contains(channel) && !line.ends_with(" 0"))
                };
                if at_least("dead", "email") && at_least("dead", "sms") {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        if tokio::time::timeout(Duration::from_secs(30), wait).await.is_err() {
            panic!("not given up in time: {}", self.served.get("/_cenote/metrics").await.text());
        }
    }

    async fn tidy_up(&mut self) {
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
        let member = json!({ "GroupName": "readers" });
        self.ok("AdminRemoveUserFromGroup", self.admin("invited-two", member)).await;
        self.ok("DeleteGroup", self.in_pool(json!({ "GroupName": "writers" }))).await;
        let client = self.ok("CreateUserPoolClient", self.in_pool(json!({ "ClientName": "short" }))).await;
        let client = json!({ "ClientId": client["UserPoolClient"]["ClientId"] });
        self.ok("DeleteUserPoolClient", self.in_pool(client)).await;
        let pool = self.ok("CreateUserPool", json!({ "PoolName": "short" })).await;
        self.ok("DeleteUserPool", json!({ "UserPoolId": pool["UserPool"]["Id"] })).await;
    }
}

/// Six digits on their own.
fn code_in(message: &str, digits: usize) -> Option<String> {
    let mut words = message.split(|one: char| !one.is_ascii_alphanumeric());
    words
        .find(|word| word.len() == digits && word.bytes().all(|byte| byte.is_ascii_digit()))
        .map(str::to_owned)
}

pub fn merged(mut request: Value, members: Value) -> Value {
    if let (Value::Object(request), Value::Object(members)) = (&mut request, members) {
        request.extend(members);
    }
    request
}
