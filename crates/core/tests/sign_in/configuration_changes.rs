//! What the configuration of a pool or a client, changed between two requests, does to a sign-in: what holds is what holds when the
//! answer comes.

use cenote_core::testing::{WireError, merged};
use serde_json::{Value, json};

use crate::choice::{allowing, invalid_session, signs_in, world};
use crate::world::*;

const FLOWS: [&str; 4] =
    ["ALLOW_USER_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"];

async fn with_alice(factors: &[&str]) -> World {
    let world = world(allowing(factors), json!({ "ExplicitAuthFlows": FLOWS })).await;
    world.confirmed("alice").await;
    world
}

impl World {
    async fn update_pool(&self, members: Value) {
        self.service.ok("UpdateUserPool", merged(json!({ "UserPoolId": self.pool }), members)).await;
    }

    async fn require_app(&self) {
        let request = json!({
            "UserPoolId": self.pool, "MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": { "Enabled": true },
        });
        self.service.ok("SetUserPoolMfaConfig", request).await;
    }
}

/// A second factor that the pool requires by then is asked for, whatever was asked for when the sign-in began.
#[tokio::test]
async fn a_second_factor_that_is_required_meanwhile_is_asked_for() {
    let world = with_alice(&["PASSWORD"]).await;
    world.invited("bob").await;
    let question = world.question("alice").await;
    let choice = world.choose("alice", json!({})).await.unwrap();
    let new_password = world.sign_in("bob", TEMPORARY).await.unwrap();
    assert_eq!(new_password["ChallengeName"], "NEW_PASSWORD_REQUIRED");
    world.require_app().await;
    let asked = [
        world.prove(world.answers(&question, PASSWORD, &world.now())).await,
        world
            .answer(
                "SELECT_CHALLENGE",
                &choice["Session"],
                json!({ "USERNAME": "alice", "ANSWER": "PASSWORD", "PASSWORD": PASSWORD }),
            )
            .await,
        world.respond(&new_password["Session"], json!({ "USERNAME": "bob", "NEW_PASSWORD": PASSWORD })).await,
    ];
    for asked in asked {
        assert_eq!(asked.unwrap()["ChallengeName"], "MFA_SETUP");
    }
}

/// A first factor that the pool allows no more is neither chosen nor taken.
#[tokio::test]
async fn a_first_factor_that_is_not_allowed_any_more_signs_nobody_in() {
    let world = with_alice(&["PASSWORD", "EMAIL_OTP"]).await;
    let choice = world.choose("alice", json!({})).await.unwrap();
    let asked = world.choose("alice", json!({ "PREFERRED_CHALLENGE": "EMAIL_OTP" })).await.unwrap();
    let code = world.service.code_sent_to("alice@test.com").await;
    let policy = |factors: &[&str]| {
        json!({
            "Policies": { "SignInPolicy": { "AllowedFirstAuthFactors": factors } },
            "AutoVerifiedAttributes": ["email"],
        })
    };
    world.update_pool(policy(&["PASSWORD"])).await;
    let sent = world.service.inbox().await.len();
    let answer = json!({ "USERNAME": "alice", "ANSWER": "EMAIL_OTP" });
    let refused = world.answer("SELECT_CHALLENGE", &choice["Session"], answer).await;
    assert_eq!(refused, Err(invalid_parameter("The ANSWER is none of the AvailableChallenges.")));
    assert_eq!(world.service.inbox().await.len(), sent);
    let answer = json!({ "USERNAME": "alice", "EMAIL_OTP_CODE": code });
    let refused = world.answer("EMAIL_OTP", &asked["Session"], answer.clone()).await;
    assert_eq!(refused, Err(invalid_session()));
    world.update_pool(policy(&["PASSWORD", "EMAIL_OTP"])).await;
    signs_in(world.answer("EMAIL_OTP", &asked["Session"], answer).await);
}

