//! USER_AUTH: what is offered depends on the user, so everybody is compared with a name that nobody has and that is offered the
//! same.

use cenote_core::testing::merged;
use serde_json::{Value, json};

use crate::world::{World, one_after_the_other};
use crate::{Seen, Work};

async fn world() -> World {
    World::populated(json!({
        "Policies": { "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"] } },
    }))
    .await
}

/// What a caller sees, without the numbers, the name itself and what is drawn.
fn shape(seen: Seen, name: &str) -> (Value, Value) {
    let Seen::Other(mut answer) = seen else { return (json!(format!("{seen:?}")), Value::Null) };
    let session = answer["Session"].take();
    answer["Session"] = json!(session.as_str().map(str::len));
    if let Some(parameters) = answer["ChallengeParameters"].as_object_mut() {
        for number in ["SALT", "SRP_B", "SECRET_BLOCK"] {
            parameters.remove(number);
        }
        for (parameter, value) in parameters {
            if parameter == "CODE_DELIVERY_DESTINATION" {
                *value = json!(value.as_str().map(str::len));
            } else if value == name {
                *value = json!("its name");
            }
        }
    }
    (answer, session)
}

impl World {
    async fn step(&self, name: &str, operation: &str, request: Value) -> ((Value, Work), Value) {
        let (seen, work) = self.observe(operation, request).await;
        let (shape, session) = shape(seen, name);
        ((shape, work), session)
    }

    async fn begin(&self, name: &str, parameters: Value) -> ((Value, Work), Value) {
        let all = merged(json!({ "USERNAME": name }), parameters);
        let request = json!({ "ClientId": self.client, "AuthFlow": "USER_AUTH", "AuthParameters": all });
        self.step(name, "InitiateAuth", request).await
    }

    async fn go_on(
        &self,
        name: &str,
        challenge: &str,
        session: &Value,
        responses: Value,
    ) -> ((Value, Work), Value) {
        let all = merged(json!({ "USERNAME": name }), responses);
        let request = json!({
            "ClientId": self.client, "ChallengeName": challenge, "Session": session, "ChallengeResponses": all,
        });
        self.step(name, "RespondToAuthChallenge", request).await
    }

    async fn offered(&self, name: &str) -> Value {
        let request = json!({ "ClientId": self.client, "AuthFlow": "USER_AUTH", "AuthParameters": { "USERNAME": name } });
        self.service.ok("InitiateAuth", request).await["AvailableChallenges"].clone()
    }

    /// A name that nobody has, is offered the same and was not asked about yet.
    async fn twin(&self, name: &str) -> String {
        let offered = self.offered(name).await;
        for number in 0..100 {
            let twin = format!("not-{name}-{number}");
            if self.offered(&twin).await == offered {
                return twin;
            }
        }
        panic!("only a real user is offered {offered}")
    }

    /// Everything that somebody without password and mailbox can do.
    async fn everything(&self, name: &str) -> Vec<(Value, Work)> {
        let mut seen = Vec::new();
        let (step, session) = self.begin(name, json!({})).await;
        seen.push(step);
        let foreign = json!({ "ANSWER": "SMS_OTP" });
        seen.push(self.go_on(name, "SELECT_CHALLENGE", &session, foreign).await.0);
        // What stands in for a user has a name of its own.
        let stand_in = json!({ "USERNAME": "nobody", "ANSWER": "PASSWORD" });
        seen.push(self.go_on(name, "SELECT_CHALLENGE", &session, stand_in).await.0);
        let by_mail = json!({ "ANSWER": "EMAIL_OTP" });
        let (step, chosen) = self.go_on(name, "SELECT_CHALLENGE", &session, by_mail).await;
        seen.push(step);
        let (step, preferred) = self.begin(name, json!({ "PREFERRED_CHALLENGE": "EMAIL_OTP" })).await;
        seen.push(step);
        for session in [chosen, preferred] {
            for _ in 0..12 {
                let code = json!({ "EMAIL_OTP_CODE": "123" });
                seen.push(self.go_on(name, "EMAIL_OTP", &session, code).await.0);
            }
        }
        for parameters in [
            json!({ "PREFERRED_CHALLENGE": "PASSWORD" }),
            json!({ "PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": "Wrong-1pass" }),
            json!({ "PREFERRED_CHALLENGE": "PASSWORD_SRP" }),
            json!({ "PREFERRED_CHALLENGE": "PASSWORD_SRP", "SRP_A": "abcdef" }),
        ] {
            let (step, session) = self.begin(name, parameters).await;
            seen.push(step);
            let password = json!({ "PASSWORD": "Wrong-1pass" });
            for _ in 0..2 {
                seen.push(self.go_on(name, "PASSWORD", &session, password.clone()).await.0);
            }
            let proof = json!({ "SRP_A": "abcdef" });
            seen.push(self.go_on(name, "PASSWORD_SRP", &session, proof).await.0);
        }
        for _ in 0..20 {
            seen.push(self.begin(name, json!({ "PREFERRED_CHALLENGE": "EMAIL_OTP" })).await.0);
        }
        seen
    }
}

#[tokio::test]
async fn nobody_stands_out_by_choosing() {
    let _turn = one_after_the_other().await;
    let world = world().await;
    for name in world.names() {
        let twin = world.twin(name).await;
        let (of_name, of_twin) = (world.everything(name).await, world.everything(&twin).await);
        for (number, (observed, expected)) in of_name.iter().zip(&of_twin).enumerate() {
            assert_eq!(observed, expected, "{name} and {twin}, step {number}");
        }
    }
}

