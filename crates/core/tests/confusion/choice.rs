//! USER_AUTH: sessions that ask for a first factor. That of a code or a passkey is worth
//! nothing without the code or the proof, which the world remembers.

use cenote_core::testing::{TestService, text};
use cenote_crypto::web_authn::testing::Said;
use serde_json::{Value, json};

use crate::world::*;

/// The challenges on the way to a first factor.
pub const ASKED: [&str; 6] =
    ["SELECT_CHALLENGE", "PASSWORD", "PASSWORD_SRP", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"];

impl World {
    /// The session of a challenge to the home's subject.
    pub async fn asked(&self, service: &TestService, home: &Home, challenge: &str) -> String {
        let request = json!({
            "ClientId": home.client, "AuthFlow": "USER_AUTH",
            "AuthParameters": { "USERNAME": home.subject, "PREFERRED_CHALLENGE": challenge },
        });
        let answer = service.ok("InitiateAuth", request).await;
        assert_eq!(answer["ChallengeName"], challenge);
        let session = text(&answer["Session"]);
        if challenge.ends_with("_OTP") {
            // Of an instance with other keys the code can't be read, and need not be.
            let code = if std::ptr::eq(service, &self.service) {
                self.code(&home.pool, home.subject, &["Authentication"]).await
            } else {
                "12345678".into()
            };
            self.known.codes.lock().unwrap().insert(session.clone(), code);
        }
        if challenge == "WEB_AUTHN" {
            let options = text(&answer["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"]);
            let said = Said::to(&serde_json::from_str(&options).unwrap(), "http://localhost");
            let proof = self.passkeys[&(home.pool.clone(), home.subject)].authenticate(&said);
            self.known.codes.lock().unwrap().insert(session.clone(), proof.to_string());
        }
        session
    }
}

/// Answers that are right for whichever challenge this session asks for.
pub fn answers(home: &Home, user: &str, session: &str) -> Value {
    let codes = home.known.codes.lock().unwrap();
    let code = codes.get(session).map_or("12345678", String::as_str);
    json!({
        "USERNAME": user, "ANSWER": "PASSWORD_SRP", "PASSWORD": PASSWORD, "SRP_A": "abcdef", "EMAIL_OTP_CODE": code,
        "SMS_OTP_CODE": code, "CREDENTIAL": code,
    })
}
