//! A pool with users in every state, and a client that must not learn of them.

use cenote_core::testing::{TestService, TestServiceBuilder, merged, text};
use cenote_store::{Change, UserStatus};
use serde_json::{Value, json};
use tokio::sync::{Mutex, MutexGuard};

pub const PASSWORD: &str = "Passw0rd!";

static TURN: Mutex<()> = Mutex::const_new(());

/// Until it is dropped no other test runs.
pub async fn one_after_the_other() -> MutexGuard<'static, ()> {
    TURN.lock().await
}

pub struct World {
    pub service: TestService,
    pub pool: String,
    pub client: String,
    by_address: bool,
}

/// Thirteen users, and another name that nobody has.
const NAMES: [&str; 14] = [
    "alice",
    "disabled",
    "bare",
    "unverified",
    "invited",
    "reset",
    "imported",
    "external",
    "passwordless",
    "undeliverable",
    "unconfirmed",
    "uncontacted",
    "second_factor",
    "another_nobody",
];

impl World {
    /// Users for whom each rule of the recovery and the sign-in is decisive; `alice` lacks nothing.
    pub async fn populated(pool: Value) -> Self {
        Self::populated_on(TestService::builder(), pool).await
    }

    /// The same on a service that is not quite the default one.
    pub async fn populated_on(builder: TestServiceBuilder, pool: Value) -> Self {
        let service = builder.start().await;
        let by_address = pool.get("AliasAttributes").is_some();
        let members = merged(json!({ "AutoVerifiedAttributes": ["email"] }), pool);
        let pool = service.pool(members).await;
        let client = json!({
            "PreventUserExistenceErrors": "ENABLED",
            "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_USER_AUTH", "ALLOW_CUSTOM_AUTH"],
        });
        let client = service.client(&pool, client).await;
        let world = Self { service, pool, client, by_address };
        for name in [
            "alice",
            "disabled",
            "reset",
            "imported",
            "external",
            "passwordless",
            "second_factor",
            "undeliverable",
        ] {
            world
                .confirmed(name, &[("email", &format!("{name}@test.com")), ("email_verified", "true")])
                .await;
        }
        world.service.ok("AdminDisableUser", world.admin("disabled")).await;
        world.confirmed("bare", &[]).await;
        world.confirmed("unverified", &[("email", "unverified@test.com")]).await;
        world.invite("invited", &[("email", "invited@test.com"), ("email_verified", "true")]).await;
        for (name, attributes) in [
            ("unconfirmed", json!([{ "Name": "email", "Value": "new@test.com" }])),
            ("uncontacted", json!([])),
        ] {
            let request = json!({
                "ClientId": world.client, "Username": name, "Password": PASSWORD, "UserAttributes": attributes,
            });
            world.service.ok("SignUp", request).await;
        }
        // What no operation that is built yet leads to.
        world.change("reset", |user| user.status = UserStatus::ResetRequired).await;
        world
            .change("imported", |user| {
                user.status = UserStatus::ResetRequired;
                user.password = None;
            })
            .await;
        world
            .change("undeliverable", |user| drop(user.attributes.insert("email".into(), "a@b..c".into())))
            .await;
        world.change("external", |user| user.status = UserStatus::ExternalProvider).await;
        world.change("passwordless", |user| user.password = None).await;
        world
            .change("second_factor", |user| {
                user.mfa.enabled.insert("EMAIL_OTP".into());
            })
            .await;
        world.service.inbox().await;
        world
    }

    /// Everybody who is compared with `nobody`.
    pub fn names(&self) -> &'static [&'static str] {
        &NAMES
    }

    /// How somebody is called: by the address, where that is a name. Not by both: several names of one user share its counters.
    pub fn name_of(&self, name: &str) -> String {
        if self.by_address { format!("{name}@test.com") } else { name.to_owned() }
    }

    /// Second factors, which nobody must have.
    pub async fn offer_second_factors(&self) {
        let request = json!({
            "UserPoolId": self.pool, "MfaConfiguration": "OPTIONAL", "EmailMfaConfiguration": {},
            "SoftwareTokenMfaConfiguration": { "Enabled": true },
        });
        self.service.ok("SetUserPoolMfaConfig", request).await;
    }

    fn admin(&self, username: &str) -> Value {
        json!({ "UserPoolId": self.pool, "Username": username })
    }

    async fn invite(&self, username: &str, attributes: &[(&str, &str)]) {
        let attributes: Vec<Value> =
            attributes.iter().map(|(name, value)| json!({ "Name": name, "Value": value })).collect();
        let mut request = self.admin(username);
        request["MessageAction"] = json!("SUPPRESS");
        request["UserAttributes"] = json!(attributes);
        request["TemporaryPassword"] = json!(PASSWORD);
        self.service.ok("AdminCreateUser", request).await;
    }

    async fn confirmed(&self, username: &str, attributes: &[(&str, &str)]) {
        self.invite(username, attributes).await;
        let mut request = self.admin(username);
        request["Password"] = json!(PASSWORD);
        request["Permanent"] = json!(true);
        self.service.ok("AdminSetUserPassword", request).await;
    }

    pub async fn sub(&self, username: &str) -> String {
        let user = self.service.ok("AdminGetUser", self.admin(username)).await;
        let attributes = user["UserAttributes"].as_array().unwrap();
        text(&attributes.iter().find(|one| one["Name"] == "sub").unwrap()["Value"])
    }

    pub async fn change(&self, username: &str, change: impl FnOnce(&mut cenote_store::User)) {
        let store = &self.service.service.store;
        let pool = cenote_store::PoolId::new(self.pool.clone());
        let (_, before) = store.find_users_by_name(&pool, username).await.unwrap().remove(0);
        let mut after = before.clone();
        change(&mut after);
        store.commit(vec![Change::update_user(&before, &after)]).await.unwrap();
    }
}
