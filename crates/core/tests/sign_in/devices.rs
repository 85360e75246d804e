//! Devices: confirmed, remembered, proved, forgotten.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cenote_core::testing::{TestService, WireError, text};
use cenote_crypto::random::SeededRandom;
use cenote_crypto::srp::Verifier;
use cenote_crypto::srp::client::Question;
use cenote_triggers::testing::{FakeAnswer, FakeLambda};
use serde_json::{Value, json};

use crate::srp::client;
use crate::world::*;

const FLOWS: [&str; 4] =
    ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"];
const DEVICE_PASSWORD: &str = "aaGSojCyxwbBSTmOatF1EkIxFaruenVCxSasa+LikhoWTcErOVTlZw==";

/// What an application keeps of its device.
#[derive(Clone, Debug)]
struct Phone {
    key: String,
    group: String,
    password: String,
}

impl Phone {
    fn new(result: &Value, password: &str) -> Self {
        let metadata = &result["NewDeviceMetadata"];
        Self {
            key: text(&metadata["DeviceKey"]),
            group: text(&metadata["DeviceGroupKey"]),
            password: password.to_owned(),
        }
    }

    /// DeviceSecretVerifierConfig.
    fn secret(&self, seed: u64) -> Value {
        let verifier = Verifier::create(&self.group, &self.key, &self.password, &SeededRandom::new(seed));
        let bytes = verifier.to_bytes();
        let (salt, value) = bytes.expose()[2..].split_at(usize::from(bytes.expose()[1]));
        json!({ "Salt": padded(salt), "PasswordVerifier": padded(value) })
    }
}

/// A number in two's complement, in base64.
fn padded(number: &[u8]) -> String {
    let first = number.iter().position(|byte| *byte != 0).unwrap();
    let mut bytes = number[first..].to_vec();
    if bytes[0] >= 0x80 {
        bytes.insert(0, 0);
    }
    STANDARD.encode(bytes)
}

fn always() -> Value {
    json!({ "ChallengeRequiredOnNewDevice": true, "DeviceOnlyRememberedOnUserPrompt": false })
}

async fn world_of(
    configuration: Value,
    builder: cenote_core::testing::TestServiceBuilder,
    pool: Value,
) -> World {
    let mut members = json!({ "DeviceConfiguration": configuration });
    members.as_object_mut().unwrap().extend(pool.as_object().unwrap().clone());
    let world = World::with(builder, members, json!({ "ExplicitAuthFlows": FLOWS })).await;
    world.confirmed("alice").await;
    world.confirmed("bob").await;
    world
}

async fn world() -> World {
    world_of(always(), TestService::builder(), json!({})).await
}

fn missing() -> WireError {
    ("ResourceNotFoundException".into(), "Device does not exist.".into())
}

fn invalid_key() -> WireError {
    invalid_parameter("Invalid device key given.")
}

fn invalid_session() -> WireError {
    not_authorized("Invalid session for the user.")
}

impl World {
    async fn confirm(&self, access_token: &str, phone: &Phone) -> Result<Value, WireError> {
        let request = json!({
            "AccessToken": access_token, "DeviceKey": phone.key, "DeviceName": "phone",
            "DeviceSecretVerifierConfig": phone.secret(1),
        });
        self.service.call("ConfirmDevice", request).await
    }

    /// A device that is confirmed, and the tokens of the sign-in that confirmed it.
    async fn phone(&self, username: &str) -> (Phone, Tokens) {
        let answer = self.sign_in(username, PASSWORD).await.unwrap();
        let phone = Phone::new(&answer["AuthenticationResult"], DEVICE_PASSWORD);
        let tokens = Tokens::of(&answer);
        self.confirm(&tokens.access, &phone).await.unwrap();
        (phone, tokens)
    }

    async fn sign_in_with(&self, username: &str, key: &str) -> Result<Value, WireError> {
        let parameters = json!({ "USERNAME": username, "PASSWORD": PASSWORD, "DEVICE_KEY": key });
        self.flow("USER_PASSWORD_AUTH", parameters).await
    }

    async fn answer_device(&self, name: &str, session: &Value, answers: Value) -> Result<Value, WireError> {
        let mut request =
            json!({ "ClientId": self.client, "ChallengeName": name, "ChallengeResponses": answers });
        if !session.is_null() {
            request["Session"] = session.clone();
        }
        self.service.call("RespondToAuthChallenge", request).await
    }

