//! Whole operations, by the table that the server uses: any body gets an answer or an error that the operation declares, and
//! none breaks the server. Lines: the operation's name, a space, its body. In a body `$POOL`, `$CLIENT`, `$SUB`, `$ACCESS`, `$REFRESH`
//! and `$SESSION` stand for what there is at that moment.

use std::cell::RefCell;

use cenote_core::testing::{TestService, text as text_of};
use cenote_model::{Operation, parse_body};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::sample::{Choices, document};
use super::{text, texts};

/// Inputs before everything starts anew, so that a process that runs for hours does not grow.
const INPUTS: u32 = 500;
/// Lines of an input that are looked at.
const LINES: usize = 6;
const PASSWORD: &str = "Passw0rd!";

thread_local! {
    static WORLD: RefCell<Option<World>> = const { RefCell::new(None) };
}

pub(crate) fn run(data: &[u8]) {
    let Some(text) = text(data) else { return };
    WORLD.with_borrow_mut(|slot| {
        let mut world = slot.take().filter(|world| world.inputs < INPUTS).unwrap_or_else(World::new);
        world.take(text);
        *slot = Some(world);
    });
}

struct World {
    runtime: Runtime,
    service: TestService,
    inputs: u32,
    names: Vec<(&'static str, String)>,
}

impl World {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        // Nothing answers there, so a pool with triggers fails quickly.
        let service = runtime.block_on(TestService::builder().lambda("http://127.0.0.1:9").start());
        Self { runtime, service, inputs: 0, names: Vec::new() }
    }

    fn take(&mut self, text: &str) {
        self.inputs += 1;
        // Whatever the input before did, there are a pool, a client and somebody signed in.
        self.service.clock.advance_seconds(1);
        let client = self.names.iter().find(|(name, _)| *name == "$CLIENT").map_or("", |(_, id)| id);
        if self.runtime.block_on(sign_in(&self.service, client)).is_none() {
            self.names = self.runtime.block_on(found(&self.service));
        }
        for line in text.lines().take(LINES) {
            self.call(line);
        }
    }

    fn call(&mut self, line: &str) {
        let Some((name, body)) = line.split_once(' ') else { return };
        let Some(operation) = Operation::parse(name) else { return };
        let mut body = body.to_owned();
        for (name, value) in &self.names {
            body = body.replace(name, value);
        }
        let Ok(body) = parse_body(body.as_bytes()) else { return };
        // `call` panics on an error that is the server's own.
        if let Ok(answer) = self.runtime.block_on(self.service.call(operation.as_str(), body))
            && let Some(session) = answer["Session"].as_str()
        {
            self.names.retain(|(name, _)| *name != "$SESSION");
            self.names.push(("$SESSION", session.to_owned()));
        }
    }
}

async fn sign_in(service: &TestService, client: &str) -> Option<Value> {
    let request = json!({
        "ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH",
        "AuthParameters": { "USERNAME": "rosa", "PASSWORD": PASSWORD },
    });
    let answer = service.call("InitiateAuth", request).await.ok()?;
    answer.get("AuthenticationResult").cloned()
}

/// Founds a pool with a client and a user, and tells their names.
async fn found(service: &TestService) -> Vec<(&'static str, String)> {
    let pool =
        service.pool(json!({ "AutoVerifiedAttributes": ["email"], "AliasAttributes": ["email"] })).await;
    let flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"];
    let client = service.client(&pool, json!({ "ExplicitAuthFlows": flows })).await;
    let attributes = json!([
        { "Name": "email", "Value": "rosa@example.org" }, { "Name": "email_verified", "Value": "true" },
    ]);
    let user = json!({
        "UserPoolId": pool, "Username": "rosa", "UserAttributes": attributes, "MessageAction": "SUPPRESS",
    });
    let user = service.ok("AdminCreateUser", user).await;
    let attributes = user["User"]["Attributes"].as_array().expect("attributes");
    let sub = attributes.iter().find(|one| one["Name"] == "sub").expect("a sub");
    let password = json!({ "UserPoolId": pool, "Username": "rosa", "Password": PASSWORD, "Permanent": true });
    service.ok("AdminSetUserPassword", password).await;
    let tokens = sign_in(service, &client).await.expect("a new user signs in");
    vec![
        ("$POOL", pool),
        ("$CLIENT", client),
        ("$SUB", text_of(&sub["Value"])),
        ("$ACCESS", text_of(&tokens["AccessToken"])),
        ("$REFRESH", text_of(&tokens["RefreshToken"])),
    ]
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = texts(&STORIES);
    for (index, operation) in Operation::ALL.iter().enumerate() {
        if !cenote_core::operations::is_built(*operation) {
            continue;
        }
        for number in 0..3 {
            let mut body =
                document(&format!("{operation}Request"), &mut Choices(number * 1000 + index as u64));
            for (member, value) in [
                ("UserPoolId", "$POOL"),
                ("ClientId", "$CLIENT"),
                ("Username", "rosa"),
                ("AccessToken", "$ACCESS"),
                ("RefreshToken", "$REFRESH"),
                ("Session", "$SESSION"),
                ("NextToken", ""),
                ("PaginationToken", ""),
            ] {
                if let Some(found) = body.get_mut(member) {
                    *found = json!(value);
                }
            }
            seeds.push(format!("{operation} {body}").into_bytes());
        }
    }
    seeds
}

