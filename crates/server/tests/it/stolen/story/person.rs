//! A person who signs up, and does everything that people do.

use serde_json::{Value, json};

use super::{PASSWORD, SECOND, Story, THIRD, merged};

impl Story<'_> {
    pub(super) async fn wilhelmina(&mut self) {
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
        for flow in ["REFRESH_TOKEN_AUTH", "REFRESH_TOKEN"] {
            let refresh = json!({
                "ClientId": self.client, "AuthFlow": flow,
                "AuthParameters": { "REFRESH_TOKEN": tokens["RefreshToken"], "SECRET_HASH": self.hash(name) },
            });
            self.ok("InitiateAuth", refresh).await;
        }
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
            "ClientName": "app-of-a-machine", "GenerateSecret": true, "ExplicitAuthFlows": ["ALLOW_CLIENT_TOKEN_AUTH"],
        });
        let machine = self.ok("CreateUserPoolClient", self.in_pool(machine)).await["UserPoolClient"].clone();
        let request = json!({ "ClientId": machine["ClientId"], "Secret": machine["ClientSecret"] });
        self.ok("GetClientToken", request).await;
    }
}