    async fn begin_proof(&self, username: &str, session: &Value, key: &str) -> Result<Value, WireError> {
        let answers = json!({ "USERNAME": username, "DEVICE_KEY": key, "SRP_A": client().public_hex() });
        self.answer_device("DEVICE_SRP_AUTH", session, answers).await
    }

    fn device_proof(&self, parameters: &Value, phone: &Phone) -> Value {
        let (block, timestamp) = (text(&parameters["SECRET_BLOCK"]), self.now());
        let question = Question {
            pool_name_part: &phone.group,
            user_id: &phone.key,
            salt: parameters["SALT"].as_str().unwrap(),
            server_public: parameters["SRP_B"].as_str().unwrap(),
            secret_block: &STANDARD.decode(&block).unwrap(),
            timestamp: &timestamp,
        };
        json!({
            "USERNAME": parameters["USERNAME"], "DEVICE_KEY": phone.key, "PASSWORD_CLAIM_SECRET_BLOCK": block,
            "TIMESTAMP": timestamp, "PASSWORD_CLAIM_SIGNATURE": client().sign(&question, &phone.password).unwrap(),
        })
    }

    async fn prove_device(&self, answers: Value) -> Result<Value, WireError> {
        self.answer_device("DEVICE_PASSWORD_VERIFIER", &Value::Null, answers).await
    }

    /// Both answers of a device to what a sign-in asked.
    async fn proved(&self, asked: &Value, username: &str, phone: &Phone) -> Result<Value, WireError> {
        assert_eq!(asked["ChallengeName"], "DEVICE_SRP_AUTH", "{asked}");
        let verifier = self.begin_proof(username, &asked["Session"], &phone.key).await?;
        assert_eq!(verifier["ChallengeName"], "DEVICE_PASSWORD_VERIFIER");
        self.prove_device(self.device_proof(&verifier["ChallengeParameters"], phone)).await
    }

    async fn refresh_with(&self, token: &str, key: Option<&str>) -> Result<Value, WireError> {
        self.flow("REFRESH_TOKEN_AUTH", json!({ "REFRESH_TOKEN": token, "DEVICE_KEY": key })).await
    }

    fn of_user(&self, username: &str, key: &str) -> Value {
        json!({ "UserPoolId": self.pool, "Username": username, "DeviceKey": key })
    }

    async fn require_second_factor(&self) {
        let request = json!({
            "UserPoolId": self.pool, "MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": { "Enabled": true },
        });
        self.service.ok("SetUserPoolMfaConfig", request).await;
    }
}

/// Whether a sign-in got no tokens: it is asked for more, or refused.
fn withheld(answer: &Result<Value, WireError>) -> bool {
    answer.as_ref().map_or(true, |answer| answer.get("AuthenticationResult").is_none())
}

#[tokio::test]
async fn a_pool_that_keeps_no_devices_names_none() {
    let world = World::alice().await;
    let answer = world.sign_in_with("alice", "us-east-1_0f3c9a52").await.unwrap();
    assert!(answer["AuthenticationResult"].get("NewDeviceMetadata").is_none());
    let tokens = Tokens::of(&answer);
    assert!(claims(&tokens.access).get("device_key").is_none());
    let request = json!({ "AccessToken": tokens.access, "DeviceKey": "us-east-1_0f3c9a52" });
    let refused = (
        "InvalidUserPoolConfigurationException".to_owned(),
        "The user pool is not configured to remember devices.".to_owned(),
    );
    assert_eq!(world.service.call("ConfirmDevice", request).await, Err(refused));
    assert!(world.refresh_with(&tokens.refresh, None).await.is_ok());
}

#[tokio::test]
async fn a_sign_in_without_a_device_gets_a_key() {
    let world = world().await;
    let answer = world.sign_in("alice", PASSWORD).await.unwrap();
    let phone = Phone::new(&answer["AuthenticationResult"], DEVICE_PASSWORD);
    let (region, id) = phone.key.split_once('_').unwrap();
    assert_eq!((region, id.len(), id.matches('-').count()), ("us-east-1", 36, 4));
    assert!(phone.group.starts_with('-') && phone.group.len() == 9, "{}", phone.group);
    assert!(phone.group[1..].bytes().all(|byte| byte.is_ascii_alphanumeric()));
    let tokens = Tokens::of(&answer);
    assert_eq!(claims(&tokens.access)["device_key"], json!(phone.key));
    assert!(claims(&tokens.id).get("device_key").is_none());
    let other = world.sign_in("alice", PASSWORD).await.unwrap();
    assert_ne!(Phone::new(&other["AuthenticationResult"], "").key, phone.key);
    // Nobody knows it before it is confirmed.
    let admin = world.of_user("alice", &phone.key);
    assert_eq!(world.service.fails("AdminGetDevice", admin).await, missing());
    assert_eq!(world.sign_in_with("alice", &phone.key).await, Err(missing()));
    assert_eq!(
        world.refresh_with(&tokens.refresh, Some(&phone.key)).await,
        Err(not_authorized("Invalid Refresh Token."))
    );
}