const STORIES: [&str; 4] = [
    "ForgotPassword {\"ClientId\":\"$CLIENT\",\"Username\":\"rosa\",\"ClientMetadata\":{\"a\":\"b\"},\"UserContextData\":{\"EncodedData\":\"e30=\"}}\n\
     ConfirmForgotPassword {\"ClientId\":\"$CLIENT\",\"Username\":\"rosa\",\"ConfirmationCode\":\"123456\",\"Password\":\"N3w-Passw0rd!\"}",
    "SignUp {\"ClientId\":\"$CLIENT\",\"Username\":\"luna\",\"Password\":\"Passw0rd!\",\"UserAttributes\":[{\"Name\":\"email\",\"Value\":\"l@example.org\"}]}\n\
     ResendConfirmationCode {\"ClientId\":\"$CLIENT\",\"Username\":\"luna\"}\n\
     AdminConfirmSignUp {\"UserPoolId\":\"$POOL\",\"Username\":\"luna\"}\n\
     AdminUpdateUserAttributes {\"UserPoolId\":\"$POOL\",\"Username\":\"luna\",\"UserAttributes\":[{\"Name\":\"email\",\"Value\":\"\"}]}\n\
     ListUsers {\"UserPoolId\":\"$POOL\",\"Filter\":\"email ^= \\\"l\\\"\",\"Limit\":1,\"AttributesToGet\":[\"email\"]}",
    "GetUser {\"AccessToken\":\"$ACCESS\"}\n\
     UpdateUserAttributes {\"AccessToken\":\"$ACCESS\",\"UserAttributes\":[{\"Name\":\"email\",\"Value\":\"r2@example.org\"},{\"Name\":\"birthdate\",\"Value\":\"2000-01-01\"}]}\n\
     GetUserAttributeVerificationCode {\"AccessToken\":\"$ACCESS\",\"AttributeName\":\"email\"}\n\
     VerifyUserAttribute {\"AccessToken\":\"$ACCESS\",\"AttributeName\":\"email\",\"Code\":\"123456\"}\n\
     ChangePassword {\"AccessToken\":\"$ACCESS\",\"PreviousPassword\":\"Passw0rd!\",\"ProposedPassword\":\"Passw0rd!\"}",
    "AdminSetUserPassword {\"UserPoolId\":\"$POOL\",\"Username\":\"$SUB\",\"Password\":\"T3mp-word!\",\"Permanent\":false}\n\
     InitiateAuth {\"ClientId\":\"$CLIENT\",\"AuthFlow\":\"USER_PASSWORD_AUTH\",\"AuthParameters\":{\"USERNAME\":\"rosa@example.org\",\"PASSWORD\":\"T3mp-word!\"}}\n\
     RespondToAuthChallenge {\"ClientId\":\"$CLIENT\",\"ChallengeName\":\"NEW_PASSWORD_REQUIRED\",\"Session\":\"$SESSION\",\"ChallengeResponses\":{\"USERNAME\":\"rosa\",\"NEW_PASSWORD\":\"Passw0rd!\",\"userAttributes.name\":\"R\"}}\n\
     InitiateAuth {\"ClientId\":\"$CLIENT\",\"AuthFlow\":\"REFRESH_TOKEN_AUTH\",\"AuthParameters\":{\"REFRESH_TOKEN\":\"$REFRESH\"}}\n\
     RevokeToken {\"ClientId\":\"$CLIENT\",\"Token\":\"$REFRESH\"}",
];
