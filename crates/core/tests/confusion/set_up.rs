//! Sessions of MFA_SETUP, and that of a sign-up that was confirmed.

use cenote_core::clock::Clock;
use cenote_core::testing::{AuthenticatorApp, TestService, text};
use serde_json::json;

use crate::world::*;

/// How far the set-up of a factor is. Each has a user of its own: one session of a user ends the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Asked,
    Associated,
    Verified,
}

impl Step {
    pub const ALL: [Self; 3] = [Self::Asked, Self::Associated, Self::Verified];

    pub fn stage(self) -> Stage {
        Stage::SetUp(self)
    }
}

impl World {
    /// The session of a set-up. Its pool asks everybody for a second factor at this moment.
    pub async fn set_up_session(&self, service: &TestService, home: &Home, step: Step) -> String {
        let asked = self.start(service, &home.client, &home.user(step.stage())).await;
        assert_eq!(asked["ChallengeName"], "MFA_SETUP");
        let session = text(&asked["Session"]);
        if step == Step::Asked {
            return session;
        }
        let answer = service.ok("AssociateSoftwareToken", json!({ "Session": session })).await;
        let code = AuthenticatorApp::new(&text(&answer["SecretCode"])).code(service.clock.now_ms(), 0);
        let session = text(&answer["Session"]);
        if step == Step::Associated {
            self.known.factor_codes.lock().unwrap().insert(session.clone(), code);
            return session;
        }
        let verify = json!({ "Session": session, "UserCode": code });
        text(&service.ok("VerifySoftwareToken", verify).await["Session"])
    }

    /// The session that ConfirmSignUp answers.
    pub async fn sign_up_session(&self, home: &Home) -> String {
        let user = home.user(Stage::SignedUp);
        let address = format!("{user}@example.org");
        let request = json!({
            "ClientId": home.client, "Username": user, "Password": PASSWORD,
            "UserAttributes": [{ "Name": "email", "Value": address }],
        });
        self.service.ok("SignUp", request).await;
        let code = self.code(&home.pool, &user, &["SignUp"]).await;
        let confirm = json!({ "ClientId": home.client, "Username": user, "ConfirmationCode": code });
        text(&self.service.ok("ConfirmSignUp", confirm).await["Session"])
    }
}