#[tokio::test]
async fn a_confirmed_device_is_remembered_and_asked_for_its_proof() {
    let world = world().await;
    let (phone, tokens) = world.phone("alice").await;
    let asked = world.sign_in_with("alice", &phone.key).await.unwrap();
    assert_eq!(asked["ChallengeParameters"], json!({ "USERNAME": "alice" }));
    assert!((20..2048).contains(&text(&asked["Session"]).len()));
    let verifier = world.begin_proof("alice", &asked["Session"], &phone.key).await.unwrap();
    let parameters = &verifier["ChallengeParameters"];
    let names: Vec<&str> = parameters.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["DEVICE_KEY", "SALT", "SECRET_BLOCK", "SRP_B", "USERNAME"]);
    assert_eq!((&parameters["DEVICE_KEY"], &parameters["USERNAME"]), (&json!(phone.key), &json!("alice")));
    let answer = world.prove_device(world.device_proof(parameters, &phone)).await.unwrap();
    let result = &answer["AuthenticationResult"];
    assert!(result.get("NewDeviceMetadata").is_none());
    let again = Tokens::of(&answer);
    assert_eq!(claims(&again.access)["device_key"], json!(phone.key));
    assert!(world.refresh_with(&again.refresh, Some(&phone.key)).await.is_ok());
    // The tokens of the sign-in that confirmed it are its own, too.
    assert!(world.refresh_with(&tokens.refresh, Some(&phone.key)).await.is_ok());
    let request = json!({ "ClientId": world.client, "RefreshToken": tokens.refresh, "DeviceKey": phone.key });
    assert!(world.service.call("GetTokensFromRefreshToken", request).await.is_ok());
}

#[tokio::test]
async fn clients_that_send_no_session_are_served() {
    let world = world().await;
    let (phone, _) = world.phone("alice").await;
    // Nothing waits for a proof: a device alone signs nobody in.
    for name in ["alice", "bob", "nobody"] {
        assert_eq!(world.begin_proof(name, &Value::Null, &phone.key).await, Err(invalid_session()), "{name}");
    }
    let question = world.question("alice").await;
    let mut answers = world.answers(&question, PASSWORD, &world.now());
    answers["DEVICE_KEY"] = json!(phone.key);
    assert_eq!(world.prove(answers).await.unwrap()["ChallengeName"], "DEVICE_SRP_AUTH");
    assert_eq!(world.begin_proof("bob", &Value::Null, &phone.key).await, Err(invalid_session()));
    let verifier = world.begin_proof("alice", &Value::Null, &phone.key).await.unwrap();
    let proof = world.device_proof(&verifier["ChallengeParameters"], &phone);
    assert!(world.prove_device(proof.clone()).await.unwrap()["AuthenticationResult"].is_object());
    // What waited is gone, and the block is used.
    assert!(withheld(&world.prove_device(proof).await));
    assert_eq!(world.begin_proof("alice", &Value::Null, &phone.key).await, Err(invalid_session()));
    // It does not wait longer than a session.
    assert!(world.sign_in_with("alice", &phone.key).await.is_ok());
    world.service.clock.advance_seconds(180);
    assert_eq!(world.begin_proof("alice", &Value::Null, &phone.key).await, Err(invalid_session()));
}

#[tokio::test]
async fn the_key_of_the_start_is_enough() {
    let world = world().await;
    let (phone, _) = world.phone("alice").await;
    let parameters = json!({ "USERNAME": "alice", "SRP_A": client().public_hex(), "DEVICE_KEY": phone.key });
    let started = world.flow("USER_SRP_AUTH", parameters).await.unwrap();
    let answers = world.answers(&started["ChallengeParameters"], PASSWORD, &world.now());
    let asked = world.prove(answers).await.unwrap();
    assert!(world.proved(&asked, "alice", &phone).await.unwrap()["AuthenticationResult"].is_object());
}