#[tokio::test]
async fn nobody_stands_out_by_two_contacts() {
    let _turn = one_after_the_other().await;
    let world = World::populated(json!({
        "Policies": { "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "SMS_OTP"] } },
        "SmsConfiguration": { "SnsCallerArn": "arn:aws:iam::123456789012:role/sns" },
    }))
    .await;
    let number = || ("phone_number".to_owned(), "+12065551234".to_owned());
    for name in ["alice", "bare", "passwordless", "imported"] {
        world.change(name, |user| user.attributes.extend([number()])).await;
    }
    world.change("imported", |user| drop(user.attributes.remove("email"))).await;
    let mut kinds = std::collections::BTreeSet::new();
    for name in world.names() {
        world.twin(name).await;
        kinds.insert(world.offered(name).await.to_string());
    }
    assert!(kinds.len() >= 6, "{kinds:?}");
    let twin = world.twin("alice").await;
    for challenge in ["SMS_OTP", "EMAIL_OTP"] {
        let preferred = json!({ "PREFERRED_CHALLENGE": challenge });
        let (of_name, _) = world.begin("alice", preferred.clone()).await;
        assert_eq!(of_name, world.begin(&twin, preferred).await.0, "{challenge}");
    }
}

/// A name keeps what was invented for it.
#[tokio::test]
async fn what_is_offered_to_nobody_never_changes() {
    let _turn = one_after_the_other().await;
    let world = world().await;
    let messages = world.service.inbox().await.len();
    let mut kinds = std::collections::BTreeSet::new();
    for number in 0..40 {
        let name = format!("nobody{number}");
        let begin = async || {
            let (step, _) = world.begin(&name, json!({})).await;
            let (code, _) = world.begin(&name, json!({ "PREFERRED_CHALLENGE": "EMAIL_OTP" })).await;
            [step.0.to_string(), code.0.to_string()]
        };
        let first = begin().await;
        assert_eq!(begin().await, first, "{name}");
        kinds.insert(first);
    }
    assert!(kinds.len() >= 3, "{kinds:?}");
    // A typed address is answered with its own mask.
    for number in 0..40 {
        let name = format!("rosa{number}@test.com");
        let request = json!({
            "ClientId": world.client, "AuthFlow": "USER_AUTH",
            "AuthParameters": { "USERNAME": name, "PREFERRED_CHALLENGE": "EMAIL_OTP" },
        });
        let answer = world.service.ok("InitiateAuth", request).await;
        if answer["ChallengeName"] == "EMAIL_OTP" {
            assert_eq!(answer["ChallengeParameters"]["CODE_DELIVERY_DESTINATION"], "r***@t***");
        }
    }
    assert_eq!(world.service.inbox().await.len(), messages, "nobody gets a message");
}

impl World {
    /// Everything that somebody can do who asks for a level, and has no password.
    async fn levels(&self, name: &str) -> Vec<(Value, Work)> {
        let mut seen = Vec::new();
        for wanted in ["1", "2", "3", "4", "4 2", "4 1", "2 4", "5"] {
            let names: Vec<String> = wanted.split(' ').map(|it| format!("urn:cognito:loa:{it}")).collect();
            let target = |more: Value| {
                let mut parameters = json!({ "TARGET_ACR_VALUES": names.join(" ") });
                parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
                parameters
            };
            let (step, session) = self.begin(name, target(json!({ "MAX_AGE": "10" }))).await;
            seen.push(step);
            for challenge in ["EMAIL_OTP", "PASSWORD"] {
                let answer = json!({ "ANSWER": challenge, "PASSWORD": "Wrong-1pass" });
                seen.push(self.go_on(name, "SELECT_CHALLENGE", &session, answer).await.0);
                let preferred = json!({ "PREFERRED_CHALLENGE": challenge });
                seen.push(self.begin(name, target(preferred)).await.0);
            }
        }
        seen
    }
}

/// What leads to a level depends on the user; so a name that nobody has is told what leads there from what it seems to have.
#[tokio::test]
async fn nobody_stands_out_by_asking_for_a_level() {
    let _turn = one_after_the_other().await;
    let world = world().await;
    world.offer_second_factors().await;
    let app =
        cenote_store::SoftwareToken { seed: cenote_store::Sealed("none".into()), last_step: 0, name: None };
    world.change("alice", |user| user.software_token = Some(app)).await;
    let mut told = std::collections::BTreeSet::new();
    for name in world.names() {
        let twin = world.twin(name).await;
        let (of_name, of_twin) = (world.levels(name).await, world.levels(&twin).await);
        for (number, (observed, expected)) in of_name.iter().zip(&of_twin).enumerate() {
            assert_eq!(observed, expected, "{name} and {twin}, step {number}");
            told.insert(observed.0.to_string());
        }
    }
    assert!(told.len() > 5, "{told:?}");
}

/// A token of one's own is no way to ask about others.
#[tokio::test]
async fn nobody_stands_out_by_a_token_of_another_user() {
    let _turn = one_after_the_other().await;
    let world = world().await;
    world.offer_second_factors().await;
    let request = json!({
        "ClientId": world.client, "AuthFlow": "USER_PASSWORD_AUTH",
        "AuthParameters": { "USERNAME": "bare", "PASSWORD": crate::world::PASSWORD },
    });
    let tokens = world.service.ok("InitiateAuth", request).await["AuthenticationResult"].clone();
    let step_up = json!({ "TARGET_ACR_VALUES": "urn:cognito:loa:3", "ACCESS_TOKEN": tokens["AccessToken"] });
    // What it is of its user is found out once.
    world.service.ok("GetUserAuthFactors", json!({ "AccessToken": tokens["AccessToken"] })).await;
    let (expected, _) = world.begin("nobody", step_up.clone()).await;
    for name in world.names().iter().filter(|name| **name != "bare") {
        assert_eq!(world.begin(name, step_up.clone()).await.0, expected, "{name}");
    }
}
