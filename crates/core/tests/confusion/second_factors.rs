//! Sessions of second factors. Each is presented with the code that was sent for it, which the world remembers.

use cenote_core::clock::Clock;
use cenote_core::testing::{AuthenticatorApp, text};
use serde_json::{Value, json};

use crate::world::*;

/// The challenges of a user who has every factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Factor {
    Choice,
    Sms,
    Email,
    App,
}

impl Factor {
    pub const ALL: [Self; 4] = [Self::Choice, Self::Sms, Self::Email, Self::App];

    pub fn challenge(self) -> &'static str {
        match self {
            Self::Choice => "SELECT_MFA_TYPE",
            Self::Sms => "SMS_MFA",
            Self::Email => "EMAIL_OTP",
            Self::App => "SOFTWARE_TOKEN_MFA",
        }
    }

    fn member(self) -> &'static str {
        match self {
            Self::Choice => "ANSWER",
            Self::Sms => "SMS_MFA_CODE",
            Self::Email => "EMAIL_OTP_CODE",
            Self::App => "SOFTWARE_TOKEN_MFA_CODE",
        }
    }
}

impl World {
    /// Switches every factor of a user on.
    pub async fn enroll(&self, pool: &str, client: &str, user: &str) {
        let token = text(&self.sign_in(client, user).await["AccessToken"]);
        let answer = self.service.ok("AssociateSoftwareToken", json!({ "AccessToken": token })).await;
        let app = AuthenticatorApp::new(&text(&answer["SecretCode"]));
        // Of the step before, so that the present one is still good.
        let code = app.code(self.service.clock.now_ms(), -1);
        let verify = json!({ "AccessToken": token, "UserCode": code });
        self.service.ok("VerifySoftwareToken", verify).await;
        self.known.apps.lock().unwrap().insert((pool.to_owned(), user.to_owned()), app);
        let on = json!({ "Enabled": true });
        let settings = json!({
            "UserPoolId": pool, "Username": user, "SMSMfaSettings": on, "EmailMfaSettings": on,
            "SoftwareTokenMfaSettings": on,
        });
        self.service.ok("AdminSetUserMFAPreference", settings).await;
    }

    /// The session of a challenge to the home's user who has every factor. Codes of apps are good once: `number` tells apart
    /// who asks for the same user's.
    pub async fn factor_session(&self, home: &Home, factor: Factor, number: i64) -> String {
        let user = home.user(Stage::Factors);
        let choice = self.start(&self.service, &home.client, &user).await;
        if factor == Factor::Choice {
            return text(&choice["Session"]);
        }
        let request = json!({
            "ClientId": home.client, "ChallengeName": "SELECT_MFA_TYPE", "Session": choice["Session"],
            "ChallengeResponses": { "USERNAME": user, "ANSWER": factor.challenge() },
        });
        let asked = self.service.ok("RespondToAuthChallenge", request).await;
        assert_eq!(asked["ChallengeName"], factor.challenge());
        let code = if factor == Factor::App {
            let app = self.known.apps.lock().unwrap()[&(home.pool.clone(), user)].clone();
            app.code(self.service.clock.now_ms(), number)
        } else {
            self.code(&home.pool, &user, &["Authentication"]).await
        };
        let session = text(&asked["Session"]);
        self.known.factor_codes.lock().unwrap().insert(session.clone(), code);
        session
    }
}

/// The answers that go with a session: right if it was made for this challenge.
pub fn answers(home: &Home, factor: Factor, user: &str, session: &str) -> Value {
    let codes = home.known.factor_codes.lock().unwrap();
    let answer = match factor {
        Factor::Choice => "SOFTWARE_TOKEN_MFA".to_owned(),
        // What is none of these gets the code of one that is.
        _ => codes.get(session).or_else(|| codes.values().next()).unwrap().clone(),
    };
    json!({ "USERNAME": user, factor.member(): answer })
}