/// As amazon-cognito-identity-js does: it drops the key and sends the same proof again.
#[tokio::test]
async fn a_client_whose_device_was_forgotten_answers_once_more_without_it() {
    let world = world().await;
    let (phone, _) = world.phone("alice").await;
    world.service.ok("AdminForgetDevice", world.of_user("alice", &phone.key)).await;
    let parameters = json!({ "USERNAME": "alice", "SRP_A": client().public_hex(), "DEVICE_KEY": phone.key });
    let question = world.flow("USER_SRP_AUTH", parameters).await.unwrap()["ChallengeParameters"].clone();
    let mut answers = world.answers(&question, PASSWORD, &world.now());
    answers["DEVICE_KEY"] = json!(phone.key);
    assert_eq!(world.prove(answers.clone()).await, Err(missing()));
    answers["DEVICE_KEY"] = Value::Null;
    let answer = world.prove(answers).await.unwrap();
    assert!(answer["AuthenticationResult"]["NewDeviceMetadata"].is_object());
}

#[tokio::test]
async fn whoever_lacks_the_password_learns_nothing_of_devices() {
    let world = world().await;
    let (phone, _) = world.phone("alice").await;
    for key in [phone.key.as_str(), "us-east-1_0f3c9a52", "no key"] {
        let parameters = json!({ "USERNAME": "alice", "PASSWORD": "Wrong-1pass", "DEVICE_KEY": key });
        assert_eq!(world.flow("USER_PASSWORD_AUTH", parameters).await, Err(incorrect()), "{key}");
    }
    assert_eq!(world.sign_in_with("alice", "no key").await, Err(invalid_key()));
    assert_eq!(world.sign_in_with("alice", "us-east-1_0f3c9a52").await, Err(missing()));
    // That of another user is nobody's.
    assert_eq!(world.sign_in_with("bob", &phone.key).await, Err(missing()));
}

#[tokio::test]
async fn where_users_are_asked_a_device_is_remembered_by_them() {
    let configuration =
        json!({ "ChallengeRequiredOnNewDevice": true, "DeviceOnlyRememberedOnUserPrompt": true });
    let world = world_of(configuration, TestService::builder(), json!({})).await;
    let answer = world.sign_in("alice", PASSWORD).await.unwrap();
    let phone = Phone::new(&answer["AuthenticationResult"], DEVICE_PASSWORD);
    let tokens = Tokens::of(&answer);
    assert_eq!(world.confirm(&tokens.access, &phone).await, Ok(json!({ "UserConfirmationNecessary": true })));
    let own = json!({ "AccessToken": tokens.access, "DeviceKey": phone.key });
    let listed = async || {
        let list = world.service.ok("ListDevices", json!({ "AccessToken": tokens.access })).await;
        list["Devices"].as_array().unwrap().len()
    };
    let status = async |remembered: &str| {
        let mut request = own.clone();
        request["DeviceRememberedStatus"] = json!(remembered);
        assert_eq!(world.service.ok("UpdateDeviceStatus", request).await, json!({}));
    };
    for _ in 0..2 {
        // Users see what is remembered, administrators everything.
        assert_eq!(listed().await, 0);
        assert_eq!(world.service.fails("GetDevice", own.clone()).await, missing());
        assert!(world.service.call("AdminGetDevice", world.of_user("alice", &phone.key)).await.is_ok());
        // As without a device, but no new one.
        let answer = world.sign_in_with("alice", &phone.key).await.unwrap();
        assert!(answer["AuthenticationResult"].get("NewDeviceMetadata").is_none());
        assert_eq!(claims(&Tokens::of(&answer).access)["device_key"], json!(phone.key));
        status("remembered").await;
        assert_eq!(listed().await, 1);
        assert!(world.service.call("GetDevice", own.clone()).await.is_ok());
        assert_eq!(
            world.sign_in_with("alice", &phone.key).await.unwrap()["ChallengeName"],
            "DEVICE_SRP_AUTH"
        );
        status("not_remembered").await;
    }
    let mut admin = world.of_user("alice", &phone.key);
    admin["DeviceRememberedStatus"] = json!("remembered");
    assert_eq!(world.service.ok("AdminUpdateDeviceStatus", admin).await, json!({}));
    assert_eq!(listed().await, 1);
}