/// While a secret is replaced either is good at every step; the old one is not, once it is gone, for anything that began with it.
#[tokio::test]
async fn a_secret_that_is_replaced_meanwhile_is_good_until_it_is_gone() {
    let secrets = ["abcdefghijklmnopqrstuvwxyz123456", "abcdefghijklmnopqrstuvwxyz654321"];
    let members = json!({ "ExplicitAuthFlows": FLOWS, "ClientSecret": secrets[0] });
    let world = world(allowing(&["PASSWORD"]), members).await;
    world.confirmed("alice").await;
    let hashes =
        secrets.map(|secret| cenote_crypto::secret_hash::compute("alice", &world.client, &secret.into()));
    let begin = async |hash: &str| {
        let parameters = json!({ "PREFERRED_CHALLENGE": "PASSWORD", "SECRET_HASH": hash });
        world.choose("alice", parameters).await.unwrap()["Session"].clone()
    };
    let finish = async |session: &Value, hash: &str| {
        let answer = json!({ "USERNAME": "alice", "PASSWORD": PASSWORD, "SECRET_HASH": hash });
        world.answer("PASSWORD", session, answer).await
    };
    let own = json!({ "UserPoolId": world.pool, "ClientId": world.client });
    let begun = begin(&hashes[0]).await;
    world.service.clock.advance_seconds(1);
    let add = merged(own.clone(), json!({ "ClientSecret": secrets[1] }));
    world.service.ok("AddUserPoolClientSecret", add).await;
    let tokens = Tokens::of(&signs_in(finish(&begun, &hashes[1]).await));
    signs_in(finish(&begin(&hashes[1]).await, &hashes[0]).await);
    let begun = begin(&hashes[0]).await;
    let listed = world.service.ok("ListUserPoolClientSecrets", own.clone()).await;
    let first = listed["ClientSecrets"][0]["ClientSecretId"].clone();
    let delete = merged(own, json!({ "ClientSecretId": first }));
    world.service.ok("DeleteUserPoolClientSecret", delete).await;
    let wrong: WireError =
        not_authorized(&format!("Unable to verify secret hash for client {}", world.client));
    assert_eq!(finish(&begun, &hashes[0]).await, Err(wrong.clone()));
    signs_in(finish(&begun, &hashes[1]).await);
    let refresh = async |hash: &str| {
        world
            .flow("REFRESH_TOKEN_AUTH", json!({ "REFRESH_TOKEN": tokens.refresh, "SECRET_HASH": hash }))
            .await
    };
    assert_eq!(refresh(&hashes[0]).await, Err(wrong.clone()));
    signs_in(refresh(&hashes[1]).await);
    let request = |secret: &str| json!({ "ClientId": world.client, "RefreshToken": tokens.refresh, "ClientSecret": secret });
    assert_eq!(world.service.fails("GetTokensFromRefreshToken", request(secrets[0])).await, wrong);
    signs_in(world.service.call("GetTokensFromRefreshToken", request(secrets[1])).await);
    let request =
        |secret: &str| json!({ "ClientId": world.client, "Token": tokens.refresh, "ClientSecret": secret });
    let unauthorized = ("UnauthorizedException".to_owned(), "Invalid client or secret".to_owned());
    assert_eq!(world.service.fails("RevokeToken", request(secrets[0])).await, unauthorized);
    world.service.ok("RevokeToken", request(secrets[1])).await;
}

/// With its client a sign-in ends, and with its pool.
#[tokio::test]
async fn a_client_or_a_pool_that_is_deleted_meanwhile_ends_what_it_began() {
    for operation in ["DeleteUserPoolClient", "DeleteUserPool"] {
        let world = with_alice(&["PASSWORD"]).await;
        let question = world.question("alice").await;
        let choice = world.choose("alice", json!({ "PREFERRED_CHALLENGE": "PASSWORD" })).await.unwrap();
        let tokens = world.tokens("alice").await;
        let mut request = json!({ "UserPoolId": world.pool });
        if operation == "DeleteUserPoolClient" {
            request["ClientId"] = json!(world.client);
        }
        world.service.ok(operation, request).await;
        let gone = (
            "ResourceNotFoundException".to_owned(),
            format!("User pool client {} does not exist.", world.client),
        );
        let proof = world.answers(&question, PASSWORD, &world.now());
        let answer = json!({ "USERNAME": "alice", "PASSWORD": PASSWORD });
        for refused in [
            world.prove(proof).await,
            world.answer("PASSWORD", &choice["Session"], answer).await,
            world.refresh(&tokens.refresh).await,
        ] {
            assert_eq!(refused, Err(gone.clone()), "{operation}");
        }
        let request = json!({ "Session": choice["Session"] });
        let refused = world.service.fails("AssociateSoftwareToken", request).await;
        assert_eq!(refused, invalid_session(), "{operation}");
        assert!(world.get_user(&tokens.access).await.is_err(), "{operation}");
    }
}

/// A session lives as long as its client said when it was made.
#[tokio::test]
async fn a_session_keeps_its_time() {
    let members = json!({ "ExplicitAuthFlows": FLOWS, "AuthSessionValidity": 15 });
    let world = world(allowing(&["PASSWORD"]), members.clone()).await;
    world.confirmed("alice").await;
    let begin = async || world.choose("alice", json!({ "PREFERRED_CHALLENGE": "PASSWORD" })).await.unwrap();
    let (first, second) = (begin().await, begin().await);
    let shorter = merged(
        members,
        json!({
            "UserPoolId": world.pool, "ClientId": world.client, "AuthSessionValidity": 3,
        }),
    );
    world.service.ok("UpdateUserPoolClient", shorter).await;
    let answer = json!({ "USERNAME": "alice", "PASSWORD": PASSWORD });
    world.service.clock.advance_seconds(15 * 60 - 1);
    signs_in(world.answer("PASSWORD", &first["Session"], answer.clone()).await);
    world.service.clock.advance_seconds(1);
    let late = world.answer("PASSWORD", &second["Session"], answer).await;
    assert_eq!(late, Err(not_authorized("Invalid session for the user, session is expired.")));
}
