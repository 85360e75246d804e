//! A new master key: everything in the store is sealed again, and the old key can go.

use std::sync::Arc;

use cenote_core::resealing::{self, Reason, Resealed};
use cenote_core::testing::{TestService, text};
use cenote_crypto::keyring::{KeyRing, MasterKey};
use cenote_crypto::random::{RandomSource, SeededRandom};
use cenote_crypto::sealed::UnsealError;
use cenote_store::Sealed;
use serde_json::{Value, json};

use crate::device::Device;
use crate::world::*;

/// The key of a test service, another one, and both.
fn rings() -> [KeyRing; 3] {
    let [old, new] = [7, 9].map(|number| MasterKey::from_bytes([number; 32]));
    [KeyRing::new(old.clone(), vec![]), KeyRing::new(new.clone(), vec![]), KeyRing::new(new, vec![old])]
}

impl World {
    /// The same pool at a server with other master keys.
    fn under(&self, ring: KeyRing) -> Self {
        let service = TestService::builder().keyring(ring).start_beside(&self.service);
        Self { service, pool: self.pool.clone(), client: self.client.clone() }
    }

    async fn reseal(&self) -> Resealed {
        let [_, _, both] = rings();
        let random: Arc<dyn RandomSource> = Arc::new(SeededRandom::new(77));
        resealing::reseal(&self.service.service.store, &Arc::new(both), &random, &mut |_| {}).await.unwrap()
    }

    async fn with_device(&self, username: &str, key: &str) -> Value {
        let parameters = json!({ "USERNAME": username, "PASSWORD": PASSWORD, "DEVICE_KEY": key });
        let request = json!({
            "ClientId": self.client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters,
        });
        self.service.ok("InitiateAuth", request).await
    }

    async fn secret(&self, client: &Value) -> Value {
        let request = json!({ "UserPoolId": self.pool, "ClientId": client });
        self.service.ok("DescribeUserPoolClient", request).await["UserPoolClient"]["ClientSecret"].clone()
    }
}

async fn world() -> World {
    let members = json!({
        "DeviceConfiguration": { "ChallengeRequiredOnNewDevice": true },
        "Policies": { "PasswordPolicy": { "MinimumLength": 8, "PasswordHistorySize": 2 } },
    });
    let offers = Offers { mode: "OPTIONAL", sms: false, email: false, totp: true };
    World::with(TestService::builder(), members, offers).await
}

#[tokio::test]
async fn everything_opens_after_the_old_key_has_gone() {
    let old = world().await;
    old.alice().await;
    let tokens = old.start("alice").await["AuthenticationResult"].clone();
    let device = Device::confirm(&old, &tokens).await;
    let app = old.app(&text(&tokens["AccessToken"])).await;
    old.prefer("alice", json!({ "SoftwareTokenMfaSettings": { "Enabled": true } })).await;
    let associate = json!({ "AccessToken": tokens["AccessToken"] });
    let waiting = App::of(&old.service.ok("AssociateSoftwareToken", associate).await);
    let request = json!({ "UserPoolId": old.pool, "ClientName": "back end", "GenerateSecret": true });
    let created = old.service.ok("CreateUserPoolClient", request).await["UserPoolClient"].clone();
    old.next_step();

    old.with_device("alice", &device.key).await;

    // The pool, two signing keys, two clients of which one has a secret, alice, her device.
    let done = old.reseal().await;
    assert_eq!(done, Resealed { seen: 7, changed: 6, left: vec![] });
    assert_eq!(old.reseal().await, Resealed { seen: 7, changed: 0, left: vec![] });

    let [_, alone, _] = rings();
    let new = old.under(alone);
    let asked = new.start("alice").await;
    let code = json!({ "SOFTWARE_TOKEN_MFA_CODE": app.code(&new, 0) });
    let tokens = new.answer(&asked, "alice", code).await.unwrap()["AuthenticationResult"].clone();
    let verify = json!({ "AccessToken": tokens["AccessToken"], "UserCode": waiting.code(&new, 0) });
    assert_eq!(new.service.ok("VerifySoftwareToken", verify).await["Status"], "SUCCESS");

    // The sign-in that waits for the device goes on without its session, and so does a new one.
    for new_one in [false, true] {
        if new_one {
            new.with_device("alice", &device.key).await;
        }
        let srp = json!({ "DEVICE_KEY": device.key, "SRP_A": Device::public() });
        let asked = json!({ "ChallengeName": "DEVICE_SRP_AUTH" });
        let asked = new.answer(&asked, "alice", srp).await.unwrap();
        let proof = device.prove(&new, &asked["ChallengeParameters"], true);
        assert!(has_tokens(&new.answer(&asked, "alice", proof).await.unwrap()));
    }

    let former = new.admin("alice", json!({ "Password": TEMPORARY, "Permanent": true }));
    let refused = new.service.fails("AdminSetUserPassword", former).await;
    assert_eq!(refused.0, "PasswordHistoryPolicyViolationException");
    assert_eq!(new.secret(&created["ClientId"]).await, created["ClientSecret"]);
}

#[tokio::test]
async fn what_changes_meanwhile_stays_changed() {
    let old = world().await;
    let names: Vec<String> = (0..12).map(|number| format!("user-{number}")).collect();
    for name in &names {
        old.confirmed(name, &[]).await;
    }
    let changes = async {
        for round in 0..10 {
            for name in &names {
                let given = json!([{ "Name": "nickname", "Value": format!("{name} {round}") }]);
                let members = old.admin(name, json!({ "UserAttributes": given }));
                old.service.ok("AdminUpdateUserAttributes", members).await;
            }
        }
    };
    let (done, ()) = tokio::join!(old.reseal(), changes);
    assert_eq!(done.left, []);
    let [_, alone, _] = rings();
    let new = old.under(alone);
    for name in &names {
        assert_eq!(new.attribute(name, "nickname").await, format!("{name} 9"));
        assert!(has_tokens(&new.start(name).await));
    }
}

#[tokio::test]
async fn what_does_not_open_is_named_and_keeps_nothing_else() {
    let old = world().await;
    old.confirmed("alice", &[]).await;
    old.confirmed("bob", &[]).await;
    old.change("bob", |bob| bob.password.as_mut().unwrap().verifier = Sealed("garbled".into())).await;
    let Resealed { changed, left, .. } = old.reseal().await;
    // The pool, its signing keys, and alice.
    assert_eq!(changed, 4);
    let [left] = left.try_into().unwrap();
    assert_eq!(left.reason, Reason::Sealed(UnsealError::Malformed));
    let sub = text(&old.attribute("bob", "sub").await);
    assert_eq!(left.to_string(), format!("user {sub} of pool {}: not a sealed value", old.pool));
}