#[tokio::test]
async fn devices_are_shown_with_their_attributes_and_dates() {
    let world = world().await;
    let (phone, tokens) = world.phone("alice").await;
    let shown = async || {
        let request = json!({ "AccessToken": tokens.access, "DeviceKey": phone.key });
        world.service.ok("GetDevice", request).await["Device"].clone()
    };
    let device = shown().await;
    let attribute = |device: &Value, name: &str| {
        let attributes = device["DeviceAttributes"].as_array().unwrap();
        attributes.iter().find(|one| one["Name"] == name).map(|one| text(&one["Value"]))
    };
    let owner = format!("alice.{}", world.pool);
    for (name, value) in [
        ("device_status", "valid".to_owned()),
        ("device_name", "phone".into()),
        ("last_ip_used", "127.0.0.1".into()),
        ("dev:device_remembered_status", "remembered".into()),
        ("dev:device_owner", owner.clone()),
        (
            "dev:device_arn",
            format!("arn:aws:cognito-idp:us-east-1:000000000000:owner/{owner}/device/{}", phone.key),
        ),
        ("dev:device_sdk", "aws-sdk-unknown-unknown".into()),
    ] {
        assert_eq!(attribute(&device, name), Some(value), "{name}");
    }
    let created = device["DeviceCreateDate"].as_f64().unwrap();
    assert_eq!(device["DeviceLastAuthenticatedDate"].as_f64().unwrap(), created.floor());
    assert_eq!(device["DeviceLastModifiedDate"], device["DeviceCreateDate"]);
    world.service.clock.advance_seconds(60);
    let asked = world.sign_in_with("alice", &phone.key).await.unwrap();
    world.proved(&asked, "alice", &phone).await.unwrap();
    let later = shown().await;
    assert_eq!(later["DeviceLastAuthenticatedDate"].as_f64().unwrap(), created.floor() + 60.0);
    assert_eq!(later["DeviceLastModifiedDate"], device["DeviceLastModifiedDate"]);
    assert_eq!(world.service.ok("AdminGetDevice", world.of_user("alice", &phone.key)).await["Device"], later);
}

