//! Every way to sign in that has steps of its own.

use serde_json::{Value, json};

use super::{CUSTOM_FUNCTIONS, Story, functions, merged};
use crate::stolen::served::ANSWER;
use crate::stolen::srp;

const USER: &str = "person-of-many-ways";
const PASSWORD: &str = "Password-of-many-ways-8";
const NUMBER: &str = "+15555550163";

impl Story<'_> {
    pub(super) async fn sign_ins(&mut self) {
        let pool = json!({
            "PoolName": "pool-of-many-ways", "LambdaConfig": functions(CUSTOM_FUNCTIONS),
            "Policies": { "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD", "SMS_OTP"] } },
            "SmsConfiguration": { "SnsCallerArn": "arn:aws:iam::123456789012:role/sms" },
        });
        let client = json!({
            "ClientName": "app-of-many-ways", "GenerateSecret": true,
            "ExplicitAuthFlows": [
                "ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH", "ALLOW_USER_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH",
            ],
            "RefreshTokenRotation": { "Feature": "ENABLED", "RetryGracePeriodSeconds": 0 },
        });
        let elsewhere = self.move_to(pool, client).await;
        let given = json!([
            { "Name": "phone_number", "Value": NUMBER }, { "Name": "phone_number_verified", "Value": "true" },
        ]);
        let created = json!({ "UserAttributes": given, "MessageAction": "SUPPRESS" });
        self.ok("AdminCreateUser", self.admin(USER, created)).await;
        let chosen = json!({ "Password": PASSWORD, "Permanent": true });
        self.ok("AdminSetUserPassword", self.admin(USER, chosen)).await;
        let tokens = self.proof_of_the_password().await["AuthenticationResult"].clone();
        self.rotate(&tokens["RefreshToken"]).await;
        self.code_by_text_message(json!({})).await;
        let parameters =
            json!({ "ACCESS_TOKEN": tokens["AccessToken"], "TARGET_ACR_VALUES": "urn:cognito:loa:2" });
        self.code_by_text_message(parameters).await;
        self.password_by_choice().await;
        self.password_by_back_end().await;
        for proof_first in [false, true] {
            self.questions_of_functions(proof_first).await;
        }
        self.home(elsewhere);
    }

    async fn begin(&mut self, flow: &str, parameters: Value) -> Value {
        let front = json!({ "USERNAME": USER, "SECRET_HASH": self.hash(USER) });
        let request = json!({
            "ClientId": self.client, "AuthFlow": flow, "AuthParameters": merged(front, parameters),
            "ClientMetadata": { "way": "metadata of one of many ways" },
        });
        self.ok("InitiateAuth", request).await
    }

    async fn proof_of_the_password(&mut self) -> Value {
        let asked = self.begin("USER_SRP_AUTH", json!({ "SRP_A": srp::public() })).await;
        self.prove_password(&asked).await
    }

    fn proof(&self, asked: &Value, password: &str) -> Value {
        let home = self.pool.split_once('_').unwrap().1;
        srp::proof(asked, (home, USER), password)
    }

    /// Wrong, then right.
    async fn prove_password(&mut self, asked: &Value) -> Value {
        let wrong = self.answering(USER, asked, self.proof(asked, "Password-of-no-way-9"));
        self.fails("RespondToAuthChallenge", wrong).await;
        self.answer(USER, asked, self.proof(asked, PASSWORD)).await
    }

    /// Refreshes that bring new tokens, and an old one that comes back.
    async fn rotate(&mut self, first: &Value) {
        let refresh = json!({ "ClientId": self.client, "ClientSecret": self.secret, "RefreshToken": first });
        let renewed = self.ok("GetTokensFromRefreshToken", refresh.clone()).await;
        let next = json!({ "RefreshToken": renewed["AuthenticationResult"]["RefreshToken"] });
        assert_ne!(next["RefreshToken"], *first);
        self.fails("GetTokensFromRefreshToken", refresh.clone()).await;
        self.ok("GetTokensFromRefreshToken", merged(refresh, next)).await;
    }

    /// As the first factor, or as what is missing to a level.
    async fn code_by_text_message(&mut self, parameters: Value) {
        let seen = self.served.post.count();
        let chosen = merged(json!({ "PREFERRED_CHALLENGE": "SMS_OTP" }), parameters);
        let asked = self.begin("USER_AUTH", chosen).await;
        let wrong = self.answering(USER, &asked, json!({ "SMS_OTP_CODE": "not-this-one" }));
        self.fails("RespondToAuthChallenge", wrong).await;
        let code = self.code_of(8, NUMBER, seen).await;
        let tokens = self.answer(USER, &asked, json!({ "SMS_OTP_CODE": code })).await;
        assert!(tokens["AuthenticationResult"]["AccessToken"].is_string(), "{tokens}");
    }

    /// The password that was chosen, as it is and proved.
    async fn password_by_choice(&mut self) {
        let preferred = |challenge: &str| json!({ "PREFERRED_CHALLENGE": challenge });
        let asked = self.begin("USER_AUTH", preferred("PASSWORD")).await;
        self.answer(USER, &asked, json!({ "PASSWORD": PASSWORD })).await;
        let asked = self.begin("USER_AUTH", preferred("PASSWORD_SRP")).await;
        let asked = self.answer(USER, &asked, json!({ "SRP_A": srp::public() })).await;
        // A wrong proof would end it.
        self.answer(USER, &asked, self.proof(&asked, PASSWORD)).await;
    }

    async fn password_by_back_end(&mut self) {
        let shown = json!({ "USERNAME": USER, "PASSWORD": PASSWORD, "SECRET_HASH": self.hash(USER) });
        let home = self.in_pool(json!({ "ClientId": self.client }));
        let request = json!({ "AuthFlow": "ADMIN_NO_SRP_AUTH", "AuthParameters": shown });
        self.ok("AdminInitiateAuth", merged(home.clone(), request)).await;
        let request = json!({ "ChallengeName": "ADMIN_NO_SRP_AUTH", "ChallengeResponses": shown });
        self.ok("AdminRespondToAuthChallenge", merged(home, request)).await;
    }

    /// A wrong answer, which the functions forgive, and a right one.
    async fn questions_of_functions(&mut self, proof_first: bool) {
        let mut asked = if proof_first {
            let parameters = json!({ "CHALLENGE_NAME": "SRP_A", "SRP_A": srp::public() });
            let asked = self.begin("CUSTOM_AUTH", parameters).await;
            self.prove_password(&asked).await
        } else {
            self.begin("CUSTOM_AUTH", json!({})).await
        };
        self.remembered.secret("answer", "Answer-that-is-wrong-1c33");
        for answer in ["Answer-that-is-wrong-1c33", ANSWER] {
            assert_eq!(asked["ChallengeName"], "CUSTOM_CHALLENGE", "{asked}");
            asked = self.answer(USER, &asked, json!({ "ANSWER": answer })).await;
        }
        assert!(asked["AuthenticationResult"]["AccessToken"].is_string(), "{asked}");
    }
}