#[tokio::test]
async fn lists_go_on_by_key() {
    let world = world().await;
    let mut keys = Vec::new();
    let mut access = String::new();
    for _ in 0..3 {
        let (phone, tokens) = world.phone("alice").await;
        keys.push(phone.key);
        access = tokens.access;
    }
    world.phone("bob").await;
    keys.sort();
    for (operation, mut request) in [
        ("ListDevices", json!({ "AccessToken": access, "Limit": 2 })),
        ("AdminListDevices", json!({ "UserPoolId": world.pool, "Username": "alice", "Limit": 2 })),
    ] {
        let mut seen = Vec::new();
        loop {
            let page = world.service.ok(operation, request.clone()).await;
            let devices = page["Devices"].as_array().unwrap();
            assert!(devices.len() <= 2);
            seen.extend(devices.iter().map(|device| text(&device["DeviceKey"])));
            match page.get("PaginationToken") {
                Some(token) => request["PaginationToken"] = token.clone(),
                None => break,
            }
        }
        assert_eq!(seen, keys, "{operation}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_confirmation() {
    let world = world().await;
    let answer = world.sign_in("alice", PASSWORD).await.unwrap();
    let phone = Phone::new(&answer["AuthenticationResult"], DEVICE_PASSWORD);
    let access = Tokens::of(&answer).access;
    let good = phone.secret(1);
    let confirm = async |key: &str, secret: Value| {
        let request =
            json!({ "AccessToken": access, "DeviceKey": key, "DeviceSecretVerifierConfig": secret });
        world.service.call("ConfirmDevice", request).await
    };
    // Of nobody, and of another sign-in.
    let (other, _) = world.phone("bob").await;
    for key in ["us-east-1_0f3c9a52", &other.key] {
        assert_eq!(confirm(key, good.clone()).await, Err(invalid_key()));
    }
    let negative = STANDARD.encode([0x80; 16]);
    let negative_value = STANDARD.encode([0xff; 384]);
    for (member, value, expected) in [
        ("Salt", json!(negative), "Salt and PasswordVerifier must not be negative."),
        ("PasswordVerifier", json!(negative_value), "Salt and PasswordVerifier must not be negative."),
        ("PasswordVerifier", json!(STANDARD.encode([1])), "Salt or PasswordVerifier is out of range."),
        ("PasswordVerifier", json!(STANDARD.encode([0])), "Salt or PasswordVerifier is out of range."),
        ("PasswordVerifier", json!("not base64"), "PasswordVerifier is not base64."),
        ("Salt", json!("not base64"), "Salt is not base64."),
        ("Salt", Value::Null, "Missing required parameter Salt"),
    ] {
        let mut wrong = good.clone();
        wrong[member] = value;
        assert_eq!(confirm(&phone.key, wrong).await, Err(invalid_parameter(expected)));
    }
    assert_eq!(confirm(&phone.key, good.clone()).await, Ok(json!({ "UserConfirmationNecessary": false })));
    assert_eq!(
        confirm(&phone.key, good).await,
        Err(("DeviceKeyExistsException".into(), "Device already exists.".into()))
    );
    for operation in ["GetDevice", "ForgetDevice"] {
        let told = world.service.fails(operation, json!({ "DeviceKey": phone.key })).await;
        assert_eq!(told, not_authorized("Invalid Access Token"), "{operation}");
    }
}

#[tokio::test]
async fn refresh_tokens_are_their_devices() {
    let world = world().await;
    let (phone, tokens) = world.phone("alice").await;
    let (other, _) = world.phone("alice").await;
    let refused = Err(not_authorized("Invalid Refresh Token."));
    assert_eq!(world.refresh_with(&tokens.refresh, None).await, refused);
    assert_eq!(world.refresh_with(&tokens.refresh, Some(&other.key)).await, refused);
    let refreshed = world.refresh_with(&tokens.refresh, Some(&phone.key)).await.unwrap();
    assert_eq!(claims(&Tokens::of(&refreshed).access)["device_key"], json!(phone.key));
    assert!(refreshed["AuthenticationResult"].get("NewDeviceMetadata").is_none());
}

#[tokio::test]
async fn a_forgotten_device_is_forgotten() {
    let world = world().await;
    let (phone, tokens) = world.phone("alice").await;
    let asked = world.sign_in_with("alice", &phone.key).await.unwrap();
    let half = world.begin_proof("alice", &asked["Session"], &phone.key).await.unwrap();
    let own = json!({ "AccessToken": tokens.access, "DeviceKey": phone.key });
    assert_eq!(world.service.ok("ForgetDevice", own.clone()).await, Value::Null);
    for operation in ["ForgetDevice", "GetDevice", "UpdateDeviceStatus"] {
        assert_eq!(world.service.fails(operation, own.clone()).await, missing(), "{operation}");
    }
    // A sign-in that was under way does not end.
    let proof = world.device_proof(&half["ChallengeParameters"], &phone);
    assert_eq!(world.prove_device(proof).await, Err(missing()));
    assert_eq!(world.begin_proof("alice", &asked["Session"], &phone.key).await, Err(missing()));
    let refused = Err(not_authorized("Invalid Refresh Token."));
    assert_eq!(world.refresh_with(&tokens.refresh, Some(&phone.key)).await, refused);
    // The access token still names it, and does not bring it back.
    assert_eq!(world.confirm(&tokens.access, &phone).await, Err(invalid_key()));
    assert_eq!(world.refresh_with(&tokens.refresh, Some(&phone.key)).await, refused);
    assert!(world.get_user(&tokens.access).await.is_ok());
}

#[tokio::test]
async fn a_proof_is_good_once_and_by_the_device_alone() {
    let world = world().await;
    let (phone, _) = world.phone("alice").await;
    let (second, _) = world.phone("alice").await;
    let (of_bob, _) = world.phone("bob").await;
    let asked = world.sign_in_with("alice", &phone.key).await.unwrap();
    let session = &asked["Session"];
    // Another device in the place of the sign-in's, of the user and of another.
    assert_eq!(world.begin_proof("alice", session, &second.key).await, Err(invalid_key()));
    assert_eq!(world.begin_proof("alice", session, &of_bob.key).await, Err(invalid_key()));
    assert_eq!(world.begin_proof("bob", session, &of_bob.key).await, Err(invalid_session()));
    let verifier = world.begin_proof("alice", session, &phone.key).await.unwrap();
    let parameters = &verifier["ChallengeParameters"];
    let right = world.device_proof(parameters, &phone);
    let with = |name: &str, value: Value| {
        let mut answers = right.clone();
        answers[name] = value;
        answers
    };
    let wrong_password = Phone { password: "guessed".into(), ..phone.clone() };
    assert_eq!(world.prove_device(world.device_proof(parameters, &wrong_password)).await, Err(incorrect()));
    for (name, value, expected) in [
        ("PASSWORD_CLAIM_SIGNATURE", json!("AAAA"), incorrect()),
        ("PASSWORD_CLAIM_SECRET_BLOCK", json!("AAAA"), incorrect()),
        ("PASSWORD_CLAIM_SECRET_BLOCK", json!("not base64"), incorrect()),
        ("TIMESTAMP", json!("now"), incorrect()),
        ("DEVICE_KEY", json!(second.key), invalid_key()),
        ("USERNAME", json!("bob"), invalid_session()),
    ] {
        assert_eq!(world.prove_device(with(name, value)).await, Err(expected), "{name}");
    }
    // The blocks of users and of devices do not serve as each other.
    let question = world.question("alice").await;
    let of_user = world.device_proof(&question, &phone);
    let swapped = json!({
        "USERNAME": "alice", "DEVICE_KEY": phone.key, "PASSWORD_CLAIM_SECRET_BLOCK": of_user["PASSWORD_CLAIM_SECRET_BLOCK"],
        "PASSWORD_CLAIM_SIGNATURE": of_user["PASSWORD_CLAIM_SIGNATURE"], "TIMESTAMP": of_user["TIMESTAMP"],
    });
    assert_eq!(world.prove_device(swapped).await, Err(incorrect()));
    assert_eq!(world.prove(right.clone()).await, Err(incorrect()));
    assert!(world.prove_device(right.clone()).await.is_ok());
    assert!(withheld(&world.prove_device(right).await));
    // The session has done its work as well.
    assert_eq!(
        world.begin_proof("alice", session, &phone.key).await,
        Err(not_authorized("Invalid session for the user, session can only be used once."))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn proofs_that_race_succeed_once() {
    let world = std::sync::Arc::new(world().await);
    let (phone, _) = world.phone("alice").await;
    let asked = world.sign_in_with("alice", &phone.key).await.unwrap();
    let mut proofs = Vec::new();
    for _ in 0..8 {
        // Each by a block of its own, all of one sign-in.
        let verifier = world.begin_proof("alice", &asked["Session"], &phone.key).await.unwrap();
        proofs.push(world.device_proof(&verifier["ChallengeParameters"], &phone));
    }
    let tasks: Vec<_> = proofs
        .into_iter()
        .map(|proof| {
            let world = std::sync::Arc::clone(&world);
            tokio::spawn(async move { world.prove_device(proof).await.is_ok() })
        })
        .collect();
    let mut succeeded = 0;
    for task in tasks {
        succeeded += usize::from(task.await.unwrap());
    }
    assert_eq!(succeeded, 1);
}

#[tokio::test]
async fn a_remembered_device_takes_the_place_of_a_second_factor() {
    let world = world().await;
    let (phone, tokens) = world.phone("alice").await;
    world.require_second_factor().await;
    assert!(withheld(&world.sign_in("alice", PASSWORD).await));
    let asked = world.sign_in_with("alice", &phone.key).await.unwrap();
    assert!(world.proved(&asked, "alice", &phone).await.unwrap()["AuthenticationResult"].is_object());
    // Not one that is forgotten meanwhile, and not one that is not remembered any more.
    let asked = world.sign_in_with("alice", &phone.key).await.unwrap();
    let half = world.begin_proof("alice", &asked["Session"], &phone.key).await.unwrap();
    let mut request = json!({ "AccessToken": tokens.access, "DeviceKey": phone.key });
    request["DeviceRememberedStatus"] = json!("not_remembered");
    world.service.ok("UpdateDeviceStatus", request).await;
    let proof = world.device_proof(&half["ChallengeParameters"], &phone);
    assert_eq!(world.prove_device(proof).await, Err(missing()));
    let answer = world.sign_in_with("alice", &phone.key).await;
    assert!(withheld(&answer));
    assert_ne!(answer.unwrap_or_default()["ChallengeName"], "DEVICE_SRP_AUTH");
}

#[tokio::test]
async fn a_device_takes_no_place_where_the_pool_does_not_say_so() {
    let configuration =
        json!({ "ChallengeRequiredOnNewDevice": false, "DeviceOnlyRememberedOnUserPrompt": false });
    let world = world_of(configuration, TestService::builder(), json!({})).await;
    let (phone, _) = world.phone("alice").await;
    // Without a second factor it is asked for its proof all the same.
    let early = world.sign_in_with("alice", &phone.key).await.unwrap();
    assert_eq!(early["ChallengeName"], "DEVICE_SRP_AUTH");
    world.require_second_factor().await;
    let answer = world.sign_in_with("alice", &phone.key).await;
    assert!(withheld(&answer));
    assert_ne!(answer.unwrap_or_default()["ChallengeName"], "DEVICE_SRP_AUTH");
    // Nor does a proof that was asked for before.
    assert!(withheld(&world.proved(&early, "alice", &phone).await));
}

#[tokio::test]
async fn triggers_hear_of_new_devices_and_of_proofs() {
    let lambda = FakeLambda::start(|_| FakeAnswer::Echo).await.unwrap();
    let functions =
        json!({ "LambdaConfig": { "PostAuthentication": FUNCTION, "PreTokenGeneration": FUNCTION } });
    let world = world_of(always(), TestService::builder().lambda(&lambda.url()), functions).await;
    let (phone, _) = world.phone("alice").await;
    let asked = world.sign_in_with("alice", &phone.key).await.unwrap();
    world.proved(&asked, "alice", &phone).await.unwrap();
    let events = lambda.events();
    let sources: Vec<String> = events.iter().map(|event| text(&event["triggerSource"])).collect();
    assert_eq!(
        sources,
        [
            "PostAuthentication_Authentication",
            "TokenGeneration_Authentication",
            "PostAuthentication_Authentication",
            "TokenGeneration_AuthenticateDevice",
        ]
    );
    assert_eq!(events[0]["request"]["newDeviceUsed"], true);
    assert_eq!(events[2]["request"]["newDeviceUsed"], false);
}

#[tokio::test]
async fn in_a_custom_sign_in_the_device_comes_last() {
    let lambda = FakeLambda::start(|event| {
        let asked = event["request"]["session"].as_array().is_some_and(|session| !session.is_empty());
        FakeAnswer::Response(match event["triggerSource"].as_str().unwrap() {
            "DefineAuthChallenge_Authentication" => {
                json!({ "challengeName": "CUSTOM_CHALLENGE", "issueTokens": asked })
            }
            "VerifyAuthChallengeResponse_Authentication" => json!({ "answerCorrect": true }),
            _ => json!({}),
        })
    })
    .await
    .unwrap();
    let functions = json!({ "LambdaConfig": {
        "DefineAuthChallenge": FUNCTION, "CreateAuthChallenge": FUNCTION, "VerifyAuthChallengeResponse": FUNCTION,
    } });
    let world = world_of(always(), TestService::builder().lambda(&lambda.url()), functions).await;
    let (phone, _) = world.phone("alice").await;
    let unknown = json!({ "USERNAME": "alice", "DEVICE_KEY": "us-east-1_0f3c9a52" });
    assert_eq!(world.flow("CUSTOM_AUTH", unknown).await, Err(missing()));
    let parameters = json!({ "USERNAME": "alice", "DEVICE_KEY": phone.key });
    let challenge = world.flow("CUSTOM_AUTH", parameters).await.unwrap();
    assert_eq!(challenge["ChallengeName"], "CUSTOM_CHALLENGE");
    let answers = json!({ "USERNAME": "alice", "ANSWER": "anything" });
    let asked = world.answer_device("CUSTOM_CHALLENGE", &challenge["Session"], answers).await.unwrap();
    let before = lambda.events().len();
    let answer = world.proved(&asked, "alice", &phone).await.unwrap();
    assert!(answer["AuthenticationResult"].is_object());
    assert_eq!(lambda.events().len(), before, "the functions were asked again");
}

#[tokio::test]
async fn devices_go_with_their_user() {
    let world = world().await;
    let (phone, _) = world.phone("alice").await;
    let user = json!({ "UserPoolId": world.pool, "Username": "alice" });
    world.service.ok("AdminDeleteUser", user).await;
    world.confirmed("alice").await;
    assert_eq!(world.sign_in_with("alice", &phone.key).await, Err(missing()));
    let list = json!({ "UserPoolId": world.pool, "Username": "alice" });
    assert_eq!(world.service.ok("AdminListDevices", list).await["Devices"], json!([]));
}

/// The numbers that clients made with the published vectors are taken, and the salt comes back as they send it.
#[tokio::test]
async fn the_published_devices_are_confirmed() {
    let vectors: Value =
        serde_json::from_str(include_str!("../../../crypto/tests/vectors/srp.json")).unwrap();
    let world = world().await;
    for case in vectors["device_cases"].as_array().unwrap() {
        let answer = world.sign_in("alice", PASSWORD).await.unwrap();
        let key = text(&answer["AuthenticationResult"]["NewDeviceMetadata"]["DeviceKey"]);
        let request = json!({
            "AccessToken": Tokens::of(&answer).access, "DeviceKey": key,
            "DeviceSecretVerifierConfig": case["confirm_device"]["DeviceSecretVerifierConfig"],
        });
        world.service.ok("ConfirmDevice", request).await;
        let asked = world.sign_in_with("alice", &key).await.unwrap();
        let verifier = world.begin_proof("alice", &asked["Session"], &key).await.unwrap();
        assert_eq!(verifier["ChallengeParameters"]["SALT"], case["wire"]["SALT"]);
    }
}
